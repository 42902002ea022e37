"""Fetching and reading listings: a feed, a tree of sitemaps, a section with its older pages, all within bounds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import replace
from itertools import islice
from typing import Any

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from crawler.apart import Apart
from crawler.captures import capture_of, passing, retry_at
from crawler.entries import LONGEST_SITEMAP
from crawler.entries.discover import named_sitemaps
from crawler.entries.listing import Listing, NoListingError, newest
from crawler.entries.shape import Shape
from crawler.learned import Learned
from crawler.middlewares.refusal import NotNowError
from crawler.middlewares.render import RENDER
from crawler.middlewares.robots import RobotsMiddleware
from pipelines.live import Run
from pipelines.store import faillog, known
from pipelines.store.rows import key_of
from pipelines.store.writer import Writer
from pipelines.types import Capture, Entry, Feed, Fetched, Source

_MOST_DEPTH = 5  # sitemaps within sitemaps
_MOST_MEMBERS = 10  # of one index, the newest
_MOST_DOCUMENTS = 200  # listings of one source in one crawl
_MOST_PAGES = 4  # of one section, beyond the first
_MOST_DAYS = 12  # of one month, the latest; and as many months of one archive, for some calendars never end
_MOST_ARCHIVE_PAGES = 20  # of one day or month
_MOST_SEARCHES = 3  # of a homepage around which something always fails
_CUT_SHORT = "a place that may list articles gave no answer"

Wanted = Callable[[Entry], bool]


class ListingReader:
    """Reads listings for one crawl. `found` is called with a source's id when entries were queued on the way."""

    def __init__(self, crawler: Crawler, found: Callable[[str], None], *, documents: int = _MOST_DOCUMENTS) -> None:
        self._most_documents = documents
        self._crawler = crawler
        self._run = Run.of(crawler)
        self._found = found
        self.apart = Apart(crawler)
        self.learned = Learned(self._run)
        self.unsure: dict[str, int] = {}  # source → status of a probed place that may answer better later, or 0
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
        if feed.url in asked or len(asked) >= self._most_documents:
            return False
        asked.add(feed.url)
        return True

    async def probe(self, source: Source, feed: Feed) -> AsyncIterator[Fetched]:
        """What may be at an address that nobody vouches for; nothing where it lists nothing."""
        feed = replace(feed, source=source.id)
        if response := await self._fetch(feed, probing=True):
            if passing(response.status):
                self.unsure[source.id] = response.status
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
        older = await self._older(source, listing, again=feed.digest is not None) if listing.kind == "section" else []
        yield Fetched(
            capture=capture,
            feed=replace(feed, kind=listing.kind),
            entries=(*self._bounded(source, listing), *older),
            feeds=members,
        )
        for member in members:
            member = self._known.get((source.id, member.url), member)
            if answer := await self._fetch(member):
                async for fetched in self.read(source, member, answer, depth=depth + 1):
                    yield fetched

    async def front(self, source: Source, feed: Feed, response: Response) -> AsyncIterator[Fetched]:
        """What a front page leads to that no feed and no sitemap lists; where there is any, it is asked from now on."""
        listed = await self.learned.taken(source.id)
        capture = capture_of(response, feed.url, source.id)
        listing = await self._listing(source, feed, capture, response, probing=True)
        if listing is None:
            return
        patterns = await self.learned.patterns(source)
        fresh = [(one, patterns.judge(one.url)) for one in listing.entries if key_of(one.url) not in listed]
        further = tuple(one for one, said in fresh if said.learned or said.shape is Shape.ARTICLE)
        if further:
            self._run.count(source.id, "feeds")
            yield Fetched(capture=capture, feed=replace(feed, kind="section"), entries=further)

    async def _older(self, source: Source, listing: Listing, *, again: bool) -> list[Entry]:
        """What the older pages of a section list, until one holds nothing new, or the latest days of an archive.

        It is kept together with the first page: whoever finds that page known may take it that these are, too.
        """
        found: list[Entry] = []
        page: Listing | None = listing
        for _ in range(_MOST_PAGES):
            if page is None or page.next is None or not await self._any_new(page):
                break
            page = await self._peek(Feed(source=source.id, url=page.next, kind="section"))
            found += page.entries if page else ()
        if not listing.entries:
            await self._days(source, listing.days, found, again=again)
        return found

    async def _days(
        self, source: Source, urls: Iterable[str], found: list[Entry], *, again: bool, depth: int = 1
    ) -> bool:
        """Add what an archive's latest pages list; `again`: until one holds nothing new, and whether one did."""
        for url in islice(urls, _MOST_DAYS):
            page = await self._peek(Feed(source=source.id, url=url, kind="section"))
            if page and page.entries:
                found += page.entries
                if again and not await self._any_new(page):
                    return True
            elif page and depth and await self._days(source, page.days, found, again=again, depth=depth - 1):
                return True
        return False

    async def older(self, source: Source, url: str, *, wanted: Wanted) -> int:
        """Queue what is `wanted` of a page and of the pages after it; how many entries that is."""
        total = 0
        following: str | None = url
        for _ in range(_MOST_ARCHIVE_PAGES):
            page = await self._peek(Feed(source=source.id, url=following, kind="section")) if following else None
            entries = [one for one in page.entries if wanted(one)] if page else []
            if page is None or not entries:
                break
            await self._queue(source, entries)
            total += len(entries)
            following = page.next
        return total

    async def tree(
        self, source: Source, url: str, *, enter: Callable[[str], bool], wanted: Wanted, depth: int = 0
    ) -> int:
        """Queue what is `wanted` of a sitemap and of its members that may be entered; how many entries that is."""
        listing = await self._peek(Feed(source=source.id, url=url, kind="sitemap"))
        if listing is None or listing.kind != "sitemap":
            return 0
        entries = [one for one in listing.entries if wanted(one)]
        await self._queue(source, entries)
        total = len(entries)
        for member in listing.feeds if depth < _MOST_DEPTH else ():
            if enter(member.url):
                total += await self.tree(source, member.url, enter=enter, wanted=wanted, depth=depth + 1)
        return total

    async def _any_new(self, listing: Listing) -> bool:
        """Whether a listing has entries of which the archive holds no page: where all are known, so are older ones."""
        pages = [(one.url, None) for one in listing.entries]
        held = await self._run.write(Writer.ask, known.held, pages)
        return len(held) < len(set(pages))

    async def _peek(self, page: Feed) -> Listing | None:
        """What a page lists that no later crawl will ask for; None where it does not come or lists nothing."""
        source = self._run.file.sources[page.source]
        response = await self._fetch(page, probing=True)
        if response is None:
            return None
        return await self._listing(source, page, capture_of(response, page.url, source.id), response, probing=True)

    async def _queue(self, source: Source, entries: list[Entry]) -> int:
        """Queue entries; how many joined."""
        new = await self._run.write(Writer.add_entries, source.id, entries, run_id=self._run.id)
        if new:
            self._run.count(source.id, "found", new)
            self._found(source.id)
        return new

    async def named_sitemaps(self, url: str) -> tuple[Feed, ...]:
        """The sitemaps that a host's robots.txt names."""
        robots = self._crawler.get_downloader_middleware(RobotsMiddleware)
        return named_sitemaps((await robots.rules(url)).body, url) if robots else ()

    async def lost(self, feed: Feed, problem: BaseException | None) -> None:
        """A listing did not come."""
        again = problem.retry_at if isinstance(problem, NotNowError) else None
        await self._failed(replace(feed, retry_at=again), 0, str(problem) or type(problem).__name__)

    async def nothing(self, feed: Feed, status: int) -> None:
        """Nothing that lists articles was found from a homepage."""
        await self._failed(feed, status, "no feed, no sitemap and no article links found")

    async def cut_short(self, feed: Feed, status: int) -> bool:
        """The search from a homepage met an answer of the moment (`status`); whether the next crawl searches again."""
        await self._failed(feed, status, _CUT_SHORT)
        return await self._run.write(Writer.ask, faillog.times, (feed.url, _CUT_SHORT)) < _MOST_SEARCHES

    async def _listing(
        self, source: Source, feed: Feed, capture: Capture, response: Response, *, probing: bool
    ) -> Listing | None:
        try:
            if response.status != 200:
                raise NoListingError(f"status {response.status}")
            patterns = await self.learned.patterns(source)
            listing = await self.apart.read(capture, source, patterns)
            if listing.kind == "section" and feed.kind != "section":
                raise NoListingError("a web page, no feed")
        except NoListingError as problem:
            if not probing:
                again = retry_at(response, min(feed.failures, 2)) if passing(response.status) else None
                await self._failed(replace(feed, retry_at=again), response.status, str(problem))
            return None
        self._run.count(source.id, "cut_short", int(listing.cut))
        self.learned.learn(source, listing)
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
        kept = newest(listing.entries, self._left[source.id])
        self._left[source.id] -= len(kept)
        self._run.count(source.id, "held_back", len(listing.entries) - len(kept))
        return kept

    async def _fetch(self, feed: Feed, *, probing: bool = False) -> Response | None:
        if not self._crawler.engine.running or not self.claim(feed):
            return None
        try:
            source = self._run.file.sources.get(feed.source)
            request = request_for(feed, render=source is not None and source.render)
            return await self._crawler.engine.download_async(request)
        except Exception as problem:
            if not probing:
                await self.lost(feed, problem)
            elif isinstance(problem, NotNowError) or not isinstance(problem, IgnoreRequest):
                self.unsure[feed.source] = 0
            return None

    async def _failed(self, feed: Feed, status: int, why: str) -> None:
        await self._run.write(Writer.feed_failed, feed, status, why[:500], self._run.id)
        self._run.count(feed.source, "silent")


def request_for(feed: Feed, *, render: bool = False) -> Request:
    """The request for a feed, conditional on its having changed; of a source that is rendered, sections are.
    Raises ValueError for what is no address."""
    headers = {}
    if feed.etag:
        headers["If-None-Match"] = feed.etag
    if feed.last_modified:
        headers["If-Modified-Since"] = feed.last_modified
    meta: dict[str, Any] = {RENDER: render and feed.kind == "section"}
    if feed.kind == "sitemap":  # far longer than any page
        meta["body_limit"] = LONGEST_SITEMAP
    return Request(feed.url, headers=headers, meta=meta, dont_filter=True, priority=10)
