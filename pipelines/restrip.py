"""Articles that a new lesson made stale, stripped again from what is kept of their extractions.

It is no revision: the outlet changed nothing. What is interrupted here is found and finished by the next run.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain, islice

from pipelines.config import Config
from pipelines.engines.local import LocalPool
from pipelines.lessons import learn, stale
from pipelines.lines import key
from pipelines.marks import digest_in
from pipelines.packing import marks_in
from pipelines.recipe import Recipe
from pipelines.store.archive import Archive
from pipelines.store.extractions import TO_STRIP
from pipelines.store.writer import Writer
from pipelines.types import Capture, Extracted, Failure, Outcome, Readable

_BATCH = 50  # articles in one transaction


def learn_from(writer: Writer, archive: Archive, recipe: Recipe, config: Config, run_id: int) -> None:
    """The end of a run: learn from the sources of which it wrote articles, and strip again what that made stale."""
    strip_again(writer, archive, learn(writer, archive, recipe, archive.changed(run_id)), config, run_id)


def strip_again(writer: Writer, archive: Archive, recipe: Recipe, config: Config, run_id: int | None) -> None:
    """Strip the articles again that only another lesson made; what other rules made waits to be asked for.

    Most articles hold none of the lines on which the verdict changed: they only change recipes.
    """
    made = [(used, source, recipe.base_for(source)) for used, source, _ in stale(archive, recipe)]
    changes: defaultdict[str | None, _Changes] = defaultdict(_Changes)
    for used, source, _ in made:
        changes[source].add(archive.lesson_changes(used, recipe.id_for(source)))
    found = archive.again(TO_STRIP, [json.dumps(made)], recipe.base_for)
    wanted = _concerned(writer, found, changes, recipe)
    if first := next(wanted, None):
        with pool_of(recipe, config) as pool:
            reread(writer, archive, pool, chain((first,), wanted), run_id)


class _Changes:
    """The lines of a source on which the verdict changed."""

    def __init__(self) -> None:
        self._digests: set[int] = set()
        self._words: set[str] = set()
        self._known = True

    def add(self, rules: Iterable[tuple[str, str]] | None) -> None:
        """Take in (id, line) of learned rules; None: nobody knows which."""
        self._known = self._known and rules is not None
        for rule, line in rules or ():
            self._digests.add(digest_in(rule) or 0)
            self._words.add(_words_of(line))

    def concern(self, given: Extracted) -> bool:
        """Whether an extraction holds one of the lines, alone or glued to another."""
        if not self._known or not self._digests.isdisjoint(marks_in(given.packed).kept):
            return True
        text = _words_of(given.text)
        return any(one in text for one in self._words)


def _words_of(text: str) -> str:
    return re.sub(r"\d+", "0", key(text))


def _concerned(
    writer: Writer,
    found: Iterable[tuple[int, Readable]],
    changes: Mapping[str | None, _Changes],
    recipe: Recipe,
) -> Iterator[tuple[int, Readable]]:
    """What a changed verdict concerns; the rest takes on the recipe in force."""
    same: defaultdict[str, list[int]] = defaultdict(list)
    for capture_id, given in found:
        source = given.source if isinstance(given, Capture) else given.capture.source
        if isinstance(given, Capture) or changes[source].concern(given):
            yield capture_id, given
        else:
            same[recipe.id_for(source)].append(capture_id)
    for recipe_id, capture_ids in same.items():
        for start in range(0, len(capture_ids), _BATCH):
            writer.adopt(capture_ids[start : start + _BATCH], recipe_id)


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
