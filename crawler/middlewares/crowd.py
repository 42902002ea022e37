"""How much of all bodies may be in memory together: a hundred hosts that send without end must not fill it.

Below the budget nothing happens. Above it, whoever sends more than its equal share is cut off, and asked again when it
is its turn: few of these at a time, which may then send as much as is read of any.
"""

from __future__ import annotations

import asyncio
from typing import Self

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.exceptions import StopDownload
from scrapy.http import Response

_BUDGET = 32 * 1024**2  # bytes
_LEAST = 1024**2  # bytes that each body may have in any case
_LATER = 2  # of those turned away that may send at the same time
_PAUSE = 0.1  # seconds between two looks whether there is room
_TURNED_AWAY = "turned_away"


class CrowdMiddleware:
    """Counts what is on its way, and turns the largest away while that is too much."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._received: dict[Request, int] = {}
        self._total = 0
        self._turns = asyncio.Semaphore(_LATER)
        self._in_turn: set[Request] = set()
        crawler.signals.connect(self.bytes_received, signals.bytes_received)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Lets one that was turned away wait for its turn."""
        if request.meta.get(_TURNED_AWAY):
            await self._turns.acquire()
            self._in_turn.add(request)
            while self._to_be_read() > _BUDGET // 4:
                await asyncio.sleep(_PAUSE)

    def bytes_received(self, data: bytes, request: Request) -> None:
        """Cuts off a body that takes more than its share."""
        if request in self._in_turn:
            return
        received = self._received.get(request, 0) + len(data)
        self._received[request] = received
        self._total += len(data)
        much = self._total + self._to_be_read() > _BUDGET
        if much and received > max(_LEAST, _BUDGET // len(self._received)):
            raise StopDownload(fail=True)

    def process_response(self, request: Request, response: Response) -> Response:
        """A body that came is on its way no longer."""
        self._arrived(request)
        return response

    def process_exception(self, request: Request, exception: Exception) -> Request | None:
        """One that was turned away is asked again, behind all others."""
        self._arrived(request)
        if not isinstance(exception, StopDownload) or request.meta.get(_TURNED_AWAY):
            return None
        spider = self._crawler.spider
        assert spider is not None
        again = get_retry_request(request, spider=spider, reason="crowded", give_up_log_level="DEBUG")
        if again:
            again.meta[_TURNED_AWAY] = True
        return again

    def _arrived(self, request: Request) -> None:
        self._total -= self._received.pop(request, 0)
        if request in self._in_turn:
            self._in_turn.remove(request)
            self._turns.release()

    def _to_be_read(self) -> int:
        """Bytes of the pages that came and are not stored yet."""
        slot = self._crawler.engine.scraper.slot if self._crawler.engine else None
        return slot.active_size if slot else 0
