"""RSS, Atom, RDF and JSON Feed only."""

from __future__ import annotations

from crawler.spiders.polling import PollingSpider


class FeedsSpider(PollingSpider):
    """Finds new articles in feeds, and fetches what is queued."""

    name = "feeds"
    kinds = ("feed",)
