"""Saved web pages: where they came from, as far as they say so themselves.

Only the head is looked at, and by patterns: reading a page whole is work for the killable workers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from urllib.parse import urlsplit

from pipelines.sources import name_for
from pipelines.types import Capture, Entry
from pipelines.urls import absolute, urn_for

_HEAD = 256 * 1024  # bytes; browsers and archivers put some scripts before the links
_SAVED_FROM = re.compile(
    rb"saved from url=(?:\(\d+\))?(\S+)|\burl:\s*(https?://\S+)|Mirrored from (\S+) by HTTrack", re.IGNORECASE
)
_SAVED_AT = re.compile(
    r"\bsaved date: \w{3} (\w{3} \d\d \d{4} \d\d:\d\d:\d\d) GMT([+-]\d{4})"
    r"|by HTTrack [^,]+, \w{3}, (\d\d \w{3} \d{4} \d\d:\d\d:\d\d) GMT"
)
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_TAG = re.compile(rb"<(link|meta|base)\b([^<>]{1,2000})>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""(?<![\w:-])([\w:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_HTML_START = re.compile(rb"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_SILENT = re.compile(rb"<!--|<(?:script|style|noscript|template)\b", re.IGNORECASE)


def html_capture(body: bytes, at: datetime, source: str | None = None, name: str | None = None) -> Capture:
    """A saved page under the address it gives itself, else under its digest; filed under its host if no source is
    named. `name` is that of its file."""
    places = list(addresses_in(body))
    # an address without a path is the outlet's, not the page's
    own = next((url for url in places if urlsplit(url).path.strip("/") or urlsplit(url).query), None)
    if source is None and places:
        source = name_for(places[0])
    url = own or urn_for(body)
    entry = Entry(url=url, kind="import", via=name)
    return Capture(url=url, fetched_at=at, body=body, source=source, mime="text/html", entry=entry)


def is_html(body: bytes) -> bool:
    """Whether bytes begin like a web page."""
    head = _head(body)[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()
    while head.startswith((b"<!--", b"<?xml")):
        head = head.partition(b"-->" if head.startswith(b"<!--") else b">")[2].lstrip()
    return bool(_HTML_START.match(head))


def addresses_in(body: bytes) -> Iterator[str]:
    """The addresses a page claims for itself, the best first: canonical, og:url, where it was saved from, base."""
    head, comments = _parted(_head(body))
    saved = _SAVED_FROM.search(comments)
    found = {"saved": _text(saved[1] or saved[2] or b"http://" + saved[3])} if saved else {}
    for tag, inside in _TAG.findall(head):
        marks = {name.lower(): unescape(a or b or c).strip() for name, a, b, c in _ATTRIBUTE.findall(_text(inside))}
        match _text(tag).lower():
            case "link" if "canonical" in marks.get("rel", "").lower().split():
                found.setdefault("canonical", marks.get("href", ""))
            case "meta" if (marks.get("property") or marks.get("name", "")).lower() == "og:url":
                found.setdefault("og", marks.get("content", ""))
            case "base":
                found.setdefault("base", marks.get("href", ""))
    base = found.get("base") or found.get("saved") or ""
    for kind in ("canonical", "og", "saved", "base"):
        if url := absolute(base, found.get(kind, "")):
            yield url


def saved_at(body: bytes) -> datetime | None:
    """When a page was saved, as the program says that saved it."""
    found = _SAVED_AT.search(_text(_parted(_head(body))[1]))
    if found is None:
        return None
    try:
        if found[1]:
            return datetime.strptime(f"{found[1]} {found[2]}", "%b %d %Y %H:%M:%S %z").astimezone(UTC)
        return datetime.strptime(f"{found[3]} +0000", "%d %b %Y %H:%M:%S %z").astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _head(body: bytes) -> bytes:
    """The beginning of a page, in a charset that writes ASCII as it is."""
    if body.startswith(_UTF16):
        return body[: 2 * _HEAD].decode("utf-16", errors="replace").encode()
    return body[:_HEAD]


def _parted(head: bytes) -> tuple[bytes, bytes]:
    """The markup without comments and scripts, and the comments. One pass, whatever is left open."""
    lower = head.lower()
    markup: list[bytes] = []
    comments: list[bytes] = []
    position = 0
    while opening := _SILENT.search(head, position):
        markup.append(head[position : opening.start()])
        comment = opening[0] == b"<!--"
        closing = b"-->" if comment else b"</" + opening[0][1:].lower()
        stop = lower.find(closing, opening.end())
        if stop < 0:
            return b"".join(markup), b"\n".join(comments)
        if comment:
            comments.append(head[opening.end() : stop])
        position = stop + len(closing)
    return b"".join([*markup, head[position:]]), b"\n".join(comments)


def _text(part: bytes) -> str:
    return part.decode("utf-8", errors="replace")
