"""Where new entries come from: the feeds a source is known to have, or, as long as there are none, its homepage."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from typing import Any, ClassVar, Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.captures import capture_of, passing
from crawler.entries.discover import announced_feeds, usual_feeds, usual_sitemaps
from crawler.listings import ListingReader, request_for
from crawler.spiders.base import BaseSpider
from pipelines.errors import ConfigError
from pipelines.schedule import KINDS, given_feeds, is_ready, places
from pipelines.store import followed
from pipelines.store.rows import now
from pipelines.store.writer import Writer
from pipelines.types import Feed, Fetched, Source
from pipelines.urls import leads_back


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
        """One request for each feed, or each that is due, and for the homepage of a source without any."""
        for source in self.chosen:
            given = [one for one in given_feeds(source) if one.kind in self.kinds]
            rows, searched = await self.run.write(_remembered, source.id, given)
            self._reader.remember(rows)
            feeds, home = places(source, rows, self.kinds, searched=searched)
            waiting = [(feed, self.listed) for feed in feeds] + ([(home, self.discover)] if home else [])
            for feed, answered in waiting:
                if is_ready(feed, now(), due=self.only_due) and (request := await self._ask(source, feed, answered)):
                    yield request

    async def _ask(self, source: Source, feed: Feed, callback: Callable[..., Any]) -> Request | None:
        """The request for a listing, once in a crawl."""
        if not self._reader.claim(feed):
            return None
        try:
            request = request_for(feed, render=source.render)
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
        walled = leads_back(feed.url, response.url)  # to another host, which lists nothing of this outlet
        root = feed.url if walled else response.url
        shown = response.status == 200 and not walled
        announced = await asyncio.to_thread(announced_feeds, home) if shown else ()
        found = 0
        ways: list[tuple[tuple[Feed, ...], ...]] = []
        if "feed" in self.kinds:
            ways.append((announced, usual_feeds(root)))
        if "sitemap" in self.kinds:
            ways.append((await self._reader.named_sitemaps(root), usual_sitemaps(root)))
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
        if "section" in self.kinds and shown:
            front = self._reader.front if found else partial(self._reader.read, probing=True)
            async for fetched in front(source, feed, response):
                found += len(fetched.entries)
                yield fetched
        if not found:
            await self._reader.nothing(feed, response.status)
        elif set(self.kinds) == set(KINDS):
            unsure = response.status if passing(response.status) else self._reader.unsure.get(source.id)
            if unsure is None or not await self._reader.cut_short(feed, unsure):
                self.run.searched.add(source.id)


def _remembered(writer: Writer, source_id: str, given: Sequence[Feed]) -> tuple[list[Feed], bool]:
    """The feeds of a source, those given now among them, and whether its homepage was searched for more to the end."""
    writer.put_feeds(given)
    return writer.feeds(source_id), writer.ask(followed.searched, source_id)
