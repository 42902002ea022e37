"""A host that asks us to wait, or that has stopped answering, is left alone; nobody else waits for it.

What it said outlives the process in the archive's `hosts`; its entries are put off with the reason.
"""

from __future__ import annotations

from collections import Counter, deque
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.captures import asked_to_wait, passing
from crawler.middlewares.refusal import HELD, UNREACHED, NotNowError
from crawler.origins import WITHIN_PAGE, origin_of, slot_of
from pipelines.live import Run
from pipelines.store.writer import Writer

_PATIENCE = 5  # failures in a row after which a host is left alone
_REST = timedelta(minutes=15)
_UNREACHED = timedelta(minutes=1)  # it may well be our own network that is down
_SOONEST = timedelta(seconds=1)
_WAITS = 3  # short waits in a row without an answer between them; after that a host rests
_FORMAT = "%Y-%m-%dT%H:%M:%SZ"


class PatienceMiddleware:
    """Holds hosts back, and gives each its own slot in the downloader."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._run = Run.of(crawler)
        self._held: dict[str, tuple[str, str]] = {}  # host: until, why
        self._failures: Counter[str] = Counter()  # in a row
        self._waits: Counter[str] = Counter()  # in a row

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Raises NotNowError for a host that is left alone."""
        if not request.meta.get(WITHIN_PAGE):  # what a page asks for has a slot, and no pauses
            request.meta["download_slot"] = slot_of(request.url)  # not that of a redirect's origin
            request.meta.pop("autothrottle_dont_adjust_delay", None)
        origin = origin_of(request.url)
        if origin not in self._held:
            row = await self._run.write(Writer.host, origin) if self._run.is_open else None
            self._held.setdefault(origin, ((row or {}).get("retry_at") or "", (row or {}).get("reason") or ""))
        until, why = self._held[origin]
        if until > _now():
            raise NotNowError(why or "its host asked to wait", until)

    async def process_response(self, request: Request, response: Response) -> Response:
        """Hold a host that asks to wait, or that answers nothing but errors."""
        origin = origin_of(response.url)
        wait = asked_to_wait(response)
        if wait is not None or response.status == 429:
            short = wait is not None and wait < _REST
            self._waits[origin] += 1
            rest = wait if wait is not None and (not short or self._waits[origin] <= _WAITS) else _REST
            request.meta[HELD] = await self._hold(origin, f"status {response.status}: its host asked to wait", rest)
        elif passing(response.status):
            await self._failed(origin, f"status {response.status}")
        else:
            del self._failures[origin], self._waits[origin]
        return response

    async def process_exception(self, request: Request, exception: Exception) -> None:
        """Hold a host that does not answer."""
        if not isinstance(exception, IgnoreRequest):
            rest = _UNREACHED if isinstance(exception, UNREACHED) else _REST
            await self._failed(origin_of(request.url), type(exception).__name__, rest)

    async def _failed(self, origin: str, why: str, rest: timedelta = _REST) -> None:
        self._failures[origin] += 1
        held = self._held.get(origin, ("", ""))[0] > _now()  # this one was under way when it was
        if self._failures[origin] >= _PATIENCE and not held:
            await self._hold(origin, f"its host failed {self._failures[origin]} times in a row, last: {why}", rest)

    async def _hold(self, origin: str, why: str, wait: timedelta) -> str:
        """Leave a host alone for a while; returns until when."""
        until = (datetime.now(UTC) + max(wait, _SOONEST) + _SOONEST).strftime(_FORMAT)
        if self._held.get(origin, ("", ""))[0] >= until:
            return self._held[origin][0]
        self._held[origin] = (until, why)
        self._drop_waiting(origin, why, until)
        if self._run.is_open:
            await self._run.write(Writer.hold_host, origin, why, until)
        return until

    def _drop_waiting(self, origin: str, why: str, until: str) -> None:
        """Take back the requests that wait in the downloader for their host's delay."""
        downloader: Any = self._crawler.engine.downloader
        slot = downloader.slots.get(slot_of(origin))
        if slot is None:
            return
        waiting, slot.queue = slot.queue, deque()
        for request, answer in waiting:
            if origin_of(request.url) == origin:
                answer.errback(Failure(NotNowError(why, until)))  # type: ignore[no-untyped-call]
            else:
                slot.queue.append((request, answer))


def _now() -> str:
    return datetime.now(UTC).strftime(_FORMAT)
