"""Sitemaps of every kind: XML, gzip, plain text, news sitemaps with their fields, and index files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from itertools import zip_longest

from lxml import etree

from crawler.entries.listing import Listing, NoListingError, chosen, newest_first, once, usable
from crawler.entries.pattern import Patterns, Verdict
from crawler.entries.shape import Shape, date_in, slug_words
from pipelines.dates import moment_of
from pipelines.types import Capture, Entry, Feed, Source

_MOST_ENTRIES = 50_000  # the protocol's own limit
_MOST_FEEDS = 50_000
#: An ampersand that begins no entity, as in addresses pasted as they are; the parser would drop what follows.
_BARE = re.compile(rb"&(?!(?:#\d{1,7}|#x[0-9a-f]{1,6}|\w{1,31});)", re.IGNORECASE)


def read_sitemap(capture: Capture, source: Source, patterns: Patterns) -> Listing:
    """What a sitemap or an index file lists, newest first, as far as it can be read.

    A news sitemap lists articles; of any other, only what may be one is taken. Raises NoListingError for what is
    no sitemap.
    """
    base = capture.final_url or capture.url
    entries: list[Entry] = []
    feeds: list[tuple[str, str]] = []
    seen_root = False
    body = capture.body.lstrip()
    if b"\x00" not in body[:100]:  # UTF-16, of which a byte alone says nothing
        body = _BARE.sub(b"&amp;", body)
    context = etree.iterparse(
        BytesIO(body), events=("start", "end"), recover=True, resolve_entities=False, no_network=True
    )
    try:
        for event, element in context:
            name = _local(element)
            if event == "start":
                seen_root = seen_root or name in ("urlset", "sitemapindex")
                continue
            if name == "url":
                entries += _entry(element, base)
            elif name == "sitemap":
                feeds += _member(element, base)
            if name in ("url", "sitemap"):
                element.clear()
                while element.getprevious() is not None:  # what has been read needs no memory any more
                    del element.getparent()[0]
            if len(entries) >= _MOST_ENTRIES or len(feeds) >= _MOST_FEEDS:
                break
    except etree.XMLSyntaxError:
        pass  # a cut or broken file: what came before still counts
    if not (seen_root or entries or feeds):
        raise NoListingError("no sitemap")
    return replace(_articles(entries, source, patterns), feeds=_ordered(feeds))


def read_text_sitemap(capture: Capture, source: Source, patterns: Patterns) -> Listing:
    """A plain list of addresses, one a line. Raises NoListingError where the first line is none."""
    lines = [one.strip() for one in capture.body.decode("utf-8", errors="replace").splitlines()[:_MOST_ENTRIES]]
    if not any(one.startswith(("http://", "https://")) for one in lines[:1]):
        raise NoListingError("no list of addresses")
    base = capture.final_url or capture.url
    found = [Entry(url=url, kind="sitemap") for one in lines if one and (url := usable(base, one))]
    return _articles(found, source, patterns)


def _local(element: etree._Element) -> str:
    tag = element.tag
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""


def _entry(element: etree._Element, base: str) -> Iterator[Entry]:
    said: dict[str, str] = {}
    for child in element:
        name = _local(child)
        if name == "news":
            said.update({f"news:{_local(one)}": one.text or "" for one in child.iter() if one is not child})
        elif name in ("loc", "lastmod"):
            said.setdefault(name, (child.text or "").strip())
    url = usable(base, said.get("loc"))
    if url is None:
        return
    news = any(key.startswith("news:") for key in said)
    yield Entry(
        url=url,
        kind="news" if news else "sitemap",
        title=" ".join(said.get("news:title", "").split()) or None,
        published_at=_time(said.get("news:publication_date")),
        modified_at=_time(said.get("lastmod")),
        language=said.get("news:language", "").strip() or None,
        tags=tuple(dict.fromkeys(filter(None, re.split(r"\s*[,;]\s*", said.get("news:keywords", "").strip())))),
    )


def _member(element: etree._Element, base: str) -> Iterator[tuple[str, str]]:
    said = {_local(one): (one.text or "").strip() for one in element}
    if url := usable(base, said.get("loc")):
        yield url, _time(said.get("lastmod")) or ""


def _articles(entries: list[Entry], source: Source, patterns: Patterns) -> Listing:
    """The entries that may be articles; where addresses tell nothing at all, all that are not surely something else."""
    judged = [_judged(one, source, patterns) for one in entries]
    telling = patterns.telling or any(one.shape is Shape.ARTICLE for one in judged)
    taken: list[Entry] = []
    left: list[tuple[str, str]] = []
    for entry, one in zip(entries, judged, strict=True):
        perhaps = one.shape is Shape.UNCLEAR and (one.learned or not telling or slug_words(entry.url) >= 3)
        if one.shape is Shape.ARTICLE or perhaps:
            taken.append(replace(entry, why=one.why or None) if entry.kind != "news" else entry)
        else:
            left.append((entry.url, one.why or "nothing that tells an article"))
    return Listing(kind="sitemap", entries=newest_first(once(taken)), left=tuple(left))


def _judged(entry: Entry, source: Source, patterns: Patterns) -> Verdict:
    if chosen(source, entry.url):
        return Verdict(Shape.ARTICLE, "follow pattern")
    return Verdict(Shape.ARTICLE) if entry.kind == "news" else patterns.judge(entry.url)


def _ordered(feeds: list[tuple[str, str]]) -> tuple[Feed, ...]:
    """The members of an index: news sitemaps first, then by the last change, then by a date in the address.

    Those that tell nothing come last, by turns from either end: which end is the newest is not known.
    """

    def key(one: tuple[str, str]) -> tuple[bool, str, str]:
        url, changed = one
        return "news" in url.rpartition("/")[2].lower(), changed, date_in(url)

    members = list(dict(feeds).items())
    telling = sorted((one for one in members if any(key(one))), key=key, reverse=True)
    silent = [one for one in members if not any(key(one))]
    half = len(silent) // 2
    turns = zip_longest(reversed(silent[half:]), silent[:half])
    ordered = [*telling, *(one for pair in turns for one in pair if one)]
    return tuple(Feed(source="", url=url, kind="sitemap") for url, _ in ordered)


def _time(value: str | None) -> str | None:
    moment = moment_of(value) if value else None
    return moment.value if moment else None
