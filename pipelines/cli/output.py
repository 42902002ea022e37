"""What reaches stdout: rows as an aligned table, JSON, lines of JSON or CSV, and text that cannot steer a terminal."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import sys
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import click

from pipelines.exports.plain import guarded

Row = Mapping[str, Any]

#: Escapes and other controls but tab and line feed, and marks that force a direction on what follows them.
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?([eE][-+]?\d+)?")
_NARROWEST = 12  # columns that a clipped cell keeps at least


def safe(text: str) -> str:
    """Text of the archive as it may be shown: without characters that steer a terminal."""
    return _STEERING.sub("", text)


def say(text: str = "") -> None:
    """A line of talk, on stderr."""
    click.echo(safe(text), err=True)


def emit(rows: Iterable[Row], form: str | None, human: Callable[[list[Row]], str] | None = None) -> None:
    """Rows on stdout in the form asked for; without one as `human` writes them, else as a table."""
    rows = list(rows)
    match form:
        case "json":
            inner = ",\n ".join(_json(row) for row in rows)
            text = f"[{inner}]"
        case "nl":
            text = "\n".join(_json(row) for row in rows)
        case "csv":
            text = _csv(rows)
        case "table" | None:
            text = table(rows) if form or human is None else human(rows)
        case _:
            raise ValueError(f"no such form: {form}")
    if text:
        click.echo(text)


def _json(row: Row) -> str:
    """One object; a steering character is escaped, so that nothing is lost."""
    text = json.dumps(dict(row), ensure_ascii=False, default=str)
    return _STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _csv(rows: Sequence[Row]) -> str:
    if not rows:
        return ""
    return csv_table([list(rows[0]), *([_cell(value) for value in row.values()] for row in rows)]).rstrip("\n")


def csv_table(rows: Iterable[Sequence[str]]) -> str:
    """Cells as CSV. One that a spreadsheet would calculate is put behind an apostrophe; a number is none of those."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([one if _NUMBER.fullmatch(one) else guarded(safe(one)) for one in row] for row in rows)
    return out.getvalue()


def _cell(value: Any) -> str:
    if isinstance(value, (dict, list, tuple)):
        return json.dumps(value, ensure_ascii=False)
    return "" if value is None else str(value)


def table(rows: Sequence[Row]) -> str:
    """Rows as aligned columns under their names; on a terminal long cells are clipped so that a row fits."""
    if not rows:
        return ""
    names = list(rows[0])
    cells = [[" ".join(safe(_cell(row[name])).split()) for name in names] for row in rows]
    numeric = [all(isinstance(row[name], (int, float)) or row[name] is None for row in rows) for name in names]
    widths = [max(width(line[n]) for line in ([*names], *cells)) for n in range(len(names))]
    if sys.stdout.isatty():
        _narrow(widths, shutil.get_terminal_size().columns - 2 * (len(widths) - 1))
    rule = ["-" * one for one in widths]
    return "\n".join(_line(line, widths, numeric) for line in (names, rule, *cells))


def _narrow(widths: list[int], room: int) -> None:
    """Take from the widest column until all fit."""
    while sum(widths) > room and max(widths) > _NARROWEST:
        widths[widths.index(max(widths))] -= 1


def _line(line: Sequence[str], widths: Sequence[int], numeric: Sequence[bool]) -> str:
    padded = []
    for text, room, right in zip(line, widths, numeric, strict=True):
        text = clipped(text, room)
        space = " " * (room - width(text))
        padded.append(space + text if right else text + space)
    return "  ".join(padded).rstrip()


def width(text: str) -> int:
    """Columns a text takes on a terminal."""
    if text.isascii():
        return len(text)
    return sum(_columns(char) for char in text)


def _columns(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def clipped(text: str, room: int) -> str:
    """The text, or as much of it as fits with an ellipsis."""
    if width(text) <= room:
        return text
    taken, used = [], 0
    for char in text:
        used += _columns(char)
        if used > room - 1:
            break
        taken.append(char)
    return "".join(taken) + "…"
