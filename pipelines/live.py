"""Scrapy item pipelines that know nothing of Scrapy: what spiders hand on is kept, read in workers, and stored.

All three share one `Run`: the archive's writer on a thread of its own, the worker processes, and the counts.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from pipelines.checkup import check_up
from pipelines.config import Config
from pipelines.engines.local import LocalPool, warm_up
from pipelines.errors import ArchiveError, EngineError, StoreError
from pipelines.lessons import describe, recipe_in_force
from pipelines.lookout import after_run
from pipelines.recipe import Recipe
from pipelines.restrip import learn_from, pool_of, strip_again
from pipelines.sources import SourcesFile, read_sources
from pipelines.store.archive import Archive
from pipelines.store.faults import concerns_one_row
from pipelines.store.writer import Writer
from pipelines.summary import final_stats
from pipelines.types import Fetched, Outcome
from pipelines.writing import WriterThread

_COUNTED = ("feeds", "silent", "refused", "held_back", "cut_short")  # by the crawl, beside what the archive counts
_PAUSE = timedelta(minutes=15)  # until a page that could not be taken is fetched again

T = TypeVar("T")
P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Read:
    """A kept capture and what reading it ended in, on its way to the store."""

    fetched: Fetched
    outcome: Outcome


class Run:
    """One crawl: its row in the archive, the writer's thread, the workers, and the counts per source."""

    def __init__(self, path: Path, file: SourcesFile, config: Config, crawler: Any) -> None:
        self.path = path
        self.file = file
        self.config = config
        self.what = ""  # what was asked for, for the run's row
        self.id: int | None = None
        self.fatal: ArchiveError | None = None  # what ended the crawl before its time
        self.searched: set[str] = set()  # sources whose homepage was searched for feeds to the end
        self.errors = 0  # items that a pipeline could not take
        self.counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.findings: dict[str, Any] = {}  # what began and ended to be wrong with sources
        self.news: list[str] = []  # what watches came upon, a line for each
        self._seconds: dict[str, tuple[float, float]] = {}
        self._crawler = crawler
        self._thread = WriterThread(self.open)
        self._writer: Writer | None = None
        self._recipe = Recipe()  # the one in force, once the archive is open
        self._workers: LocalPool | None = None

    @classmethod
    def of(cls, crawler: Any) -> Run:
        """The run of a crawler, made by whoever asks first. Raises ConfigError for a wrong sources file."""
        run = getattr(crawler, "run", None)
        if run is None:
            file = read_sources(Path(crawler.settings["TEARSHEET_SOURCES"]))
            path = Path(crawler.settings["TEARSHEET_DB"])
            run = crawler.run = cls(path, file, file.config(os.environ), crawler)
        assert isinstance(run, cls)
        return run

    @property
    def is_open(self) -> bool:
        """Whether the archive is ours to write."""
        return self._writer is not None

    def open(self) -> Writer:
        """Lock the archive and begin the run's row, once. Raises StoreError."""
        if self._writer is None:
            self._writer = Writer.open(self.path)
            self._writer.put_sources(self.file.sources.values(), complete=True)
            with Archive(self.path) as archive:
                self._recipe = recipe_in_force(archive, self.file.sources)
            describe(self._writer, self._recipe)
            self.id = self._writer.start_run("crawl", self.what)
        return self._writer

    async def write(self, job: Callable[Concatenate[Writer, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What a method of the writer gives, durable; it is done after all that was asked of it before."""
        return await self._thread.write(lambda writer: job(writer, *args, **kwargs))

    async def store(self, item: Read) -> str:
        """What an outcome becomes, durable with those of the pages that are being read now: nothing waits for it."""
        fetched, capture_id = item.fetched, item.fetched.capture_id
        assert capture_id is not None

        def job(writer: Writer) -> str:
            return writer.store(capture_id, fetched.capture, item.outcome, self.id)

        return await self._thread.write(job, haste=not (self._workers and self._workers.busy))

    async def pending(self) -> AsyncIterator[Fetched]:
        """Captures that a killed run left unread, one at a time; what it left to be stripped again is, before."""
        call = self._thread.call
        archive = await call(partial(Archive, self.path))
        try:
            await call(lambda: strip_again(self.open(), archive, self._recipe, self.config, self.id))
            captures = archive.pending()
            while one := await call(partial(next, captures, None)):
                yield Fetched(capture=one[1], capture_id=one[0])
        finally:
            await call(archive.close)

    def revisit(self, source: str | None) -> tuple[float, ...]:
        """When pages of a source are looked at again, in seconds from their first capture."""
        one = self.file.sources.get(source or "")
        return self.config.revisit if one is None or one.revisit is None else one.revisit

    def warm_up(self) -> None:
        """Let the workers load what they need, because pages are to come; without any they are never started."""
        if self._workers is None:
            warm_up()

    async def read(self, fetched: Fetched) -> Outcome:
        """What reading a kept capture ends in."""
        if self._workers is None:
            self._workers = pool_of(self._recipe, self.config)
        return await self._workers.process(fetched.capture)

    def count(self, source: str | None, what: str, n: int = 1) -> None:
        """Count `n` more of `what` for a source, here and in the crawler's stats."""
        name = source or "none"
        now = time.monotonic()
        self._seconds[name] = (self._seconds.get(name, (now, now))[0], now)
        if n:
            self.counts[name][what] += n
            self._crawler.stats.inc_value(f"tearsheet/{name}/{what}", n)

    async def failed(self, fetched: Fetched, stage: str, problem: Exception) -> None:
        """Write down that an item could not be taken; an archive or workers that fail as such end the crawl."""
        self.errors += 1
        url, source = fetched.capture.url, fetched.capture.source
        hopeless = isinstance(problem, StoreError) and not concerns_one_row(problem.__cause__)
        if hopeless or isinstance(problem, EngineError):
            assert isinstance(problem, ArchiveError)
            self.stop(problem)
            return
        detail = f"{stage}: {' '.join(str(problem).split())[:500]}"
        later = (datetime.now(UTC) + _PAUSE).strftime("%Y-%m-%dT%H:%M:%SZ")
        await self.write(Writer.fail, url, source, type(problem).__name__, detail, self.id, retry_at=later)

    def stop(self, problem: ArchiveError) -> None:
        """End the crawl because nothing further can be stored."""
        if self.fatal is None:
            self.fatal = problem
            # not awaited: closing waits for the very item that asks for it
            self._closing = asyncio.ensure_future(self._crawler.engine.close_spider_async(reason="failed"))

    async def finish(self, reason: str) -> list[dict[str, Any]]:
        """End the run; its report, one row per source. Does nothing where the run was never opened."""
        try:
            if self._workers:
                await self._workers.aclose()
            report = await self._thread.call(partial(self._finish, reason)) if self._writer else []
            if self._writer and reason == "finished" and self.fatal is None:
                self.news = await self._thread.call(partial(after_run, self.path))
            return report
        finally:
            self._thread.close()

    def _finish(self, reason: str) -> list[dict[str, Any]]:
        assert self._writer is not None
        assert self.id is not None
        try:
            with Archive(self.path) as archive:
                if reason == "finished":
                    reason = self._learn(self._writer, archive, self.id)
                rows = {row["source"] or "none": row for row in archive.run_report(self.id)}
                if reason == "finished":
                    self.findings = check_up(self._writer, archive, {*self.counts, *rows})
            for name in {*self.counts, *rows}:
                rows[name] = {**_empty(name), **rows.get(name, {}), "seconds": self._spent(name)}
                rows[name] |= {what: self.counts[name][what] for what in _COUNTED}
            report = [rows[name] for name in sorted(rows)]
            scrapy = final_stats(self._crawler.stats.get_stats())
            stats = {"sources": report, "errors": self.errors, "findings": self.findings, "scrapy": scrapy}
            self._writer.finish_run(self.id, reason, stats, self.searched)
            self._writer.checkpoint()
        except StoreError as problem:  # a disk without room for an article may have none for the run's end either
            self.fatal = self.fatal or problem
            return []
        finally:
            self._writer.close()
        return report

    def _learn(self, writer: Writer, archive: Archive, run_id: int) -> str:
        """Learn from the sources that brought articles; what the run ends in."""
        try:
            learn_from(writer, archive, self._recipe, self.config, run_id)
        except ArchiveError as problem:
            self.fatal = problem
            return "failed"
        return "finished"

    def _spent(self, name: str) -> float:
        first, last = self._seconds.get(name, (0.0, 0.0))
        return round(last - first, 1)


def _empty(name: str) -> dict[str, Any]:
    numbers = ("found", "fetched", "stored", "revised", "unchanged", "failed", "removed_chars")
    return {"source": name, **dict.fromkeys(numbers, 0), "rejected": {}}


class _Stage:
    """What the pipelines share."""

    def __init__(self, run: Run) -> None:
        self.run = run

    @classmethod
    def from_crawler(cls, crawler: Any) -> Self:
        return cls(Run.of(crawler))


class KeepRaw(_Stage):
    """The capture, the entry it answers and all it lists are committed before anything reads them."""

    async def process_item(self, item: Fetched) -> Fetched:
        """The item with its `capture_id` where it is still to be read; feeds and unchanged pages are done."""
        if item.capture_id is not None:
            return item
        try:
            kept = await self.run.write(Writer.keep, item, self.run.id, revisit=self.run.revisit(item.capture.source))
        except Exception as problem:
            await self.run.failed(item, "keep", problem)
            raise
        source = item.capture.source
        self.run.count(source, "found", kept.new_entries)
        if kept.new_entries:
            self.run.warm_up()
        if item.feed:
            return item
        self.run.count(source, "fetched")
        if kept.unchanged:
            self.run.count(source, "unchanged")
            return item
        return replace(item, capture_id=kept.capture_id)


class Process(_Stage):
    """Pages are read in worker processes."""

    async def process_item(self, item: Fetched) -> Fetched | Read:
        if item.capture_id is None:
            return item
        try:
            return Read(item, await self.run.read(item))
        except Exception as problem:
            await self.run.failed(item, "process", problem)
            raise


class Store(_Stage):
    """What reading ended in becomes an article, a revision, a reject or a failure in the archive."""

    async def process_item(self, item: Fetched | Read) -> Fetched:
        if isinstance(item, Fetched):
            return item
        fetched, outcome = item.fetched, item.outcome
        try:
            what = await self.run.store(item)
        except Exception as problem:
            await self.run.failed(fetched, "store", problem)
            raise
        if what == "waiting":
            return fetched
        source = fetched.capture.source
        self.run.count(source, {"new": "stored", "moved": "unchanged"}.get(what, what.replace(":", "/", 1)))
        removals = getattr(outcome, "removals", ())
        self.run.count(source, "removed_chars", sum(len(one.text) for one in removals if one.zone != "field"))
        return fetched
