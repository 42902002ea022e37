"""How outlets list their articles, and none of the articles: a look before following them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from crawler.spiders.polling import PollingSpider


class CheckSpider(PollingSpider):
    """Finds feeds, sitemaps and sections, and what they list; leaves the queue alone."""

    name = "check"
    kinds = ("feed", "sitemap", "section")

    async def work(self) -> AsyncIterator[Any]:
        """Only what finds entries."""
        async for request in self.polls():
            yield request
