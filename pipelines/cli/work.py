"""Captures through the workers into the archive: what import and process share."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines.engines.local import LocalPool
from pipelines.rules import all_rules
from pipelines.sources import SourcesFile
from pipelines.store.archive import Archive
from pipelines.store.writer import Writer
from pipelines.types import Capture, Recipe


@dataclass(slots=True)
class Work:
    """One run of an import or of processing: the writer, the workers, and how it goes."""

    writer: Writer
    archive: Archive
    pool: LocalPool
    run_id: int
    began: float = field(default_factory=time.monotonic)

    def read(self, captures: Iterable[tuple[int, Capture]], done: Callable[[], None]) -> None:
        """Read kept captures in the workers and store what each gives; `done` is called after each."""
        for capture_id, capture, outcome in self.pool.map(captures):
            self.writer.store(capture_id, capture, outcome, self.run_id)
            done()

    def report(self) -> list[dict[str, Any]]:
        """One row per source so far."""
        seconds = round(time.monotonic() - self.began, 1)
        return [{**row, "seconds": seconds} for row in self.archive.run_report(self.run_id)]


@contextmanager
def working(db: Path, file: SourcesFile, kind: str, what: str) -> Iterator[Work]:
    """Hold the archive for one run, and end the run however it goes. Raises StoreError where it cannot be held."""
    config = file.config(os.environ)
    recipe = Recipe.default(file.sources)
    with Writer.open(db) as writer, Archive(db) as archive:
        writer.put_rules(all_rules(recipe))
        writer.put_recipe(recipe, [None, *file.sources])
        run_id = writer.start_run(kind, what)
        with LocalPool(recipe, workers=config.workers, seconds=config.page_seconds, memory=config.page_memory) as pool:
            work = Work(writer, archive, pool, run_id)
            reason = "failed"
            try:
                yield work
                reason = "finished"
            except KeyboardInterrupt:
                reason = "shutdown"
                raise
            finally:
                writer.finish_run(run_id, reason, {"sources": work.report()})
                writer.checkpoint()
