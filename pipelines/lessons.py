"""The lessons of an archive: what its sources repeat, looked at anew after every run, and the recipe they make.

Learning looks at the latest articles of a source, each story once. A line that was found to be furniture stays so
until it clearly is none: a source that wavered would have to be stripped again after every run.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from pipelines.learn import EDGE, FEWEST, Verdict, lesson, verdicts
from pipelines.marks import Marks
from pipelines.packing import marks_in, unpack
from pipelines.recipe import Recipe
from pipelines.rules import all_rules
from pipelines.store.archive import Archive
from pipelines.store.blocks import Repeated
from pipelines.store.extractions import Shown
from pipelines.store.writer import Writer
from pipelines.types import Rule, Source

_LATEST = 300  # articles of a source that are looked at
_COPIES = 3  # bands in common from which two articles are one story
_STILL = EDGE / 2  # share of the articles from which a line that was furniture stays so
_STILL_ANYWHERE = 0.4  # share from which one that was furniture anywhere stays so


@dataclass(frozen=True, slots=True)
class _Story:
    """One article of a source, for counting."""

    article_id: int
    seen_at: str
    marks: Marks
    packed: bytes = field(repr=False)


def recipe_in_force(archive: Archive, sources: Mapping[str, Source]) -> Recipe:
    """Today's rules, what the sources file says, and what was learned."""
    lessons = {source: found for source in archive.repeating() if (found := _lesson(source, archive.repeated(source)))}
    return replace(Recipe.default(sources), lessons=lessons)


def describe(writer: Writer, recipe: Recipe) -> None:
    """Write down what a recipe consists of, for ledgers to name."""
    writer.put_rules(all_rules(recipe))
    writer.put_recipe(recipe, [None, *{**recipe.sources, **recipe.lessons}])


def learn(writer: Writer, archive: Archive, recipe: Recipe, sources: Iterable[str]) -> Recipe:
    """Look at sources anew; the recipe with their lessons, written down."""
    lessons = dict(recipe.lessons)
    for source in sources:
        before = archive.repeated(source)
        lines = _lines(archive, source, before)
        if lines != before:
            writer.put_repeated(source, lines)
        lesson_now = _lesson(source, lines)
        if lesson_now != lessons.get(source, ()):  # of thousands of sources that a news crawl has, few change theirs
            lessons[source] = lesson_now
            recipe = replace(recipe, lessons={name: rules for name, rules in lessons.items() if rules})
            writer.put_recipe(recipe, [source])
    return recipe


def stale(archive: Archive, recipe: Recipe) -> list[tuple[str, str | None, int]]:
    """The recipes that made articles and are not in force any more, each with the source of those and their number."""
    return [one for one in archive.recipes_in_use() if one[0] != recipe.id_for(one[1])]


def _lesson(source: str, lines: Sequence[Repeated]) -> tuple[Rule, ...]:
    learned = [
        Verdict(one.digest, one.zone or "edge", one.articles, one.looked_at)
        for one in lines
        if one.verdict and one.origin == "learned"
    ]
    yours = {one.digest: one.verdict for one in lines if one.verdict and one.origin == "yours"}
    return lesson(source, learned, {one.digest: one.text for one in lines}, yours)


def _lines(archive: Archive, source: str, before: Sequence[Repeated]) -> list[Repeated]:
    """The lines that a source repeats, with the verdict on each; what a person decided stays."""
    old = {one.digest: one for one in before}
    shown = archive.latest(source, _LATEST)
    stories = [_Story(one.article_id, one.first_seen_at, marks_in(one.packed), one.packed) for one in _once(shown)]
    counted = _counted(archive, source, stories, old)
    found = {one.digest: one.zone for one in verdicts([story.marks for story in stories])}
    # a line may stand in older articles than these, if there are any
    since = min(one.first_seen_at for one in shown) if len(shown) == _LATEST else ""
    lines = {one.digest: one for one in before if one.verdict} | {one.digest: one for one in counted}
    judged = (_judged(line, old.get(line.digest), found.get(line.digest), since) for line in lines.values())
    return sorted(judged, key=lambda one: (-one.articles, one.digest))


def _once(shown: Sequence[Shown]) -> Iterator[Shown]:
    """The articles without near-copies of one that came before."""
    texts: set[str] = set()
    holders: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for one in shown:
        shared = Counter(holder for band in one.bands for holder in holders[band])
        if one.digest not in texts and max(shared.values(), default=0) < _COPIES:
            yield one
            texts.add(one.digest)
            for band in one.bands:
                holders[band].append(one.article_id)


def _counted(
    archive: Archive, source: str, stories: Sequence[_Story], old: Mapping[int, Repeated]
) -> Iterator[Repeated]:
    """The lines that more than one of these articles shows and at least one has in its text, not yet judged."""
    holders: defaultdict[int, list[str]] = defaultdict(list)  # of each digest, when its articles were first seen
    for story in stories:
        for digest in {*story.marks.shown, *story.marks.kept}:
            holders[digest].append(story.seen_at)
    repeated = {digest for story in stories for digest in story.marks.kept if len(holders[digest]) > 1}
    texts = {digest: old[digest].text for digest in repeated & old.keys()}
    texts |= _texts(archive, stories, repeated - old.keys())
    for digest, text in texts.items():
        times = [*holders[digest], *((old[digest].first_seen_at, old[digest].last_seen_at) if digest in old else ())]
        yield Repeated(
            source_id=source,
            digest=digest,
            articles=len(holders[digest]),
            looked_at=len(stories),
            first_seen_at=min(times),
            last_seen_at=max(times),
            text=text,
        )


def _texts(archive: Archive, stories: Iterable[_Story], wanted: set[int]) -> dict[int, str]:
    """What the lines with these digests say, each from the newest article that has it in its text."""
    texts: dict[int, str] = {}
    for story in stories:
        if wanted.isdisjoint(story.marks.kept) or wanted <= texts.keys():
            continue
        with suppress(ValueError):  # somebody changed that article by hand
            extraction = unpack(story.packed, archive.extracted(story.article_id)).extraction
            for digest, block in zip(story.marks.kept, extraction.blocks, strict=True):
                if digest in wanted:
                    texts.setdefault(digest, extraction.text[block.start : block.stop])
    return texts


def _judged(line: Repeated, old: Repeated | None, zone: str | None, since: str) -> Repeated:
    """The line with its verdict: a person's, or the one that follows from `zone`, where the counts say it goes."""
    if old and old.origin == "yours":
        return replace(line, verdict=old.verdict, origin=old.origin, zone=old.zone)
    if old and old.zone:
        share = line.articles / line.looked_at
        lingers = line.articles >= FEWEST and _STILL <= share < EDGE
        if zone is None and (lingers or old.first_seen_at < since):
            zone = old.zone
        elif zone and old.zone == "any" and share >= _STILL_ANYWHERE:
            zone = "any"
    told = ("furniture", "learned") if zone else (None, None)
    return replace(line, verdict=told[0], origin=told[1], zone=zone)
