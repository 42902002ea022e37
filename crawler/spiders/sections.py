"""Section and front pages only."""

from __future__ import annotations

from crawler.spiders.polling import PollingSpider


class SectionsSpider(PollingSpider):
    """Finds new articles in sections, and fetches what is queued."""

    name = "sections"
    kinds = ("section",)
