"""Articles as rows: NDJSON, one object a line, and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any, BinaryIO

from pipelines.exports.plain import guarded, json_line, plain

Row = Mapping[str, Any]

#: The columns in their order: those of `articles`, then what other tables say; `text` is the last, as in the archive.
COLUMNS = (
    "id", "source_id", "source_name", "url", "urlkey", "title", "description", "authors", "agency", "credit",
    "dateline", "section", "tags", "language", "published_at", "published_precision", "published_from", "text_from",
    "modified_at", "first_seen_at", "gone_at", "paywalled", "live", "image", "captions", "links", "word_count",
    "removed_chars", "digest", "recipe_id", "capture_id", "captured_at", "payload_digest", "addresses", "claims",
    "text",
)  # fmt: skip


#: What readers noted, where it is to go along; a table has a column for the tags only.
NOTED = ("reader_tags", "notes")


def write_ndjson(articles: Iterable[Row], out: BinaryIO) -> None:
    """One JSON object a line, in UTF-8; lists are lists."""
    for article in articles:
        noted = {name: article[name] for name in NOTED if name in article}
        out.write((json_line({**{name: article[name] for name in COLUMNS}, **noted}) + "\n").encode())


def write_csv(articles: Iterable[Row], out: BinaryIO, *, formulas: bool = False, noted: bool = False) -> None:
    """A table under its column names, in UTF-8; lists are JSON, and what is not known is empty.

    A text that a spreadsheet would calculate is put behind an apostrophe, unless `formulas` lets it pass. With `noted`,
    readers' tags have a column before the text.
    """
    line = io.StringIO()
    writer = csv.writer(line, lineterminator="\n")
    columns = (*COLUMNS[:-1], NOTED[0], COLUMNS[-1]) if noted else COLUMNS
    _put(writer, line, out, columns)
    for article in articles:
        _put(writer, line, out, [_cell(article[name], formulas=formulas) for name in columns])


def _put(writer: Any, line: io.StringIO, out: BinaryIO, cells: Iterable[Any]) -> None:
    writer.writerow(cells)
    out.write(line.getvalue().encode())
    line.seek(0)
    line.truncate()


def _cell(value: Any, *, formulas: bool) -> Any:
    match value:
        case None:
            return ""
        case str():
            return plain(value) if formulas else guarded(plain(value))
        case list() | dict():
            return json_line(value)
    return value
