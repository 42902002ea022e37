"""When a feed is asked next: pure policy, with its history and the clock as arguments.

A check costs a request, waiting costs readers the news. Where entries come at a rate r, checks t seconds apart let an
entry wait t/2 and cost 1/t, so the sum of both is least where t is the square root of price/r: a feed that gives four
times as much is asked twice as often. The rate of a feed follows the hours and weekdays at which its entries
came, and falls while none comes, so nights and dead feeds cost little and the first entry of a morning is found soon.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from pipelines.types import Feed, Source

#: Seconds between two checks of a feed at least, where its source does not say `every`.
EVERY = 15 * 60
#: Seconds between two checks at most.
LONGEST = 24 * 3600
#: Kinds of places that list entries.
KINDS = ("feed", "sitemap", "section")
#: Entries of a feed that are looked at, the latest.
REMEMBERED = 400

_GIVEN_UP = 3  # checks in a row after which a feed is taken for dead, and another one is looked for
_OLDEST, _NEWEST = 5, 15  # sitemaps asked of a source that has many: its index files, and the latest members

_MINUTE, _HOUR, _DAY, _WEEK = 60, 3600, 24 * 3600, 7 * 24 * 3600
_PRICE = 6 * 60.0  # seconds; the price of one check of a feed
_DEARER = 4.0  # times as much costs a sitemap or a section page: it is larger, and says less of its entries
_LATEST = 5  # entries that tell the present rate
_FLAT = 2.0  # entries that each hour is given beforehand, so that a few make no habit; a weekday has twice that
_PROFILED = 8 * _WEEK  # how far back hours are told apart
_GROWTH = 1.5  # times as long as before: at most, and after a failure; half as long where something new came
_SPREAD = 0.1  # share of the interval that the same feed is always late, lest all are asked at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """When a feed is to be asked again: `interval` seconds apart at present, next at `due_at`."""

    interval: int
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """What is known of a feed after a check: times are seconds since 1970.

    `came` are the times its latest entries came, newest first, at most REMEMBERED; it is watched since `since`.
    `interval` is what it was planned with before, in seconds, `fresh` whether the check brought anything new,
    `failures` the checks in a row that failed, `every` and `cron` what its source says.
    """

    url: str
    kind: str = "feed"
    came: Sequence[float] = ()
    since: float
    interval: float | None = None
    fresh: bool = False
    failures: int = 0
    every: float | None = None
    cron: str | None = None
    timezone: str | None = None


def plan(habit: Habit, now: datetime) -> Plan:
    """When to ask a feed again that was asked `now`."""
    least = _least(habit)
    backed_off = min(least * _GROWTH ** min(habit.failures - 1, 30), LONGEST) if habit.failures else 0.0
    if habit.cron:
        wait = backed_off if habit.failures > 1 else 0.0  # the first failure is made good at the next fixed time
        due_at = next_time(habit.cron, habit.timezone, now + timedelta(seconds=wait))
        return Plan(interval=round((due_at - now).total_seconds()), due_at=due_at)
    interval = max(_interval(habit, now.timestamp(), least), backed_off)
    return Plan(interval=round(interval), due_at=now + timedelta(seconds=interval * (1 + _SPREAD * _share(habit.url))))


def next_time(cron: str, timezone: str | None, after: datetime) -> datetime:
    """The first time after `after` that a cron expression names, in UTC. Raises ValueError where there is none."""
    if len(cron.split()) != 5:
        raise ValueError("needs five fields: minute hour day month weekday")
    try:
        return next(CronSim(cron, after.astimezone(ZoneInfo(timezone or "UTC")))).astimezone(UTC)
    except CronSimError as problem:
        raise ValueError(str(problem).replace("Bad", "has a wrong")) from None
    except StopIteration:
        raise ValueError("never comes") from None


def is_timezone(name: str) -> bool:
    """Whether this machine knows a time zone of that name."""
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):  # unknown, a folder, no name at all
        return False
    return True


def reason(habit: Habit, now: datetime) -> str:
    """Why a feed is asked as often as it is, in a few words."""
    if habit.failures:
        return f"failed {habit.failures} times in a row" if habit.failures > 1 else "failed at the last check"
    if habit.cron:
        return f"schedule {habit.cron}" + (f" in {habit.timezone}" if habit.timezone else "")
    if not habit.came:
        return "brought nothing new yet"
    at = now.timestamp()
    latest = habit.came[: 4 * _LATEST]
    gap = (latest[0] - (latest[-1] if len(latest) > 1 else habit.since)) / max(1, len(latest) - 1)
    silent = at - latest[0]
    told = f"one entry in {short_span(gap)}" if gap > _DAY / 1.5 else f"{_DAY / max(gap, 1):.0f} entries a day"
    return f"about {told}" + (f", none for {short_span(silent)}" if silent > max(3 * gap, _HOUR) else "")


def short_span(seconds: float) -> str:
    """A span of time in its largest fitting unit: 45 s, 12 min, 5 h, 3 days."""
    for unit, length in (("days", _DAY), ("h", _HOUR), ("min", _MINUTE)):
        if seconds >= 1.5 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"


def places(
    source: Source, known: Sequence[Feed], kinds: Collection[str], *, searched: bool
) -> tuple[list[Feed], Feed | None]:
    """Where a source may list new entries: its feeds, in the order they were found, and its homepage.

    The homepage stands for discovery, where no feed is given and none that was found still answers, or where the search
    from it has not come to its end: then what it found so far is found again. Of very many sitemaps it is the first and
    the last found.
    """
    given = [feed for feed in given_feeds(source) if feed.kind in kinds]
    urls = {feed.url for feed in given}
    stored = {feed.url for feed in known}
    feeds = [one for one in known if one.kind in kinds and (one.digest or not one.failures or one.url in urls)]
    feeds += [one for one in given if one.url not in stored]
    sitemaps = [one for one in feeds if one.kind == "sitemap"]
    many = len(sitemaps) > _OLDEST + _NEWEST
    asleep = {one.url for one in sitemaps[_OLDEST:-_NEWEST]} if many else set()
    home = None
    unfinished = not searched and set(kinds) == set(KINDS)
    if source.homepage and not given and (unfinished or all(one.failures >= _GIVEN_UP for one in feeds)):
        feeds = [] if unfinished else feeds
        anew = Feed(source=source.id, url=source.homepage, kind="section")
        rows = (one for one in known if one.url == source.homepage and not unfinished)
        home = next(rows, anew)
    return [one for one in feeds if one.url not in asleep and one is not home], home


def given_feeds(source: Source) -> tuple[Feed, ...]:
    """The feeds that the sources file names."""
    kinds = {"feed": source.feeds, "sitemap": source.sitemaps, "section": source.sections}
    return tuple(Feed(source=source.id, url=url, kind=kind) for kind, urls in kinds.items() for url in urls)


def is_ready(feed: Feed, now: str, *, due: bool) -> bool:
    """Whether a feed may be asked `now` (ISO 8601, UTC): its host wants no pause; with `due`, it is time as well."""
    return (feed.retry_at or "") <= now and (not due or (feed.due_at or "") <= now)


def _least(habit: Habit) -> float:
    if habit.every is not None:
        return min(max(habit.every, 1.0), LONGEST)
    return EVERY if habit.kind == "feed" else 2 * EVERY


def _interval(habit: Habit, now: float, least: float) -> float:
    """Seconds until the square root of rate/price has added up to one check, within bounds.

    What the past says is believed step by step: times that feeds give may be wrong, and outlets change.
    """
    profile = _profile(habit, now)
    price = _PRICE if habit.kind == "feed" else _PRICE * _DEARER
    pace = math.sqrt(_rate(habit, now, profile) / price)
    at, left = now, 1.0
    while at < now + LONGEST:
        speed = pace * math.sqrt(profile[_hour_of_week(at)])
        hour_left = _HOUR - at % _HOUR
        if speed * hour_left >= left:
            at += left / speed
            break
        left -= speed * hour_left
        at += hour_left
    before = habit.interval or least / _GROWTH
    most = before / 2 if habit.fresh and habit.interval and not habit.failures else before * _GROWTH
    return min(max(min(at - now, most), least), LONGEST)


def _rate(habit: Habit, now: float, profile: Sequence[float]) -> float:
    """Entries a second in an hour like any other: by the latest few, and by how long none has come."""
    came = habit.came
    if len(came) < _LATEST:
        rate = (len(came) + 1) / (_busy_seconds(habit.since, now, profile) + _HOUR)
    else:
        rate = _LATEST / (_busy_seconds(came[_LATEST - 1], now, profile) + _MINUTE)
    silent = _busy_seconds(came[0], now, profile) if came else 0.0
    return min(rate, 2 / (silent + _MINUTE))


def _busy_seconds(start: float, stop: float, profile: Sequence[float]) -> float:
    """A span of time in which a second of a busy hour counts more, and one of a silent hour less."""
    early = max(0.0, stop - _PROFILED - start)
    at, total = start + early, early
    while at < stop:
        step = min(_HOUR - at % _HOUR, stop - at)
        total += step * profile[_hour_of_week(at)]
        at += step
    return total


def _profile(habit: Habit, now: float) -> list[float]:
    """For each hour of the week, how much more or less comes than in an hour like any other, which is 1.

    What was seen counts against what was to be expected; where little was, all hours are alike.
    """
    seen = [one for one in habit.came if now - _PROFILED < one <= now]
    first = int(max(habit.since, now - _PROFILED) // _HOUR)
    if len(seen) == REMEMBERED:
        first = int(seen[-1] // _HOUR)
    last = max(int(now // _HOUR), first)
    an_hour = len(seen) / (last - first + 1)
    in_hour, on_day = [0.0] * 24, [0.0] * 7
    for one in seen:
        number = int(one // _HOUR)
        in_hour[number % 24] += 1
        on_day[number // 24 % 7] += 1
    watched = _times_seen(first, last, 24 * 7)
    hours = [an_hour * sum(watched[n::24]) + _FLAT for n in range(24)]
    days = [an_hour * sum(watched[24 * n : 24 * n + 24]) + 2 * _FLAT for n in range(7)]
    by_hour = [(n + _FLAT) / expected for n, expected in zip(in_hour, hours, strict=True)]
    by_hour = [(by_hour[n - 1] + 2 * by_hour[n] + by_hour[(n + 1) % 24]) / 4 for n in range(24)]
    by_day = [(n + 2 * _FLAT) / expected for n, expected in zip(on_day, days, strict=True)]
    return [by_day[n // 24] * by_hour[n % 24] for n in range(24 * 7)]


def _times_seen(first: int, last: int, cycle: int) -> list[int]:
    """How often each of a cycle of hours or days has come round from `first` to `last`."""
    full, rest = divmod(last - first + 1, cycle)
    return [full + ((n - first) % cycle < rest) for n in range(cycle)]


def _hour_of_week(at: float) -> int:
    return int(at // _HOUR) % (24 * 7)


def _share(url: str) -> float:
    """A number from 0 to 1 that is always the same for an address."""
    return int.from_bytes(hashlib.sha256(url.encode("utf-8", "replace")).digest()[:4]) / 2**32
