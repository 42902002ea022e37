"""How the crawl behaves towards a host: its own delay, its wish to wait, what need not be fetched again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.crawls import Project, source, sources
from tests.hosts import Host


def test_a_longer_crawl_delay_wins(tmp_path: Path, host: Host) -> None:
    paths = ["/a-12345", "/b-12345", "/c-12345"]
    host.answers["/robots.txt"] = (200, {}, b"User-agent: *\nCrawl-delay: 0.8\n")
    host.feed(*paths)
    for path in paths:
        host.page(path)
    project = Project(tmp_path, host.sources())
    assert project.crawl().code == 0
    times = [when for path, when, _ in host.asked if path in paths]
    assert len(times) == 3
    assert min((later - sooner).total_seconds() for sooner, later in pairwise(times)) > 0.75
    assert project.rows("SELECT verdict, delay FROM hosts") == [("rules", 0.8)]


@pytest.mark.slow
def test_a_host_that_is_overloaded_is_left_alone(tmp_path: Path, host: Host) -> None:
    host.feed("/a-12345", "/b-12345")
    host.page("/b-12345")
    host.answers["/a-12345"] = (429, {"Retry-After": "3600"}, b"slow down")
    project = Project(tmp_path, host.sources())
    assert project.crawl().code == 0
    before = len(host.asked)
    project.crawl()
    assert len(host.asked) == before, "not even its feed is asked for"
    (row,) = project.rows("SELECT state, tries, reason, due_at FROM entries WHERE url LIKE '%/a-12345'")
    assert row[:3] == ("queued", 0, "status 429: its host asked to wait")
    assert 3500 < (datetime.fromisoformat(row[3]) - datetime.now(UTC)).total_seconds() < 3700


def test_a_feed_that_is_overloaded_is_not_asked_before_its_time(tmp_path: Path, host: Host) -> None:
    host.answers["/feed"] = (503, {"Retry-After": "3600"}, b"slow down")
    project = Project(tmp_path, host.sources())
    assert project.crawl().code == 1
    project.crawl()
    assert host.times("/feed") == 1


def test_what_is_gone_is_kept_as_evidence_and_not_asked_again(tmp_path: Path, host: Host) -> None:
    host.feed("/a-12345", "/b-12345")
    host.page("/b-12345")
    project = Project(tmp_path, host.sources())
    assert project.crawl().code == 0
    assert project.crawl().code == 0
    assert host.times("/a-12345") == 1
    assert project.rows("SELECT status, outcome FROM captures WHERE url LIKE '%/a-12345'") == [(404, "not-found")]


def test_validators_are_sent_back_and_a_lying_one_changes_nothing(tmp_path: Path, host: Host) -> None:
    host.feed("/a-12345", ETag='"one"', Last_Modified="Mon, 02 Jun 2025 06:00:00 GMT")
    host.page("/a-12345")
    project = Project(tmp_path, host.sources())
    assert project.crawl().code == 0
    host.feed("/a-12345", ETag='"two"')  # another tag for the same bytes
    assert project.crawl().code == 0
    asked = [headers for path, _, headers in host.asked if path == "/feed"]
    assert asked[1]["If-None-Match"] == '"one"'
    assert asked[1]["If-Modified-Since"] == "Mon, 02 Jun 2025 06:00:00 GMT"
    assert project.rows("SELECT outcome FROM captures WHERE feed_id IS NOT NULL ORDER BY id") == [
        ("feed",),
        ("unchanged",),
    ]
    assert host.times("/a-12345") == 1


def test_recordings_are_not_downloaded(tmp_path: Path, host: Host) -> None:
    host.feed("/a-12345", "/b-12345")
    host.page("/b-12345")
    host.answers["/a-12345"] = (200, {"Content-Type": "video/mp4"}, bytes(20 * 1024**2))
    project = Project(tmp_path, host.sources())
    assert project.crawl().code == 0
    rows = project.rows(
        "SELECT outcome, size FROM captures JOIN payloads ON payloads.id = payload_id WHERE url LIKE '%/a-12345'"
    )
    assert rows[0][1] < 1024**2
    assert rows[0][0] in ("not-html", "empty")


def test_a_redirected_page_is_known_by_both_addresses(tmp_path: Path, host: Host) -> None:
    host.feed("/a-12345")
    host.answers["/a-12345"] = (301, {"Location": "/2025/06/02/moved-12345"}, b"")
    host.page("/2025/06/02/moved-12345")
    project = Project(tmp_path, host.sources())
    assert project.crawl().code == 0
    base = host.base
    assert project.rows("SELECT url, final_url FROM captures WHERE feed_id IS NULL") == [
        (f"{base}/a-12345", f"{base}/2025/06/02/moved-12345")
    ]
    host.feed("/2025/06/02/moved-12345")
    assert project.crawl().code == 0
    assert host.times("/2025/06/02/moved-12345") == 1


def test_no_referrer_no_cookies_no_language(tmp_path: Path, host: Host) -> None:
    host.feed("/a-12345", Set_Cookie="secret=1")
    host.page("/a-12345", Set_Cookie="secret=2")
    project = Project(tmp_path, host.sources())
    assert project.crawl().code == 0
    assert not {"Cookie", "Referer", "Accept-Language"} & {name for _, _, headers in host.asked for name in headers}


def test_a_robots_txt_that_leads_to_a_private_address(tmp_path: Path, host: Host) -> None:
    host.feed("/a-12345")
    host.answers["/robots.txt"] = (302, {"Location": f"{host.base.replace('127.0.0.1', '127.0.0.2')}/robots.txt"}, b"")
    project = Project(tmp_path, host.sources())
    assert project.crawl().code == 1
    assert {path for path, _, _ in host.asked} == {"/robots.txt"}


def test_sources_share_fairly_and_the_newest_comes_first(tmp_path: Path, host: Host) -> None:
    for name, count in (("big", 30), ("small", 3)):
        rows = ""
        for n in range(count):
            host.page(f"/{name}/{n}-12345")
            link = f"{host.base}/{name}/{n}-12345"
            rows += f"<item><link>{link}</link><pubDate>Mon, 02 Jun 2025 06:{n:02}:00 GMT</pubDate></item>"
        body = f'<rss version="2.0"><channel><title>x</title>{rows}</channel></rss>'
        host.answers[f"/{name}/feed"] = (200, {"Content-Type": "text/xml"}, body.encode())
    tables = [source(name, feeds=f'["{host.base}/{name}/feed"]') for name in ("big", "small")]
    project = Project(tmp_path, sources(*tables, delay='"0.05s"'))
    assert project.crawl().code == 0
    order = [path for path, _, _ in host.asked if path.endswith("-12345")]
    assert len(order) == 33
    assert max(order.index(path) for path in order if path.startswith("/small/")) < 16
    big = [int(path.split("/")[2].partition("-")[0]) for path in order if path.startswith("/big/")]
    assert all(abs(place - (29 - n)) <= 3 for place, n in enumerate(big))


def test_endless_sitemaps_end(tmp_path: Path, host: Host) -> None:
    def members(path: str) -> Callable[[], tuple[int, dict[str, str], bytes]]:
        rows = "".join(f"<sitemap><loc>{host.base}{path}{n}.xml</loc></sitemap>" for n in range(20))
        return lambda: (200, {"Content-Type": "text/xml"}, f"<sitemapindex>{rows}</sitemapindex>".encode())

    class Endless(dict[str, Any]):
        def get(self, path: str, default: Any = None) -> Any:
            return members(path) if path.endswith(".xml") else super().get(path, default)

    host.answers = Endless(host.answers)
    project = Project(tmp_path, sources(source("paper", sitemaps=f'["{host.base}/map.xml"]')))
    assert project.crawl().code == 0
    assert len(host.asked) <= 201


def test_a_host_that_asks_for_a_short_wait_is_asked_again_in_the_same_crawl(tmp_path: Path, host: Host) -> None:
    paths = [f"/{n}-12345" for n in range(6)]
    host.feed(*paths)
    for path in paths:
        host.page(path)
    answers = iter([(503, {"Retry-After": "1"}, b"wait")])
    good = host.answers[paths[0]]
    host.answers[paths[0]] = lambda: next(answers, good)
    project = Project(tmp_path, host.sources())
    assert project.crawl().code == 0
    assert project.one("SELECT count(*) FROM articles") == len(paths)
    assert project.rows("SELECT DISTINCT state, tries FROM entries") == [("fetched", 0)]
    refused, again = (when for path, when, _ in host.asked if path == paths[0])
    assert (again - refused).total_seconds() >= 1
    assert not project.rows("SELECT * FROM failures")


@pytest.mark.slow
def test_a_host_that_always_asks_to_wait_ends_the_crawl(tmp_path: Path, host: Host) -> None:
    host.feed("/a-12345")
    host.answers["/a-12345"] = (429, {"Retry-After": "0"}, b"wait")
    project = Project(tmp_path, host.sources())
    project.crawl()
    assert 2 <= host.times("/a-12345") <= 5
    minutes = "SELECT (julianday(retry_at) - julianday('now')) * 1440 FROM hosts"
    assert 10 < project.one(minutes) < 16


def test_overload_without_a_word_on_when_to_come_back(tmp_path: Path, host: Host) -> None:
    paths = [f"/{n}-12345" for n in range(6)]
    host.feed(*paths)
    for path in paths:
        host.answers[path] = (429, {}, b"slow down")
    project = Project(tmp_path, host.sources(delay='"0.1s"'))
    assert project.crawl().code == 0
    assert sum(host.times(path) for path in paths) <= 2, "those that waited for their turn are taken back"
    assert project.rows("SELECT DISTINCT state, tries, due_at > found_at FROM entries") == [("queued", 0, 1)]


def test_one_host_that_asks_to_wait_stops_no_other(tmp_path: Path, host: Host) -> None:
    other = Host()
    other.start()
    try:
        links = "".join(f"<item><link>{one.base}/a-12345</link></item>" for one in (host, other))
        body = f'<rss version="2.0"><channel><title>x</title>{links}</channel></rss>'
        host.answers["/feed"] = (200, {"Content-Type": "text/xml"}, body.encode())
        host.answers["/a-12345"] = (429, {"Retry-After": "600"}, b"slow down")
        other.page("/a-12345")
        project = Project(tmp_path, host.sources())
        assert project.crawl().code == 0
        assert project.rows("SELECT url FROM articles") == [(f"{other.base}/a-12345",)]
        assert project.rows("SELECT host FROM hosts WHERE retry_at IS NOT NULL") == [(host.base,)]
    finally:
        other.stop()


# robots.txt


@pytest.mark.slow
def test_an_outage_of_robots_txt_is_no_failed_try(tmp_path: Path, host: Host) -> None:
    host.feed("/a-12345")
    host.page("/a-12345")
    pages = Host()
    pages.start()
    try:
        pages.page("/a-12345")
        pages.robots("no", 503, Retry_After="120")
        item = f"<item><link>{pages.base}/a-12345</link></item>"
        body = f'<rss version="2.0"><channel><title>x</title>{item}</channel></rss>'
        host.answers["/feed"] = (200, {"Content-Type": "text/xml"}, body.encode())
        project = Project(tmp_path, host.sources())
        project.crawl()
        assert {path for path, _, _ in pages.asked} == {"/robots.txt"}
        (row,) = project.rows(
            "SELECT state, tries, reason, (julianday(due_at) - julianday('now')) * 86400 FROM entries"
        )
        assert row[:3] == ("queued", 0, "status 503: its host asked to wait")
        assert 60 < row[3] < 130
        assert project.rows("SELECT * FROM failures") == []
        pages.robots("User-agent: *\nAllow: /")
        project.change(_TIME_TO_ASK)
        assert project.crawl().code == 0
        assert project.one("SELECT count(*) FROM articles") == 1
    finally:
        pages.stop()


_TIME_TO_ASK = (
    "UPDATE hosts SET retry_at = '2000-01-01T00:00:00Z', fetched_at = '2000-01-01T00:00:00Z';"
    "UPDATE entries SET due_at = NULL; UPDATE feeds SET retry_at = NULL"
)


@pytest.mark.slow
def test_what_robots_txt_forbade_is_fetched_once_it_is_allowed(tmp_path: Path, host: Host) -> None:
    paths = ("/private/a-12345", "/secret/b-12345", "/c-12345")
    host.feed(*paths)
    for path in paths:
        host.page(path)
    host.robots("User-agent: *\nDisallow: /private/\nDisallow: /secret/\n")
    project = Project(tmp_path, host.sources())
    assert project.crawl().code == 0
    reasons = "SELECT reason FROM rejected"
    assert project.rows(reasons) == [("forbidden by robots.txt",)] * 2
    host.robots("User-agent: *\nDisallow: /secret/\n")
    assert project.crawl().code == 0
    assert host.times("/robots.txt") == 1, "it is good for a day"
    project.change(_TIME_TO_ASK)
    assert project.crawl().code == 0
    assert [host.times(path) for path in paths] == [1, 0, 1]
    assert project.rows(reasons) == [("forbidden by robots.txt",)]


@pytest.mark.slow
def test_old_rules_stand_in_for_a_host_that_cannot_say(tmp_path: Path, host: Host) -> None:
    host.feed("/private/a-12345", "/b-12345")
    host.page("/b-12345")
    host.robots("User-agent: *\nDisallow: /private/\n")
    project = Project(tmp_path, host.sources())
    assert project.crawl().code == 0
    host.feed("/private/a-12345", "/private/c-12345", "/d-12345", "/b-12345")
    host.page("/d-12345")
    host.robots("", 500)
    project.change("UPDATE hosts SET fetched_at = strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-3 days')")
    assert project.crawl().code == 0
    assert {path for path, _, _ in host.asked} == {"/robots.txt", "/feed", "/b-12345", "/d-12345"}


@pytest.mark.parametrize(("hops", "forbidden"), [(5, True), (6, False)])
def test_robots_txt_is_followed_over_five_redirects(tmp_path: Path, host: Host, hops: int, forbidden: bool) -> None:
    """More of them are as good as none, says the RFC."""
    places = ["/robots.txt", *(f"/{n}/robots" for n in range(hops))]
    for one, following in pairwise(places):
        host.answers[one] = (301, {"Location": following}, b"")
    host.answers[places[-1]] = (200, {}, "\ufeffUser-agent: tearsheet\nDisallow: /a".encode())
    host.feed("/a-12345", "/b-12345")
    for path in ("/a-12345", "/b-12345"):
        host.page(path)
    project = Project(tmp_path, host.sources())
    assert project.crawl().code == 0
    assert host.times("/b-12345") == 1
    assert host.times("/a-12345") == (not forbidden)
