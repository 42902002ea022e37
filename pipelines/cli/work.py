"""Captures through the workers into the archive: what import and process share."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines.cli.output import say
from pipelines.config import Config
from pipelines.engines.local import LocalPool
from pipelines.lessons import describe, recipe_in_force
from pipelines.lookout import after_run
from pipelines.recipe import Recipe
from pipelines.restrip import learn_from, pool_of, reread, strip_again
from pipelines.sources import SourcesFile
from pipelines.store.archive import Archive
from pipelines.store.held import large_log
from pipelines.store.writer import Writer
from pipelines.types import Readable


@dataclass(slots=True)
class Work:
    """One run of an import or of processing: the writer, the workers, and how it goes."""

    writer: Writer
    archive: Archive
    recipe: Recipe
    config: Config
    pool: LocalPool
    run_id: int
    began: float = field(default_factory=time.monotonic)
    progress: dict[str, Any] = field(default_factory=dict)  # what a later run needs to go on, should this one stop

    def reread(self, wanted: Iterable[tuple[int, Readable]], done: Callable[[int], object]) -> None:
        """Read stored captures or strip them again, many in one transaction; `done` hears how many at a time."""
        reread(self.writer, self.archive, self.pool, wanted, self.run_id, done)

    def strip_again(self) -> None:
        """Finish what a run that was killed left to be stripped again."""
        strip_again(self.writer, self.archive, self.recipe, self.config, self.run_id)

    def learn(self) -> None:
        """The end of a good run: learn from what it brought, and strip again what that made stale."""
        learn_from(self.writer, self.archive, self.recipe, self.config, self.run_id)

    def report(self) -> list[dict[str, Any]]:
        """One row per source so far."""
        seconds = round(time.monotonic() - self.began, 1)
        return [{**row, "seconds": seconds} for row in self.archive.run_report(self.run_id)]


@contextmanager
def working(db: Path, file: SourcesFile, kind: str, what: str) -> Iterator[Work]:
    """Hold the archive for one run, and end the run however it goes; after a good one the watches look.

    Raises StoreError where it cannot be held.
    """
    config = file.config(os.environ)
    with Writer.open(db) as writer, Archive(db) as archive:
        recipe = recipe_in_force(archive, file.sources)
        describe(writer, recipe)
        run_id = writer.start_run(kind, what)
        with pool_of(recipe, config) as pool:
            work = Work(writer, archive, recipe, config, pool, run_id)
            reason = "failed"
            try:
                yield work
                reason = "finished"
            except KeyboardInterrupt:
                reason = "shutdown"
                raise
            finally:
                writer.finish_run(run_id, reason, {**work.progress, "sources": work.report()})
                writer.checkpoint()
                if grown := large_log(db):
                    say(grown)
    for line in after_run(db):
        say(line)
