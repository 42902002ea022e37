"""Bytes to entries: what feeds, sitemaps and section pages list. Pure functions over captures."""

from __future__ import annotations

import re
from dataclasses import replace

from crawler.entries.feed import read_feed, read_json_feed
from crawler.entries.listing import Listing, NoListingError, for_source
from crawler.entries.pattern import UNKNOWN, Patterns
from crawler.entries.section import read_section
from crawler.entries.sitemap import read_sitemap, read_text_sitemap
from pipelines.decode import gunzip
from pipelines.types import Capture, Source

PACKED = b"\x1f\x8b"  # how gzip begins
LONGEST_SITEMAP = 50 * 1024**2  # bytes of one that are read, packed or not; the protocol's own limit
_LONGEST_FEED = 8 * 1024**2  # bytes of a feed that are read; only a trap is longer, and it holds the machine up
_ROOT = re.compile(
    rb"<\s*(?:[\w.-]+:)?(urlset|sitemapindex|rss|feed|rdf|channel|html|head|body|!doctype\s+html)\b", re.I
)


def read_listing(capture: Capture, source: Source, patterns: Patterns = UNKNOWN) -> Listing:
    """What a capture lists for `source`, whatever kind of listing it is; `patterns` is what its addresses have shown.

    The bytes decide, not the address or the Content-Type. Raises NoListingError for what is no listing at all.
    """
    cut = capture.completeness == "truncated"
    if capture.body.startswith(PACKED):
        capture = replace(capture, body=gunzip(capture.body, LONGEST_SITEMAP))
        cut = cut or len(capture.body) >= LONGEST_SITEMAP
    return replace(for_source(_read(capture, source, patterns), source, capture.url), cut=cut)


def _read(capture: Capture, source: Source, patterns: Patterns) -> Listing:
    head = capture.body[:16384].lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").replace(b"\x00", b"")
    if not head:
        raise NoListingError("an empty answer")
    if head[:1] in b"{[":
        return read_json_feed(capture)
    root = _ROOT.search(head)
    match root[1].lower() if root else b"":
        case b"urlset" | b"sitemapindex":
            return read_sitemap(capture, source, patterns)
        case b"rss" | b"feed" | b"rdf" | b"channel":
            return read_feed(replace(capture, body=capture.body[:_LONGEST_FEED]))
        case b"":
            return read_text_sitemap(capture, source, patterns)
    return read_section(capture, source, patterns)
