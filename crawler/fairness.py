"""Which request goes next: hosts in turn, and none with more than its share of what is under way.

A host that never answers holds every request for the whole timeout. Requests that wait for a host's robots.txt or for
its name count too; Scrapy's own queue counts only those that have passed the middlewares.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.pqueues import DownloaderAwarePriorityQueue

from crawler.origins import slot_of

_LEAST = 2  # requests of a host: one under way, one that waits for its delay


class _Shares:
    """What the queue asks of the downloader; stands in for Scrapy's own."""

    def __init__(self, crawler: Crawler) -> None:
        self._downloader: Any = crawler.engine.downloader
        self._total: int = self._downloader.total_concurrency
        self._most: int = self._downloader.domain_concurrency  # without a delay, the downloader itself keeps to none

    def get_slot_key(self, request: Request) -> str:
        return slot_of(request.url)

    def stats(self, waiting: Iterable[str]) -> list[tuple[int, str]]:
        """How much is under way at each of these hosts; those that have their share are left out."""
        busy = Counter(slot_of(request.url) for request in self._downloader.active)
        hosts = list(waiting)
        share = max(_LEAST, min(self._most, self._total // max(1, len({*hosts, *busy}))))
        return [(busy[host], host) for host in hosts if busy[host] < share]


class FairQueue(DownloaderAwarePriorityQueue):
    """Scrapy's queue of queues, one for each host, served by `_Shares`."""

    def __init__(self, crawler: Crawler, *args: Any, **kwargs: Any) -> None:
        super().__init__(crawler, *args, **kwargs)
        self._downloader_interface = _Shares(crawler)  # type: ignore[assignment]  # same methods, no subclass
