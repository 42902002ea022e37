"""Lists of addresses: text files of nothing else, and tables with a column of them."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator

from pipelines.types import Entry
from pipelines.urls import absolute

_ADDRESS = re.compile(r"https?://[^\s/?#]+\S*", re.IGNORECASE)
_COMMENT = re.compile(r"(?:^|\s)#.*")
_LOOKED_AT = 200  # rows of a table that tell which column holds addresses
_MOST_COLUMN = 100_000  # characters of a cell


def addresses_in_text(text: str) -> list[Entry | str] | None:
    """The addresses of a text that is a list of them, one a line, and what is wrong with lines that hold none.

    None for another text: where half of the lines hold none. What follows a # says nothing.
    """
    lines = [_COMMENT.sub("", line).strip() for line in text.removeprefix("\ufeff").splitlines()]
    wanted = {line.removeprefix("<").removesuffix(">"): n for n, line in enumerate(lines, 1) if line}
    others = {line: n for line, n in wanted.items() if not _ADDRESS.fullmatch(line)}
    if not wanted or 2 * len(others) >= len(wanted):
        return None
    flaws = [f"line {n} is no address: {line[:100]!r}" for line, n in others.items()]
    return [*_entries(line for line in wanted if line not in others), *flaws]


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


def _entries(lines: Iterable[str]) -> Iterator[Entry]:
    for line in dict.fromkeys(lines):
        if url := absolute("", line):
            yield Entry(url=url, kind="list")
