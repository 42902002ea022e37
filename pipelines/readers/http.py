"""An HTTP answer as it was stored: its codings undone as the crawl undoes them, and what became of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipelines.decode import Decoded, decode
from pipelines.readers.html import is_html

Headers = Sequence[tuple[str, str]]

_SIZE = re.compile(rb"[ \t]*([0-9a-fA-F]{1,8})[ \t]*(?:;[^\r\n]{0,1000})?\r?\n")
_ASIDE = re.compile(r"x-archive-orig-(.+)|x-orig-((?:content|transfer)-encoding)", re.IGNORECASE)
_HTML_MIMES = ("text/html", "application/xhtml+xml")
_VAGUE_MIMES = (None, "text/plain", "application/octet-stream", "application/xml", "text/xml", "unknown/unknown")
#: Answers that speak of the moment, not of the page; a live crawl asks again and keeps none of them.
_PASSING = (408, 425, 429)
_GONE = (404, 410)


def values(headers: Headers, name: str) -> list[str]:
    """Every value of a header, in order; the parts of a list each by itself."""
    return [part.strip() for key, value in headers if key.lower() == name for part in value.split(",") if part.strip()]


def mime_of(headers: Headers) -> str | None:
    """The kind of content, as the headers say."""
    said = next((value for key, value in headers if key.lower() == "content-type"), "")
    return re.split("[;,]", said)[0].strip().lower() or None


def bodies(block: bytes, headers: Headers, limit: int) -> Iterator[Decoded]:
    """The body as it was stored, without its transfer coding, and without any coding: the last is the page's."""
    yield Decoded(block)
    bare = Decoded(block)
    if any(value.lower() == "chunked" for value in values(headers, "transfer-encoding")):
        bare = unchunked(block)
    yield bare
    codings = [value.lower() for value in values(headers, "content-encoding")]
    if codings and not is_html(bare.body):  # whoever stored it may have undone it without saying so
        plain = decode(bare.body, codings, limit)
    else:
        plain = Decoded(bare.body[:limit], "whole" if len(bare.body) <= limit else "truncated")
    yield plain if bare.completeness == "whole" else Decoded(plain.body, bare.completeness)


def is_as_sent(headers: Headers, bare: bytes, plain: bytes) -> bool:
    """Whether a body without its transfer coding is what the server sent: many programs store it decoded."""
    if any(name.lower().endswith("-content-encoding") for name, _ in headers):  # X-Crawler-, X-Archive-Orig-
        return False
    return not values(headers, "content-encoding") or bare != plain


def as_sent(headers: Headers) -> tuple[tuple[str, str], ...]:
    """The headers under the names they had. Programs that undo codings set aside what no longer holds, as
    `X-Archive-Orig-Content-Encoding` or `x-orig-content-encoding`, and give the length anew."""
    found = [(_ASIDE.fullmatch(name), name, value) for name, value in headers]
    if not any(aside for aside, _, _ in found):
        return tuple(headers)
    return tuple(
        (aside[1] or aside[2] if aside else name, value)
        for aside, name, value in found
        if aside or name.lower() != "content-length"
    )


def unchunked(body: bytes) -> Decoded:
    """A body without its chunks; damaged where their end is missing. What has none stays as it is."""
    out = bytearray()
    at = 0
    while match := _SIZE.match(body, at):
        size = int(match[1], 16)
        if size == 0:
            return Decoded(bytes(out))
        chunk = body[match.end() : match.end() + size]
        out += chunk
        at = match.end() + size
        if len(chunk) < size:
            return Decoded(bytes(out), "damaged")
        at += 2 if body.startswith(b"\r\n", at) else int(body.startswith(b"\n", at))
    return Decoded(bytes(out), "damaged") if at else Decoded(body)


def no_page(status: int, mime: str | None, body: bytes) -> str | None:
    """Why an answer is no page to keep, in a word; None for one that a live crawl would keep."""
    if status < 200 or (300 <= status < 400 and status != 304):
        return f"status {status}"
    if status in _PASSING or status >= 500:
        return f"status {status}"
    if mime in _HTML_MIMES or status == 304:
        return None
    if mime in _VAGUE_MIMES and (is_html(body) or (status in _GONE and not body.strip())):
        return None
    return mime or ("empty" if not body.strip() else "unknown kind")
