"""WARC records as pages. FastWARC reads what a record says; where records begin and end, `records` knows."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

from fastwarc.warc import WarcRecord, WarcRecordType

from pipelines.decode import Decoded
from pipelines.headers import kept, moment_in
from pipelines.readers.beside import Told, beside, joined, passed
from pipelines.readers.digests import matches
from pipelines.readers.found import Again, Flaw, Found, Moved, Page, Passed, What
from pipelines.readers.http import Headers, as_sent, bodies, is_as_sent, mime_of, no_page, values
from pipelines.readers.packed import Stream
from pipelines.readers.records import Gap, Record, records
from pipelines.types import Capture, Entry
from pipelines.urls import absolute, urlkey

_LENGTH = re.compile(rb"(?im)^(content-length:[ \t]*)(\d+)")
_BLOCK_DIGEST = re.compile(rb"(?im)^warc-block-digest:[ \t]*(\S+)")
_IS_REVISIT = re.compile(rb"(?im)^warc-type:[ \t]*revisit\b")
_BARE_FEED = re.compile(rb"(?<!\r)\n")
_FIELD = re.compile(rb"(?im)^(warc-type|warc-date|content-type|content-length)(?=[ \t]*:)")
_FIELDS = {one.lower(): one for one in (b"WARC-Type", b"WARC-Date", b"Content-Type", b"Content-Length")}
#: Answers on the way to the answer: 100 Continue, 103 Early Hints.
_INTERIM = re.compile(rb"\A(?:HTTP/1\.[01] 1\d\d[^\n]*\n(?:[^\r\n][^\n]*\n)*\r?\n)+(?=HTTP/)")
#: How programs that speak HTTP/2 and 3 write the status, which is no line there.
_STATUS = re.compile(rb"\A(?:(?:h[23]c?|spdy/[\d.]+)[ \t]+|:status:[ \t]*)(\d{3})[^\r\n]*", re.IGNORECASE)
_LEADING = (301, 302, 303, 307, 308)
_DATE = re.compile(r"(\d{4})(?:-?(\d\d)(?:-?(\d\d)(?:[T ]?(\d\d):?(\d\d)(?::?(\d\d)(?:\.\d*)?)?Z?)?)?)?")
_HTTP_DATE = re.compile(rb"(?i)\ndate:[ \t]*([^\r\n]{10,60})")
_HEADER_ROOM = 128 * 1024  # bytes of a block beside the longest body: HTTP's headers, and what chunks add


def read_warc(stream: Stream, name: str, limit: int) -> Iterator[Found]:
    """What the records of a WARC file called `name` hold; bodies are cut off at `limit` bytes."""
    return joined(_told(stream, name, limit))


def _told(stream: Stream, name: str, limit: int) -> Iterator[Told]:
    for one in records(stream, limit + _HEADER_ROOM):
        if isinstance(one, Gap):
            yield Told(Found(Flaw(one.reason), one.place, one.position))
            continue
        try:
            told, flaw = _read(one, name, limit)
        except (OSError, ValueError, UnicodeError) as problem:
            told, flaw = None, f"cannot be read ({' '.join(str(problem).split())})"
        if flaw:
            yield Told(Found(Flaw(flaw), one.place, one.place if told else one.position))
        if told:
            yield told


def _read(raw: Record, name: str, limit: int) -> tuple[Told | None, str | None]:
    """What a record holds, and what is wrong with it."""
    whole, fault = _checked(raw)
    whole = _STATUS.sub(rb"HTTP/1.1 \1", _INTERIM.sub(b"", whole))
    record = WarcRecord.from_bytes(_head(raw.head, len(whole)) + whole + b"\r\n\r\n")
    kind = record.record_type
    if kind in (WarcRecordType.unknown, WarcRecordType.no_type):
        return None, fault or f"is of no kind that is known: {(record.headers.get('WARC-Type') or '')[:50]!r}"
    if kind not in (WarcRecordType.response, WarcRecordType.revisit, WarcRecordType.resource):
        said = None if fault else beside(record)
        return (Told(Found(passed(str(kind)), raw.place, raw.position), beside=said) if said else None), fault
    what, fault = _page_in(raw, record, whole, fault, name, limit)
    if what is None:
        return None, fault
    of = record.headers.get_multiple("WARC-Concurrent-To")
    return Told(Found(what, raw.place, raw.position), record.headers.get("WARC-Record-ID") or "", of), fault


def _page_in(
    raw: Record, record: WarcRecord, whole: bytes, fault: str | None, name: str, limit: int
) -> tuple[What | None, str | None]:
    """What a record of a page holds, and what is wrong with it."""
    kind = record.record_type
    url = (record.headers.get("WARC-Target-URI") or "").strip("<> ")
    if not url.lower().startswith(("http://", "https://", "urn:sha256:")):
        if record.is_http or not url:
            return None, fault or f"names no web address: {url[:200]!r}"
        return Passed("no web address"), fault
    at = _seen_at(record, whole)
    if at is None:
        return None, f"of {url}: its WARC-Date is no date"
    if fault and not raw.cut and not whole:
        return None, f"of {url}: {fault}"
    entry = Entry(url=url, kind="import", via=f"{name}#{raw.place}")
    capture = Capture(url=url, fetched_at=at, body=b"", entry=entry)
    if kind == WarcRecordType.resource:
        told = (("Content-Type", record.headers.get("Content-Type") or ""),)
        capture = replace(capture, headers=told, mime=mime_of(told))
        return _page(capture, record, whole, limit, cut=raw.cut, fault=fault)
    record.parse_http(quirks_mode=True)
    if record.http_headers is None or record.http_headers.status_code is None:
        if kind == WarcRecordType.revisit:
            return _again(capture, record), fault
        return None, f"of {url}: it holds no HTTP answer"
    headers = tuple(kept(record.http_headers.items_bytes()))
    status = record.http_headers.status_code
    capture = replace(capture, status=status, headers=headers, mime=mime_of(headers))
    if kind == WarcRecordType.revisit or status == 304:
        why = no_page(status, capture.mime or "text/html", b"")
        capture = replace(capture, headers=as_sent(headers))
        return Passed(why) if why else _again(capture, record), fault
    return _page(capture, record, record.reader.read(), limit, cut=raw.cut, fault=fault)


def _head(head: bytes, length: int) -> bytes:
    """The header as FastWARC takes it: line ends and names as the standard writes them, and the block's length."""
    head = _FIELD.sub(lambda found: _FIELDS[found[1].lower()], _BARE_FEED.sub(b"\r\n", head))
    return _LENGTH.sub(b"\\g<1>%d" % length, head, count=1)


def _seen_at(record: WarcRecord, block: bytes) -> datetime | None:
    """When a record was made, in whatever detail it says; else when its server answered."""
    if isinstance(record.record_date, datetime):
        return record.record_date.astimezone(UTC)
    if found := _DATE.fullmatch((record.headers.get("WARC-Date") or "").strip()):
        year, month, day, *time = (0 if one is None else int(one) for one in found.groups())
        with suppress(ValueError):
            return datetime(year, month or 1, day or 1, *time, tzinfo=UTC)
    if said := _HTTP_DATE.search(block, 0, max(0, block.find(b"\r\n\r\n"))):
        with suppress(ValueError, OverflowError):
            return moment_in(said[1].decode("ascii"))
    return None


def _checked(raw: Record) -> tuple[bytes, str | None]:
    """The block, and why it may not be what was written; a digest that is right settles it."""
    said = _BLOCK_DIGEST.search(raw.head)
    digest = said[1].decode("latin-1") if said else None
    if raw.cut:
        return raw.block, raw.fault
    proven = matches(digest, raw.block)
    if proven or (_IS_REVISIT.search(raw.head) and matches(digest, b"")):  # wget takes that of nothing for these
        return raw.block, None if proven else raw.fault
    if raw.fault:
        declared = _LENGTH.search(raw.head)
        stop = int(declared[2]) if declared else 0
        if stop < len(raw.block) and matches(digest, raw.block[:stop]):
            return raw.block[:stop], None
        return raw.block, raw.fault
    return raw.block, None if proven is None else "its block digest does not match"


def _page(
    capture: Capture, record: WarcRecord, stored: bytes, limit: int, *, cut: bool, fault: str | None
) -> tuple[What | None, str | None]:
    forms = list(bodies(stored, capture.headers, limit))
    body = forms[-1]
    why = no_page(capture.status, capture.mime, body.body)
    if target := _led_to(capture):
        return Moved(replace(capture, final_url=target)), None
    if why and not (capture.url.startswith("urn:") and capture.mime == "text/plain"):  # a text without an address
        return (None, f"of {capture.url}: {fault}") if fault else (Passed(why), None)
    truncated = cut or record.headers.get("WARC-Truncated") or record.headers.get("WARC-Segment-Number")
    if not (fault or truncated) and _contradicts(record.headers.get("WARC-Payload-Digest"), forms):
        fault = "its payload digest does not match"
    completeness = body.completeness
    if fault:
        completeness = "truncated" if fault == "is cut off" else "damaged"
    elif truncated or _is_short(capture.headers, forms[1].body):
        completeness = "truncated"
    elif completeness == "damaged":
        fault = "its body is damaged"
    response = record.record_type == WarcRecordType.response
    if completeness == "whole" and response and is_as_sent(capture.headers, forms[1].body, body.body):
        capture = replace(capture, wire_digest=hashlib.sha256(forms[1].body).hexdigest())
    capture = replace(capture, headers=as_sent(capture.headers), body=body.body, completeness=completeness)
    return Page(capture), f"of {capture.url}: {fault}" if fault else None


def _led_to(capture: Capture) -> str | None:
    """Where a redirect leads, if that is to another page."""
    if capture.status not in _LEADING:
        return None
    said = next((value for name, value in capture.headers if name.lower() == "location"), "")
    target = absolute(capture.url, said.strip())
    return target if target and urlkey(target) != urlkey(capture.url) else None


def _is_short(headers: Headers, stored: bytes) -> bool:
    """Whether fewer bytes are here than the server announced: the connection broke off. Where codings were undone by
    whoever wrote the record, the two have nothing to do with each other."""
    said = values(headers, "content-length")
    plain = not any(name.lower().endswith(("content-encoding", "transfer-encoding")) for name, _ in headers)
    return plain and len(said) == 1 and said[0].isdecimal() and 0 < len(stored) < int(said[0][:18])


def _contradicts(said: str | None, forms: Sequence[Decoded]) -> bool:
    """Whether a digest is none of the payload: with its codings or without, for programs differ on what that is."""
    return all(matches(said, one.body) is False for one in forms)


def _again(capture: Capture, record: WarcRecord) -> Again:
    """A record that says: as it was, there and then."""
    url = (record.headers.get("WARC-Refers-To-Target-URI") or capture.url).strip("<> ")
    at = record.headers.get("WARC-Refers-To-Date")
    return Again(capture, url, at)
