"""What the hostile server can answer: whole bodies, streams, bombs, and bodies that break off."""

from __future__ import annotations

import gzip
import threading
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

_MIB = 1024 * 1024
#: What a bomb unpacks to.
BOMB_SIZE = 1024 * _MIB


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One HTTP answer. Without `length` a stream goes out in chunks; a false `length` breaks the body off; `raw` bytes
    stand for the whole answer, its head included."""

    status: int = 200
    mime: str = "text/html; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Iterable[bytes] = b""
    length: int | None = None
    raw: bool = False


def html(text: str) -> Answer:
    """A page."""
    return Answer(body=text.encode())


def redirect(target: str) -> Answer:
    """Go there."""
    return Answer(status=302, headers={"Location": target}, length=0)


def cut_short(text: str) -> Answer:
    """A page of which two thirds come, under the length of the whole."""
    body = text.encode()
    return Answer(body=body[: len(body) * 2 // 3], length=len(body))


def coded(text: str, coding: str, *, part: float = 1.0, flip: bool = False) -> Answer:
    """A page in a content coding, of which only a part is sent, or with a byte flipped in its middle."""
    packed = bytearray(_pack(text.encode(), coding))
    if flip:
        packed[len(packed) // 2] ^= 0xFF
    return Answer(headers={"Content-Encoding": coding}, body=bytes(packed[: int(len(packed) * part)]))


def endless(text: str, length: int | None = None) -> Answer:
    """A page that goes on for ever, or as long as it says."""

    def stream() -> Iterator[bytes]:
        yield text.encode()
        while True:
            yield b"<p>And so on, and so on.</p>\n" * 2000

    return Answer(body=stream(), length=length)


def drip(text: str, stopping: threading.Event, seconds: float = 1.0) -> Answer:
    """A page that comes byte by byte."""
    body = text.encode()

    def stream() -> Iterator[bytes]:
        for number in range(len(body)):
            yield body[number : number + 1]
            if stopping.wait(seconds):
                return

    return Answer(body=stream(), length=len(body))


def raw(*parts: bytes, stopping: threading.Event | None = None, seconds: float = 0) -> Answer:
    """Bytes as they are, with a pause after each part."""

    def stream() -> Iterator[bytes]:
        for part in parts:
            yield part
            if stopping and stopping.wait(seconds):
                return

    return Answer(body=stream(), raw=True)


def layered(text: str, layers: int) -> Answer:
    """A bomb wrapped in gzip over and over."""
    body = _bomb(text, "gzip")
    for _ in range(layers - 1):
        body = gzip.compress(body, mtime=0)
    return Answer(headers={"Content-Encoding": ", ".join(["gzip"] * layers)}, body=body)


def bomb(text: str, coding: str) -> Answer:
    """A page and then white space, `BOMB_SIZE` bytes in all once unpacked, about a thousandth of it on the wire."""
    return Answer(headers={"Content-Encoding": coding}, body=_bomb(text, coding))


@cache
def _bomb(text: str, coding: str) -> bytes:
    """One stream. A packer that is flushed packs the same blank the same way, so one block serves for all."""
    start, blank, blanks = text.encode(), b" " * _MIB, BOMB_SIZE // _MIB
    if coding == "br":
        import brotli  # type: ignore[import-untyped]

        pack = brotli.Compressor(quality=5)
        first, again = [pack.process(one) + pack.flush() for one in (start + blank, blank)]
        return bytes(first + again * (blanks - 1) + pack.finish())
    if coding == "zstd":
        import zstandard

        stream = zstandard.ZstdCompressor().compressobj()
        block = zstandard.COMPRESSOBJ_FLUSH_BLOCK
        first, again = [stream.compress(one) + stream.flush(block) for one in (start + blank, blank)]
        return first + again * (blanks - 1) + stream.flush()
    deflate = zlib.compressobj(9, zlib.DEFLATED, 15 if coding == "deflate" else -15)
    first, again = [deflate.compress(one) + deflate.flush(zlib.Z_FULL_FLUSH) for one in (start + blank, blank)]
    if coding == "deflate":
        return first + again * (blanks - 1) + deflate.flush()
    check = zlib.crc32(start)
    for _ in range(blanks):
        check = zlib.crc32(blank, check)
    trailer = check.to_bytes(4, "little") + ((len(start) + BOMB_SIZE) & 0xFFFFFFFF).to_bytes(4, "little")
    return b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + first + again * (blanks - 1) + deflate.flush() + trailer


def _pack(body: bytes, coding: str) -> bytes:
    if coding == "gzip":
        return gzip.compress(body, mtime=0)
    if coding == "deflate":
        return zlib.compress(body)
    if coding == "br":
        import brotli

        return bytes(brotli.compress(body))
    import zstandard

    return zstandard.ZstdCompressor().compress(body)
