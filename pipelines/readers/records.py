"""WARC records cut out of a stream of bytes, each by itself, so that a damaged one costs none of those after it.

A record ends where its header says only if another one begins there: what lies about its length ends at the next.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from pipelines.readers.packed import DamageError, Stream

START = b"WARC/"
_HEAD = 64 * 1024  # bytes; headers that are longer are none
#: A torn record may end anywhere, so that the next one does not begin on a line of its own.
_BEGIN = re.compile(rb"WARC/[01]\.\d+\r?\n(?=(?i:WARC-[a-z-]{2,40}|Content-Type|Content-Length)[ \t]*:)")
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_LENGTH = re.compile(rb"(?im)^content-length:[ \t]*(\d{1,18})[ \t]*\r?$")
_AHEAD = 16  # bytes behind a record that tell whether it ended


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it stands in the file. `fault` says why it may not be whole."""

    head: bytes = field(repr=False)  # with the empty line at its end
    block: bytes = field(repr=False)
    place: int
    position: int
    cut: bool = False  # the block is longer than was asked for, and only its beginning is here
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch in which no record could be read, and why."""

    reason: str
    place: int
    position: int


def records(stream: Stream, limit: int) -> Iterator[Record | Gap]:
    """Every record of a stream, and what lies between them; of each block no more than `limit` bytes."""
    window = _Window(stream)
    while True:
        window.drop_ends()
        found = _next(window, limit) if window.bytes else None
        if found:
            yield found
        if window.damage and not window.bytes:
            damage, window.damage = window.damage, None
            more = stream.resume(START)
            if not (isinstance(found, Record) and found.fault):
                yield Gap(str(damage), damage.place, stream.origin(stream.at))
            if not more:
                return
        elif found is None:
            return


class _Window:
    """The part of a stream that was read and is not dealt with yet. Damage ends it until that is taken away."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.bytes = bytearray()
        self.damage: DamageError | None = None

    @property
    def at(self) -> int:
        return self.stream.at - len(self.bytes)

    @property
    def position(self) -> int:
        return self.stream.origin(self.at)

    def fill(self, size: int) -> bool:
        """Whether as many bytes are here, now."""
        while len(self.bytes) < size:
            try:
                piece = b"" if self.damage else self.stream.more()
            except DamageError as damage:
                self.damage = damage
                piece = b""
            if not piece:
                return False
            self.bytes += piece
        return True

    def drop(self, size: int) -> None:
        """Pass over as many bytes, or to the end."""
        while size > len(self.bytes):
            size -= len(self.bytes)
            self.bytes.clear()
            if not self.fill(1):
                return
        del self.bytes[:size]

    def drop_ends(self) -> None:
        """Pass over empty lines."""
        while self.fill(1):
            rest = self.bytes.lstrip(b"\r\n")
            if rest:
                del self.bytes[: len(self.bytes) - len(rest)]
                return
            self.bytes.clear()

    def next_begin(self, start: int, limit: int) -> int | None:
        """Where, from `start` on, the next record begins, within `limit` bytes."""
        while True:
            if match := _BEGIN.search(self.bytes, start):
                return match.start()
            start = max(start, len(self.bytes) - 64)
            if len(self.bytes) > limit or not self.fill(len(self.bytes) + 1):
                return None


def _next(window: _Window, limit: int) -> Record | Gap:
    window.fill(len(START))
    if not window.bytes.startswith(START):
        return _lost(window, 1, "no record begins here")
    window.fill(_HEAD)
    end = _HEAD_END.search(window.bytes, 0, _HEAD)
    if end is None:
        return _lost(window, len(START), "its header has no end")
    length = _LENGTH.search(window.bytes, 0, end.start() + 1)
    if length is None:
        return _lost(window, len(START), "its header gives no length")
    return _record(window, end.end(), int(length[1]), limit)


def _record(window: _Window, head: int, length: int, limit: int) -> Record | Gap:
    """The record at the beginning of the window, which says that its block has this length."""
    place = window.position
    kept = min(length, limit)
    window.fill(head + kept + _AHEAD)
    if length > limit:
        begin = None if _ends_there(window, head + length) else window.next_begin(head, head + limit)
        if begin is None:
            beginning = bytes(window.bytes[:head]), bytes(window.bytes[head : head + limit])
            window.drop(head + length)
            return Record(*beginning, place, _position(window), cut=True)
        return _taken(window, head, begin, place, "its Content-Length is wrong")
    if len(window.bytes) < head + length:
        begin = window.next_begin(head, 0)
        if begin is not None:
            return _taken(window, head, begin, place, "its Content-Length is wrong")
        fault = str(window.damage) if window.damage else "is cut off"
        return _taken(window, head, len(window.bytes), place, fault)
    behind = window.bytes[head + length : head + length + _AHEAD].lstrip(b"\r\n")
    if not behind and window.damage and window.damage.place <= place:
        return _taken(window, head, head + length, place, str(window.damage))
    if not behind or behind.startswith(START[: len(behind)]):
        return _taken(window, head, head + length, place, None)
    ends = window.bytes.startswith(b"\r\n\r\n", head + length)
    if ends and not _BEGIN.search(window.bytes, head, head + length):
        return _taken(window, head, head + length, place, None)  # it is what follows that is no record
    begin = window.next_begin(head, head + limit)
    return _taken(window, head, len(window.bytes) if begin is None else begin, place, "its Content-Length is wrong")


def _ends_there(window: _Window, offset: int) -> bool:
    """Whether a record ends at this place, which was not read yet, and another one begins."""
    behind = window.stream.peek(window.at + offset, _AHEAD)
    return behind is not None and behind.lstrip(b"\r\n").startswith(START)


def _taken(window: _Window, head: int, stop: int, place: int, fault: str | None) -> Record:
    """The record that ends at `stop`; where that is not where its header says, without the empty lines at its end."""
    begin, block = bytes(window.bytes[:head]), bytes(window.bytes[head:stop])
    if fault and fault.startswith("its Content-Length"):
        block = block[:-4] if block.endswith(b"\r\n\r\n") else block
    window.drop(stop)
    return Record(begin, block, place, _position(window), fault=fault)


def _lost(window: _Window, start: int, reason: str) -> Gap:
    """Pass over what is no record, to where the next one begins."""
    place = window.position
    while (begin := window.next_begin(start, 0)) is None:
        searched = len(window.bytes)
        if not window.fill(searched + 1):
            break
        window.drop(max(0, searched - 64))
        start = 1
    window.drop(len(window.bytes) if begin is None else begin)
    return Gap(reason, place, _position(window))


def _position(window: _Window) -> int:
    window.drop_ends()
    return window.position
