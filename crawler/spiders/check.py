"""How outlets list their articles, and none of the articles: a look before following them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

from scrapy.http import Response

from crawler.captures import capture_of
from crawler.entries.listing import NoListingError
from crawler.entries.outlet import about
from crawler.spiders.polling import PollingSpider
from pipelines.store.rows import key_of
from pipelines.store.writer import Writer
from pipelines.types import Feed, Fetched, Source

_MOST_LEFT = 200  # links of a source that are written down as something else


class CheckSpider(PollingSpider):
    """Finds feeds, sitemaps and sections, and what they list; leaves the queue alone.

    What it takes for something else than an article is written down as refused, with the reason, so keep its
    archive apart from one that is followed. What a homepage says of its outlet goes into `sources`.
    """

    name = "check"
    kinds = ("feed", "sitemap", "section")

    async def work(self) -> AsyncIterator[Any]:
        """Only what finds entries; then what was left out."""
        async for request in self.polls():
            yield request
        while not self._idle():
            await self._woken()
        for source in self.chosen:
            taken = await self._reader.learned.taken(source.id)
            left = [(url, why) for url, why in self._reader.learned.left[source.id].items() if key_of(url) not in taken]
            for url, why in left[:_MOST_LEFT]:
                await self.run.write(Writer.refuse, url, source.id, why)

    async def discover(self, response: Response, source: Source, feed: Feed) -> AsyncIterator[Fetched]:
        """What a homepage says of its outlet, and what it leads to; an address that is a feed itself is read as one."""
        home = capture_of(response, feed.url, source.id)
        try:
            listing = await self._reader.apart.read(home, source) if response.status == 200 else None
        except NoListingError:
            listing = None
        if listing is not None and listing.kind in ("feed", "sitemap"):
            async for fetched in self._reader.read(source, replace(feed, kind=listing.kind), response):
                yield fetched
            return
        if response.status == 200:
            name, language = await asyncio.to_thread(about, home)
            told = replace(
                source, homepage=response.url, name=source.name or name, language=source.language or language
            )
            await self.run.write(Writer.put_sources, [told])
        async for fetched in super().discover(response, source, feed):
            yield fetched
