"""Which articles carry one story, and which of them had it first: pure rules over what is known of each pair.

**Stories.** Exact and near copies are one story, and so are a text and one that contains it if they have at least
25 % of their shingles in common. A brief in a much longer article joins that article's story too, unless the article
contains briefs of three stories or more: it is then a round-up, and does not make one story of them.

**Heads.** The head of a story was published first, as far as the times tell:

1. A time counts for the whole of the stretch it names: a day for all of that day, a minute for its sixty seconds. Of
   a time without a zone only the day counts. Nothing is published after it was first seen, and what has no day is
   taken as published then. Whoever was certainly later than another member is not the head.
2. Among the rest, who credits another of them, as its agency or its source, is not the head.
3. Of those with a time of day the earliest one stays; a time without a zone is read as UTC here.
4. Then who was first seen, who credits no agency, and the address, which says nothing but decides.

The set of members decides, never the order in which they came.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pipelines.lines import key
from pipelines.rules import agency_names

STRONG = 0.25  # share of common shingles from which a text and one that it contains are one story
_ROUND_UP = 3  # stories whose briefs one article contains
_TIMED = ("minute", "second")
_FIRST_DAY = {4: "-01-01", 7: "-01"}  # of what a time of so many characters leaves out

_STRETCH = {
    "year": timedelta(days=366),
    "month": timedelta(days=31),
    "day": timedelta(days=1),
    "minute": timedelta(minutes=1),
    "second": timedelta(seconds=1),
}


@dataclass(frozen=True, slots=True)
class Pair:
    """Two articles that are alike, as `similar` has them: of `contains` the first is the longer."""

    one: int
    other: int
    kind: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """What decides whether an article is the head of its story."""

    id: int
    address: str = ""
    names: tuple[str, ...] = ()  # of its outlet
    credits: tuple[str, ...] = ()  # agency and source that it names
    published_at: str | None = None
    precision: str | None = None
    first_seen_at: str


def stories(pairs: Collection[Pair]) -> list[set[int]]:
    """The stories that these pairs make, each of two articles or more."""
    groups = _Groups()
    briefs = []
    for pair in pairs:
        if pair.kind != "contains" or pair.score >= STRONG:
            groups.join(pair.one, pair.other)
        else:
            briefs.append(pair)
    held: defaultdict[int, set[int]] = defaultdict(set)  # stories of briefs, by the story of what contains them
    for brief in briefs:
        held[groups.of(brief.one)].add(groups.of(brief.other))
    for longer, shorter in sorted(held.items()):
        if len(shorter - {longer}) < _ROUND_UP:
            for one in shorter:
                groups.join(longer, one)
    return groups.all()


def head(members: Sequence[Member]) -> int:
    """The id of the member that had the story first."""
    spans = {one.id: _span(one) for one in members}
    earliest = min(end for _, end in spans.values())
    left = [one for one in members if spans[one.id][0] <= earliest]
    left = [one for one in left if not _rests_on(one, left)] or left
    timed = [one for one in left if one.precision in _TIMED and one.published_at]
    if timed:
        first = min(timed, key=lambda one: (_moment(one.published_at) or spans[one.id][0], *_order(one)))
        left = [one for one in left if one is first or one not in timed]
    return min(left, key=_order).id


def names(*of: str | None) -> tuple[str, ...]:
    """Names of outlets or agencies in the form in which they compare: an agency under its usual name."""
    known = agency_names()
    return tuple(dict.fromkeys(key(known.get(one.strip(), one)) for one in of if one))


def _order(one: Member) -> tuple[str, bool, str, int]:
    return one.first_seen_at, bool(one.credits), one.address, one.id


def _rests_on(one: Member, others: Iterable[Member]) -> bool:
    """Whether it credits one of the others, and not the other way round."""
    return any(
        not set(one.credits).isdisjoint(other.names)
        and set(one.names).isdisjoint(other.names)
        and set(other.credits).isdisjoint(one.names)
        for other in others
        if other is not one
    )


def _span(one: Member) -> tuple[datetime, datetime]:
    """The first and the last second at which it may have been published."""
    seen = _moment(one.first_seen_at) or datetime.max.replace(tzinfo=UTC)
    start, precision = _moment(one.published_at), one.precision or "day"
    if start is None or start > seen:
        return seen, seen
    if precision in _TIMED and not str(one.published_at).endswith("Z"):
        start, precision = start.replace(hour=0, minute=0, second=0), "day"
    return start, min(start + _STRETCH[precision] - timedelta(seconds=1), seen)


def _moment(time: str | None) -> datetime | None:
    """A stored time; a month or a year begins on its first day."""
    if not time:
        return None
    try:
        moment = datetime.fromisoformat(time + _FIRST_DAY.get(len(time), ""))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class _Groups:
    """Sets that are joined pair by pair."""

    def __init__(self) -> None:
        self._above: dict[int, int] = {}

    def of(self, one: int) -> int:
        """The lowest member of its set."""
        above = self._above.setdefault(one, one)
        while above != self._above[above]:
            above = self._above[above]
        self._above[one] = above
        return above

    def join(self, one: int, other: int) -> None:
        low, high = sorted((self.of(one), self.of(other)))
        self._above[high] = low

    def all(self) -> list[set[int]]:
        """The sets of two members or more."""
        found: defaultdict[int, set[int]] = defaultdict(set)
        for one in self._above:
            found[self.of(one)].add(one)
        return [members for members in found.values() if len(members) > 1]
