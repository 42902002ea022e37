"""The values that flow through the house: frozen, comparable, picklable.

Offsets are code points, half open. Times are ISO 8601 text that carries its own precision: `2016-09-09T18:11:00Z` in
UTC, no `Z` where the zone is unknown, `2017-11-15` where only the day is known. Big fields stay out of `repr`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias


class Reason(StrEnum):
    """Why a capture is no article; the value is the counter's name too."""

    NOT_HTML = "not-html"
    UNDECODABLE = "undecodable"
    EMPTY = "empty"
    TOO_SHORT = "too-short"
    LISTING = "listing"
    NOT_FOUND = "not-found"
    BLOCKED = "blocked"
    LOGIN = "login"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """An outlet that is followed; everything but `id` and `homepage` may be left to discovery."""

    id: str
    homepage: str | None = None
    name: str | None = None
    language: str | None = None
    country: str | None = None
    timezone: str | None = None
    feeds: tuple[str, ...] = ()
    sitemaps: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    archives: tuple[str, ...] = ()  # pages by day or month, with {year} {month} {day} in the address
    follow: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    every: int | None = None  # least seconds between two polls of a feed
    schedule: str | None = None  # fixed times of polls, as a cron expression in the source's time zone
    revisit: tuple[float, ...] | None = None  # seconds from a page's first capture to further looks; None: as [archive]
    keep_bodies: float | None = None  # seconds for which bytes are kept; None: as [archive]
    keep_revisions: int | None = None  # latest earlier texts that are kept, beside the first; None: as [archive]
    page: Mapping[str, Any] = field(default_factory=dict)  # CSS: body, remove
    render: bool = False  # its pages and sections pass through a browser
    strip: tuple[str, ...] = ()  # extra furniture lines of this source, as regular expressions


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a feed, a sitemap or a section page says of one article."""

    url: str
    source: str | None = None
    via: str | None = None  # address of the feed that listed it
    kind: str = "feed"  # feed | sitemap | news | section | list | archive | import
    title: str | None = None
    published_at: str | None = None
    modified_at: str | None = None
    language: str | None = None
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    content: str | None = field(default=None, repr=False)  # the article itself as HTML, where the feed gives it whole
    why: str | None = None  # why a link is taken for an article; None where a feed says so


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """One address fetched once: what came, when, and why we asked. `body` is decoded of transfer codings."""

    url: str
    fetched_at: datetime  # aware, UTC
    body: bytes = field(repr=False)
    final_url: str | None = None
    source: str | None = None
    status: int = 200
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    request: tuple[tuple[str, str], ...] = field(default=(), repr=False)  # headers that were sent, but for secrets
    wire_digest: str | None = None  # sha256 of the body as it came, content codings and all; None: not known
    mime: str | None = None  # None: sniffed from the bytes
    completeness: str = "whole"  # whole | truncated | damaged
    rendered: bool = False  # the body is the document as its scripts left it, in UTF-8; the headers are the server's
    entry: Entry | None = None
    pages: tuple[Capture, ...] = field(default=(), repr=False)  # on which the article goes on, in order


@dataclass(frozen=True, slots=True, kw_only=True)
class Extracted:
    """What an archive keeps of an extraction: enough to strip it again without the page."""

    capture: Capture  # without its body
    text: str = field(repr=False)  # as it was before any cut
    packed: bytes = field(repr=False)  # all but the text; see packing.py


@dataclass(frozen=True, slots=True)
class Link:
    """A link within the extracted text."""

    start: int
    stop: int
    url: str


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph of the extracted text; its offsets are its identity. `tag` is p, h, li, quote, caption …"""

    start: int
    stop: int
    tag: str = "p"
    links: tuple[Link, ...] = ()
    odds: float = 0.0  # log-odds that it is furniture, by its place and looks


@dataclass(frozen=True, slots=True)
class Claim:
    """What some part of a page asserts of a field."""

    field: str
    value: Any
    origin: str  # jsonld | meta | microdata | feed | sitemap | url | text | page:<class> | rule:<id>


@dataclass(frozen=True, slots=True, kw_only=True)
class Extraction:
    """The text a page gave, before any cut. From here on the text is fixed: offsets point into it."""

    text: str = field(repr=False)
    blocks: tuple[Block, ...] = field(repr=False)
    claims: tuple[Claim, ...] = field(default=(), repr=False)
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """One cut: a span of the extracted text that is not in the article's text, and why."""

    start: int
    stop: int
    zone: str  # lead | body | tail | field (moved into a column, not furniture)
    rule: str
    text: str
    claims: tuple[Claim, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stripped:
    """The clean text with its blocks, the ledger, and what the cut lines said of the article."""

    text: str = field(repr=False)
    blocks: tuple[Block, ...] = field(repr=False)
    removals: tuple[Removal, ...] = field(repr=False)
    claims: tuple[Claim, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A line pattern that marks furniture or a field; rules/*.toml holds the shipped ones."""

    id: str
    zone: str  # lead | tail | edge (either) | any | keep (of a line that a person calls text)
    pattern: str  # full match on a line, whitespace folded, case ignored
    why: str
    language: str | None = None
    origin: str = "shipped"  # shipped | yours | learned
    reach: str = "line"  # line | rest (everything after it is furniture too)
    strip: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()

    def __hash__(self) -> int:  # hundreds are looked up for each page, and the id is all but unique
        return hash(self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """Digest of the exact text; of its shingles MinHash bands for near-duplicates, a sketch for texts within."""

    digest: str  # sha256, hex
    bands: tuple[int, ...] = field(default=(), repr=False)  # signed 64 bit
    sketch: tuple[int, ...] = field(default=(), repr=False)  # ascending, signed 48 bit
    size: int = 0  # number of distinct shingles


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A place that lists addresses, with what the last check of it left behind."""

    source: str
    url: str
    kind: str = "feed"  # feed | sitemap | section | list
    id: int | None = None  # its row, once stored
    etag: str | None = None
    last_modified: str | None = None
    digest: str | None = None  # sha256 of the body last read
    checked_at: str | None = None
    status: int | None = None
    listed: int | None = None  # entries it listed at its last check
    failures: int = 0
    interval: int | None = None  # seconds between two checks at present
    due_at: str | None = None  # when it is to be asked next
    retry_at: str | None = None  # not before: a pause that its host asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What a spider hands on: a capture, and where it is a feed, what that feed lists and points to."""

    capture: Capture
    feed: Feed | None = None
    entries: tuple[Entry, ...] = field(default=(), repr=False)
    feeds: tuple[Feed, ...] = ()  # further feeds it led to
    capture_id: int | None = None  # set for a stored capture that still waits to be read


@dataclass(frozen=True, slots=True)
class Reject:
    """A capture that is no article, with the reason: expected, counted, stored; not an exception."""

    reason: Reason
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """A capture whose processing went wrong unexpectedly; kept, to be tried again after a fix."""

    stage: str  # fetch | process | store
    error: str  # crashed | timeout | damaged | the exception's class
    detail: str = ""


#: What can be read: a page, or again what was extracted of it.
Readable: TypeAlias = "Capture | Extracted"

#: What reading a capture ends in.
Outcome: TypeAlias = "Article | Reject | Failure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """A clean article with every field's origin and every cut written down."""

    url: str
    urlkey: str
    text: str = field(repr=False)
    source: str | None = None
    title: str | None = None
    description: str | None = None  # the standfirst the page shows
    authors: tuple[str, ...] = ()
    agency: str | None = None
    credit: str | None = None
    dateline: str | None = None
    section: str | None = None
    tags: tuple[str, ...] = ()
    language: str | None = None
    published_at: str | None = None
    published_precision: str | None = None  # year | month | day | minute | second
    published_from: str | None = None  # origin of the claim that won
    text_from: str = "page"  # page | feed: where the text was read
    modified_at: str | None = None
    image: str | None = None
    captions: tuple[str, ...] = ()
    links: tuple[str, ...] = field(default=(), repr=False)
    paywalled: bool = False
    live: bool = False  # a live blog, which grows
    word_count: int = 0
    removals: tuple[Removal, ...] = field(default=(), repr=False)
    claims: tuple[Claim, ...] = field(default=(), repr=False)
    fingerprint: Fingerprint
    recipe: str
    base: str = ""  # the recipe without what was learned of the source: what the extraction depends on
    packed: bytes = field(default=b"", repr=False)  # the extraction without its text; see packing.py


def kept(text: str, removals: tuple[Removal, ...]) -> str:
    """What stays of an extracted text after these cuts."""
    parts: list[str] = []
    position = 0
    for removal in removals:
        parts.append(text[position : removal.start])
        position = removal.stop
    return "".join((*parts, text[position:]))


def restore(text: str, removals: tuple[Removal, ...]) -> str:
    """The extracted text again, from the clean text and its ledger: the inverse of every cut."""
    parts: list[str] = []
    kept = position = 0  # in the clean and in the extracted text
    for removal in removals:
        step = removal.start - position
        parts += (text[kept : kept + step], removal.text)
        kept, position = kept + step, removal.stop
    return "".join((*parts, text[kept:]))
