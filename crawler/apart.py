"""Reading listings beside the crawl: small ones on a thread, large ones in a process of their own.

One long call of a parser keeps the event loop from running whichever thread makes it; a process does not, and the
kernel ends one that takes too long or too much.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from scrapy import signals
from scrapy.crawler import Crawler

from crawler.entries import PACKED, read_listing
from crawler.entries.listing import Listing, NoListingError
from crawler.entries.pattern import UNKNOWN, Patterns
from pipelines.engines.local import warm_up
from pipelines.engines.seat import Seat
from pipelines.engines.worker import Orders
from pipelines.recipe import Recipe
from pipelines.types import Capture, Failure, Source

_SMALL = 256 * 1024  # bytes that are read within a few ticks of the loop
_SMALL_PACKED = 4 * 1024  # bytes; a thousand times as many may be in it
_SECONDS = 30.0  # of CPU for one listing; fifty thousand entries take five
_MEMORY = 1024**3  # bytes
_READ = f"{__name__}:listing_of"


class Apart:
    """Reads the listings of one crawl, one small and one large at a time, for they take memory too."""

    def __init__(self, crawler: Crawler) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="listings")
        self._seat: Seat | None = None
        crawler.signals.connect(self.close, signals.spider_closed)

    async def read(self, capture: Capture, source: Source, patterns: Patterns = UNKNOWN) -> Listing:
        """What `read_listing` gives. Raises NoListingError, also where reading takes too long or too much memory."""
        if _is_small(capture.body):
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._thread, read_listing, capture, source, patterns)
        if self._seat is None:
            warm_up()
            self._seat = Seat(Orders(function=_READ, recipe=Recipe(), seconds=_SECONDS, memory=_MEMORY))
        found = await self._seat.process((capture, source, patterns))
        if isinstance(found, Failure):
            raise NoListingError(f"a listing that cannot be read ({found.detail or found.error})")
        if isinstance(found, str):
            raise NoListingError(found)
        assert isinstance(found, Listing)
        return found

    def close(self) -> None:
        """Let thread and process go."""
        self._thread.shutdown(wait=False)
        if self._seat:
            self._seat.close()


def _is_small(body: bytes) -> bool:
    if body.startswith(PACKED):
        return len(body) <= _SMALL_PACKED
    return len(body) <= _SMALL and b"<!ENTITY" not in body  # entities may stand for megabytes


def listing_of(given: tuple[Capture, Source, Patterns], recipe: Recipe) -> Listing | str:  # noqa: ARG001 (what workers call is given it)
    """What a worker does: the listing, or why it is none."""
    try:
        return read_listing(*given)
    except NoListingError as problem:
        return str(problem)
