"""Where new entries come from: the feeds a source is known to have, or, as long as there are none, its homepage."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any, ClassVar, Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.captures import capture_of
from crawler.entries.discover import announced_feeds, named_sitemaps, usual_feeds, usual_sitemaps
from crawler.listings import ListingReader, request_for
from crawler.middlewares.robots import RobotsMiddleware
from crawler.spiders.base import BaseSpider
from pipelines.errors import ConfigError
from pipelines.store.writer import Writer
from pipelines.types import Feed, Fetched, Source

_GIVEN_UP = 3  # checks in a row after which a feed is taken for dead
_OLDEST, _NEWEST = 5, 15  # sitemaps polled of a source that has many: its index files, and the latest members


class PollingSpider(BaseSpider):
    """Polls feeds of some kinds and follows what they list."""

    kinds: ClassVar[tuple[str, ...]] = ()
    _reader: ListingReader

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        if not spider.chosen:
            raise ConfigError(f"{spider.run.file.path}: names no source; `tearsheet sources add https://…` adds one")
        spider._reader = ListingReader(crawler, spider.frontier.filled)
        return spider

    async def polls(self) -> AsyncIterator[Request]:
        """One request for each feed that is due, or for the homepage of a source without any."""
        for source in self.chosen:
            given = tuple(feed for feed in _given(source) if feed.kind in self.kinds)
            await self.run.write(Writer.put_feeds, given)
            rows = await self.run.write(Writer.feeds, source.id)
            self._reader.remember(rows)
            urls = {feed.url for feed in given}
            known = [
                feed
                for feed in rows
                if feed.kind in self.kinds and (feed.digest or not feed.failures or feed.url in urls)
            ]
            for feed in _polled(known):
                if request := await self._ask(source, feed, self.listed):
                    yield request
            if source.homepage and not given and all(feed.failures >= _GIVEN_UP for feed in known):
                home = Feed(source=source.id, url=source.homepage, kind="section")
                if request := await self._ask(source, home, self.discover):
                    yield request

    async def _ask(self, source: Source, feed: Feed, callback: Callable[..., Any]) -> Request | None:
        """The request for a listing, once in a crawl."""
        if not self._reader.claim(feed):
            return None
        try:
            request = request_for(feed)
        except ValueError as problem:
            await self._reader.lost(feed, problem)
            return None
        return request.replace(callback=callback, errback=self.feed_lost, cb_kwargs={"source": source, "feed": feed})

    async def listed(self, response: Response, source: Source, feed: Feed) -> AsyncIterator[Fetched]:
        """A known feed has answered."""
        async for fetched in self._reader.read(source, feed, response):
            yield fetched

    async def feed_lost(self, failure: Failure) -> None:
        """A known feed, or a homepage, has not answered."""
        await self._reader.lost(failure.request.cb_kwargs["feed"], failure.value)  # type: ignore[attr-defined]

    async def discover(self, response: Response, source: Source, feed: Feed) -> AsyncIterator[Fetched]:
        """Find out from a homepage how its outlet lists its articles: by feeds, by sitemaps, else by section pages."""
        home = capture_of(response, feed.url, source.id)
        announced = await asyncio.to_thread(announced_feeds, home) if response.status == 200 else ()
        found = 0
        ways: list[tuple[tuple[Feed, ...], ...]] = []
        if "feed" in self.kinds:
            ways.append((announced, usual_feeds(response.url)))
        if "sitemap" in self.kinds:
            ways.append((await self._named(response.url), usual_sitemaps(response.url)))
        for groups in ways:
            for group in groups:
                before = found
                for place in group:
                    async for fetched in self._reader.probe(source, place):
                        found += len(fetched.entries)
                        yield fetched
                    if found > before and group is groups[-1]:
                        break  # of the usual places the first that works is enough
                if found > before:
                    break
        if not found and "section" in self.kinds and response.status == 200:
            async for fetched in self._reader.read(source, feed, response, probing=True):
                found += len(fetched.entries)
                yield fetched
        if not found:
            await self._reader.nothing(feed, response.status)

    async def _named(self, url: str) -> tuple[Feed, ...]:
        """The sitemaps that the host's robots.txt names."""
        robots = self.crawler.get_downloader_middleware(RobotsMiddleware)
        return named_sitemaps((await robots.rules(url)).body, url) if robots else ()


def _given(source: Source) -> tuple[Feed, ...]:
    """The feeds that the sources file names."""
    kinds = {"feed": source.feeds, "sitemap": source.sitemaps, "section": source.sections}
    return tuple(Feed(source=source.id, url=url, kind=kind) for kind, urls in kinds.items() for url in urls)


def _polled(known: list[Feed]) -> list[Feed]:
    """The feeds to ask now: those that are due, and of very many sitemaps the first and the last found."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    sitemaps = [feed for feed in known if feed.kind == "sitemap"]
    many = len(sitemaps) > _OLDEST + _NEWEST
    asleep = {feed.url for feed in sitemaps[_OLDEST:-_NEWEST]} if many else set()
    return [feed for feed in known if feed.url not in asleep and (feed.due_at or "") <= now]
