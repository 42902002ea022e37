"""What a source repeats on its pages is its furniture: verdicts from the marks of its articles, and rules of them.

Pure, and outside `process`: the verdicts of a source are frozen into its lesson, which is part of the recipe.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipelines.marks import Marks, hex_of, is_long
from pipelines.types import Rule

FEWEST = 3  # articles that must show a line; where only two are known, both, and the line stands apart from text
EDGE, _ANY = 0.2, 0.5  # share of the articles that show a line, for it to go at the edges, or anywhere
_HEAD, _FOOT = 3, 4  # lines at either end of what a page kept that are its edges


@dataclass(frozen=True, slots=True)
class Verdict:
    """A line that is furniture of a source, where it goes, and in how many of how many articles it stands."""

    digest: int
    zone: str  # edge | any
    articles: int
    of: int


@dataclass(slots=True)
class _Stand:
    """How a line stands on the pages of a source, as counts of pages."""

    on: int  # shown or kept
    kept: int = 0
    edge: int = 0  # kept at an edge
    alone: int = 0  # kept amid text, without another repeated line beside it
    apart: int = 0  # shown apart from what was kept

    @property
    def aside(self) -> bool:
        """Whether it mostly stands outside the text or at its edges: a standing phrase of the author does not."""
        return 2 * self.edge >= self.kept or 2 * self.apart >= self.on


def verdicts(pages: Sequence[Marks]) -> tuple[Verdict, ...]:
    """The furniture of a source, from one page of each of its articles, in any order; by digest."""
    shown = Counter(digest for page in pages for digest in {*page.shown, *page.kept})
    repeated = {digest for page in pages for digest in page.kept if shown[digest] > 1}
    stands = {digest: _Stand(shown[digest]) for digest in sorted(repeated)}
    for page in pages:
        _look(page, stands)
    zones = ((digest, _zone(digest, stand, len(pages))) for digest, stand in stands.items())
    return tuple(Verdict(digest, zone, stands[digest].on, len(pages)) for digest, zone in zones if zone)


def _look(page: Marks, stands: Mapping[int, _Stand]) -> None:
    """Add how repeated lines stand on one page; each counts once."""
    shown, kept = Counter(page.shown), Counter(page.kept)
    edges = {*page.kept[:_HEAD], *page.kept[-_FOOT:]}
    company = {
        digest
        for n, digest in enumerate(page.kept)
        if any(mate in stands and mate != digest for mate in (*page.kept[max(0, n - 1) : n], *page.kept[n + 1 : n + 2]))
    }
    for digest in stands.keys() & {*shown, *kept}:
        stand = stands[digest]
        stand.kept += digest in kept
        stand.edge += digest in edges
        stand.alone += digest in kept and digest not in edges and digest not in company
        stand.apart += shown[digest] > kept[digest]


def _zone(digest: int, stand: _Stand, of: int) -> str | None:
    """Where a line is furniture; None where it is not."""
    if of < FEWEST:
        return "edge" if not is_long(digest) and (stand.edge == stand.kept or stand.apart) else None
    if stand.on < max(FEWEST, EDGE * of):
        return None
    if stand.on >= _ANY * of and not stand.alone == stand.kept == 1:  # once amid text a menu's words are text
        return "any"
    return "edge" if stand.aside else None


def lesson(
    source: str, verdicts: Sequence[Verdict], texts: Mapping[int, str], overruled: Mapping[int, str]
) -> tuple[Rule, ...]:
    """The verdicts as rules, by id; `overruled` holds what a person said of a line: furniture or content."""
    rules = [_learned(source, one, texts) for one in verdicts if one.digest not in overruled]
    rules += [_yours(source, digest, said, texts) for digest, said in overruled.items()]
    return tuple(sorted(rules, key=lambda rule: rule.id))


def _learned(source: str, one: Verdict, texts: Mapping[int, str]) -> Rule:
    return Rule(
        id=f"learned.{source}.{hex_of(one.digest)}",
        zone=one.zone,
        pattern=texts.get(one.digest, ""),
        why=f"Stands in {one.articles} of {one.of} articles of this source.",
        origin="learned",
    )


def _yours(source: str, digest: int, said: str, texts: Mapping[int, str]) -> Rule:
    furniture = said == "furniture"
    return Rule(
        id=f"yours.{source}.{hex_of(digest)}",
        zone="any" if furniture else "keep",
        pattern=texts.get(digest, ""),
        why=f"You said that this line is {'furniture' if furniture else 'text'}.",
        origin="yours",
    )
