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
from typing import Any, NamedTuple

from pipelines.cli.filing import Filing
from pipelines.cli.work import Work
from pipelines.errors import StoreError
from pipelines.readers.files import Part, parts_of
from pipelines.readers.found import Again, Flaw, Found, Listed, Page, Skipped, What
from pipelines.store import faillog, imports
from pipelines.store.faults import concerns_one_row
from pipelines.store.together import together
from pipelines.store.writer import Writer
from pipelines.types import Capture, Failure, Fetched, Outcome

_MOST, _MOST_BYTES = 50, 4 * 1024**2  # pieces and bytes of bodies in one transaction
_WAITING, _WAITING_BYTES = 48, 16 * 1024**2  # pages and bytes on their way to the workers before more are read
_TOLD = 100  # flaws that are told one by one; all of them are in the table `failures`


class _Step(NamedTuple):
    """A piece of a part; without one the part is at its end."""

    part: Part
    found: Found | None


class _Kept(NamedTuple):
    """What became of a piece: read (a capture is to be), known, unchanged, forgotten, flaw, passed, queued."""

    word: str
    capture_id: int = 0
    capture: Capture | None = None
    what: str = ""
    n: int = 1


@dataclass(slots=True)
class _Load:
    """What is handled at once: pieces to keep, or captures that a killed run kept and left unread."""

    steps: list[_Step] = field(default_factory=list)
    unread: list[tuple[int, Capture]] = field(default_factory=list)
    bytes: int = 0  # of bodies
    progress: int = 0  # bytes of files


@dataclass(slots=True)
class Intake:
    """What comes in from files, and what became of it."""

    work: Work
    filing: Filing
    skipped: list[Skipped] = field(default_factory=list)
    flaws: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    passed: Counter[str] = field(default_factory=Counter)
    queued: Counter[str] = field(default_factory=Counter)  # by source
    finished: int = 0  # files of many that had been read to their end before

    def bring(self, files: Iterable[tuple[Path, bool]], done: Callable[[int], object]) -> None:
        """Bring everything in; `done` hears how many bytes of files at a time. Raises StoreError and EngineError."""
        asyncio.run(self._bring(self._loads(files), done))

    async def _bring(self, loads: Iterator[_Load], done: Callable[[int], object]) -> None:
        loop = asyncio.get_running_loop()
        reading: dict[asyncio.Task[Outcome], tuple[int, Capture]] = {}
        with ThreadPoolExecutor(1) as shelf, ThreadPoolExecutor(1) as desk:
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
                await self.work.pool.aclose()

    # on the reading thread

    def _loads(self, files: Iterable[tuple[Path, bool]]) -> Iterator[_Load]:
        for one in self.work.archive.pending():
            yield _Load(unread=[one], bytes=len(one[1].body))
        load = _Load()
        for step, size, progress in self._steps(files):
            load.steps += [step] if step else []
            load.bytes += size
            load.progress += progress
            if len(load.steps) >= _MOST or load.bytes >= _MOST_BYTES:
                yield load
                load = _Load()
        yield load

    def _steps(self, files: Iterable[tuple[Path, bool]]) -> Iterator[tuple[_Step | None, int, int]]:
        """Every piece of every file, with the size of its body and the bytes of the file that were passed."""
        limit = self.work.config.body_limit
        for path, named in files:
            for part in parts_of(path, named, limit):
                if isinstance(part, Skipped):
                    self.skipped.append(part)
                    continue
                conn = self.work.archive.db.conn
                start = imports.position_of(conn, part.digest) if part.digest else 0
                if start is None:
                    self.finished += 1
                    yield None, 0, part.size
                    continue
                at = start
                try:
                    for found in part.read(start):
                        size = len(found.what.capture.body) if isinstance(found.what, Page) else 0
                        yield _Step(part, found), size, max(0, found.position - at)
                        at = max(at, found.position)
                except OSError as problem:
                    reason = f"cannot be read any further ({problem.strerror or problem})"
                    self.skipped.append(Skipped(path, reason, named))
                    continue
                yield _Step(part, None), 0, max(0, part.size - at)

    # on the writing thread

    def _keep(self, steps: Sequence[_Step]) -> list[tuple[int, Capture]]:
        """Keep pieces, and how far their files were read; the captures that are to be processed."""
        pieces = [(step.part, step.found) for step in steps if step.found]
        ends: dict[str, _Step] = {}
        for step in steps:
            if step.part.digest:
                position = step.found or (ends[step.part.digest].found if step.part.digest in ends else None)
                ends[step.part.digest] = _Step(step.part, position)
        over = {step.part.digest for step in steps if step.found is None}
        jobs = [partial(self._one, part=part, found=found) for part, found in pieces]
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

    def _one(self, writer: Writer, *, part: Part, found: Found) -> _Kept:
        """Keep one piece."""
        with writer.transaction() as connection:
            what: What = found.what
            if isinstance(what, Again):
                if imports.is_known(connection, what.capture):
                    return _Kept("known")
                capture = imports.as_before(connection, what.capture, what.url, what.at)
                what = Page(capture) if capture else Flaw(f"of {what.url}: what it repeats is not in the archive")
            match what:
                case Page():
                    return self._page(writer, connection, what)
                case Listed():
                    source = self.filing.source_of(writer, what.entry.url)
                    n = writer.add_entries(source, [what.entry], run_id=self.work.run_id)
                    return _Kept("queued", what=source, n=n)
                case Flaw():
                    place = f"{part.name}#{found.place}"
                    failure = Failure("import", "damaged", what.reason)
                    faillog.add(connection, failure, url=place, run_id=self.work.run_id)
                    return _Kept("flaw", what=f"{part.name}: byte {found.place}: {what.reason}")
                case _:
                    return _Kept("passed", what=what.what)

    def _page(self, writer: Writer, connection: Any, page: Page) -> _Kept:
        capture = page.capture
        capture = replace(capture, source=self.filing.source_of(writer, capture.url, capture.source))
        if imports.is_forgotten(connection, capture):
            return _Kept("forgotten")
        if imports.holds(connection, capture, dated=page.dated):
            return _Kept("known")
        kept = writer.keep(Fetched(capture=capture), self.work.run_id)
        return _Kept("unchanged" if kept.unchanged else "read", kept.capture_id, capture)

    def _mark(self, writer: Writer, *, step: _Step, over: bool) -> None:
        assert step.part.digest is not None
        with writer.transaction() as connection:
            position = step.found.position if step.found else step.part.size
            imports.reached(connection, step.part.digest, str(step.part.path), position, self.work.run_id)
            if over:
                imports.finished(connection, step.part.digest)

    def _failed(self, piece: tuple[Part, Found] | None, problem: BaseException) -> None:
        """Write down that a piece cannot be kept; an archive that takes none ends the import."""
        if piece is None or not isinstance(problem, Exception):
            raise problem
        if isinstance(problem, StoreError) and not concerns_one_row(problem.__cause__):
            raise problem
        part, found = piece
        reason = f"cannot be kept ({type(problem).__name__}: {' '.join(str(problem).split())})"
        kept = self._one(self.work.writer, part=part, found=replace(found, what=Flaw(reason)))
        self._count(kept)

    def _count(self, kept: _Kept) -> None:
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
