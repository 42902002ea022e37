"""What other records of a WARC say of a page: what was asked, where it led on from, what else its writer knew."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from fastwarc.warc import WarcRecord, WarcRecordType

from pipelines.headers import harmless
from pipelines.readers.found import Again, Found, Page, Passed
from pipelines.types import Capture
from pipelines.urls import absolute

_SOURCE = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Beside:
    """A record that speaks of another one."""

    kind: str
    id: str
    of: tuple[str, ...]  # ids of records
    request: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    fields: dict[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Told:
    """A piece of a WARC file, and what its record is called; or what it says of another."""

    found: Found
    id: str = ""
    of: tuple[str, ...] = ()
    beside: Beside | None = None


def beside(record: WarcRecord) -> Beside:
    """What a request or metadata record says."""
    kind = str(record.record_type)
    named = (record.headers.get("WARC-Record-ID") or "", record.headers.get_multiple("WARC-Concurrent-To"))
    if record.record_type == WarcRecordType.request:
        record.parse_http(quirks_mode=True)
        sent = record.http_headers.to_tuples() if record.http_headers is not None else ()
        return Beside(kind, *named, request=harmless(sent))
    if record.record_type == WarcRecordType.metadata and (record.headers.get("Content-Type") or "").startswith(
        "application/warc-fields"
    ):
        lines = record.reader.read(64 * 1024).decode("utf-8", errors="replace").splitlines()
        return Beside(kind, *named, fields={name.lower(): value.strip() for name, _, value in map(_parted, lines)})
    return Beside(kind, *named)


def joined(told: Iterable[Told]) -> Iterator[Found]:
    """The pieces, each page with what the records next to it say of it."""
    held: Told | None = None
    before: Beside | None = None
    for one in told:
        if one.beside:
            if held and held.id and held.id in one.beside.of:
                held = replace(held, found=_with(held.found, one.beside))
                continue
            before = one.beside
        if held:
            yield held.found
            held = None
        if isinstance(one.found.what, Page | Again):
            fits = before is not None and (before.id in one.of or (one.id and one.id in before.of))
            held = replace(one, found=_with(one.found, before)) if before and fits else one
            before = None
        else:
            yield one.found
    if held:
        yield held.found


def passed(kind: str) -> Passed:
    """A record that is whole and of no use by itself."""
    return Passed(f"{kind} record")


def _with(found: Found, said: Beside) -> Found:
    if not isinstance(found.what, Page | Again):
        return found
    what = replace(found.what, capture=_told(found.what.capture, said))
    digest = said.fields.get("payload-sha256", "")
    if isinstance(what, Again) and _SHA256.fullmatch(digest):
        what = replace(what, digest=digest)
    return replace(found, what=what)


def _told(capture: Capture, said: Beside) -> Capture:
    fields = said.fields
    via = absolute("", fields.get("via", "")) if fields.get("hopsfromseed", "").endswith("R") else None
    if via and via != capture.url:
        entry = replace(capture.entry, url=via) if capture.entry else None
        capture = replace(capture, url=via, final_url=capture.url, entry=entry)
    if _SHA256.fullmatch(fields.get("wire-sha256", "")):
        capture = replace(capture, wire_digest=fields["wire-sha256"])
    if _SOURCE.fullmatch(fields.get("source", "")):
        capture = replace(capture, source=fields["source"])
    return replace(capture, request=said.request) if said.request else capture


def _parted(line: str) -> tuple[str, str, str]:
    return line.partition(":")
