"""From files into the archive: reading, keeping and processing side by side, so that the workers never wait.

One thread reads files, one writes; between them lie a few hundred pages at most, however long a file is. What is kept
of a file and how far it was read are one transaction, so that an import that was killed goes on where it was.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from pipelines.cli.loose_ends import LooseEnds
from pipelines.cli.pieces import Kept, Shelf, Step
from pipelines.cli.work import Work
from pipelines.errors import StoreError
from pipelines.filing import Filing
from pipelines.readers.found import Again, Flaw, Listed, Moved, Page, What
from pipelines.store import imports, loose
from pipelines.store.faults import concerns_one_row
from pipelines.store.together import together
from pipelines.store.writer import Writer
from pipelines.types import Capture, Fetched, Outcome

_MOST, _MOST_BYTES = 50, 4 * 1024**2  # pieces and bytes of bodies in one transaction
_WAITING, _WAITING_BYTES = 48, 16 * 1024**2  # pages and bytes on their way to the workers before more are read
_TOLD = 100  # flaws that are told one by one; all of them are in the table `failures`


@dataclass(slots=True)
class _Load:
    """What is handled at once: pieces to keep, or captures that a killed run kept and left unread."""

    steps: list[Step] = field(default_factory=list)
    unread: list[tuple[int, Capture]] = field(default_factory=list)
    bytes: int = 0  # of bodies
    progress: int = 0  # bytes of files


@dataclass(slots=True)
class Intake:
    """What comes in from files, and what became of it."""

    work: Work
    filing: Filing
    shelf: Shelf
    flaws: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    passed: Counter[str] = field(default_factory=Counter)
    queued: Counter[str] = field(default_factory=Counter)  # by source

    def bring(self, files: Iterable[tuple[Path, bool]], done: Callable[[int], object]) -> None:
        """Bring everything in; `done` hears how many bytes of files at a time. Raises StoreError and EngineError."""
        asyncio.run(self._bring(self._loads(files), done))

    async def _bring(self, loads: Iterator[_Load], done: Callable[[int], object]) -> None:
        with ThreadPoolExecutor(1) as shelf, ThreadPoolExecutor(1) as desk:
            try:
                await self._flow(loads, shelf, desk, done)
                ends = LooseEnds(self.work, self._page, self._count)
                await self._flow((_Load(unread=read) for read in ends.settle()), desk, desk, done)
            finally:
                await self.work.pool.aclose()

    async def _flow(
        self, loads: Iterator[_Load], shelf: ThreadPoolExecutor, desk: ThreadPoolExecutor, done: Callable[[int], object]
    ) -> None:
        """Take loads on one thread, and keep and read what they hold."""
        loop = asyncio.get_running_loop()
        reading: dict[asyncio.Task[Outcome], tuple[int, Capture]] = {}
        try:
            load = await loop.run_in_executor(shelf, next, loads, None)
            while load or reading:
                if load and not _full(reading.values()):
                    kept = load.unread + await loop.run_in_executor(desk, self._keep, load.steps)
                    done(load.progress)
                    for one in kept:
                        reading[loop.create_task(self.work.pool.process(one[1]))] = one
                    load = await loop.run_in_executor(shelf, next, loads, None)
                    continue
                ready, _ = await asyncio.wait(reading, return_when=asyncio.FIRST_COMPLETED)
                outcomes = [(*reading.pop(task), task.result()) for task in ready]
                store = partial(self.work.writer.store_all, outcomes, self.work.run_id)
                await loop.run_in_executor(desk, store)
        finally:
            for task in reading:
                task.cancel()

    # on the reading thread

    def _loads(self, files: Iterable[tuple[Path, bool]]) -> Iterator[_Load]:
        for one in self.work.archive.pending():
            yield _Load(unread=[one], bytes=len(one[1].body))
        load = _Load()
        for step in self.shelf.steps(files):
            if isinstance(step, int):
                load.progress += step
                continue
            load.steps.append(step)
            load.bytes += step.size
            load.progress += step.progress
            if len(load.steps) >= _MOST or load.bytes >= _MOST_BYTES:
                yield load
                load = _Load()
        yield load

    # on the writing thread

    def _keep(self, steps: Sequence[Step]) -> list[tuple[int, Capture]]:
        """Keep pieces, and how far their files were read; the captures that are to be processed."""
        pieces = [step for step in steps if step.found]
        ends: dict[str, Step] = {}
        for step in steps:
            if step.part.digest and step.sound:  # a file that gave nothing is looked at again, and told again
                position = step.found or (ends[step.part.digest].found if step.part.digest in ends else None)
                ends[step.part.digest] = Step(step.part, position)
        over = {step.part.digest for step in steps if step.found is None}
        jobs = [partial(self._one, step=step) for step in pieces]
        marks = [partial(self._mark, step=step, over=step.part.digest in over) for step in ends.values()]
        done = together(self.work.writer, [*jobs, *marks])
        kept: list[tuple[int, Capture]] = []
        for n, (result, problem) in enumerate(done):
            if problem is not None:
                self._failed(pieces[n] if n < len(pieces) else None, problem)
            elif result is not None:
                self._count(result)
                kept += [(result.capture_id, result.capture)] if result.word == "read" else []
        return kept

    def _one(self, writer: Writer, *, step: Step) -> Kept:
        """Keep one piece."""
        assert step.found is not None
        what: What = step.found.what
        place = f"{step.part.name}#{step.found.place}"
        with writer.transaction() as connection:
            match what:
                case Page():
                    return self._page(writer, connection, what, place, step.further)
                case Again() if imports.is_forgotten(connection, what.capture, what.url):
                    return Kept("forgotten")
                case Moved() if imports.is_forgotten(connection, what.capture):
                    return Kept("forgotten")
                case Again():
                    if imports.is_known(connection, what.capture):
                        return Kept("known")
                    if capture := imports.as_before(connection, what.capture, what.url, what.at, what.digest):
                        return self._page(writer, connection, Page(capture), place)
                    whose = {"url": what.url, "at": what.at, "digest": what.digest}
                    return self._later(connection, loose.AGAIN, place, capture=what.capture, whose=whose)
                case Moved():
                    if imports.is_known(connection, what.capture):
                        return Kept("known")
                    return self._later(connection, loose.MOVED, place, capture=what.capture)
                case Listed():
                    source = self.filing.source_of(writer, what.entry.url)
                    n = writer.add_entries(source, [what.entry], run_id=self.work.run_id)
                    return Kept("queued", what=source, n=n)
                case Flaw():
                    imports.put_flaw(connection, place, what.reason, self.work.run_id)
                    return Kept("flaw", what=f"{step.part.name}: byte {step.found.place}: {what.reason}")
                case _:
                    return Kept("passed", what=what.what)

    def _page(self, writer: Writer, connection: Any, page: Page, place: str = "", further: str | None = None) -> Kept:
        capture = page.capture
        capture = replace(capture, source=self.filing.source_of(writer, capture.url, capture.source))
        if imports.is_forgotten(connection, capture):
            return Kept("forgotten")
        if imports.holds(connection, capture, dated=page.dated):
            return Kept("known")
        kept = writer.keep(Fetched(capture=capture), self.work.run_id)
        if further and not kept.unchanged:
            start = capture.final_url or capture.url
            self._later(connection, loose.FURTHER, place, capture_id=kept.capture_id, start=start, url=further)
        return Kept("unchanged" if kept.unchanged else "read", kept.capture_id, capture)

    def _later(self, connection: Any, kind: str, place: str, **values: Any) -> Kept:
        loose.put(connection, kind, place, values, self.work.run_id)
        return Kept("later")

    def _mark(self, writer: Writer, *, step: Step, over: bool) -> None:
        assert step.part.digest is not None
        with writer.transaction() as connection:
            position = step.found.position if step.found else step.part.size
            imports.reached(connection, step.part.digest, str(step.part.path), position, self.work.run_id)
            if over:
                imports.finished(connection, step.part.digest)

    def _failed(self, piece: Step | None, problem: BaseException) -> None:
        """Write down that a piece cannot be kept; an archive that takes none ends the import."""
        if piece is None or not isinstance(problem, Exception):
            raise problem
        if isinstance(problem, StoreError) and not concerns_one_row(problem.__cause__):
            raise problem
        assert piece.found is not None
        reason = f"cannot be kept ({type(problem).__name__}: {' '.join(str(problem).split())})"
        flaw = piece._replace(found=replace(piece.found, what=Flaw(reason)))
        self._count(self._one(self.work.writer, step=flaw))

    def _count(self, kept: Kept) -> None:
        self.counts[kept.word] += kept.n
        if kept.word == "flaw" and len(self.flaws) < _TOLD:
            self.flaws.append(kept.what)
        elif kept.word == "passed":
            self.passed[kept.what] += 1
        elif kept.word == "queued":
            self.queued[kept.what] += kept.n


def _full(reading: Iterable[tuple[int, Capture]]) -> bool:
    """Whether enough is on its way to the workers."""
    sizes = [len(capture.body) for _, capture in reading]
    return len(sizes) >= _WAITING or sum(sizes) >= _WAITING_BYTES
