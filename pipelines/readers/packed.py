"""Files read from any byte on, packed or not, that go on behind what is damaged.

A packed file of records is a row of members, each of which can be unpacked by itself. Positions within what is
unpacked (`at`) are counted from where reading began; `origin` tells from which byte of the file one can begin again.
"""

from __future__ import annotations

import sys
import zlib
from collections import deque
from typing import IO, Any, Protocol

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

GZIP = b"\x1f\x8b"
ZSTD = b"\x28\xb5\x2f\xfd"
_DICTIONARY = b"\x5d\x2a\x4d\x18"  # a frame that no reader unpacks: the dictionary for all that follow
NO_MEMBER = "no packed data begins here"
_PIECE = 64 * 1024
_MOST, _RATIO = 1024**3, 500  # what unpacks to more than both is made to fill a disk
_WINDOW = {int(zstd.DecompressionParameter.window_log_max): 27}  # 128 MiB, as the zstd program allows


class DamageError(Exception):
    """What begins at byte `place` of the file cannot be unpacked."""

    def __init__(self, place: int, reason: str) -> None:
        super().__init__(reason)
        self.place = place


class Stream(Protocol):
    """Bytes from a file, in order."""

    at: int  # how many were given

    def more(self) -> bytes:
        """The next bytes; none at the end. Raises DamageError; then `resume` finds where to go on."""

    def origin(self, at: int) -> int:
        """The byte of the file from which on what stands at `at`, or later, can be read again."""

    def resume(self, start: bytes) -> bool:
        """Go on behind the damage with the next member that begins with `start`; False: there is none."""

    def peek(self, at: int, size: int) -> bytes | None:
        """The bytes at a place that was not given yet; None where that cannot be told."""


class Plain:
    """A file as it is."""

    def __init__(self, file: IO[bytes], start: int = 0) -> None:
        self._file = file
        self.at = start
        file.seek(start)

    def more(self) -> bytes:
        piece = self._file.read(_PIECE)
        self.at += len(piece)
        return piece

    def origin(self, at: int) -> int:
        return at

    def resume(self, start: bytes) -> bool:  # noqa: ARG002
        return False

    def peek(self, at: int, size: int) -> bytes | None:
        self._file.seek(at)
        found = self._file.read(size)
        self._file.seek(self.at)
        return found


class Members:
    """A gzip or zstd file, member by member."""

    def __init__(self, file: IO[bytes], start: int = 0) -> None:
        self._file = file
        self.at = 0
        file.seek(0)
        self._magic = ZSTD if file.read(4) in (ZSTD, _DICTIONARY) else GZIP
        self._dictionary = None if self._magic == GZIP else _dictionary(file)
        self._marks: deque[tuple[int, int]] = deque()  # where members begin: unpacked, in the file
        self._unpacker: Any = None
        self._holds = False  # more comes out of it without more going in
        self._began = 0  # `at` where the member began
        self._go(start)

    def more(self) -> bytes:
        while True:
            if self._unpacker is None and not self._begin():
                return b""
            try:
                chunk = self._unpack()
            except (zlib.error, zstd.ZstdError) as problem:
                raise DamageError(self._marks[-1][1], f"cannot be unpacked ({problem})") from None
            if chunk:
                self.at += len(chunk)
                return chunk

    def origin(self, at: int) -> int:
        while len(self._marks) > 1 and self._marks[1][0] <= at:
            self._marks.popleft()
        if self._unpacker is None and at == self.at:
            return self._place
        return self._marks[0][1] if self._marks else self._place

    def resume(self, start: bytes) -> bool:
        place = self._marks[-1][1] + 1 if self._marks else self._place
        while (place := _find(self._file, self._magic, place)) >= 0:
            self._go(place)
            self._marks.clear()
            try:
                if self._begins_with(start):
                    self._go(place)
                    self._marks.clear()
                    return True
            except DamageError:
                pass
            place += 1
        return False

    def peek(self, at: int, size: int) -> bytes | None:  # noqa: ARG002
        return None

    @property
    def _place(self) -> int:
        """The byte of the file that is unpacked next."""
        return self._read - len(self._raw)

    def _go(self, place: int) -> None:
        self._file.seek(place)
        self._read = place
        self._raw = b""
        self._unpacker = None
        self._holds = False

    def _begins_with(self, start: bytes) -> bool:
        before, got = self.at, b""
        while len(got) < len(start) and (piece := self.more()):
            got += piece
        self.at = before
        return got.startswith(start)

    def _fill(self, least: int) -> None:
        while len(self._raw) < least and (piece := self._file.read(_PIECE)):
            self._read += len(piece)
            self._raw += piece

    def _begin(self) -> bool:
        """Whether another member begins here; zeros between them are padding."""
        self._fill(4)
        while self._raw and not self._raw.strip(b"\0"):
            self._raw = b""
            self._fill(4)
        self._raw = self._raw.lstrip(b"\0")
        self._fill(8)
        if not self._raw:
            return False
        if self._magic == ZSTD and self._raw[:4] == _DICTIONARY:
            self._go(self._place + 8 + int.from_bytes(self._raw[4:8], "little"))
            return self._begin()
        self._marks.append((self.at, self._place))
        self._began = self.at
        if not self._raw.startswith(self._magic):
            raise DamageError(self._place, NO_MEMBER)
        if self._magic == GZIP:
            self._unpacker = zlib.decompressobj(31)
        else:
            self._unpacker = zstd.ZstdDecompressor(zstd_dict=self._dictionary, options=_WINDOW)
        return True

    def _unpack(self) -> bytes:
        """Some of the member; empty where it only ended, or needs more."""
        unpacker = self._unpacker
        if not self._holds:
            self._fill(1)
            if not self._raw:
                raise DamageError(self._marks[-1][1], "is cut off")
        chunk: bytes = unpacker.decompress(self._raw, _PIECE)
        if self._magic == GZIP:
            self._raw = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
            self._holds = len(chunk) == _PIECE and not unpacker.eof
        else:
            self._raw = unpacker.unused_data
            self._holds = not unpacker.needs_input and not unpacker.eof
        packed = self._place - self._marks[-1][1]
        if self.at - self._began > _MOST and self.at - self._began > _RATIO * packed:
            raise DamageError(self._marks[-1][1], "unpacks to far more than it could hold")
        if unpacker.eof:
            self._unpacker = None
            self._holds = False
        return chunk


def stream_of(file: IO[bytes], start: int = 0, *, torn: bool = False) -> Stream:
    """The bytes of a file from `start` on, unpacked where it is packed; the file can seek.

    `torn`: it is packed whatever it begins with, for its beginning may be lost.
    """
    file.seek(0)
    packed = torn or file.read(4).startswith((GZIP, ZSTD, _DICTIONARY))
    return Members(file, start) if packed else Plain(file, start)


def _dictionary(file: IO[bytes]) -> zstd.ZstdDict | None:
    """The dictionary that a zstd file begins with, packed or not."""
    file.seek(0)
    if file.read(4) != _DICTIONARY:
        return None
    size = int.from_bytes(file.read(4), "little")
    body = file.read(min(size, 16 * 1024**2))
    try:
        return zstd.ZstdDict(zstd.decompress(body) if body.startswith(ZSTD) else body)
    except (zstd.ZstdError, ValueError):
        return None


def _find(file: IO[bytes], what: bytes, start: int) -> int:
    """The next place of `what` from `start` on; -1 where there is none."""
    file.seek(start)
    kept = b""
    while piece := file.read(1024**2):
        whole = kept + piece
        if (found := whole.find(what)) >= 0:
            return start + found
        kept = whole[len(whole) - len(what) + 1 :]
        start += len(whole) - len(kept)
    return -1
