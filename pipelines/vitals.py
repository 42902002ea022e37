"""How a source is, in numbers of its own: its rhythm, its week beside its other weeks, and what its articles have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from statistics import median
from typing import Any

from pipelines.store.figures import DAY, Figures, Shape

WEEK = 7 * DAY
HOUR = 3600
_WATCHED = 21 * DAY  # two weekends at least: before, what was published while nobody watched counts too
_SPAN = 56 * DAY  # whose gaps are the rhythm
_ENOUGH_GAPS = 10  # else whatever is known of earlier times is looked at
_FEWEST_GAPS = 8
_FEWEST_DAYS = 14 * DAY  # one weekend is in it; after twice as many, one gap like no other is no weekend
_WEEKS = 8
_FEWEST_WEEKS = 4
_LATEST = 100  # articles whose shares and medians are shown


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How long a source is silent between two articles, in seconds; None where too little is known to tell."""

    newest: int | None  # when its newest article was published
    usual: float | None = (
        None  # at a moment taken by chance, the silence lasts as long as this or shorter: half of them
    )
    longest: float | None = None  # but for one exception
    patience: float | None = None  # a silence that is longer was never seen and is no chance


@dataclass(frozen=True, slots=True)
class Weeks:
    """Articles of the last seven days, and of the weeks before that were looked at as often; None: too few."""

    present: int
    usual: float | None = None
    pause: int = 0  # seconds: the longest silence that ended in the seven days
    spread: float = 0.0  # standard deviation: of chance, or of the weeks where they vary more


def rhythm(figures: Figures, now: int) -> Rhythm:
    """The rhythm of a source, whatever it is: by the hour, on working days, once a month.

    The longest gap is asked for, and not a quantile: of a hundred and fifty gaps in a week only one is the weekend.
    Gaps by chance exceed the second longest of n twice over with a probability of 6/n², so few need more patience.
    """
    times = sorted({*figures.older, *(one.at for one in figures.shapes if one.at <= now)})
    if not times:
        return Rhythm(None)
    newest = times[-1]
    if newest % DAY == 0:  # only the day is known: it may have been its last minute
        newest = min(newest + DAY, now)
    telling = _telling(times, figures.since, now)
    gaps = sorted(_gaps(telling))
    known = telling[-1] - telling[0]
    if len(gaps) < _FEWEST_GAPS or known < _FEWEST_DAYS:
        return Rhythm(newest)
    # a gap that is twice as long as any other is an exception: a holiday, or days on which nobody crawled
    longest = float(gaps[-2] if gaps[-1] > 2 * gaps[-2] and known >= 2 * _FEWEST_DAYS else gaps[-1])
    return Rhythm(newest, _half_of_time(gaps), longest, longest * min(4.0, 2 + 30 / len(gaps)))


def _telling(times: list[int], since: int | None, now: int) -> list[int]:
    """The times that tell the rhythm: those of the last weeks, while it was followed if that is long enough."""
    starts = [now - _SPAN]
    if since is not None and now - since >= _WATCHED:
        starts.insert(0, max(since, now - _SPAN))
    for start in starts:
        found = [at for at in times if at >= start]
        if len(found) > _ENOUGH_GAPS:
            return found
    return times


def _gaps(times: Sequence[int]) -> list[int]:
    return [after - before for before, after in pairwise(times)]


def _half_of_time(gaps: Sequence[int]) -> float:
    """The gap, of those sorted, within which half of the time falls."""
    half, passed = sum(gaps) / 2, 0
    for gap in gaps:
        passed += gap
        if passed >= half:
            return float(gap)
    return float(gaps[-1])


def weeks(figures: Figures, now: int) -> Weeks:
    """The present week beside the earlier ones that were looked at on about as many days since it is followed."""
    end = figures.last_success_at or now
    counts = [0] * (_WEEKS + 1)
    for one in figures.shapes:
        n = max(0, end - one.at) // WEEK
        if n <= _WEEKS:
            counts[n] += 1
    looked = Counter((end // DAY - day) // 7 for day in figures.days)
    known = [
        counts[n]
        for n in range(1, _WEEKS + 1)
        if end - (n + 1) * WEEK >= (figures.since or end) and looked[0] <= 2 * looked[n] and looked[n] <= 2 * looked[0]
    ]
    if len(known) < _FEWEST_WEEKS:
        return Weeks(counts[0])
    usual = float(median(known))
    spread = max(usual**0.5, 1.4826 * median(abs(one - usual) for one in known))
    ended = pairwise(sorted(one.at for one in figures.shapes))
    pause = max((after - before for before, after in ended if after > end - WEEK), default=0)
    return Weeks(counts[0], usual, pause, spread)


def cut_share(one: Shape) -> float:
    """How much of a text was cut off, 0 to 1."""
    return one.removed / max(1, one.removed + one.length)


def rejects(figures: Figures, now: int) -> tuple[int, Mapping[str, int]]:
    """Pages that the crawls of the last seven days read, and of these the rejected ones by reason."""
    counts: Counter[str] = Counter()
    pages = 0
    for crawl in figures.crawls:
        if crawl.at > now - WEEK:
            pages += crawl.read
            counts.update(crawl.rejected)
    return pages, dict(counts.most_common())


def vitals(figures: Figures, now: int, beat: Rhythm, week: Weeks) -> dict[str, Any]:
    """The row of `vitals`, but for the source and the time."""
    latest = figures.shapes[-_LATEST:]
    pages, by_reason = rejects(figures, now)

    def share(values: Sequence[bool]) -> float | None:
        return round(sum(values) / len(values), 3) if values else None

    return {
        "last_success_at": _stamp(figures.last_success_at),
        "newest_at": _stamp(beat.newest),
        "usual_gap": beat.usual and round(beat.usual / HOUR, 1),
        "longest_gap": beat.longest and round(beat.longest / HOUR, 1),
        "articles_week": week.present,
        "usual_week": week.usual,
        "dated": share([one.dated for one in latest]),
        "authored": share([one.authored for one in latest]),
        "standfirst": share([one.standfirst for one in latest]),
        "length": int(median(one.length for one in latest)) if latest else None,
        "cut": round(median(cut_share(one) for one in latest), 3) if latest else None,
        "pages_week": pages,
        "rejects": by_reason,
    }


def _stamp(at: int | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
