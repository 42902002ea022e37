"""Text of the archive as it may stand in files that people open: it steers no terminal, spreadsheet or reader's eye."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote

#: Escapes and other controls; the archive holds none but tab and line feed, yet its tables can be written by anyone.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
#: Marks that force a direction on what follows them. Isolates stay, since honest texts in two scripts need them.
_FORCED = re.compile("[\u202a-\u202e]")
_OPENING, _CLOSING = "\u2066\u2067\u2068", "\u2069"
#: What makes a spreadsheet calculate a cell, also after quotes, blanks and marks that nobody sees, and in full width.
_FORMULA = re.compile(r"[\s\"'\u200b-\u200f\u2060-\u2069\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def plain(text: str) -> str:
    """The text without controls and forced directions; no isolate reaches beyond the line that it stands in."""
    if text.isprintable():  # most cells are, and this is told at once
        return text
    text = _FORCED.sub("", _CONTROLS.sub("", text))
    if not any(mark in text for mark in _OPENING):
        return text
    return "\n".join(_closed(line) for line in text.split("\n"))


def _closed(line: str) -> str:
    left = 0
    for char in line:
        if char in _OPENING:
            left += 1
        elif char == _CLOSING:
            left = max(0, left - 1)
    return line + _CLOSING * left


def guarded(text: str) -> str:
    """The text behind an apostrophe where a spreadsheet would take it for a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def one_line(text: str | None) -> str:
    """Plain text in one line, its blanks single."""
    return " ".join(plain(text or "").split())


def address(url: str) -> str:
    """An address in ASCII, without what would end a link or a field that it stands in."""
    return re.sub(r"[^\x21-\x7e]|[<>{}\\\"]", lambda found: quote(found[0], safe=""), url)


def json_line(value: Any) -> str:
    """JSON in one line of readable text; a character that steers a terminal is escaped, so that nothing is lost."""
    text = json.dumps(value, ensure_ascii=False)
    return _STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
