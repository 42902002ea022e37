"""What all spiders share: the archive's queue is fetched page by page, beside whatever fills it."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from typing import Any, Self

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.captures import capture_of, passing, retry_at
from crawler.frontier import Frontier
from crawler.further import BrokenOffError, with_pages
from crawler.middlewares.refusal import HELD, NotNowError, RefusedError
from crawler.middlewares.render import RENDER, check_browser
from pipelines.errors import ArchiveError, ConfigError
from pipelines.live import Run
from pipelines.store.frontier import MAX_TRIES
from pipelines.store.writer import Queued, Writer
from pipelines.types import Fetched, Source

#: Pages of a source on their way at once, where its host is asked at intervals; the rest would only wait.
_WINDOW = 3


class BaseSpider(Spider):
    """Follows the sources named in `sources=a,b`, or all. Yields nothing but `Fetched` items and requests.

    With `due=1` only feeds whose time has come are asked; with `seconds=300` the queue is left to the next crawl after
    that time.
    """

    sources: str = ""
    due: str = ""
    seconds: str = ""
    only_due: bool
    run: Run
    frontier: Frontier
    window: int  # pages of one source on their way at once
    chosen: tuple[Source, ...]
    _wake: asyncio.Event
    _failing: set[asyncio.Task[None]]  # entries whose callback went wrong, until that is written down
    _slice: float  # seconds after which the queue is left to the next crawl

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Raises ConfigError for a wrong sources file or an unknown source."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider.run = Run.of(crawler)
        names = tuple(one for one in spider.sources.replace(",", " ").split() if one)
        spider.chosen = spider.run.file.chosen(names)
        check_browser(spider.run.file.path, spider.chosen)
        spider.run.what = f"{spider.name} {' '.join(names)}".strip()
        many = crawler.settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN")
        spider.window = _WINDOW if spider.run.config.delay else max(4 * many, 2 * _WINDOW)
        spider.frontier = Frontier(spider.run, [one.id for one in spider.chosen], window=spider.window)
        spider._wake = asyncio.Event()
        spider._failing = set()
        spider.only_due = spider.due not in ("", "0")
        spider._slice = _seconds(spider.seconds)
        for signal in (signals.scheduler_empty, signals.item_dropped):
            crawler.signals.connect(spider._wake.set, signal)
        for signal in (signals.item_scraped, signals.item_error):
            crawler.signals.connect(spider._item_done, signal)
        crawler.signals.connect(spider._callback_failed, signals.spider_error)
        return spider

    def polls(self) -> AsyncIterator[Request]:
        """The requests that find new entries; none here."""
        return _nothing()

    async def start(self) -> AsyncIterator[Any]:
        """All that is to be done, in order; what makes it impossible ends the crawl with one line."""
        try:
            async for one in self.work():
                yield one
        except ArchiveError as problem:
            self.run.stop(problem)
        except asyncio.CancelledError:
            if not self.run.fatal and not self.settings.getbool("TEARSHEET_QUIET"):
                print("stopping after the pages under way; Ctrl-C again stops at once", file=sys.stderr, flush=True)
            raise

    async def work(self) -> AsyncIterator[Any]:
        """First what a killed crawl left unread, then what finds entries, then the queue until it is empty."""
        async for fetched in self.run.pending():
            yield fetched
            while self._reading() > 2 * self.run.config.workers:
                await self._woken()
        async for request in self.polls():
            yield request
        last_call = time.monotonic() + self._slice
        while time.monotonic() < last_call:
            self._wake.clear()
            batch = await self.frontier.take()
            for queued in batch:
                if page := await self._page_request(queued):
                    yield page
            if not batch and not self._wake.is_set():
                if not self._idle():
                    await self._woken()
                elif not await self.frontier.rest():
                    return

    async def _woken(self) -> None:
        """Wait until a request or an item is done."""
        await self._wake.wait()
        self._wake.clear()

    def _reading(self) -> int:
        slot = self.crawler.engine.scraper.slot
        return slot.itemproc_size if slot else 0

    def _idle(self) -> bool:
        """Whether nothing is on its way that could still fill the queue."""
        engine = self.crawler.engine
        pending = engine.scheduler is not None and engine.scheduler.has_pending_requests()
        resting = engine.scraper.slot is None or engine.scraper.slot.is_idle()
        return resting and not pending and not engine.downloader.active and not self._failing

    async def _page_request(self, queued: Queued) -> Request | None:
        source = self.run.file.sources.get(queued.source)
        try:
            return Request(
                queued.url,
                callback=self.page,
                errback=self.page_lost,
                headers=dict(queued.validators),
                cb_kwargs={"queued": queued},
                meta={RENDER: source is not None and source.render},
                dont_filter=True,  # the archive knows what has been fetched
            )
        except ValueError as problem:
            await self._refuse(queued, f"not an address: {problem}")
            return None

    async def page(self, response: Response, queued: Queued) -> AsyncIterator[Fetched]:
        """A page of the queue has come."""
        if response.status == 304:
            if queued.validators:
                yield Fetched(capture=capture_of(response, queued.url, queued.source, queued.entry))
            else:
                await self._fail(queued, "status 304", "of a page that was never had", retry_at(None, queued.tries))
        elif 300 <= response.status < 400:
            where = (response.headers.get(b"Location") or b"nowhere").decode("latin-1")
            await self._refuse(queued, f"leads to {where[:200]}")
        elif HELD in response.meta:
            await self._put_off(queued, f"status {response.status}: its host asked to wait", response.meta[HELD])
        elif passing(response.status):
            await self._fail(queued, f"status {response.status}", "", retry_at(response, queued.tries))
        else:
            capture = capture_of(response, queued.url, queued.source, queued.entry)
            try:
                yield Fetched(capture=await with_pages(self.crawler, capture))
            except BrokenOffError as problem:
                if queued.tries + 1 < MAX_TRIES:
                    await self._fail(queued, "a further page did not come", str(problem), retry_at(None, queued.tries))
                else:
                    yield Fetched(capture=capture)

    async def page_lost(self, failure: Failure) -> None:
        """A page of the queue has not come."""
        request: Request = failure.request  # type: ignore[attr-defined]
        queued: Queued = request.cb_kwargs["queued"]
        match failure.value:
            case RefusedError() as problem:
                led = f"leads to {request.url[:200]}: " if "redirect_urls" in request.meta else ""
                await self._refuse(queued, f"{led}{problem}")
            case NotNowError() as problem:
                await self._put_off(queued, str(problem), problem.retry_at)
            case problem:
                await self._fail(queued, type(problem).__name__, str(problem), retry_at(None, queued.tries))

    async def _refuse(self, queued: Queued, reason: str) -> None:
        await self.run.write(Writer.refuse, queued.url, queued.source, reason)
        self.run.count(queued.source, "refused")
        self.frontier.back(queued)

    async def _put_off(self, queued: Queued, reason: str, until: str) -> None:
        await self.run.write(Writer.put_off, queued.id, reason, until)
        self.run.count(queued.source, "put_off")
        self.frontier.back(queued)
        self.frontier.waits(queued.source, until)

    async def _fail(self, queued: Queued, error: str, detail: str, again: str) -> None:
        url, source = queued.url, queued.source
        await self.run.write(Writer.fail, url, source, error, detail[:500], self.run.id, retry_at=again)
        self.run.count(queued.source, "failed")
        self.frontier.back(queued)

    def _item_done(self, item: Fetched, response: Response | None) -> None:
        if isinstance(item, Fetched) and item.feed:
            self.frontier.filled(item.feed.source)
        self._back(response)

    def _callback_failed(self, failure: Failure, response: Response | Failure | None) -> None:
        self.run.errors += 1
        if isinstance(failure.value, ArchiveError):
            self.run.stop(failure.value)
        elif queued := _queued(response):  # still in the queue, it would be handed out again for ever
            error, detail = type(failure.value).__name__, str(failure.value)
            task = asyncio.ensure_future(self._fail(queued, error, detail, retry_at(None, queued.tries)))
            self._failing.add(task)
            task.add_done_callback(self._failing.discard)
            task.add_done_callback(lambda _: self._wake.set())
            return
        self._back(response)

    def _back(self, response: Response | Failure | None) -> None:
        if queued := _queued(response):
            self.frontier.back(queued)
        self._wake.set()


def _queued(response: Response | Failure | None) -> Queued | None:
    """The entry that a response answers."""
    request = getattr(response, "request", None)
    return request.cb_kwargs.get("queued") if request else None


def _seconds(given: str) -> float:
    try:
        return float(given or "inf")
    except ValueError:
        raise ConfigError(f"seconds={given}: not a number of seconds; write for example seconds=300") from None


async def _nothing() -> AsyncIterator[Request]:
    return
    yield
