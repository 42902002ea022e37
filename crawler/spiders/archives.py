"""What outlets published before they were followed, from their own archives: by day, by month, or by sitemap."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from functools import partial
from typing import Any, Self

from scrapy.crawler import Crawler

from crawler.entries.archive import days, is_between, may_hold, pages, usual
from crawler.entries.discover import usual_sitemaps
from crawler.listings import ListingReader, Wanted
from crawler.spiders.base import BaseSpider
from pipelines.errors import ConfigError
from pipelines.types import Source

_MOST_PAGES = 800  # of one source's archive in one crawl: two years of days
_IN_VAIN = 10  # archive pages in a row that list nothing; then there is no such archive, or its beginning is reached


class ArchivesSpider(BaseSpider):
    """Finds what sources published from `since=2024-05-01` to `until=2024-05-31` (else today), and fetches it.

    It reads the sitemaps whose dates may hold those days, and the pages that `archives` of a source names; without
    that key it tries the usual addresses and keeps to the first that lists articles.
    """

    name = "archives"
    since: str = ""
    until: str = ""
    between: tuple[date, date]
    _reader: ListingReader
    _walks: list[asyncio.Task[None]]

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Raises ConfigError for dates that are none, or where no source is named."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        if not spider.since:
            raise ConfigError("archives: say from which day on: -a since=2024-05-01")
        try:
            spider.between = days(spider.since, spider.until, datetime.now(UTC).date())
        except ValueError as problem:
            raise ConfigError(f"archives: {problem}") from None
        spider._reader = ListingReader(crawler, spider.frontier.filled, documents=_MOST_PAGES)
        spider._walks = []
        return spider

    async def work(self) -> AsyncIterator[Any]:
        """All archives at once, source by source, while the queue is worked through."""
        self._walks = [asyncio.ensure_future(self._walk(source)) for source in self.chosen]
        for walk in self._walks:
            walk.add_done_callback(lambda _: self._wake.set())
        try:
            async for one in super().work():
                yield one
            for walk in self._walks:
                await walk
        finally:
            for walk in self._walks:
                walk.cancel()

    def _idle(self) -> bool:
        return all(walk.done() for walk in self._walks) and super()._idle()

    async def _walk(self, source: Source) -> None:
        """Queue all that one source's archive lists."""
        since, until = self.between
        # a page of a day's archive vouches for its links; a sitemap or a page of months does not
        vouched = partial(is_between, since=since, until=until, undated=True)
        dated = partial(is_between, since=since, until=until, undated=False)
        await self._sitemaps(source)
        for pattern in source.archives:
            await self._pages(source, pattern, most_in_vain=_MOST_PAGES, wanted=vouched)
        if source.archives or not source.homepage:
            return
        for pattern in usual(source.homepage):
            wanted = vouched if "{month}" in pattern else dated
            if await self._pages(source, pattern, most_in_vain=1, wanted=wanted):
                return

    async def _sitemaps(self, source: Source) -> None:
        """Queue what the source's sitemaps list of these days."""
        since, until = self.between
        places = source.sitemaps
        if not places and source.homepage:
            named = await self._reader.named_sitemaps(source.homepage)
            places = tuple(one.url for one in named or usual_sitemaps(source.homepage))
        for url in places:
            found = await self._reader.tree(
                source,
                url,
                enter=partial(may_hold, since=since, until=until),
                wanted=partial(is_between, since=since, until=until, undated=False),
            )
            if found and not source.sitemaps:
                break

    async def _pages(self, source: Source, pattern: str, *, most_in_vain: int, wanted: Wanted) -> int:
        """Queue what the archive's pages list, newest first; how many entries they list."""
        total = vain = 0
        for url in pages(pattern, *self.between):
            listed = await self._reader.older(source, url, wanted=wanted)
            total += listed
            vain = 0 if listed else vain + 1
            if vain >= (max(most_in_vain, _IN_VAIN) if total else most_in_vain):
                break
        return total
