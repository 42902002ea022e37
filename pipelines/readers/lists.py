"""Lists of addresses: text files of nothing else, and tables with a column of them."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator

from pipelines.types import Entry
from pipelines.urls import absolute

_ADDRESS = re.compile(r"https?://[^\s/?#]+\S*", re.IGNORECASE)
_LOOKED_AT = 200  # rows of a table that tell which column holds addresses
_MOST_COLUMN = 100_000  # characters of a cell


def addresses_in_text(text: str) -> list[Entry] | None:
    """The addresses of a text that holds nothing else, one a line; None for another text. Lines with # say nothing."""
    lines = [line.strip() for line in text.removeprefix("\ufeff").splitlines()]
    wanted = [line for line in lines if line and not line.startswith("#")]
    if not wanted or not all(_ADDRESS.fullmatch(line) for line in wanted):
        return None
    return list(_entries(wanted))


def addresses_in_table(text: str) -> list[Entry] | None:
    """The addresses in the first column that holds nothing else below its name; None for a table without one."""
    csv.field_size_limit(_MOST_COLUMN)
    try:
        rows = [row for row in csv.reader(text.removeprefix("\ufeff").splitlines(), _dialect(text)) if any(row)]
    except csv.Error:
        return None
    for column in range(max((len(row) for row in rows[:_LOOKED_AT]), default=0)):
        cells = [row[column].strip() if column < len(row) else "" for row in rows]
        start = 0 if cells and _ADDRESS.fullmatch(cells[0]) else 1
        found = [cell for cell in cells[start:] if cell]
        if found and all(_ADDRESS.fullmatch(cell) for cell in found):
            return list(_entries(found))
    return None


def _dialect(text: str) -> type[csv.Dialect]:
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    return type("Table", (csv.excel,), {"delimiter": separator})


def _entries(lines: list[str]) -> Iterator[Entry]:
    for line in dict.fromkeys(lines):
        if url := absolute("", line):
            yield Entry(url=url, kind="list")
