"""Fetching and reading listings: a feed, a tree of sitemaps, a section with its older pages, all within bounds."""

from __future__ import annotations

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import replace

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response

from crawler.captures import capture_of, passing, retry_at
from crawler.entries import read_listing
from crawler.entries.listing import Listing, NoListingError
from crawler.middlewares.refusal import NotNowError
from pipelines.live import Run
from pipelines.store.writer import Writer
from pipelines.types import Capture, Entry, Feed, Fetched, Source

_MOST_DEPTH = 5  # sitemaps within sitemaps
_MOST_MEMBERS = 10  # of one index, the newest
_MOST_DOCUMENTS = 200  # listings of one source in one crawl
_MOST_PAGES = 5  # of one section


class ListingReader:
    """Reads listings for one crawl. `found` is called with a source's id when entries were queued on the way."""

    def __init__(self, crawler: Crawler, found: Callable[[str], None]) -> None:
        self._crawler = crawler
        self._run = Run.of(crawler)
        self._found = found
        self._asked: defaultdict[str, set[str]] = defaultdict(set)
        self._known: dict[tuple[str, str], Feed] = {}
        most = crawler.settings.getint("TEARSHEET_SITEMAP_ENTRIES")
        self._left: defaultdict[str, int] = defaultdict(lambda: most)

    def remember(self, feeds: Iterable[Feed]) -> None:
        """Take note of what earlier checks left behind, should one of these be come upon again."""
        self._known.update({(feed.source, feed.url): feed for feed in feeds})

    def claim(self, feed: Feed) -> bool:
        """Whether a listing is still to be asked in this crawl; from now on it is not."""
        asked = self._asked[feed.source]
        if feed.url in asked or len(asked) >= _MOST_DOCUMENTS:
            return False
        asked.add(feed.url)
        return True

    async def probe(self, source: Source, feed: Feed) -> AsyncIterator[Fetched]:
        """What may be at an address that nobody vouches for; nothing where it lists nothing."""
        feed = replace(feed, source=source.id)
        if response := await self._fetch(feed, probing=True):
            async for fetched in self.read(source, feed, response, probing=True):
                yield fetched

    async def read(
        self, source: Source, feed: Feed, response: Response, *, depth: int = 0, probing: bool = False
    ) -> AsyncIterator[Fetched]:
        """A listing that has come, then what it leads to: sitemaps of an index, sections of a front page."""
        capture = capture_of(response, feed.url, source.id)
        if response.status == 304:
            self._run.count(source.id, "feeds")
            yield Fetched(capture=capture, feed=feed)
            return
        listing = await self._listing(source, feed, capture, response, probing=probing)
        if listing is None or (probing and not listing.entries and not listing.feeds):
            return
        self._run.count(source.id, "feeds")
        members = self._members(feed, listing, depth)
        yield Fetched(
            capture=capture,
            feed=replace(feed, kind=listing.kind, due_at=None),
            entries=self._bounded(source, listing),
            feeds=members,
        )
        for member in members:
            member = self._known.get((source.id, member.url), member)
            if answer := await self._fetch(member):
                async for fetched in self.read(source, member, answer, depth=depth + 1):
                    yield fetched
        if listing.next and hashlib.sha256(capture.body).hexdigest() != feed.digest:
            await self._older(source, feed, listing.next)

    async def lost(self, feed: Feed, problem: BaseException | None) -> None:
        """A listing did not come."""
        due_at = problem.retry_at if isinstance(problem, NotNowError) else None
        await self._failed(replace(feed, due_at=due_at), 0, str(problem) or type(problem).__name__)

    async def nothing(self, feed: Feed, status: int) -> None:
        """Nothing that lists articles was found from a homepage."""
        await self._failed(feed, status, "no feed, no sitemap and no article links found")

    async def _listing(
        self, source: Source, feed: Feed, capture: Capture, response: Response, *, probing: bool
    ) -> Listing | None:
        try:
            if response.status != 200:
                raise NoListingError(f"status {response.status}")
            # in a thread: large listings take seconds, and the loop has other hosts to serve
            listing = await asyncio.to_thread(read_listing, capture, source)
            if listing.kind == "section" and feed.kind != "section":
                raise NoListingError("a web page, no feed")
        except NoListingError as problem:
            if not probing:
                due_at = retry_at(response, feed.failures) if passing(response.status) else None
                await self._failed(replace(feed, due_at=due_at), response.status, str(problem))
            return None
        return listing

    def _members(self, feed: Feed, listing: Listing, depth: int) -> tuple[Feed, ...]:
        """The listings to go on with: the newest sitemaps of an index, the sections of a front page seen first."""
        if listing.kind == "sitemap" and depth < _MOST_DEPTH:
            return listing.feeds[:_MOST_MEMBERS]
        first_time = feed.digest is None and feed.id is None
        return listing.feeds if listing.kind == "section" and depth == 0 and first_time else ()

    def _bounded(self, source: Source, listing: Listing) -> tuple[Entry, ...]:
        """The entries, of archive sitemaps only the newest: those may list all that was ever published."""
        if listing.kind != "sitemap" or all(one.kind == "news" for one in listing.entries):
            return listing.entries
        kept = listing.entries[: self._left[source.id]]
        self._left[source.id] -= len(kept)
        self._run.count(source.id, "held_back", len(listing.entries) - len(kept))
        return kept

    async def _older(self, source: Source, feed: Feed, url: str | None) -> None:
        """Queue what older pages of a section list, until one holds nothing new."""
        for _ in range(_MOST_PAGES - 1):
            page = Feed(source=source.id, url=url or "", kind="section")
            response = await self._fetch(page, probing=True) if url else None
            if response is None:
                return
            capture = capture_of(response, page.url, source.id)
            listing = await self._listing(source, page, capture, response, probing=True)
            if listing is None:
                return
            new = await self._run.write(Writer.add_entries, source.id, listing.entries, feed.id, self._run.id)
            if not new:
                return
            self._run.count(source.id, "found", new)
            self._found(source.id)
            url = listing.next

    async def _fetch(self, feed: Feed, *, probing: bool = False) -> Response | None:
        if not self._crawler.engine.running or not self.claim(feed):
            return None
        try:
            return await self._crawler.engine.download_async(request_for(feed))
        except Exception as problem:
            if not probing:
                await self.lost(feed, problem)
            return None

    async def _failed(self, feed: Feed, status: int, why: str) -> None:
        await self._run.write(Writer.feed_failed, feed, status, why[:500], self._run.id)
        self._run.count(feed.source, "silent")


def request_for(feed: Feed) -> Request:
    """The request for a feed, conditional on its having changed. Raises ValueError for what is no address."""
    headers = {}
    if feed.etag:
        headers["If-None-Match"] = feed.etag
    if feed.last_modified:
        headers["If-Modified-Since"] = feed.last_modified
    return Request(feed.url, headers=headers, dont_filter=True, priority=10)
