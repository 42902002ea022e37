"""What web archives hold of an outlet: pages as they were, with the time at which they were captured there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Self
from urllib.parse import urlencode

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.captures import capture_of
from crawler.entries.archive import days
from crawler.entries.cdx import Answer, Memento, query_for, read_cdx, replay_prefix, replayed_at
from crawler.entries.listing import chosen, usable
from crawler.entries.pattern import Example, Patterns
from crawler.entries.shape import Shape, slug_words
from crawler.spiders.base import BaseSpider
from pipelines.errors import ConfigError
from pipelines.store import known
from pipelines.store.rows import key_of
from pipelines.store.writer import Writer
from pipelines.types import Entry, Fetched, Source
from pipelines.urls import plain_form, same_site

_FIRST_YEAR = 1996  # in which web archives begin
_LINES = 5000  # of one answer of an index
_MOST_ANSWERS = 500  # of one index for one source
_MOST_PAGES = 1000  # fetched of one source in one crawl
_MOST_TOLD = 20  # failures of one source that are written down


class WaybackSpider(BaseSpider):
    """Fetches from a web archive what it holds of the sources.

    `cdx=https://web.archive.org/cdx/search/cdx` names the archive's index, `since` and `until` the days; `replay`
    the place where pages are replayed, if it is not beside the index. `versions=first` (the default) fetches the
    pages that are not held yet, as they were first captured; `versions=all` every version that differs.
    A capture has the address and the time of the original; its entry's `via` says where the bytes came from.
    """

    name = "wayback"
    cdx: str = ""
    replay: str = ""
    since: str = ""
    until: str = ""
    versions: str = "first"
    limit: str = str(_MOST_PAGES)
    between: tuple[date, date]
    most: int

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Raises ConfigError for arguments that cannot be meant."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        if usable(spider.cdx, spider.cdx) is None:
            raise ConfigError("wayback: name the archive's index: -a cdx=https://web.archive.org/cdx/search/cdx")
        if spider.versions not in ("first", "all"):
            raise ConfigError(f"wayback: versions={spider.versions} is neither first nor all")
        if not (spider.limit.isascii() and spider.limit.isdecimal() and int(spider.limit)):
            raise ConfigError(f"wayback: limit={spider.limit} is no number of pages")
        try:
            today = datetime.now(UTC).date()
            spider.between = days(spider.since or str(_FIRST_YEAR), spider.until, today)
        except ValueError as problem:
            raise ConfigError(f"wayback: {problem}") from None
        spider.replay = spider.replay or replay_prefix(spider.cdx)
        spider.most = int(spider.limit)
        return spider

    async def work(self) -> AsyncIterator[Any]:
        """First what a killed crawl left unread; then source by source what the archive holds."""
        async for fetched in self.run.pending():
            yield fetched
        for source in self.chosen:
            if not source.homepage:
                self.run.count(source.id, "silent")
                continue
            left = self.most
            async for memento in self._wanted(source):
                yield self._request(source, memento)
                left -= 1
                if left <= 0:
                    break

    async def _wanted(self, source: Source) -> AsyncIterator[Memento]:
        """The source's pages to be fetched, as the index lists them; each version once."""
        examples = await self.run.write(Writer.ask, known.known, source.id)
        patterns = await asyncio.to_thread(Patterns.of, [Example(url, article) for url, article in examples])
        seen: set[tuple[str, str]] = set()
        async for answer in self._answers(source):
            picked = []
            for one in answer.mementos:
                key = (key_of(plain_form(one.url)[1]), one.digest if self.versions == "all" else "")
                if key not in seen and self._is_wanted(one, source, patterns):
                    seen.add(key)
                    picked.append(one)
            pages = [(one.url, one.at if self.versions == "all" else None) for one in picked]
            held = await self.run.write(Writer.ask, known.held, pages)
            self.run.count(source.id, "found", len(pages) - len(held))
            for one, page in zip(picked, pages, strict=True):
                if page not in held:
                    yield one

    def _is_wanted(self, one: Memento, source: Source, patterns: Patterns) -> bool:
        first, last = self.between
        if one.status != 200 or not one.mime.startswith(("text/html", "application/xhtml")):
            return False
        if not first <= one.at.date() <= last or not same_site(one.url, source.homepage or ""):
            return False
        own = chosen(source, one.url)
        if own is not None:
            return own
        verdict = patterns.judge(one.url)
        return verdict.shape is Shape.ARTICLE or (
            verdict.shape is Shape.UNCLEAR and (verdict.learned or slug_words(one.url) >= 3)
        )

    async def _answers(self, source: Source) -> AsyncIterator[Answer]:
        """What the index says of a source, year by year; further answers as far as it offers them."""
        asked = 0
        names: dict[str, str] | None = None
        for start, stop in _years(*self.between):
            resume: str | None = None
            while asked < _MOST_ANSWERS:
                asked += 1
                query = {
                    **query_for(source.homepage or ""), "output": "json", "from": f"{start:%Y%m%d}000000",
                    "to": f"{stop:%Y%m%d}235959", "limit": str(_LINES), "showResumeKey": "true",
                }  # fmt: skip
                filters = [] if names is None else [("filter", f"{names['status']}:200"), ("filter", names["mime"])]
                pairs = [*query.items(), *filters, *([("resumeKey", resume)] if resume else [])]
                answer = await self._ask(source, f"{self.cdx}{'&' if '?' in self.cdx else '?'}{urlencode(pairs)}")
                if answer is None:
                    return
                if names is None and answer.mementos:  # servers differ in what they call their columns
                    names = (
                        {"status": "statuscode", "mime": "mimetype:text/html"}
                        if answer.wayback
                        else {"status": "status", "mime": "mime:text/html"}
                    )
                yield answer
                if answer.resume is None or answer.resume == resume:
                    break
                resume = answer.resume

    async def _ask(self, source: Source, url: str) -> Answer | None:
        """One answer of the index; None, and a word in `failures`, where it gives none."""
        problem = ""
        try:
            response = await self.crawler.engine.download_async(Request(url, dont_filter=True, priority=10))
            if response.status == 200:
                return await asyncio.to_thread(read_cdx, response.body)
            problem = f"status {response.status}"
        except Exception as failed:  # an index that does not answer ends this source, and no other
            problem = str(failed) or type(failed).__name__
        await self.run.write(Writer.fail, url, None, "no answer of the index", problem[:500], self.run.id)
        self.run.count(source.id, "silent")
        return None

    def _request(self, source: Source, memento: Memento) -> Request:
        url = f"{self.replay.rstrip('/')}/{memento.at:%Y%m%d%H%M%S}id_/{memento.url}"
        return Request(
            url,
            callback=self.replayed,
            errback=self.lost,
            cb_kwargs={"source": source, "memento": memento},
            dont_filter=True,
        )

    async def replayed(self, response: Response, source: Source, memento: Memento) -> AsyncIterator[Fetched]:
        """A page as the archive has it; one that it has of another time only gets that time."""
        if response.status != 200:
            await self._missing(source, response.url, f"status {response.status}")
            return
        entry = Entry(url=memento.url, source=source.id, via=response.url, kind="archive")
        capture = capture_of(response, memento.url, source.id, entry)
        yield Fetched(
            capture=replace(capture, final_url=memento.url, fetched_at=replayed_at(response.url) or memento.at)
        )

    async def lost(self, failure: Failure) -> None:
        """The archive did not give the page."""
        request: Request = failure.request  # type: ignore[attr-defined]
        why = str(failure.value) or type(failure.value).__name__
        await self._missing(request.cb_kwargs["source"], request.url, why)

    async def _missing(self, source: Source, url: str, why: str) -> None:
        self.run.count(source.id, "failed")
        if self.run.counts[source.id]["failed"] <= _MOST_TOLD:  # an archive that is tired of us says so to each request
            await self.run.write(Writer.fail, url, None, "not replayed", why[:500], self.run.id)


def _years(first: date, last: date) -> Iterator[tuple[date, date]]:
    """The days from first to last, cut at the end of each year: an index that limits its answers is asked in parts."""
    start = first
    while start <= last:
        stop = min(last, date(start.year, 12, 31))
        yield start, stop
        start = stop + timedelta(days=1)
