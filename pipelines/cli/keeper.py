"""Keeping an archive's schedule: what is due is crawled by child processes, one after the other."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipelines.cli.child import show
from pipelines.cli.crawling import scrapy_command, scrapy_variables
from pipelines.cli.output import Row, say
from pipelines.cli.report import ask, last_run, run_of, watched
from pipelines.cli.rounds import Bell, Round, run_round
from pipelines.errors import ConfigError, StoreError
from pipelines.explore.words import many
from pipelines.schedule import EVERY, short_span
from pipelines.sources import SourcesFile, read_sources
from pipelines.store.agenda import pages_wait, visits
from pipelines.store.archive import Archive
from pipelines.store.lock import SCHEDULING, WriterLock, holder
from pipelines.store.rows import stamp
from pipelines.types import Source

_SLICE = 300  # seconds after which a crawl leaves its queue to the next one, which begins with the feeds then due
_GATHER = 15  # a feed waits a fifteenth of the shortest interval for others that fall due, so that they share a crawl
_LOOK = 30.0  # seconds at most between two looks at the archive and the sources file
_RETRY = 2.0  # seconds between two looks whether another process is done
_TOLD = ("found", "stored", "revised", "unchanged", "failed")
_FIRST_PAUSE, _LONGEST_PAUSE = 5.0, 1800.0  # seconds after a crawl that went wrong, and after many


def _log(text: str) -> None:
    """A line on stderr, with the time."""
    say(f"{stamp(datetime.now(UTC))}  {text}")


class Keeper:
    """The loop: what is due is crawled by a child process, one at a time, whatever becomes of it."""

    def __init__(self, db: Path, file: SourcesFile, deadline: float, bell: Bell) -> None:
        self._db = db
        self._sources = _Sources(file)
        self._deadline = deadline
        self._slice = min(_SLICE, deadline / 2)
        self._bell = bell
        self._wrong = 0  # crawls in a row that went wrong
        self._not_before = datetime.now(UTC)
        self._waiting = False  # for another writer

    def run(self) -> None:
        """Crawl until the bell is rung."""
        with self._alone():
            show(self._command(self._sources.file.path))
            while not self._bell.rung:
                self._bell.wait(self._turn())
        _log("stopped")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep the schedule of this archive, once nobody else does. Raises StoreError where there can be no lock."""
        lock: WriterLock | None = None
        while lock is None and not self._bell.rung:
            try:
                lock = WriterLock.take(self._db, what=SCHEDULING)
            except StoreError:
                if (who := holder(self._db, SCHEDULING)) is None:
                    raise
                self._wait_for(who)
        self._waiting = False
        try:
            yield
        finally:
            if lock:
                lock.release()

    def _wait_for(self, who: str) -> None:
        """Wait a little, and say for whom, once."""
        if not self._waiting:
            _log(f"waiting: {who}")
        self._waiting = True
        self._bell.wait(_RETRY)

    def _turn(self) -> float:
        """Do what is due; seconds until the next look."""
        if trouble := self._sources.refresh():
            _log(trouble)
        try:
            begin_at = self._begin_at()
        except StoreError:
            begin_at = datetime.now(UTC)  # the crawl brings it up to date, or says what is wrong with it
        wait: float = (max(begin_at, self._not_before) - datetime.now(UTC)).total_seconds()
        if wait > 0:
            return min(wait, _LOOK)
        if who := holder(self._db):
            self._wait_for(who)
            return 0.0
        self._waiting = False
        try:
            return self._crawl()
        except StoreError as problem:
            return self._went_wrong(str(problem))

    def _begin_at(self) -> datetime:
        """When the next crawl is to begin: a little after the first feed is due, or at once where pages wait."""
        if not self._db.exists():
            return datetime.now(UTC)
        with Archive(self._db) as archive:
            to_ask = visits(archive, self._followed)
            if pages_wait(archive, self._followed):
                return datetime.now(UTC)
        if not to_ask:
            return datetime.now(UTC) + timedelta(seconds=_LOOK)
        due_at = to_ask[0].due_at
        return datetime.fromisoformat(due_at) + timedelta(seconds=self._gather()) if due_at else datetime.now(UTC)

    @property
    def _followed(self) -> tuple[Source, ...]:
        return self._sources.file.chosen()

    def _gather(self) -> float:
        shortest = min((one.every for one in self._followed if one.every), default=EVERY)
        return min(shortest, EVERY) / _GATHER

    def _crawl(self) -> float:
        before = self._last_run()
        with self._sources.in_order() as path:
            command = [*self._command(path), "-s", "TEARSHEET_QUIET=1"]
            done = run_round(command, scrapy_variables(), self._bell, self._deadline, lambda: _log("stopping …"))
        problem = self._problem(done, before)
        if self._bell.rung:
            return 0.0
        if problem and (holder(self._db) or self._sources.changed()):
            return 0.0  # another crawl was quicker, or the sources file was broken just before
        if problem:
            return self._went_wrong(problem)
        self._wrong = 0
        # one that was cut short goes on at once; otherwise what comes due meanwhile is gathered
        self._not_before = datetime.now(UTC) + timedelta(seconds=0 if done.seconds >= self._slice else self._gather())
        for line in self._brought(done):
            _log(line)
        return 0.0

    def _command(self, sources: Path) -> list[str]:
        return scrapy_command("news", self._db, sources, "-a", "due=1", "-a", f"seconds={self._slice:g}")

    def _went_wrong(self, problem: str) -> float:
        self._wrong += 1
        pause = min(_FIRST_PAUSE * 2.0 ** min(self._wrong - 1, 10), _LONGEST_PAUSE)
        self._not_before = datetime.now(UTC) + timedelta(seconds=pause)
        _log(f"{problem}; trying again in {short_span(pause)}")
        return min(pause, _LOOK)

    def _last_run(self) -> int:
        with suppress(StoreError), Archive(self._db) as archive:
            return last_run(archive, "crawl")
        return 0

    def _problem(self, done: Round, before: int) -> str | None:
        """What went wrong with a crawl; None for one that ended by itself, also where some sources failed."""
        if done.late:
            return f"killed a crawl that took longer than {short_span(self._deadline)}; what it fetched is kept"
        if done.code < 0:
            return f"a crawl was ended by signal {-done.code}; what it fetched is kept"
        if done.code > 1 or not self._ended(before):
            return f"a crawl could not be done (exit code {done.code})"
        return None

    def _ended(self, before: int) -> bool:
        """Whether a crawl began after another, and wrote down its end."""
        with suppress(StoreError), Archive(self._db) as archive:
            run = last_run(archive, "crawl")
            done = ask(archive, "SELECT 1 FROM runs WHERE id = ? AND finished_at IS NOT NULL", (run,))
            return run > before and bool(done)
        return False

    def _brought(self, done: Round) -> list[str]:
        with Archive(self._db) as archive:
            run = run_of(archive, last_run(archive, "crawl"))
            next_at = min((one.due_at for one in visits(archive, self._followed)), default="")
            news = watched(archive, run["started_at"])
        did = f"{_sums(run['sources'], run['errors'])} in {short_span(done.seconds)}"
        return [did + (f"; next at {next_at}" if next_at else ""), *news]


def _sums(report: Sequence[Row], errors: int) -> str:
    """What a crawl did, in a line."""
    sums = {name: sum(row.get(name) or 0 for row in report) for name in ("feeds", "silent", *_TOLD)}
    told = [f"{sums[name]} {name}" for name in _TOLD if sums[name]]
    silent = [f"{sums['silent']} of them without an answer"] if sums["silent"] else []
    asked = many(sums["feeds"] + sums["silent"], "feed")
    wrong = [many(errors, "unexpected error")] if errors else []
    return f"asked {', '.join([asked, *silent])}: {', '.join([*(told or ['nothing new']), *wrong])}"


class _Sources:
    """The sources file as it was when it was last in order."""

    def __init__(self, file: SourcesFile) -> None:
        self.file = file
        self._seen = self._look()
        self._text = file.path.read_bytes()
        self._broken = False

    def refresh(self) -> str | None:
        """Read the file again where it has changed. A broken one is told of once, and the old one stays."""
        if not self.changed():
            return None
        self._seen = self._look()
        path = self.file.path
        try:
            text = path.read_bytes()
            file = read_sources(path)
            file.config(os.environ)
        except (ConfigError, OSError) as problem:
            self._broken = True
            return f"{problem}; going on with the sources as they were"
        self.file, self._text, self._broken = file, text, False
        return f"{path}: read again, {many(len(file.sources), 'source')}"

    def changed(self) -> bool:
        """Whether the file is another one than was read."""
        return self._look() != self._seen

    @contextmanager
    def in_order(self) -> Iterator[Path]:
        """The path of the file, or of a copy of what it was, where it is broken."""
        if not self._broken:
            yield self.file.path
            return
        with tempfile.TemporaryDirectory(prefix="tearsheet-") as folder:
            copy = Path(folder, self.file.path.name)
            copy.write_bytes(self._text)
            yield copy

    def _look(self) -> tuple[int, ...]:
        """What changes when the file does."""
        try:
            stat = self.file.path.stat()
        except OSError:
            return ()
        return (stat.st_mtime_ns, stat.st_size, stat.st_ino)
