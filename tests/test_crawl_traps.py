"""Listings that mean harm: what is good in them is found, nothing private is read, and the loop never stands still."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.crawls import Ended, Project, source, sources
from tests.hostile import Hostile
from tests.hostile.listings import LISTED, good_in
from tests.lag import lag, probed

#: Listings of which nothing can be read, so that the source says so.
_LOST = {"deep"}


class Listed:
    """A crawl of every such listing at once, each with a source of its own."""

    def __init__(self, folder: Path) -> None:
        with Hostile() as site:
            self.base = site.base
            tables = [source(name, **{key: f'["{site.base}/list/{name}"]'}) for name, key in LISTED.items()]
            tables.append(source("pages", sections=f'["{site.base}/pages/1"]'))
            self.project = Project(folder, sources(*tables, timeout='"10s"'))
            self.ended: Ended = self.project.crawl("check", *probed("lag.json"))
            self.lag = lag(folder / "lag.json")
            self.leaked, self.asked = site.leaked, dict(site.visits)


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> Listed:
    return Listed(tmp_path_factory.mktemp("listed"))


@pytest.mark.parametrize("name", LISTED)
def test_what_is_good_in_a_bad_listing_is_found(listed: Listed, name: str) -> None:
    if name in _LOST:
        assert listed.project.rows("SELECT 1 FROM failures WHERE url = ?", f"{listed.base}/list/{name}")
        assert f"{name}: no feed answered" in listed.ended.err
    else:
        good = set(good_in(listed.base, name))
        found = {url for (url,) in listed.project.rows("SELECT url FROM entries WHERE source_id = ?", name)}
        assert good <= found


def test_private_addresses_in_listings_are_refused_or_left_out(listed: Listed) -> None:
    assert listed.leaked == []
    rows = listed.project.rows("SELECT url, state, reason FROM entries WHERE url LIKE '%secret%'")
    assert all(url.startswith("http") for url, _, _ in rows)


def test_no_file_is_read(listed: Listed) -> None:
    for (entry,) in listed.project.rows("SELECT title FROM entries WHERE title IS NOT NULL"):
        assert "root:" not in entry


def test_titles_hold_no_control_characters(listed: Listed) -> None:
    assert not listed.project.rows("SELECT 1 FROM entries WHERE title GLOB '*' || char(27) || '*'")


def test_rings_and_pages_without_end_end(listed: Listed) -> None:
    assert sum(count for path, count in listed.asked.items() if path.startswith("/list/ring")) <= 4
    assert sum(path.startswith("/pages/") for path in listed.asked) <= 10


def test_the_loop_and_memory_stay_bounded(listed: Listed) -> None:
    assert listed.lag.own < 0.2  # seconds
    assert listed.lag.resident < 400 * 1024**2


def test_private_addresses_of_a_feed_are_never_fetched(tmp_path: Path) -> None:
    with Hostile() as site:
        tables = [
            source(name, **{key: f'["{site.base}/list/{name}"]'})
            for name, key in LISTED.items()
            if name.startswith("spelled")
        ]
        project = Project(tmp_path, sources(*tables, timeout='"10s"'))
        crawl = project.crawl()
        assert site.leaked == []
        assert "Traceback" not in crawl.err
        stored = {url for (url,) in project.rows("SELECT url FROM articles")}
        assert stored == {url for name in LISTED if name.startswith("spelled") for url in good_in(site.base, name)}
        told = project.rows("SELECT url, reason FROM entries WHERE state = 'refused'")
        assert len(told) >= 8
        assert all("private address" in reason for _, reason in told)


def test_sitemaps_that_robots_txt_names_at_private_addresses(tmp_path: Path) -> None:
    with Hostile("spelled") as site:
        project = Project(tmp_path, sources(source("paper", homepage=f"{site.base}/home/none/"), timeout='"10s"'))
        crawl = project.crawl("sitemaps")
        assert crawl.code == 0, crawl.err
        assert site.leaked == []
        assert {url for (url,) in project.rows("SELECT url FROM articles")} == set(good_in(site.base, "spelled-index"))


def test_a_robots_txt_without_end_is_read_as_far_as_it_counts(tmp_path: Path) -> None:
    with Hostile("endless") as site:
        project = Project(tmp_path, sources(source("cut", feeds=f'["{site.base}/list/cut"]')))
        crawl = project.crawl("news", *probed("lag.json"))
        assert crawl.code == 0, crawl.err
        assert {url for (url,) in project.rows("SELECT url FROM articles")} == set(good_in(site.base, "cut")[:1])
        assert not [path for path in site.visits if path.startswith("/good/cut/2")]
        sent = next(one.sent for one in site.log if one.path == "/robots.txt")
        assert sent < 8 * 1024**2  # what is on its way when the crawler hangs up counts too
        found = lag(tmp_path / "lag.json")
        assert found.own < 0.2
