"""A day of `tearsheet schedule` with 200 sources and a clock that jumps: `python -m bench.schedule`.

The policy is the real one; what outlets publish is invented from a seed. Two weeks pass so that feeds have a history,
then a day is counted: checks, crawls, and how long entries waited from publication to the check that found them.
Beside it stands a check of every feed each 15 minutes.
"""

from __future__ import annotations

import heapq
import random
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import median

from pipelines.schedule import EVERY, REMEMBERED, Habit, plan

_HOUR, _DAY = 3600, 24 * 3600
_START = datetime(2026, 3, 2, tzinfo=UTC).timestamp()  # a Monday
_LEARNING = 15 * _DAY  # then a Tuesday is counted
_GATHER = EVERY / 15  # seconds for which the first feed that is due waits for others, as `tearsheet schedule` does

Policy = Callable[["Feed", float], float]


def _always(_hour: int, _weekday: int) -> float:
    return 1.0


def _daytime(hour: int, _weekday: int) -> float:
    """Most by day, little at night."""
    return 1.7 if 7 <= hour < 21 else 0.1


def _office(hour: int, weekday: int) -> float:
    """Weekdays, nine to six; nothing else."""
    return 3.7 if 9 <= hour < 18 and weekday < 5 else 0.0


def _press_day(hour: int, weekday: int) -> float:
    """All of a week in the morning of one day."""
    return 42.0 if 6 <= hour < 10 and weekday == 0 else 0.0


@dataclass(frozen=True)
class Kind:
    """Sources that live alike: entries a day on average, when they come, and how the host answers."""

    name: str
    sources: int
    a_day: float
    when: Callable[[int, int], float] = _always
    kind: str = "feed"
    fails: float = 0.0  # share of checks that fail
    pause: float = 0.0  # asks for a pause (Retry-After) when checked twice within so many seconds
    until: float = float("inf")  # days after which nothing more comes
    lists: int = 30  # entries in the feed at a time


KINDS = (
    Kind("agency, day and night", 10, 1200, lists=60),
    Kind("daily, busy", 40, 90, _daytime),
    Kind("daily, local", 40, 12, _daytime),
    Kind("ministry, office hours", 30, 6, _office),
    Kind("weekly, one morning", 20, 2, _press_day),
    Kind("blog", 20, 0.15),
    Kind("news sitemap", 10, 60, _daytime, kind="sitemap", lists=300),
    Kind("fails now and then", 10, 40, _daytime, fails=0.2),
    Kind("answers 429", 5, 60, _daytime, pause=20 * 60),
    Kind("fell silent a week ago", 5, 20, _daytime, until=8),
    Kind("gone for good", 10, 0, fails=1.0),
)


@dataclass
class Feed:
    """A feed as it stands: what was published, and what has been found of it."""

    of: Kind
    url: str
    published: list[float]  # ahead too; oldest first
    seen: int = 0  # how many of them are behind us
    found: list[float] = field(default_factory=list)  # newest first
    checked: float | None = None
    failures: int = 0
    interval: int | None = None
    fresh: bool = False


@dataclass
class Tally:
    """What the counted day brought for one kind of source."""

    checks: int = 0
    waits: list[float] = field(default_factory=list)  # seconds
    missed: int = 0  # gone from the feed before it was checked


def main() -> None:
    """Print what each policy does to each kind of source."""
    for name, policy in (("adaptive", adaptive), (f"every {EVERY // 60} minutes", fixed)):
        by_hour, crawls, tallies = simulate(policy)
        _show(name, by_hour, crawls, tallies)


def adaptive(feed: Feed, now: float) -> float:
    """The policy of `tearsheet schedule`."""
    habit = Habit(
        url=feed.url,
        kind=feed.of.kind,
        came=feed.found[:REMEMBERED],
        since=min([_START, *feed.found[-1:]]),
        interval=feed.interval,
        fresh=feed.fresh,
        failures=feed.failures,
    )
    planned = plan(habit, datetime.fromtimestamp(now, UTC))
    feed.interval = planned.interval
    return planned.due_at.timestamp()


def fixed(_: Feed, now: float) -> float:
    """A check every 15 minutes, whatever comes."""
    return now + EVERY


def simulate(policy: Policy, seed: int = 1) -> tuple[list[int], int, dict[str, Tally]]:
    """(checks in each hour of the counted day, crawls on that day, what it brought for each kind of source)."""
    chance = random.Random(seed)
    feeds = [
        Feed(kind, f"https://outlet-{kind.name}-{n}.example/feed", list(_published(kind, chance)))
        for kind in KINDS
        for n in range(kind.sources)
    ]
    day = _START + _LEARNING
    due = [(_START + chance.random() * EVERY, n) for n in range(len(feeds))]
    heapq.heapify(due)
    tallies: defaultdict[str, Tally] = defaultdict(Tally)
    by_hour, crawls = [0] * 24, 0
    while due[0][0] < day + 2 * _DAY:
        now = due[0][0] + _GATHER
        crawls += day <= now < day + _DAY
        while due[0][0] <= now:
            _, n = due[0]
            feed = feeds[n]
            tally = tallies[feed.of.name]
            if day <= now < day + _DAY:
                by_hour[int(now - day) // _HOUR] += 1
                tally.checks += 1
            retry_at = _check(feed, now, chance, tally, day)
            heapq.heapreplace(due, (max(policy(feed, now), retry_at), n))
    return by_hour, crawls, tallies


def _published(kind: Kind, chance: random.Random) -> Iterator[float]:
    """Times of publication, oldest first, from two weeks before the start."""
    most = max(kind.when(hour, day) for hour in range(24) for day in range(7)) * kind.a_day / _DAY
    # outlets live in all time zones, and weeklies come on any day
    at, shift = _START - 14 * _DAY, chance.randrange(24 * 7 if kind.when is _press_day else 24) * _HOUR
    while most and (at := at + chance.expovariate(most)) < _START + _LEARNING + 3 * _DAY:
        local = datetime.fromtimestamp(at + shift, UTC)
        taken = chance.random() * most * _DAY < kind.when(local.hour, local.weekday()) * kind.a_day
        if taken and at < _START + kind.until * _DAY:
            yield at


def _check(feed: Feed, now: float, chance: random.Random, tally: Tally, day: float) -> float:
    """Ask a feed; what it has that is new is found. Returns until when its host wants peace."""
    before, feed.checked = feed.checked, now
    if before is not None and now - before < feed.of.pause:
        feed.failures += 1
        return now + feed.of.pause
    if chance.random() < feed.of.fails:
        feed.failures += 1
        return 0.0
    feed.failures = 0
    start = feed.seen
    while feed.seen < len(feed.published) and feed.published[feed.seen] <= now:
        feed.seen += 1
    new = feed.published[start : feed.seen]
    feed.fresh = bool(new)
    for one in new[-feed.of.lists :]:
        feed.found.insert(0, one)
        if day <= one < day + _DAY:
            tally.waits.append(now - one)
    tally.missed += sum(day <= one < day + _DAY for one in new[: -feed.of.lists])
    return 0.0


def _show(name: str, by_hour: list[int], crawls: int, tallies: dict[str, Tally]) -> None:
    checks = sum(by_hour)
    waits = [one for tally in tallies.values() for one in tally.waits]
    print(f"{name}: {checks} checks, {checks / 24:.0f} an hour ({min(by_hour)} to {max(by_hour)}), {crawls} crawls")
    print(f"  {'':24}{'sources':>8}{'checks a day':>14}{'entries':>9}{'median wait':>13}{'p95':>8}{'missed':>8}")
    for kind in KINDS:
        _line(kind.name, kind.sources, tallies[kind.name])
    _line("all", sum(kind.sources for kind in KINDS), Tally(checks, waits, sum(one.missed for one in tallies.values())))
    print()


def _line(name: str, sources: int, tally: Tally) -> None:
    waits = sorted(tally.waits)
    middle = f"{median(waits) / 60:.0f} min" if waits else "–"
    late = f"{waits[int(len(waits) * 0.95)] / 60:.0f} min" if waits else "–"
    each = tally.checks / sources
    print(f"  {name:24}{sources:>8}{each:>14.1f}{len(waits):>9}{middle:>13}{late:>8}{tally.missed or '–':>8}")


if __name__ == "__main__":
    sys.exit(main())
