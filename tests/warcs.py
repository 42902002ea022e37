"""WARC files of invented pages, written by warcio, and what damages them."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

HTML = (("Content-Type", "text/html; charset=utf-8"),)
_PLACES = ("sound", "harbour", "island", "bridge", "canal", "market", "school", "station", "hill", "square")


def page(n: int, words: int = 120) -> bytes:
    """An invented article, its own in every number."""
    place = f"{_PLACES[n % 10]} of the {_PLACES[n // 10 % 10]} number {n}"
    lines = [
        f"The council of the {place} said on day {n + i} that {n * 7 + i} people had crossed it, {i} more than before."
        for i in range(max(2, words // 20))
    ]
    text = "".join(f"<p>{line}</p>" for line in lines)
    title = f"News of the {place}"
    head = f"<!DOCTYPE html><html><head><title>{title}</title></head>"
    return f"{head}<body><article><h1>{title}</h1>{text}</article></body></html>".encode()


@dataclass(frozen=True)
class Made:
    """One record to be written."""

    url: str
    body: bytes = b""
    headers: Sequence[tuple[str, str]] = HTML
    status: str = "200 OK"
    kind: str = "response"
    date: str = "2024-05-01T10:00:00Z"
    more: tuple[tuple[str, str], ...] = ()


def write(path: Path, made: Iterable[Made], *, gzip: bool = True) -> Path:
    """A WARC file of these records."""
    with path.open("wb") as out:
        writer = WARCWriter(out, gzip=gzip, warc_version="1.1")
        writer.write_record(writer.create_warcinfo_record(path.name, {"software": "test"}))
        for one in made:
            http = None
            if one.kind in ("response", "revisit"):
                http = StatusAndHeaders(one.status, list(one.headers), protocol="HTTP/1.1")
            if one.kind == "request":
                http = StatusAndHeaders("GET / HTTP/1.1", list(one.headers), is_http_request=True)
            headers = {"WARC-Date": one.date, **dict(one.more)}
            record = writer.create_warc_record(
                one.url, one.kind, io.BytesIO(one.body), len(one.body), warc_headers_dict=headers, http_headers=http
            )
            writer.write_record(record)
    return path


def pages(count: int, host: str = "post.example") -> list[Made]:
    """Articles of one host."""
    return [Made(f"https://{host}/news/{n}", page(n)) for n in range(count)]


def members(data: bytes) -> list[tuple[int, int]]:
    """Where each gzip member begins and ends."""
    found, at = [], 0
    while at < len(data):
        unpacker = zlib.decompressobj(31)
        unpacker.decompress(data[at:])
        stop = len(data) - len(unpacker.unused_data)
        found.append((at, stop))
        at = stop
    return found


def changed(path: Path, change: Callable[[bytearray], object]) -> Path:
    """The file, with other bytes."""
    data = bytearray(path.read_bytes())
    change(data)
    path.write_bytes(data)
    return path
