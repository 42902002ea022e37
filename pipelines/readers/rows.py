"""JSON objects cut out of a file, one after the other: lines of JSON, one array, objects in a row, or arrays by name.

Of lines each stands by itself, so that one that is damaged costs no other.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from pipelines.readers.packed import DamageError, Stream

_MARKS = re.compile(rb'["{}]')
_NAME = re.compile(rb'"(?:[^"\\]|\\.){0,1000}+"\s*:\s*\[')  # of an array
_ARRAYS = re.compile(rb"\{\s*" + _NAME.pattern + rb"\s*(?=\{)")
_LONGEST_NAME = 8 * 1024  # bytes, with what follows
_BETWEEN = b"\xef\xbb\xbf \t\r\n,[]\0"
_STRING_END = re.compile(rb'(?:[^"\\]|\\.)*+"', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Row:
    """One object, or why there is none, with its place in the file."""

    value: dict[str, Any] | None
    place: int
    position: int
    flaw: str | None = None


def are_in_arrays(stream: Stream, limit: int, is_one: Callable[[dict[str, Any]], object]) -> bool:
    """Whether a file is one object of arrays by name, and the first object in the first of them `is_one`."""
    text = _Text(stream)
    try:
        text.begin()
        if not (start := _ARRAYS.match(text.bytes)):
            return False
        text.take(start.end())
        while not (stop := _object(text.bytes)):
            if len(text.bytes) > limit or not text.fill():
                return False
    except DamageError:
        return False
    value = _row(bytes(text.bytes[:stop]), 0, 0).value
    return value is not None and bool(is_one(value))


def rows(stream: Stream, limit: int, *, in_arrays: bool = False) -> Iterator[Row]:
    """Every object of a file; what is longer than `limit` bytes is passed over and told.

    `in_arrays`: the file is one object of arrays by name, and it is those in them that are wanted.
    """
    beginning = stream.at == 0
    text = _Text(stream, in_arrays=in_arrays)
    try:
        cut = _object if in_arrays else None
        if in_arrays and beginning and text.begin() and (start := _ARRAYS.match(text.bytes)):
            text.take(start.end())
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

    def __init__(self, stream: Stream, *, in_arrays: bool = False) -> None:
        self._stream = stream
        self._between = _BETWEEN + (b"}" if in_arrays else b"")
        self._in_arrays = in_arrays
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
            rest = self.bytes.lstrip(self._between)
            self.take(len(self.bytes) - len(rest))
            if rest and self._in_arrays and self._pass_name():
                continue
            if rest:
                return True
        return False

    def _pass_name(self) -> bool:
        """Pass over the name of an array, if one stands here."""
        while self.bytes[:1] == b'"' and len(self.bytes) < _LONGEST_NAME and self.fill():
            pass
        found = _NAME.match(self.bytes)
        if found:
            self.take(found.end())
        return found is not None

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
