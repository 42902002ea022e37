"""Health: a steady source is well whatever its rhythm, what changes is found and ends; and runs tell how they went."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
import termios
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.cli.progress import fitted
from pipelines.health import examine
from pipelines.store.figures import DAY, Crawled, Fate, Figures, Polled, Shape
from pipelines.store.health import Finding, Look
from pipelines.store.writer import Writer
from pipelines.summary import SCREEN, table
from pipelines.types import Capture, Entry, Feed, Fetched, Source
from tests.crawls import ROOT, Ended, Project, source, sources
from tests.histories import RHYTHMS, START, crawled, figures, history
from tests.outlets import Outlet, page, prose, rss, slug
from tests.store_values import article, rows

# the policy


@pytest.mark.parametrize("rhythm", RHYTHMS)
def test_a_steady_source_is_well_whatever_its_rhythm(rhythm: str) -> None:
    assert list(crawled(history(rhythm, 130), 1, 130)) == []


ILL_AT, WELL_AT = 100, 115
WITHIN = {"silent": 7, "length": 11, "dates": 6, "authors": 6, "cut": 6, "fewer": 7, "burst": 7}


def _fall_ill(kind: str, shapes: list[Shape]) -> list[Shape]:
    made: list[Shape] = []
    for n, one in enumerate(shapes):
        if not ILL_AT <= (one.at - START) / DAY < WELL_AT:
            made.append(one)
            continue
        match kind:
            case "silent":
                continue
            case "length":
                made.append(one._replace(length=one.length * 2 // 5))
            case "dates":
                made.append(one._replace(dated=False))
            case "authors":
                made.append(one._replace(authored=n % 6 == 0))
            case "cut":
                made.append(one._replace(removed=one.length))
            case "fewer":
                made += [one] if n % 5 == 0 else []
            case "burst":
                made += [one._replace(at=one.at + 600 * k, length=one.length + 97 * k) for k in range(5)]
    return sorted(made)


@pytest.mark.parametrize("rhythm", ["a wire", "a paper", "an office"])
@pytest.mark.parametrize("kind", WITHIN)
def test_an_illness_is_found_soon_once_and_ends(kind: str, rhythm: str) -> None:
    events = list(crawled(_fall_ill(kind, history(rhythm, 130)), 90, 130))
    mine = [(day, what) for day, what, one in events if one.kind == kind]
    assert [what for _, what in mine] == ["began", "ended"], events
    assert ILL_AT < mine[0][0] <= ILL_AT + WITHIN[kind]
    assert WELL_AT <= mine[1][0] <= WELL_AT + 11


def test_a_finding_says_since_when_and_what_is_usual() -> None:
    events = list(crawled(_fall_ill("length", history("a wire", 110)), 90, 104))
    ((_, _, found),) = events
    assert re.match(r"length (halved|down by \d+%) since \w+day \d+ \w+ \([\d,]+ characters, usually", found.detail)
    assert found.began_at is not None
    assert abs(found.began_at - (START + ILL_AT * DAY)) < DAY
    silent = next(one for _, _, one in crawled(_fall_ill("silent", history("a wire", 110)), 90, 104))
    assert re.fullmatch(r"silent for \d+ hours, usually \d+ minutes, at most \d+ (hours|minutes)", silent.detail)


def test_what_lasts_for_a_month_is_the_new_usual() -> None:
    shapes = [
        one._replace(length=one.length // 3) if one.at >= START + 60 * DAY else one for one in history("a paper", 140)
    ]
    assert [what for _, what, _ in crawled(shapes, 50, 140)] == ["began", "ended"]


def test_a_new_source_is_not_judged_by_what_it_published_before() -> None:
    shapes = [one._replace(authored=False) if one.at >= START + 99 * DAY else one for one in history("a paper", 101)]
    now = START + 101 * DAY
    assert examine(figures(shapes, now, since=now - DAY), now).findings == ()
    assert [one.kind for one in examine(figures(shapes, now), now).findings] == ["authors"]


def test_a_pause_of_ours_is_no_silence_of_theirs() -> None:
    shapes = history("a paper", 100)
    now = START + 140 * DAY  # nobody crawled for forty days
    assert examine(replace(figures(shapes, START + 100 * DAY), last_success_at=START + 100 * DAY), now).findings == ()


def _fed(**values: Any) -> Polled:
    given = {"id": 1, "url": "https://a.example/rss", "kind": "feed", "status": 200, "failures": 0,
             "worked_at": START, "problem": "", "given": False}  # fmt: skip
    return Polled(**{**given, **values})


@pytest.mark.parametrize(
    ("feeds", "told"),
    [
        ([_fed(status=404, failures=1)], ["feed answers 404: https://a.example/rss"]),
        ([_fed(status=503, failures=2)], []),
        ([_fed(status=503, failures=3)], ["feed answers 503: https://a.example/rss"]),
        ([_fed(status=0, failures=3, problem="timeout")], ["feed does not answer (timeout): https://a.example/rss"]),
        ([_fed(status=0, failures=1, problem="forbidden by robots.txt")],
         ["robots.txt forbids the feed: https://a.example/rss"]),
        ([_fed(failures=1, problem="a web page, no feed")],
         ["feed is none any more (a web page, no feed): https://a.example/rss"]),
        ([_fed(), _fed(id=2, kind="sitemap", status=404, failures=9), _fed(id=3, kind="sitemap")], []),
        ([_fed(), _fed(id=2, status=404, failures=2, worked_at=None)], []),
        ([_fed(status=404, failures=1, worked_at=None, problem="status 404")],
         ["nothing that lists articles was ever found at https://a.example/rss: status 404"]),
    ],
)  # fmt: skip
def test_feeds_that_fail(feeds: list[Polled], told: list[str]) -> None:
    look = examine(Figures(source="a", feeds=feeds), START)
    assert [one.detail for one in look.findings] == told


def test_pages_that_are_turned_away() -> None:
    good = [Crawled(START + n * DAY, 9, 9, 9, {"listing": 1}) for n in range(20)]
    walls = Crawled(START + 20 * DAY, 15, 15, 1, {"login": 14})
    now = START + 20 * DAY + 60
    steady = Figures(source="a", since=START, articles=180, crawls=good)
    assert examine(steady, now).findings == ()
    (found,) = examine(replace(steady, crawls=[*good, walls]), now).findings
    assert (found.kind, found.detail) == ("rejected:login", "14 of the latest 15 pages rejected as login, usually 0%")
    healed = [*good, walls, Crawled(now, 15, 15, 15)]
    assert examine(replace(steady, crawls=healed, open=[found]), now + DAY).findings == ()


def test_robots_that_forbid_all_and_pages_that_never_come() -> None:
    refused = [Fate("refused", START, "forbidden by robots.txt")] * 12
    (found,) = examine(Figures(source="a", articles=1, fates=refused), START).findings
    assert found.detail == "12 of the latest 12 addresses refused: forbidden by robots.txt"
    failed = [Fate("failed", START, "TimeoutError")] * 9 + [Fate("fetched", START, "")]
    (found,) = examine(Figures(source="a", articles=1, fates=failed), START).findings
    assert found.kind == "failing"


def test_a_queue_that_grows() -> None:
    crawls = [Crawled(START + n * DAY, 300, 60, 60) for n in range(5)]
    crowded = Figures(source="a", articles=9, crawls=crawls, queued=1200)
    (found,) = examine(crowded, START + 5 * DAY).findings
    assert found.detail == "the queue grows: 1,200 wait, 1,500 found and 300 fetched in 7 days"
    assert examine(replace(crowded, queued=40), START + 5 * DAY).findings == ()


shape = st.builds(
    Shape, st.integers(START - 80 * DAY, START), st.integers(0, 10**6), st.integers(0, 10**6), *[st.booleans()] * 3
)
crawl = st.builds(
    Crawled, st.integers(START - 40 * DAY, START), *[st.integers(0, 500)] * 3,
    st.dictionaries(st.sampled_from(["login", "too-short"]), st.integers(0, 500)),
)  # fmt: skip
was_open = st.builds(
    Finding, kind=st.sampled_from(["fewer", "burst", "length", "cut", "authors", "alike", "queue", "rejected:login"]),
    detail=st.just("x"), usual=st.none() | st.floats(0, 1e6), began_at=st.none() | st.just(START - 50 * DAY),
    found_at=st.none() | st.integers(START - 50 * DAY, START),
)  # fmt: skip


@settings(deadline=None, max_examples=150)
@given(
    st.lists(shape, max_size=120), st.lists(crawl, max_size=12), st.lists(was_open, max_size=4), st.integers(0, 5000)
)
def test_any_figures_give_findings_of_one_line(
    shapes: list[Shape], crawls: list[Crawled], before: list[Finding], queued: int
) -> None:
    seen = replace(figures(sorted(shapes), START, before, since=START - 70 * DAY), crawls=crawls, queued=queued)
    look = examine(seen, START)
    assert len({one.key for one in look.findings}) == len(look.findings)
    assert all("\n" not in one.detail and len(one.detail) < 300 for one in look.findings)
    json.dumps(dict(look.vitals), allow_nan=False)


# findings as events


def test_a_finding_is_one_row_from_its_beginning_to_its_end(tmp_path: Path) -> None:
    def look(*details: str) -> Look:
        vitals = {"articles_week": 1, "pages_week": 0}
        return Look(source="a", vitals=vitals, findings=[Finding(kind="silent", detail=one) for one in details])

    with Writer.open(tmp_path / "archive.db") as writer:
        writer.put_sources([Source(id="a", homepage="https://a.example/")], complete=True)
        assert writer.put_health([look("for 8 days")])["began"][0]["detail"] == "for 8 days"
        assert writer.put_health([look("for 9 days")]) == {"began": [], "ended": []}
        assert rows(writer.path, "SELECT detail, ended_at FROM findings") == [("for 9 days", None)]
        assert rows(writer.path, "SELECT ill, findings FROM source_health") == [(1, "for 9 days")]
        assert [one["detail"] for one in writer.put_health([look()])["ended"]] == ["for 9 days"]
        assert rows(writer.path, "SELECT ill, findings FROM source_health") == [(0, None)]
        writer.put_health([look("for 4 days")])
        writer.put_sources([Source(id="b", homepage="https://b.example/")], complete=True)
        writer.put_health([])
        assert rows(writer.path, "SELECT count(*), count(ended_at) FROM findings") == [(2, 2)]


# three outlets that fall ill and recover

WORDS = " ".join(prose(1, 30))
KEYS = {"hushed": 0, "shrunk": 400, "lost": 800, "fine": 1200}


class Town:
    """Four outlets that were followed for weeks, and their archive."""

    first: Ended  # how the first crawl of these days ended

    def __init__(self, folder: Path) -> None:
        self.outlets = {name: Outlet() for name in KEYS}
        for outlet in self.outlets.values():
            outlet.start()
        tables = [source(name, feeds=f'["{one.base}/feed"]') for name, one in self.outlets.items()]
        self.project = Project(folder, sources(*tables, revisit="[]"))
        with Writer.open(self.project.db) as writer:
            for name, outlet in self.outlets.items():
                self._past(writer, name, outlet.base, 9 if name == "hushed" else 0)

    def _past(self, writer: Writer, name: str, base: str, until: int) -> None:
        """Weeks of three articles a day, written as crawls of that time would have."""
        now = datetime.now(UTC)
        feed = Feed(source=name, url=f"{base}/feed")
        writer.put_sources([Source(id=name, feeds=(feed.url,))])
        for days in (40, until + 1):
            body = Capture(url=feed.url, source=name, fetched_at=now - timedelta(days=days), body=b"<rss/>%d" % days)
            writer.keep(Fetched(capture=body, feed=feed))
        kept = []
        for n in range(3 * until + 2, 120):
            at = now - timedelta(hours=8 * n)
            url = f"{base}/old/{n}/{slug(KEYS[name] + n)}"
            told = Capture(url=url, source=name, fetched_at=at, body=b"%d" % n, entry=Entry(url=url, source=name))
            written = article(
                url, f"{n} {WORDS[: 1900 + 97 * (n % 9)]}", source=name, published_from="meta",
                published_at=at.strftime("%Y-%m-%dT%H:%M:%SZ"), authors=("Maud Ferris",),
            )  # fmt: skip
            kept.append((writer.keep(Fetched(capture=told)).capture_id, told, written))
        writer.store_all(kept)

    def publish(self, name: str, count: int, paragraphs: int = 13, hours_ago: int = 0) -> None:
        """New articles of the last hours, in a new feed."""
        outlet = self.outlets[name]
        first = KEYS[name] + 100 + len(outlet.answers)
        items = []
        for n in range(first, first + count):
            at = datetime.now(UTC) - timedelta(hours=hours_ago, minutes=2 * (first + count - n))
            meta = f'<meta property="article:published_time" content="{at:%Y-%m-%dT%H:%M:%SZ}">'
            author = '<meta name="author" content="Maud Ferris">'
            outlet.answers[f"/new/{slug(n)}-{n}"] = page(n, head=meta + author, paragraphs=paragraphs)
            items.append((f"{outlet.base}/new/{slug(n)}-{n}", slug(n)))
        outlet.answers["/feed"] = rss(*items)

    def tearsheet(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "pipelines.cli", *arguments],
            cwd=self.project.folder, capture_output=True, text=True, timeout=120, check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip

    def findings(self, *, ended: bool) -> dict[str, str]:
        """Kind and detail by source, with the times in the right order."""
        told = self.project.rows("SELECT source_id, kind, began_at <= found_at, ended_at IS NOT NULL FROM findings")
        assert all(ordered for _, _, ordered, _ in told)
        return {name: kind for name, kind, _, over in told if bool(over) == ended}

    def close(self) -> None:
        for outlet in self.outlets.values():
            outlet.stop()


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Each of three falls ill in its own way; the fourth goes on as before. Then the first crawl of these days."""
    town = Town(tmp_path_factory.mktemp("town"))
    try:
        town.outlets["hushed"].answers["/feed"] = rss()
        town.publish("shrunk", 12, paragraphs=4, hours_ago=6)
        town.publish("fine", 2)
        town.first = town.project.crawl()
        yield town
    finally:
        town.close()


@pytest.mark.slow
def test_three_illnesses_are_found_by_the_next_crawl(town: Town) -> None:
    ended = town.first
    assert ended.code == 1, "one outlet gave no answer"
    assert town.findings(ended=False) == {"hushed": "silent", "shrunk": "length", "lost": "feed"}, ended.err
    assert "hushed: silent for 10 days, usually 8 hours, at most 8 hours" in ended.err
    assert re.search(r"shrunk: length (halved|down by \d+%) since \w+day", ended.err)
    assert "3 findings in all: `tearsheet sources health`" in ended.err
    told = dict(town.project.rows("SELECT source_id, findings FROM source_health"))
    assert told["lost"] == f"feed answers 404: {town.outlets['lost'].base}/feed"
    assert told["fine"] is None
    seen = town.project.rows(
        "SELECT dated, authored, articles_week, usual_gap FROM source_health WHERE source_id='fine'"
    )
    assert seen[0][0] == 1.0
    assert seen[0][2] >= 20
    assert seen[0][3] == 8.0


@pytest.mark.slow
def test_sources_health_names_what_is_wrong_and_what_to_do(town: Town) -> None:
    before = town.project.db.read_bytes()
    said = town.tearsheet("sources", "health")
    assert said.returncode == 1
    assert [line.split()[:2] for line in said.stdout.splitlines()[2:]] == [
        ["hushed", "ill"], ["shrunk", "ill"], ["lost", "ill"], ["fine", "well"],
    ]  # fmt: skip
    told = [line for line in said.stderr.splitlines() if line]
    assert [line.partition(":")[0] for line in told] == ["hushed", "shrunk", "lost"]
    assert all("`tearsheet " in line for line in told)
    assert town.project.db.read_bytes() == before, "it only looks"
    one = town.tearsheet("sources", "health", "fine", "--nl")
    assert one.returncode == 0
    row = json.loads(one.stdout)
    assert (row["source"], row["state"], row["findings"]) == ("fine", "well", [])
    assert len(json.loads(town.tearsheet("sources", "health", "--json").stdout)) == 4
    assert town.tearsheet("sources", "health", "nobody").returncode == 2


@pytest.mark.slow
def test_scrapys_statistics_stay_with_the_run(town: Town) -> None:
    stats = json.loads(town.project.one("SELECT stats FROM runs WHERE kind = 'crawl' ORDER BY id LIMIT 1"))
    scrapy = stats["scrapy"]
    assert scrapy["downloader/request_count"] >= 20
    assert scrapy["downloader/response_status_count/404"] >= 1
    assert scrapy["finish_reason"] == "finished"
    assert scrapy["memusage/max"] > 10**7
    assert datetime.fromisoformat(scrapy["finish_time"]).tzinfo
    assert scrapy["elapsed_time_seconds"] > 0
    assert {one["kind"] for one in stats["findings"]["began"]} == {"silent", "length", "feed"}


@pytest.mark.slow
def test_what_recovered_is_over_and_a_run_is_one_object(town: Town) -> None:
    town.publish("hushed", 2)
    town.publish("shrunk", 14)
    town.publish("lost", 2)
    said = town.tearsheet("crawl", "--json")
    assert said.returncode == 0, said.stderr
    assert "\x1b" not in said.stderr, "nothing is repainted where nobody watches"
    run = json.loads(said.stdout)
    assert (run["exit_code"], run["reason"], run["problems"]) == (0, "finished", [])
    assert sum(row["stored"] for row in run["sources"]) == 18
    assert {one["source"] for one in run["findings"]["ended"]} == {"hushed", "shrunk", "lost"}
    assert town.findings(ended=False) == {}
    assert town.findings(ended=True) == {"hushed": "silent", "shrunk": "length", "lost": "feed"}
    assert town.tearsheet("sources", "health").returncode == 0


@pytest.mark.slow
def test_a_terminal_sees_one_line_that_fits(town: Town) -> None:
    town.publish("fine", 3)
    ours, theirs = pty.openpty()
    os.set_blocking(ours, True)
    termios.tcsetwinsize(theirs, (24, 44))
    process = subprocess.Popen(
        [sys.executable, "-m", "pipelines.cli", "crawl", "fine"],
        cwd=town.project.folder, stdout=subprocess.DEVNULL, stderr=theirs,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "TEARSHEET_DELAY": "0.5"},
    )  # fmt: skip
    os.close(theirs)
    said = b""
    try:
        while part := os.read(ours, 4096):
            said += part
    except OSError:  # the other end is closed
        pass
    assert process.wait(60) == 0
    painted = [line.split("\r")[0] for line in said.decode().split("\r\x1b[K")[1:]]
    lines = [line for line in painted if " new" in line]
    assert any(re.fullmatch(r"(\d of 1 source · )?\d+\.\d pages/s · \d new · .*\d:\d\d", line) for line in lines), said
    assert all(len(line) <= 43 for line in lines)


# one screen


def test_the_line_leaves_out_the_lightest_first() -> None:
    parts = [(1, "a" * 10), (3, "b" * 10), (2, "c" * 10)]
    assert fitted(parts, 40) == " · ".join(text for _, text in parts)
    assert fitted(parts, 30) == "bbbbbbbbbb · cccccccccc"
    assert fitted(parts, 5) == "bbbb…"


def test_a_table_of_three_hundred_sources_fits_a_screen_worst_first() -> None:
    zeros = dict.fromkeys(("revised", "unchanged", "failed", "removed_chars"), 0)
    report: list[dict[str, Any]] = [
        {"source": f"s{n}", "found": 2, "fetched": 2, "stored": 2, "rejected": {}, "feeds": 1, **zeros}
        for n in range(300)
    ]
    report[7] |= {"feeds": 0, "silent": 1}
    report[150] |= {"failed": 5}
    lines = table(report).splitlines()
    assert len(lines) == SCREEN + 2
    assert [line.split()[0] for line in lines[:3]] == ["source", "s7", "s150"]
    assert lines[-2].split()[:2] == ["285", "more"]
    assert lines[-1].split()[:2] == ["all", "600"]
