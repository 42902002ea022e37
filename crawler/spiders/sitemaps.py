"""Sitemaps and news sitemaps only."""

from __future__ import annotations

from crawler.spiders.polling import PollingSpider


class SitemapsSpider(PollingSpider):
    """Finds new articles in sitemaps, and fetches what is queued."""

    name = "sitemaps"
    kinds = ("sitemap",)
