"""WARC records as pages. FastWARC reads what a record says; where records begin and end, `records` knows."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from fastwarc.warc import WarcRecord, WarcRecordType

from pipelines.decode import Decoded
from pipelines.readers.beside import Told, beside, joined, passed
from pipelines.readers.digests import matches
from pipelines.readers.found import Again, Flaw, Found, Page, Passed, What
from pipelines.readers.http import Headers, bodies, is_as_sent, mime_of, no_page, values
from pipelines.readers.packed import Stream
from pipelines.readers.records import Gap, Record, records
from pipelines.types import Capture, Entry

_LENGTH = re.compile(rb"(?im)^(content-length:[ \t]*)(\d+)")
_HEADER_ROOM = 128 * 1024  # bytes of a block beside the longest body: HTTP's headers, and what chunks add
_MOST_HEADERS = 64 * 1024


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
    length = b"\\g<1>%d" % len(whole)
    record = WarcRecord.from_bytes(_LENGTH.sub(length, raw.head, count=1) + whole + b"\r\n\r\n")
    kind = record.record_type
    if kind in (WarcRecordType.unknown, WarcRecordType.no_type):
        return None, fault or f"is of no kind that is known: {record.headers.get('WARC-Type')}"
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
    at = record.record_date
    if not isinstance(at, datetime):
        return None, f"of {url}: its WARC-Date is no date"
    if fault and not raw.cut and not whole:
        return None, f"of {url}: {fault}"
    entry = Entry(url=url, kind="import", via=f"{name}#{raw.place}")
    capture = Capture(url=url, fetched_at=at.astimezone(UTC), body=b"", entry=entry)
    if kind == WarcRecordType.resource:
        told = (("Content-Type", record.headers.get("Content-Type") or ""),)
        capture = replace(capture, headers=told, mime=mime_of(told))
        return _page(capture, record, whole, limit, cut=raw.cut, fault=fault)
    record.parse_http(quirks_mode=True)
    if record.http_headers is None or record.http_headers.status_code is None:
        if kind == WarcRecordType.revisit:
            return _again(capture, record), fault
        return None, f"of {url}: it holds no HTTP answer"
    headers = tuple(_kept(record.http_headers.to_tuples()))
    status = record.http_headers.status_code
    capture = replace(capture, status=status, headers=headers, mime=mime_of(headers))
    if kind == WarcRecordType.revisit or status == 304:
        return _again(capture, record), fault
    return _page(capture, record, record.reader.read(), limit, cut=raw.cut, fault=fault)


def _checked(raw: Record) -> tuple[bytes, str | None]:
    """The block, and why it may not be what was written; a digest that is right settles it."""
    said = re.search(rb"(?im)^warc-block-digest:[ \t]*(\S+)", raw.head)
    digest = said[1].decode("latin-1") if said else None
    if raw.cut:
        return raw.block, raw.fault
    proven = matches(digest, raw.block)
    if proven:
        return raw.block, None
    if raw.fault:
        declared = _LENGTH.search(raw.head)
        stop = int(declared[2]) if declared else 0
        if stop < len(raw.block) and matches(digest, raw.block[:stop]):
            return raw.block[:stop], None
        return raw.block, raw.fault
    return raw.block, None if digest is None or matches(
        digest, raw.block
    ) is None else "its block digest does not match"


def _page(
    capture: Capture, record: WarcRecord, stored: bytes, limit: int, *, cut: bool, fault: str | None
) -> tuple[What | None, str | None]:
    forms = list(bodies(stored, capture.headers, limit))
    body = forms[-1]
    why = no_page(capture.status, capture.mime, body.body, values(capture.headers, "location"))
    if why and not (capture.url.startswith("urn:") and capture.mime == "text/plain"):  # a text without an address
        return (None, f"of {capture.url}: {fault}") if fault else (Passed(why), None)
    truncated = cut or record.headers.get("WARC-Truncated") or record.headers.get("WARC-Segment-Number")
    if not (fault or truncated) and _contradicts(record.headers.get("WARC-Payload-Digest"), forms):
        fault = "its payload digest does not match"
    completeness = body.completeness
    if fault:
        completeness = "truncated" if fault == "is cut off" else "damaged"
    elif truncated:
        completeness = "truncated"
    elif completeness == "damaged":
        fault = "its body is damaged"
    response = record.record_type == WarcRecordType.response
    if completeness == "whole" and response and is_as_sent(capture.headers, forms[1].body, body.body):
        capture = replace(capture, wire_digest=hashlib.sha256(forms[1].body).hexdigest())
    capture = replace(capture, body=body.body, completeness=completeness)
    return Page(capture), f"of {capture.url}: {fault}" if fault else None


def _contradicts(said: str | None, forms: Sequence[Decoded]) -> bool:
    """Whether a digest is none of the payload: with its codings or without, for programs differ on what that is."""
    return all(matches(said, one.body) is False for one in forms)


def _again(capture: Capture, record: WarcRecord) -> Again:
    """A record that says: as it was, there and then."""
    url = (record.headers.get("WARC-Refers-To-Target-URI") or capture.url).strip("<> ")
    at = record.headers.get("WARC-Refers-To-Date")
    return Again(capture, url, at)


def _kept(headers: Headers) -> Iterator[tuple[str, str]]:
    """The headers up to a size that no honest server reaches."""
    left = _MOST_HEADERS
    for name, value in headers:
        left -= len(name) + len(value)
        if left < 0:
            return
        yield name, value
