"""Articles that a new lesson made stale, stripped again from what is kept of their extractions.

It is no revision: the outlet changed nothing. What is interrupted here is found and finished by the next run.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice

from pipelines.config import Config
from pipelines.engines.local import LocalPool
from pipelines.lessons import learn, stale
from pipelines.recipe import Recipe
from pipelines.store.archive import Archive
from pipelines.store.extractions import TO_STRIP
from pipelines.store.writer import Writer
from pipelines.types import Capture, Failure, Outcome, Readable

_BATCH = 50  # articles in one transaction


def learn_from(writer: Writer, archive: Archive, recipe: Recipe, config: Config, run_id: int) -> None:
    """The end of a run: learn from the sources of which it wrote articles, and strip again what that made stale."""
    strip_again(writer, archive, learn(writer, archive, recipe, archive.changed(run_id)), config, run_id)


def strip_again(writer: Writer, archive: Archive, recipe: Recipe, config: Config, run_id: int | None) -> None:
    """Strip the articles again that only another lesson made; what other rules made waits to be asked for."""
    made = [(used, source, recipe.base_for(source)) for used, source, _ in stale(archive, recipe)]
    found = archive.again(TO_STRIP, [json.dumps(made)], recipe.base_for)
    if first := next(found, None):
        with pool_of(recipe, config) as pool:
            reread(writer, archive, pool, chain((first,), found), run_id)


def pool_of(recipe: Recipe, config: Config) -> LocalPool:
    """Workers as the archive's settings want them."""
    return LocalPool(recipe, workers=config.workers, seconds=config.page_seconds, memory=config.page_memory)


def reread(
    writer: Writer,
    archive: Archive,
    pool: LocalPool,
    wanted: Iterable[tuple[int, Readable]],
    run_id: int | None,
    done: Callable[[int], object] = lambda _: None,
) -> None:
    """Read stored captures, or strip their extractions, and store what comes; `done` hears how many at a time."""
    outcomes = _outcomes(pool, archive, wanted)
    while batch := list(islice(outcomes, _BATCH)):
        writer.store_all(batch, run_id)
        done(len(batch))


def _outcomes(
    pool: LocalPool, archive: Archive, wanted: Iterable[tuple[int, Readable]]
) -> Iterator[tuple[int, Capture, Outcome]]:
    """An extraction that cannot be stripped is no loss: its page is read instead."""
    failed = []
    for capture_id, given, outcome in pool.map(wanted):
        if isinstance(given, Capture):
            yield capture_id, given, outcome
        elif isinstance(outcome, Failure):
            failed.append(capture_id)
        else:
            yield capture_id, given.capture, outcome
    if failed:
        yield from pool.map((capture_id, archive.capture(capture_id)) for capture_id in failed)
