"""Everything: feeds, sitemaps, sections, and the pages they lead to."""

from __future__ import annotations

from crawler.spiders.polling import PollingSpider


class NewsSpider(PollingSpider):
    """Finds new articles by every means an outlet offers, and fetches them."""

    name = "news"
    kinds = ("feed", "sitemap", "section")
