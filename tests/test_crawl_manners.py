"""How the crawl behaves towards a host: its own delay, its wish to wait, what need not be fetched again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.crawls import Project, source, sources
from tests.newsroom.server import Port

_WORDS = (
    "harbour", "council", "bridge", "school", "market", "ferry", "winter", "garden", "engine", "letter", "window",
    "mountain", "river", "theatre",
)  # fmt: skip


def _page(name: str) -> bytes:
    """A page with an article of its own."""
    said = "".join(
        f"<p>The {one} of {name} was opened {n} years ago, and the {_WORDS[n - 3]} beside it is older still, "
        f"say those who keep the {_WORDS[n - 7]} and write about it every spring.</p>"
        for n, one in enumerate(_WORDS)
    )
    return f"<html><head><title>{name}</title></head><body><article><h1>{name}</h1>{said}</article></body>".encode()


class Host(Port):
    """A host that answers as it is told: path → (status, headers, body) or a function that gives it."""

    def __init__(self) -> None:
        super().__init__(0, _Handler)
        self.answers: dict[str, Any] = {"/robots.txt": (404, {}, b"")}
        self.asked: list[tuple[str, datetime, dict[str, str]]] = []

    def page(self, path: str, **headers: str) -> None:
        self.answers[path] = (200, {"Content-Type": "text/html", **headers}, _page(path.strip("/")))

    def feed(self, *paths: str, **headers: str) -> None:
        items = "".join(f"<item><title>{path}</title><link>{self.base}{path}</link></item>" for path in paths)
        body = f'<rss version="2.0"><channel><title>x</title>{items}</channel></rss>'
        self.answers["/feed"] = (200, {"Content-Type": "application/rss+xml", **headers}, body.encode())

    def times(self, path: str) -> int:
        return sum(one == path for one, _, _ in self.asked)

    def sources(self, **archive: str) -> str:
        return sources(source("paper", feeds=f'["{self.base}/feed"]'), **archive)


class _Handler(BaseHTTPRequestHandler):
    server: Host
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.asked.append((self.path, datetime.now(UTC), dict(self.headers)))
        answer = self.server.answers.get(self.path, (404, {}, b"nothing here"))
        status, headers, body = answer() if isinstance(answer, Callable) else answer  # type: ignore[arg-type]
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing on stderr."""


@pytest.fixture
def host() -> Iterator[Host]:
    host = Host()
    host.start()
    yield host
    host.stop()


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


def test_a_host_that_is_overloaded_is_left_alone(tmp_path: Path, host: Host) -> None:
    host.feed("/a-12345", "/b-12345")
    host.page("/b-12345")
    host.answers["/a-12345"] = (429, {"Retry-After": "3600"}, b"slow down")
    project = Project(tmp_path, host.sources())
    assert project.crawl().code == 0
    assert project.crawl().code == 0
    assert host.times("/a-12345") == 1
    (row,) = project.rows("SELECT state, reason, due_at FROM entries WHERE url LIKE '%/a-12345'")
    assert row[:2] == ("failed", "status 429")
    assert 3500 < (datetime.fromisoformat(row[2]) - datetime.now(UTC)).total_seconds() < 3700


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


def test_no_referrer_no_cookies(tmp_path: Path, host: Host) -> None:
    host.feed("/a-12345", Set_Cookie="secret=1")
    host.page("/a-12345", Set_Cookie="secret=2")
    project = Project(tmp_path, host.sources())
    assert project.crawl().code == 0
    assert not {"Cookie", "Referer"} & {name for _, _, headers in host.asked for name in headers}


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
