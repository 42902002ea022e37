"""Crawling a site that means harm: each trap ends as it must, and the good pages beside it are never touched."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.crawls import Ended, Project, ended, source, sources
from tests.hostile import BAD_LINKS, Hostile
from tests.hostile.traps import Visit
from tests.kiosk.leftovers import missing
from tests.lag import lag, probed

pytestmark = pytest.mark.slow  # crawls that take long, or many of them

_LIMITS = {"timeout": '"6s"'}


class Visited:
    """A crawl of every trap at once, each with a source of its own."""

    def __init__(self, folder: Path) -> None:
        with Hostile() as site, ExitStack() as others:
            # a host that fails again and again is left alone: what cannot be fetched has a host of its own each
            own = {
                name: others.enter_context(Hostile()) for name, trap in site.traps.items() if trap.expect == "failed"
            }
            self.doors = {name: own.get(name, site)[name] for name in site.traps}
            tables = [source(name, feeds=f'["{door.feed}"]') for name, door in self.doors.items()]
            tables.append(source("bad-links", feeds=f'["{site.base}/feed/bad-links.xml"]'))
            for name, trap in site.traps.items():
                if name.startswith("bomb-"):  # making one takes seconds, and the crawl has a time limit
                    trap.answer(Visit(0, 0, 0, site.stopping))
            self.project = Project(folder, sources(*tables, **_LIMITS))
            process = self.project.start("news", *probed("lag.json"))
            self.peak = 0  # KiB
            while process.poll() is None:
                self.peak = max(self.peak, _resident(process.pid))
            self.ended: Ended = ended(process)
            self.lag = lag(folder / "lag.json")
            self.leaked = [path for one in (site, *own.values()) for path in one.leaked]
            self.asked = dict(site.visits)


def _resident(pid: int) -> int:
    try:
        found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0
    return int(found[1]) if found else 0


@pytest.fixture(scope="module")
def visited(tmp_path_factory: pytest.TempPathFactory) -> Visited:
    return Visited(tmp_path_factory.mktemp("hostile"))


def test_the_crawl_ends_well(visited: Visited) -> None:
    assert visited.ended.code == 0, visited.ended.err
    assert not re.search(r"Traceback|ERROR", visited.ended.err)


def test_nothing_private_is_ever_asked_for(visited: Visited) -> None:
    assert visited.leaked == []
    assert visited.project.rows("SELECT * FROM payloads WHERE body LIKE '%INTERNAL-SECRET%'") == []


def test_good_pages_beside_a_trap_are_stored(visited: Visited) -> None:
    stored = {url for (url,) in visited.project.rows("SELECT url FROM articles")}
    for name, door in visited.doors.items():
        assert set(door.good) <= stored, name


@pytest.mark.parametrize("expected", ["article", "truncated", "damaged", "failure", "failed", "refused"])
def test_every_trap_ends_as_it_must(visited: Visited, expected: str) -> None:
    for name, door in visited.doors.items():
        if door.expect == expected:
            assert expected in _became(visited.project, door.url), name


def test_articles_that_are_easily_lost_arrive_in_full(visited: Visited) -> None:
    """Control characters, deep nesting, and charsets that are not what something says they are."""
    texts = dict(visited.project.rows("SELECT url, text FROM articles"))
    lost = {
        name: gone
        for name, door in visited.doors.items()
        if door.expect == "article" and (gone := missing(door.body, texts[door.url]))
    }
    assert lost == {}
    assert sum(name.startswith("charset-") for name in visited.doors) >= 10


def test_headers_are_kept_as_far_as_they_tell_something(visited: Visited) -> None:
    assert visited.project.one("SELECT max(length(headers)) FROM captures") < 256 * 1024


def _became(project: Project, url: str) -> set[str]:
    """All that can be said of a page: its entry's state, its capture's completeness and outcome, failures."""
    said = {state for (state,) in project.rows("SELECT state FROM entries WHERE url = ?", url)}
    for completeness, outcome in project.rows("SELECT completeness, outcome FROM captures WHERE url = ?", url):
        said |= {completeness, outcome}
    if project.rows("SELECT 1 FROM failures WHERE url = ? AND stage = 'process'", url):
        said.add("failure")
    return said


def test_bad_addresses_cost_the_good_ones_nothing(visited: Visited) -> None:
    rows = visited.project.rows("SELECT url, state, reason FROM entries WHERE source_id = 'bad-links' ORDER BY url")
    states = {state: url for url, state, _ in rows}
    assert len(rows) == 3
    assert states["refused"] in BAD_LINKS
    assert [reason for _, state, reason in rows if state == "refused"] == ["127.0.0.2 is a private address"]


def test_a_cut_off_page_is_never_taken_for_a_whole_one(visited: Visited) -> None:
    rows = visited.project.rows("SELECT url, completeness FROM captures WHERE url LIKE '%/trap/cut-%'")
    assert rows
    assert {completeness for _, completeness in rows} == {"damaged"}
    assert all(visited.asked[f"/trap/{url.rpartition('/')[2]}"] == 2 for url, _ in rows)  # it was given a second chance


def test_bodies_are_cut_at_the_limit(visited: Visited) -> None:
    sizes = visited.project.rows(
        "SELECT size FROM captures JOIN payloads ON payloads.id = payload_id WHERE completeness = 'truncated'"
    )
    assert sizes
    assert all(size <= 8 * 1024**2 for (size,) in sizes)


def test_memory_stays_bounded(visited: Visited) -> None:
    assert visited.peak < 400 * 1024


def test_the_loop_never_stands_still(visited: Visited) -> None:
    assert visited.lag.own < 0.2
    assert visited.lag.ticks > 100


def test_a_failed_fetch_waits_for_a_later_crawl(visited: Visited) -> None:
    rows = visited.project.rows("SELECT tries, due_at, found_at, reason FROM entries WHERE state = 'failed'")
    assert rows
    for tries, due_at, found_at, reason in rows:
        assert tries == 1
        assert due_at > found_at
        assert reason


# robots.txt


@pytest.fixture
def site(request: pytest.FixtureRequest) -> Iterator[Hostile]:
    with Hostile(robots=request.param) as site:
        yield site


def crawl_with_robots(tmp_path: Path, site: Hostile, timeout: str = '"2s"') -> tuple[Project, Ended]:
    door = site["error-once"]
    project = Project(tmp_path, sources(source("paper", homepage=door.homepage), timeout=timeout))
    return project, project.crawl()


@pytest.mark.parametrize("site", ["error", "slow"], indirect=True)
def test_a_robots_txt_that_fails_means_no_and_later(tmp_path: Path, site: Hostile) -> None:
    project, crawl = crawl_with_robots(tmp_path, site)
    assert set(site.visits) == {"/robots.txt"}
    assert crawl.code == 1
    assert "paper: no feed answered" in crawl.err
    verdict, retry_at = project.rows("SELECT verdict, retry_at FROM hosts")[0]
    assert verdict == "deny"
    assert retry_at > project.one("SELECT started_at FROM runs")
    assert "robots.txt could not be read" in project.one("SELECT error FROM failures")
    site.visits.clear()
    project.crawl()
    assert not site.visits, "the host is asked again only when it is time"


@pytest.mark.parametrize("site", ["forbid"], indirect=True)
def test_a_robots_txt_that_forbids(tmp_path: Path, site: Hostile) -> None:
    project, crawl = crawl_with_robots(tmp_path, site)
    assert set(site.visits) == {"/robots.txt"}
    assert crawl.code == 1
    assert project.rows("SELECT error FROM failures") == [("forbidden by robots.txt",)]


@pytest.mark.parametrize("site", ["allow"], indirect=True)
def test_robots_txt_is_remembered_over_crawls(tmp_path: Path, site: Hostile) -> None:
    project, crawl = crawl_with_robots(tmp_path, site)
    assert crawl.code == 0, crawl.err
    project.crawl()
    assert site.visits["/robots.txt"] == 1


@pytest.mark.parametrize("site", ["allow"], indirect=True)
def test_private_addresses_are_refused_unless_allowed(tmp_path: Path, site: Hostile) -> None:
    door = site["error-once"]
    names = {"named": door.feed.replace("127.0.0.1", "localhost"), "written": door.feed, "file": "file:///etc/hosts"}
    tables = [source(name, feeds=f'["{url}"]') for name, url in names.items() if name != "file"]
    project = Project(tmp_path, sources(*tables, allow_private_networks="false"))
    crawl = project.crawl()
    assert not site.visits
    assert crawl.code == 1
    errors = dict(project.rows("SELECT url, error FROM failures"))
    assert errors[names["written"]] == "127.0.0.1 is a private address"
    assert errors[names["named"]] == "localhost leads to 127.0.0.1, a private address"
    project.write(sources(*tables, allow_private_networks="true"))
    assert project.crawl().code == 0
    assert project.one("SELECT count(*) FROM articles") > 0
