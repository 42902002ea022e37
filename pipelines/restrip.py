"""Articles that a new lesson made stale, stripped again from what is kept of their extractions.

It is no revision: the outlet changed nothing. What is interrupted here is found and finished by the next run.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from itertools import chain

from pipelines.config import Config
from pipelines.engines.local import LocalPool
from pipelines.lessons import learn, stale
from pipelines.marks import digest_in, digest_of
from pipelines.packing import unpack
from pipelines.recipe import Recipe
from pipelines.rows import pieces_of
from pipelines.shrink import shrink
from pipelines.store.archive import Archive
from pipelines.store.extractions import TO_STRIP
from pipelines.store.rows import handfuls
from pipelines.store.writer import Writer
from pipelines.types import Capture, Extracted, Failure, Outcome, Readable

_BATCH = 50  # articles in one transaction


def learn_from(writer: Writer, archive: Archive, recipe: Recipe, config: Config, run_id: int) -> None:
    """The end of a run: learn from the sources of which it wrote articles, and strip again what that made stale."""
    changed = archive.changed(run_id)
    strip_again(writer, archive, learn(writer, archive, recipe, changed), config, run_id)
    shrink(writer, changed, run_id)


def strip_again(writer: Writer, archive: Archive, recipe: Recipe, config: Config, run_id: int | None) -> None:
    """Strip the articles again that only another lesson made; what other rules made waits to be asked for.

    Most articles hold none of the lines on which the verdict changed: they only change recipes.
    """
    id_for, base_for = cache(recipe.id_for), cache(recipe.base_for)
    made = [(used, source, base_for(source)) for used, source, _ in stale(archive, recipe)]
    changes: defaultdict[str | None, _Changes] = defaultdict(_Changes)
    for used, source, _ in made:
        changes[source].add(archive.lesson_changes(used, id_for(source)))
    found = archive.again(TO_STRIP, [json.dumps(made)], base_for)
    wanted = _concerned(writer, found, changes, id_for)
    if first := next(wanted, None):
        with pool_of(recipe, config) as pool:
            reread(writer, archive, pool, chain((first,), wanted), run_id)


class _Changes:
    """The lines of a source on which the verdict changed."""

    def __init__(self) -> None:
        self._digests: set[int] = set()
        self._known = True

    def add(self, rules: Iterable[str] | None) -> None:
        """Take in ids of learned rules; None: nobody knows which."""
        self._known = self._known and rules is not None
        self._digests.update(digest_in(rule) or 0 for rule in rules or ())

    def concern(self, given: Extracted) -> bool:
        """Whether an extraction holds one of the lines, alone or glued to another."""
        if not self._known:
            return True
        try:
            found = unpack(given.packed, given.text)
        except ValueError:  # whoever strips it will find out, too
            return True
        if not self._digests.isdisjoint(found.marks.kept):
            return True
        pieces = (piece for block in found.extraction.blocks for piece in pieces_of(given.text, block))
        return any(digest_of(piece) in self._digests for piece in pieces)


def _concerned(
    writer: Writer,
    found: Iterable[tuple[int, Readable]],
    changes: Mapping[str | None, _Changes],
    id_for: Callable[[str | None], str],
) -> Iterator[tuple[int, Readable]]:
    """What a changed verdict concerns; the rest takes on the recipe in force."""
    same: defaultdict[str, list[int]] = defaultdict(list)
    for capture_id, given in found:
        source = given.source if isinstance(given, Capture) else given.capture.source
        if isinstance(given, Capture) or changes[source].concern(given):
            yield capture_id, given
        else:
            same[id_for(source)].append(capture_id)
    for recipe_id, capture_ids in same.items():
        for some in handfuls(capture_ids, _BATCH):
            writer.adopt(some, recipe_id)


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
    for batch in handfuls(outcomes(pool, archive, wanted), _BATCH):
        writer.store_all(batch, run_id)
        done(len(batch))


def outcomes(
    pool: LocalPool, archive: Archive, wanted: Iterable[tuple[int, Readable]]
) -> Iterator[tuple[int, Capture, Outcome]]:
    """What each is read as, as it comes; where an extraction cannot be stripped, its page is read instead."""
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
