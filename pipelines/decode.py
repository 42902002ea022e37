"""Content codings undone, strictly and within bounds: what is cut, corrupt or too long is said to be so.

Unlike a browser's, this decoding never takes half a body for a whole one, and never unpacks more than `limit`
bytes, whatever a server sends.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import brotli  # type: ignore[import-untyped]

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_PIECE = 64 * 1024  # bytes handed over, and asked for, at a time
_CRUMB = 512  # the same where an error would throw away all that came before it in its piece
_MOST_LAYERS = 3
_MOST_MEMBERS = 1000
_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_WINDOW = {int(zstd.DecompressionParameter.window_log_max): 23}  # 8 MiB, as in browsers

#: Unpacks a body that is read so many bytes at a time.
Reader: TypeAlias = Callable[[bytes, int], Iterator[bytes]]

#: What a client that reads all of this may ask for.
ACCEPTED = "gzip, deflate, br, zstd"


@dataclass(frozen=True, slots=True)
class Decoded:
    """A body without its content codings, and how much of it that is: whole, truncated or damaged."""

    body: bytes = field(repr=False)
    completeness: str = "whole"


def decode(body: bytes, codings: Sequence[str], limit: int) -> Decoded:
    """Undo `codings`, given in the order they were applied, up to `limit` bytes.

    Truncated: there is more than `limit`. Damaged: the end is missing, a checksum is wrong, or the codings are
    stacked too high; what could be read is kept. A body that never was coded as declared stays as it came.
    """
    known = [one for one in codings if one in _READERS]
    if len(known) > _MOST_LAYERS:
        return Decoded(body[:limit], "damaged")
    worst = "whole"
    for coding in reversed(known):
        magic = _MAGIC.get(coding, b"")
        if not body or not (body.startswith(magic) or magic.startswith(body)):
            continue
        one = _read(_READERS[coding], body, limit)
        body, worst = one.body, one.completeness if worst == "whole" else worst
    return Decoded(body[:limit], "truncated" if len(body) > limit and worst == "whole" else worst)


def gunzip(body: bytes, limit: int) -> bytes:
    """What can be read of a gzip file, up to `limit` bytes; a body that is none stays as it is."""
    return decode(body, ("gzip",), limit).body


def _read(reader: Reader, body: bytes, limit: int, piece: int = _PIECE) -> Decoded:
    out = bytearray()
    try:
        for chunk in reader(body, piece):
            out += chunk
            if len(out) > limit:
                del out[limit:]  # in place: a copy of a large one more would be felt
                return Decoded(bytes(out), "truncated")
    except (EOFError, zlib.error, brotli.error, zstd.ZstdError):
        if piece > _CRUMB:
            return _read(reader, body, limit, _CRUMB)
        # a brotli stream has no mark at its start: what cannot be read at all may be plain text
        return Decoded(bytes(out) or body, "damaged")
    return Decoded(bytes(out))


def _gzip(body: bytes, size: int) -> Iterator[bytes]:
    at = 0
    for _ in range(_MOST_MEMBERS):
        at = yield from _inflate(body, at, size, wbits=31)
        if not body.startswith(_GZIP, at):  # several members are one file; anything else after one is padding
            return
    raise EOFError


def _deflate(body: bytes, size: int) -> Iterator[bytes]:
    wrapped = body[0] & 15 == 8 and int.from_bytes(body[:2]) % 31 == 0
    yield from _inflate(body, 0, size, wbits=15 if wrapped else -15)


def _inflate(body: bytes, at: int, size: int, *, wbits: int) -> Generator[bytes, None, int]:
    """What begins at `at`, unpacked; returns where it ends."""
    unpacker = zlib.decompressobj(wbits)
    piece = b""
    while not unpacker.eof:
        if not piece:
            piece = body[at : at + size]
            at += len(piece)
            if not piece:
                raise EOFError
        chunk = unpacker.decompress(piece, _PIECE)
        piece = unpacker.unconsumed_tail
        yield chunk
        while len(chunk) == _PIECE and not piece and not unpacker.eof:
            chunk = unpacker.decompress(b"", _PIECE)
            yield chunk
    return at - len(unpacker.unused_data)


def _brotli(body: bytes, size: int) -> Iterator[bytes]:
    unpacker = brotli.Decompressor()
    for start in range(0, len(body), size):
        chunk = unpacker.process(body[start : start + size], output_buffer_limit=_PIECE)
        while chunk:
            yield chunk
            chunk = b"" if unpacker.is_finished() else unpacker.process(b"", output_buffer_limit=_PIECE)
        if unpacker.is_finished():
            return
    raise EOFError


def _zstd(body: bytes, size: int) -> Iterator[bytes]:
    at = 0
    for _ in range(_MOST_MEMBERS):
        unpacker = zstd.ZstdDecompressor(options=_WINDOW)
        while not unpacker.eof:
            piece = body[at : at + size] if unpacker.needs_input else b""
            if unpacker.needs_input and not piece:
                raise EOFError
            at += len(piece)
            yield unpacker.decompress(piece, _PIECE)
        at -= len(unpacker.unused_data)
        if not body.startswith(_ZSTD, at):
            return
    raise EOFError


_READERS: dict[str, Reader] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}
_MAGIC = {"gzip": _GZIP, "x-gzip": _GZIP, "zstd": _ZSTD}
