"""What was found, counted: by facet, and over time by outlet."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from pipelines.explore.charts import OTHERS, Bar

_SHOWN = 30  # values of a facet
_DAYS, _WEEKS, _MONTHS = 62, 62, 96  # of which a chart has at most as many bars
_OUTLETS = 6  # series of a chart; the rest is drawn together

Link = Callable[..., str]


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a facet: how many articles have it, and where the search is narrowed to it."""

    label: str
    count: int
    href: str


@dataclass(frozen=True, slots=True)
class Facet:
    """A column by which what was found is told apart; `shown` are the commonest values, `more` the next ones."""

    title: str
    name: str
    values: Sequence[Value]


def facets(facts: Sequence[Mapping[str, Any]], names: Mapping[str, str], link: Link) -> list[Facet]:
    """The facets by which it can be narrowed; one with a single value tells nothing apart and is left out."""
    columns = (("Source", "source", "source_id"), ("Language", "language", "language"), ("Agency", "agency", "agency"),
               ("Section", "section", "section"))  # fmt: skip
    found = []
    for title, name, column in columns:
        counted = Counter(row[column] for row in facts if row[column])
        if len(counted) > 1 or (counted and counted.total() < len(facts)):
            values = [
                Value(names.get(value, value) if name == "source" else value, n, link(**{f"add_{name}": value}))
                for value, n in _commonest(counted)
            ]
            found.append(Facet(title, name, values))
    return [*found, *_periods(facts, link)]


def counts(facts: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    """The same as plain numbers."""
    found = {
        name: dict(_commonest(Counter(row[column] for row in facts if row[column])))
        for name, column in (
            ("source", "source_id"), ("language", "language"), ("agency", "agency"), ("section", "section"),
        )
    }  # fmt: skip
    return {**found, "year": dict(sorted(Counter(day[:4] for day in _days(facts)).items()))}


def _commonest(counted: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counted.items(), key=lambda one: (-one[1], one[0]))[:_SHOWN]


def _periods(facts: Sequence[Mapping[str, Any]], link: Link) -> Iterable[Facet]:
    """Years, or the months of a single one."""
    days = _days(facts)
    for title, length in (("Year", 4), ("Month", 7)):
        counted = Counter(one[:length] for one in days)
        if len(counted) > 1:
            spans = sorted(counted.items(), reverse=True)[:_SHOWN]
            yield Facet(title, title.lower(), [Value(one, n, link(since=one, until=one)) for one, n in spans])
            return


def _days(facts: Sequence[Mapping[str, Any]]) -> list[str]:
    """The day of each article, as far as it is known: the first of a month or year. What is no time is passed over."""
    is_day: dict[str, bool] = {"1970-01-01": True}  # the day of no article
    found = []
    for row in facts:
        for moment in (row["published_at"], row["first_seen_at"], "1970-01-01"):
            told = f"{moment or ''}-01-01"[:10] if len(moment or "") < 10 else moment[:10]
            if told not in is_day:
                is_day[told] = _is_day(told)
            if is_day[told]:
                found.append(told)
                break
    return found


def _is_day(told: str) -> bool:
    try:
        return date.fromisoformat(told).isoformat() == told
    except ValueError:
        return False


def bars_of(facts: Sequence[Mapping[str, Any]], names: Mapping[str, str], link: Link) -> tuple[str, list[Bar]]:
    """What one bar stands for (day, week, month or year), and the bars; none where all is of one day."""
    days = _days(facts)
    if not days or min(days) == max(days):
        return "", []
    first, last = date.fromisoformat(min(days)), date.fromisoformat(max(days))
    unit = _unit(first, last)
    common = {one for one, _ in Counter(row["source_id"] for row in facts).most_common(_OUTLETS)}
    starts = {day: _start(date.fromisoformat(day), unit) for day in set(days)}
    counted: dict[date, Counter[str]] = defaultdict(Counter)
    for day, row in zip(days, facts, strict=True):
        source = row["source_id"] if row["source_id"] in common else None
        series = names.get(source, source) if source else OTHERS
        counted[starts[day]][series] += 1
    found = []
    start = _start(first, unit)
    while start <= last:
        following = _next(start, unit)
        href = link(since=_told(start, unit), until=_until(start, following, unit))
        parts = tuple(counted.get(start, {}).items())
        label = f"week of {start.isoformat()}" if unit == "week" else _told(start, unit)
        found.append(Bar(label=label, short=_told(start, unit), parts=parts, href=href if parts else None))
        start = following
    return unit, found


def _unit(first: date, last: date) -> str:
    days = (last - first).days + 1
    if days <= _DAYS:
        return "day"
    if days <= 7 * _WEEKS:
        return "week"
    return "month" if days <= 30 * _MONTHS else "year"


def _start(day: date, unit: str) -> date:
    match unit:
        case "day":
            return day
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
    return day.replace(month=1, day=1)


def _next(start: date, unit: str) -> date:
    match unit:
        case "day":
            return start + timedelta(days=1)
        case "week":
            return start + timedelta(days=7)
        case "month":
            return (start + timedelta(days=31)).replace(day=1)
    return start.replace(year=start.year + 1)


def _told(start: date, unit: str) -> str:
    return start.isoformat()[: {"month": 7, "year": 4}.get(unit, 10)]


def _until(start: date, following: date, unit: str) -> str:
    return (following - timedelta(days=1)).isoformat() if unit == "week" else _told(start, unit)
