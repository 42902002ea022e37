"""JSON objects cut out of a file, one after the other: lines of JSON, one array, or objects in a row.

Of lines each stands by itself, so that one that is damaged costs no other.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pipelines.readers.packed import DamageError, Stream

_MARKS = re.compile(rb'["{}]')
_STRING_END = re.compile(rb'(?:[^"\\]|\\.)*+"', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Row:
    """One object, or why there is none, with its place in the file."""

    value: dict[str, Any] | None
    place: int
    position: int
    flaw: str | None = None


def rows(stream: Stream, limit: int) -> Iterator[Row]:
    """Every object of a file; what is longer than `limit` bytes is passed over and told."""
    text = _Text(stream)
    try:
        cut = None
        while text.begin():
            if cut is None:
                cut = _line if text.fill_line(limit) and _is_object(text.bytes[: _line(text.bytes)]) else _object
            stop = cut(text.bytes)
            while not stop and len(text.bytes) <= limit and text.fill():
                stop = cut(text.bytes)
            place = text.position
            if not stop and len(text.bytes) > limit:
                text.pass_line()
                yield Row(None, place, text.position, f"is longer than {limit} bytes")
            else:
                taken = text.take(stop or len(text.bytes))
                yield _row(taken, place, text.position)
    except DamageError as damage:
        yield Row(None, damage.place, damage.place, str(damage))


class _Text:
    """The part of a stream that was read and is not dealt with yet."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self.bytes = bytearray()

    @property
    def position(self) -> int:
        return self._stream.origin(self._stream.at - len(self.bytes))

    def fill(self) -> bool:
        """Read on, twice as far as before; whether there was more."""
        before = len(self.bytes)
        while len(self.bytes) <= 2 * before and (piece := self._stream.more()):
            self.bytes += piece
        return len(self.bytes) > before

    def fill_line(self, limit: int) -> bool:
        """Whether a whole line is here, now."""
        while b"\n" not in self.bytes:
            if len(self.bytes) > limit or not self.fill():
                return False
        return True

    def begin(self) -> bool:
        """Pass over what stands between objects; whether anything is left."""
        while self.bytes or self.fill():
            rest = self.bytes.lstrip(b"\xef\xbb\xbf \t\r\n,[]\0")
            self.take(len(self.bytes) - len(rest))
            if rest:
                return True
        return False

    def take(self, size: int) -> bytes:
        taken = bytes(self.bytes[:size])
        del self.bytes[:size]
        return taken

    def pass_line(self) -> None:
        """Pass over everything to the end of the line."""
        while not (stop := _line(self.bytes)):
            self.bytes.clear()
            if not self.fill():
                return
        self.take(stop)


def _row(text: bytes, place: int, position: int) -> Row:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as problem:
        return Row(None, place, position, f"is no JSON ({problem})"[:200])
    if not isinstance(value, dict):
        return Row(None, place, position, "is no JSON object")
    return Row(value, place, position)


def _is_object(text: bytes | bytearray) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def _line(buffer: bytearray) -> int:
    return buffer.find(b"\n") + 1


def _object(buffer: bytearray) -> int:
    """How long the object at the beginning is; 0 where its end has not come yet."""
    if buffer[:1] != b"{":
        return _line(buffer)
    depth = at = 0
    while mark := _MARKS.search(buffer, at):
        at = mark.end()
        if mark[0] == b'"':
            if not (string := _STRING_END.match(buffer, at)):
                return 0
            at = string.end()
        else:
            depth += 1 if mark[0] == b"{" else -1
            if depth == 0:
                return at
    return 0
