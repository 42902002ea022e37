"""Captures as a WARC file (ISO 28500, version 1.1), which web archives replay and Common Crawl's tools read.

Bodies are as the archive holds them, without content and transfer codings. The headers that spoke of those are kept
as `X-Archive-Orig-…`, and `Content-Length` is that of the body, so that a reader does not decode a second time.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from io import BytesIO
from typing import BinaryIO
from urllib.parse import quote, urlsplit
from uuid import NAMESPACE_URL, uuid5

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from pipelines.store.outgoing import Exchange

_CONFORMS = "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"
_PROFILES = "http://netpreserve.org/warc/1.1/revisit/"
_TRUNCATED = {"truncated": "length", "damaged": "unspecified"}
_ORIGINAL = "X-Archive-Orig-"
#: Content codings that a stored body is without.
_UNDONE = {"gzip", "x-gzip", "deflate", "br", "zstd", "identity"}
_SECRET = {"authorization", "cookie", "proxy-authorization"}
_NO_TOKEN = re.compile(r"[^!#$%&'*+.^_`|~0-9A-Za-z-]")
_CONTROLS = re.compile("[\x00-\x1f\x7f]+")

Headers = list[tuple[str, str]]


class _Http(StatusAndHeaders):  # type: ignore[misc]
    """A status or request line with headers, written byte for byte; warcio would rewrite what is not ASCII."""

    def __init__(self, line: str, headers: Headers) -> None:
        super().__init__(line, headers)
        told = ((_NO_TOKEN.sub("-", name).encode(), _bytes(value)) for name, value in headers if name)
        self.lines = [line.encode("ascii"), *(name + b": " + value for name, value in told)]

    def to_ascii_bytes(self, filter_func: object = None) -> bytes:  # noqa: ARG002
        """The head as it is written, with the empty line after it."""
        return b"".join(line + b"\r\n" for line in (*self.lines, b""))


class Warc:
    """A WARC file that is being written; `name` is the one it will have, if any."""

    def __init__(self, out: BinaryIO, *, name: str | None, software: str, chosen: str, gzip: bool = True) -> None:
        self._writer = WARCWriter(out, gzip=gzip, warc_version="1.1")
        about = {
            "software": software,
            "format": "WARC File Format 1.1",
            "conformsTo": _CONFORMS,
            "description": f"Captures of news articles, exported from an archive ({chosen})",
        }
        info = self._writer.create_warcinfo_record(name, about)
        self._info = info.rec_headers.get_header("WARC-Record-ID")
        self._writer.write_record(info)

    def write(self, exchanges: Iterable[Exchange]) -> None:
        """What came, what was asked, and what else is known, of each capture."""
        for exchange in exchanges:
            if exchange.same_as is not None:
                self._revisit(exchange, exchange.same_as)
            elif _is_http(exchange):
                self._put("response", exchange, exchange.body, _response(exchange), _truncated(exchange))
            else:
                kind = "text/html; charset=utf-8" if exchange.rendered else exchange.mime or "application/octet-stream"
                self._put("resource", exchange, exchange.body, None, {"Content-Type": kind, **_truncated(exchange)})
            if _is_http(exchange) or exchange.request is not None:
                self._put("request", exchange, b"", _request(exchange), _beside(exchange))
            if fields := "".join(f"{name}: {_CONTROLS.sub(' ', value)}\r\n" for name, value in _known(exchange)):
                self._put("metadata", exchange, fields.encode(), None, _beside(exchange))

    def _revisit(self, exchange: Exchange, original: Exchange) -> None:
        unmodified = exchange.status == HTTPStatus.NOT_MODIFIED and not exchange.body
        headers = {
            "WARC-Profile": f"{_PROFILES}{'server-not-modified' if unmodified else 'identical-payload-digest'}",
            "WARC-Refers-To": _id("response", original),
            "WARC-Refers-To-Target-URI": _uri(original),
            "WARC-Refers-To-Date": original.fetched_at,
            **_truncated(exchange),
        }
        if not unmodified:
            digest = hashlib.sha1(exchange.body, usedforsecurity=False).digest()
            headers["WARC-Payload-Digest"] = f"sha1:{base64.b32encode(digest).decode()}"
        self._put("revisit", exchange, b"", _response(exchange) if _is_http(exchange) else None, headers)

    def _put(self, kind: str, exchange: Exchange, payload: bytes, http: _Http | None, more: dict[str, str]) -> None:
        headers = {
            "WARC-Type": kind,
            "WARC-Record-ID": _id(kind, exchange),
            "WARC-Target-URI": _uri(exchange),
            "WARC-Date": exchange.fetched_at,
            "WARC-Warcinfo-ID": self._info,
            **more,
        }
        record = self._writer.create_warc_record(
            _uri(exchange), kind, BytesIO(payload), len(payload), warc_headers_dict=headers, http_headers=http
        )
        self._writer.write_record(record)


def _is_http(exchange: Exchange) -> bool:
    """Whether it is what a server sent: a page that scripts made, or that came from a file, is a resource."""
    return exchange.url.startswith(("http:", "https:")) and bool(exchange.headers) and not exchange.rendered


def _id(kind: str, exchange: Exchange) -> str:
    """The record's id, the same in every export; what came has one, whatever kind of record holds it."""
    kind = "response" if kind in ("revisit", "resource") else kind
    return f"<urn:uuid:{uuid5(NAMESPACE_URL, f'{kind} {exchange.id} {exchange.fetched_at} {exchange.url}')}>"


def _uri(exchange: Exchange) -> str:
    return _ascii(exchange.final_url or exchange.url)


def _ascii(url: str) -> str:
    return re.sub(r"[^\x21-\x7e]|[<>]", lambda found: quote(found[0], safe=""), url)


def _beside(exchange: Exchange) -> dict[str, str]:
    return {"WARC-Concurrent-To": _id("response", exchange)}


def _truncated(exchange: Exchange) -> dict[str, str]:
    why = _TRUNCATED.get(exchange.completeness)
    return {"WARC-Truncated": why} if why else {}


def _response(exchange: Exchange) -> _Http:
    """The head of an answer. The archive keeps no reason phrase, so it is the usual one."""
    try:
        phrase = HTTPStatus(exchange.status).phrase
    except ValueError:
        phrase = ""
    return _Http(f"HTTP/1.1 {exchange.status} {phrase}".rstrip(), list(_of_body(exchange)))


def _of_body(exchange: Exchange) -> Iterator[tuple[str, str]]:
    """The headers for a body without codings."""
    length = str(len(exchange.body))
    codings = [one.strip().lower() for name, value in exchange.headers if name.lower() == "content-encoding"
               for one in value.split(",")]  # fmt: skip
    moved = {"transfer-encoding", *(["content-encoding"] if set(codings) <= _UNDONE else [])}
    bodiless = exchange.status == HTTPStatus.NOT_MODIFIED and not exchange.body  # its length is that of another body
    told = bodiless
    for name, value in exchange.headers:
        if name.lower() == "content-length" and not bodiless:
            if value.strip() != length:
                yield f"{_ORIGINAL}{name}", value
            elif not told:
                yield name, value
                told = True
        else:
            yield f"{_ORIGINAL}{name}" if name.lower() in moved else name, value
    if not told:
        yield "Content-Length", length


def _request(exchange: Exchange) -> _Http:
    """What was asked: as far as it is on file, else what must have been."""
    parts = urlsplit(_uri(exchange))
    sent = [(name, value) for name, value in exchange.request or () if name.lower() not in _SECRET]
    if not any(name.lower() == "host" for name, _ in sent):
        sent.insert(0, ("Host", parts.netloc.rpartition("@")[2]))
    return _Http(f"GET {parts.path or '/'}{f'?{parts.query}' if parts.query else ''} HTTP/1.1", sent)


def _known(exchange: Exchange) -> Iterator[tuple[str, str]]:
    """What no other record has a place for, as the names of `application/warc-fields`."""
    if exchange.final_url and exchange.final_url != exchange.url:
        yield "via", _ascii(exchange.url)
        yield "hopsFromSeed", "R"  # by redirect
    if exchange.digest:
        yield "payload-sha256", exchange.digest
    if exchange.wire_digest:
        yield "wire-sha256", exchange.wire_digest
    if exchange.source:
        yield "source", exchange.source
    if exchange.rights:
        yield "rights", exchange.rights
    if exchange.completeness != "whole":
        yield "completeness", exchange.completeness
    if _is_http(exchange):
        if exchange.request is None:
            yield "request", "reconstructed from the address; what was sent is not on file"
        return
    if exchange.rendered:
        yield "rendered", "the document as its scripts left it, in UTF-8; the server's headers follow"
    for name, value in exchange.headers:
        yield "http-header", f"{name}: {value}"
    yield "http-status", str(exchange.status)


def _bytes(text: str) -> bytes:
    """Part of a header in one line: byte by byte where that gives the same text again, else in UTF-8."""
    text = _CONTROLS.sub(" ", text).strip()
    try:
        plain = text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", errors="replace")
    try:
        same = plain.decode("utf-8") == text
    except UnicodeDecodeError:  # nobody takes it for UTF-8
        same = True
    return plain if same else text.encode("utf-8")
