"""When feeds are asked: the policy, whose clock is an argument, and what archive and sources file make of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils.utils import sqlite3

from bench.schedule import KINDS, adaptive, fixed, simulate
from pipelines.errors import ConfigError
from pipelines.schedule import EVERY, LONGEST, REMEMBERED, Habit, next_time, plan
from pipelines.sources import read_sources
from pipelines.store.agenda import visits
from pipelines.store.archive import Archive
from pipelines.store.rows import stamp
from pipelines.store.writer import Writer
from pipelines.types import Capture, Entry, Feed, Fetched, Source

_NOW = datetime(2026, 3, 11, 12, tzinfo=UTC)  # a Wednesday
_AT = _NOW.timestamp()
_HOUR, _DAY = 3600, 24 * 3600
_URL = "https://paper.example/feed"

ages = st.lists(st.floats(0, 400 * _DAY), max_size=REMEMBERED).map(sorted)


@st.composite
def habits(draw: st.DrawFn) -> Habit:
    came = [_AT - age for age in draw(ages)]
    return Habit(
        url=draw(st.text(max_size=20)),
        kind=draw(st.sampled_from(["feed", "sitemap", "section", "list"])),
        came=came,
        since=min([_AT - draw(st.floats(0, 1000 * _DAY)), *came[-1:]]),
        interval=draw(st.none() | st.floats(0, 10 * _DAY)),
        fresh=draw(st.booleans()),
        failures=draw(st.integers(0, 10**6)),
        every=draw(st.none() | st.floats(0, 10 * _DAY)),
    )


def _least(habit: Habit) -> float:
    default = EVERY if habit.kind == "feed" else 2 * EVERY
    return default if habit.every is None else min(max(habit.every, 1), LONGEST)


@settings(max_examples=200, deadline=None)
@given(habits())
def test_the_interval_stays_within_bounds_and_the_delay_beyond_it_is_small(habit: Habit) -> None:
    planned = plan(habit, _NOW)
    assert round(_least(habit)) <= planned.interval <= LONGEST
    wait = (planned.due_at - _NOW).total_seconds()
    assert planned.interval - 1 <= wait <= planned.interval * 1.1 + 1
    assert plan(habit, _NOW) == planned


@settings(max_examples=100, deadline=None)
@given(habits(), st.integers(1, 50))
def test_a_feed_that_fails_is_never_asked_sooner(habit: Habit, failures: int) -> None:
    fine = replace(habit, failures=0, fresh=False)
    waits = [plan(replace(fine, failures=n), _NOW).interval for n in (0, failures, failures + 1, 10**5)]
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST


@settings(max_examples=100, deadline=None)
@given(habits(), st.floats(60, 10 * _DAY))
def test_a_feed_that_brought_something_is_soon_asked_again(habit: Habit, before: float) -> None:
    brought = replace(habit, fresh=True, failures=0, interval=before)
    nothing = replace(brought, fresh=False)
    assert plan(brought, _NOW).interval <= max(before / 2, _least(habit)) + 1
    assert plan(brought, _NOW).interval <= plan(nothing, _NOW).interval
    assert plan(nothing, _NOW).interval <= max(1.5 * before, _least(habit)) + 1


class _Day:
    """A feed lived through: entries come at given times, checks when the policy says."""

    def __init__(self, times: list[float], start: float, **values: Any) -> None:
        self.times, self.start = sorted(times), start
        self.checks: list[float] = []
        self._values = {"url": _URL, **values}

    def live(self, until: float) -> list[float]:
        """The times of the checks."""
        at, found, interval = self.start, 0, None
        while at < until:
            self.checks.append(at)
            now = sum(one <= at for one in self.times)
            came = self.times[max(0, now - REMEMBERED) : now][::-1]
            habit = Habit(
                came=came,
                since=min([self.start, *came[-1:]]),
                interval=interval,
                fresh=now > found and found > 0,
                **self._values,
            )
            planned = plan(habit, datetime.fromtimestamp(at, UTC))
            found, interval, at = now, planned.interval, planned.due_at.timestamp()
        return self.checks


@settings(max_examples=10, deadline=None)
@given(st.floats(20 * 60, 3 * _DAY), st.floats(2, 50), st.sampled_from(["feed", "section"]))
def test_a_faster_feed_is_never_asked_less(gap: float, times: float, kind: str) -> None:
    def asked(gap: float) -> int:
        lived = _Day([_AT + gap * n for n in range(-40, int(2 * _DAY / gap) + 1)], _AT, kind=kind)
        return len(lived.live(_AT + 2 * _DAY))

    assert asked(gap) >= asked(gap * times)


def test_nights_cost_little_and_mornings_are_found_soon() -> None:
    days = range(-21, 2)
    times = [_AT + day * _DAY + hour * _HOUR for day in days for hour in (-5, -4, -3, -2, -1, 0, 1, 2, 3, 4)]
    checks = _Day(times, _AT - 14 * _DAY).live(_AT + _DAY)
    tonight = [one for one in checks if _AT + 5 * _HOUR <= one < _AT + 18 * _HOUR]
    by_day = [one for one in checks if _AT - 5 * _HOUR <= one < _AT + 4 * _HOUR]
    assert len(tonight) / 13 < len(by_day) / 9 / 2  # an hour of night, and one of day
    first = _AT - 5 * _HOUR + _DAY
    assert next(one for one in checks if one >= first) - first < 45 * 60


def test_a_feed_that_falls_silent_is_let_go_and_one_that_wakes_is_caught_up_with() -> None:
    silence = [_AT - n * _HOUR for n in range(50)]
    checks = _Day(silence, _AT).live(_AT + 30 * _DAY)
    assert len([one for one in checks if one > _AT + 29 * _DAY]) < 8
    awake = [*silence, *(_AT + 30 * _DAY + n * _HOUR for n in range(48))]
    checks = _Day(awake, _AT).live(_AT + 32 * _DAY)
    assert len([one for one in checks if one > _AT + 31 * _DAY]) > 30


def test_a_sitemap_is_asked_less_than_a_feed_that_gives_as_much() -> None:
    times = [_AT + 2 * _HOUR * n for n in range(-50, 50)]
    feed, sitemap, section = (
        len(_Day(times, _AT, kind=kind).live(_AT + 4 * _DAY)) for kind in ("feed", "sitemap", "section")
    )
    assert 1.5 * sitemap < feed
    assert sitemap == section


def test_feeds_that_live_alike_are_not_asked_together() -> None:
    due = {plan(Habit(url=f"{_URL}{n}", since=_AT), _NOW).due_at for n in range(50)}
    assert len(due) > 40
    assert max(due) - min(due) < timedelta(seconds=0.11 * EVERY)


@pytest.mark.parametrize(
    ("cron", "zone", "after", "named"),
    [
        ("*/15 6-22 * * *", None, "2026-03-11T12:00:00Z", "2026-03-11T12:15:00Z"),
        ("*/15 6-22 * * *", "Asia/Tokyo", "2026-03-11T14:00:00Z", "2026-03-11T21:00:00Z"),
        ("30 7 * * mon-fri", "Europe/London", "2026-03-13T08:00:00Z", "2026-03-16T07:30:00Z"),
        ("30 7 * * *", "Europe/London", "2026-03-29T00:00:00Z", "2026-03-29T06:30:00Z"),  # summer time begins
        ("30 1 * * *", "Europe/London", "2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z"),  # there is no half past one
    ],
)
def test_fixed_times_are_those_of_the_outlet(cron: str, zone: str | None, after: str, named: str) -> None:
    moment = datetime.fromisoformat(after)
    assert stamp(next_time(cron, zone, moment)) == named
    habit = Habit(url=_URL, since=_AT, cron=cron, timezone=zone, came=(_AT,), every=60)
    planned = plan(habit, moment)
    assert stamp(planned.due_at) == named  # to the minute: whoever names times wants these
    assert planned.interval == (planned.due_at - moment).total_seconds()
    assert plan(replace(habit, failures=1), moment) == planned
    assert plan(replace(habit, failures=99), moment).due_at >= moment + timedelta(days=1)


# the sources file


def _sources(folder: Path, *lines: str) -> Source:
    file = folder / "sources.toml"
    file.write_text("\n".join(['[source.paper]\nhomepage = "https://paper.example/"', *lines]), encoding="utf-8")
    return read_sources(file).sources["paper"]


def test_a_source_says_how_often_or_when(tmp_path: Path) -> None:
    source = _sources(tmp_path, 'every = "1h"', 'schedule = " 0 6 * * * "', 'timezone = "Europe/Berlin"')
    assert (source.every, source.schedule, source.timezone) == (3600, "0 6 * * *", "Europe/Berlin")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('schedule = "61 * * * *"', "[source.paper] schedule = '61 * * * *' has a wrong minute; write for example"),
        ('schedule = "* * * * * *"', "needs five fields: minute hour day month weekday"),
        ('schedule = "@daily"', "needs five fields"),
        ('schedule = "0 0 31 2 *"', "has a wrong day-of-month"),
        ("schedule = 15", "schedule = 15 is no text"),
        ('timezone = "Europe/Berlni"', "[source.paper] timezone = 'Europe/Berlni' is no time zone"),
        ('timezone = "../etc"', "is no time zone"),
        ('every = "often"', "every = 'often' is not a duration"),
    ],
)
def test_a_wrong_time_is_named_with_its_place(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(ConfigError) as problem:
        _sources(tmp_path, line)
    assert said in str(problem.value)
    assert str(tmp_path / "sources.toml") in str(problem.value)


# the archive

_PAPER = Source(id="paper", feeds=(_URL,))


class Checked:
    """An archive with one source whose feeds are checked at given times."""

    def __init__(self, path: Path, source: Source = _PAPER) -> None:
        self.path = path
        self.writer = Writer.open(path)
        self.writer.put_sources([source], complete=True)

    def listed(self, at: datetime, *entries: Entry, url: str = _URL, kind: str = "feed", status: int = 200) -> None:
        body = json.dumps([entry.url for entry in entries]).encode() if status == 200 else b""
        capture = Capture(url=url, fetched_at=at, source="paper", body=body, status=status)
        self.writer.keep(Fetched(capture=capture, feed=Feed(source="paper", url=url, kind=kind), entries=entries))

    def row(self, url: str = _URL) -> sqlite3.Row:
        row: sqlite3.Row = self.writer.db.conn.execute("SELECT * FROM feeds WHERE url = ?", (url,)).fetchone()
        return row


@pytest.fixture
def checked(path: Path) -> Any:
    made = Checked(path)
    yield made
    made.writer.close()


def _entries(times: list[str], name: str = "a") -> list[Entry]:
    return [Entry(url=f"https://paper.example/{name}-{n}", published_at=one) for n, one in enumerate(times)]


def test_a_feed_learns_from_its_entries(checked: Checked) -> None:
    now = datetime.now(UTC)
    hourly = [stamp(now - timedelta(hours=n)) for n in range(30)]
    checked.listed(now, *_entries(hourly))
    row = checked.row()
    assert row["interval"] == EVERY
    assert stamp(now + timedelta(seconds=EVERY)) <= row["due_at"] <= stamp(now + timedelta(seconds=1.1 * EVERY + 1))
    for n in range(1, 20):
        checked.listed(now + timedelta(hours=n), status=304)
    assert EVERY < checked.row()["interval"] < LONGEST
    slow = checked.row()["interval"]
    checked.listed(now + timedelta(hours=20), *_entries([stamp(now + timedelta(hours=20))], "b"))
    assert checked.row()["interval"] <= slow / 2 + 1


def test_entries_without_a_time_tell_of_themselves_only_when_they_are_new(checked: Checked) -> None:
    start = datetime.now(UTC)
    section = {"url": "https://paper.example/news/", "kind": "section"}
    old = [Entry(url=f"https://paper.example/old-{n}", kind="section") for n in range(40)]
    checked.listed(start, *old, **section)
    for n in range(1, 9):
        checked.listed(start + timedelta(hours=6 * n), *old, **section)
    assert checked.row(section["url"])["interval"] > 4 * EVERY


def test_an_index_is_as_busy_as_its_sitemaps(checked: Checked) -> None:
    now = datetime.now(UTC)
    index, member = "https://paper.example/index.xml", "https://paper.example/map-1.xml"
    often = [stamp(now - timedelta(minutes=10 * n)) for n in range(200)]
    checked.listed(now, *_entries(often), url=member, kind="sitemap")
    for n in range(12):
        checked.listed(now + timedelta(minutes=n), url=index, kind="sitemap")
    assert checked.row(index)["interval"] == 2 * EVERY


def test_a_pause_that_the_host_asks_for_is_told_from_the_rhythm(checked: Checked) -> None:
    pause = stamp(datetime.now(UTC) + timedelta(hours=5))
    checked.writer.feed_failed(Feed(source="paper", url=_URL, retry_at=pause), 429, "status 429")
    row = checked.row()
    assert (row["retry_at"], row["due_at"], row["interval"]) == (pause, pause, EVERY)
    checked.listed(datetime.now(UTC))
    row = checked.row()
    assert row["retry_at"] is None
    assert row["due_at"] < pause


def test_a_changed_table_changes_the_plan(path: Path, checked: Checked) -> None:
    now = datetime.now(UTC)
    checked.listed(now)
    before = checked.row()["due_at"]
    checked.writer.put_sources([replace(_PAPER, name="The Paper")], complete=True)
    assert checked.row()["due_at"] == before
    often = replace(_PAPER, every=60)
    with Archive(path) as archive:
        assert [one.anew for one in visits(archive, [often])] == [True]
        checked.writer.put_sources([often], complete=True)
        assert [one.anew for one in visits(archive, [often])] == [False]
    assert checked.row()["due_at"] < before
    checked.writer.put_sources([replace(_PAPER, schedule="0 6 * * *", timezone="Asia/Tokyo")], complete=True)
    assert checked.row()["due_at"].endswith("T21:00:00Z")


def test_what_was_never_asked_is_due(path: Path, checked: Checked) -> None:
    new = Source(id="new", homepage="https://new.example/")
    checked.listed(datetime.now(UTC))
    with Archive(path) as archive:
        found = visits(archive, [_PAPER, new], habits_too=True)
    assert [(one.feed.source, one.due_at == "", one.habit is None) for one in found] == [
        ("new", True, True),
        ("paper", False, False),
    ]


# a day


@pytest.mark.slow
def test_a_day_of_200_sources_costs_half_and_hardly_anything_waits_longer() -> None:
    assert sum(kind.sources for kind in KINDS) == 200

    def lived(policy: Callable[[Any, float], float]) -> tuple[int, float, int]:
        by_hour, _, tallies = simulate(policy)
        waits = sorted(one for tally in tallies.values() for one in tally.waits)
        return sum(by_hour), waits[len(waits) // 2], sum(tally.missed for tally in tallies.values())

    checks, middle, missed = lived(adaptive)
    most, least, _ = lived(fixed)
    assert checks < 0.55 * most
    assert middle < least + 120
    assert missed == 0
