"""Outlets with habits that lead crawls astray: these keep to the outlet, store nothing else, tell what is missing."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.crawls import Project, source, sources
from tests.outlets import Outlet, announce, headline, links, page, prose, rss, slug

pytestmark = pytest.mark.slow


@pytest.fixture
def outlet() -> Iterator[Outlet]:
    outlet = Outlet()
    outlet.start()
    yield outlet
    outlet.stop()


@pytest.fixture
def wall() -> Iterator[Outlet]:
    """A host that asks for consent in the place of others; it has listings of its own."""
    wall = Outlet()
    text = "".join(f"<p>Cookies are small files that we and our partners keep for {one}.</p>" for one in prose(1))
    wall.answers["/ask"] = f"<html><title>Your privacy</title><h1>Your privacy</h1><article>{text}</article>".encode()
    wall.answers["/feed"] = rss((f"{wall.base}/ask/why-we-ask-you-for-cookies", "Why we ask"))
    wall.start()
    yield wall
    wall.stop()


def project_of(folder: Path, outlet: Outlet, **keys: str) -> Project:
    return Project(folder, sources(source("paper", homepage=f"{outlet.base}/", **keys)))


def articles(project: Project) -> list[str]:
    return sorted("/" + url.split("/", 3)[3] for (url,) in project.rows("SELECT url FROM articles"))


@pytest.mark.parametrize("front", [True, False])
def test_a_wall_is_no_article_and_has_none(tmp_path: Path, outlet: Outlet, wall: Outlet, front: bool) -> None:
    def kept_from_us(target: str) -> tuple[int, dict[str, str], bytes]:
        back = quote(outlet.base + target, safe="")
        return 302, {"Location": f"{wall.base}/ask?site=7&back={back}"}, b""

    paths = [f"/news/{slug(n)}" for n in range(3)]
    if front:
        outlet.answers["/"] = kept_from_us("/")
    else:
        outlet.answers["/"] = links(head=announce("/feed"))
    outlet.answers |= {path: kept_from_us(path) for path in paths}
    outlet.answers["/feed"] = rss(*((f"{outlet.base}{path}", headline(n)) for n, path in enumerate(paths)))
    project = project_of(tmp_path, outlet)
    assert project.crawl().code == 1
    assert articles(project) == []
    assert project.rows("SELECT DISTINCT outcome FROM captures WHERE feed_id IS NULL") == [("login",)]
    assert {one.partition("?")[0] for one in wall.asked} == {"/robots.txt", "/ask"}


@pytest.mark.parametrize("front", ["/", "/en/"])
def test_what_leads_to_the_front_page_is_gone(tmp_path: Path, outlet: Outlet, front: str) -> None:
    paths = [f"/news/{slug(n)}" for n in range(5)]
    teasers = "".join(
        f"<h2><a href='{path}'>{headline(n)}</a></h2><p>{prose(n)[0]}</p>" for n, path in enumerate(paths)
    )
    outlet.answers[front] = f"<html><head>{announce('/feed')}</head><body>{teasers}</body></html>".encode()
    outlet.answers["/feed"] = rss(*((f"{outlet.base}{path}", headline(n)) for n, path in enumerate(paths)))
    outlet.answers |= {path: page(n) for n, path in enumerate(paths)}
    outlet.answers |= {path: (302, {"Location": front}, b"") for path in paths[3:]}
    project = Project(tmp_path, sources(source("paper", homepage=f"{outlet.base}{front}")))
    assert project.crawl().code == 0
    assert articles(project) == sorted(paths[:3])
    assert project.rows("SELECT count(*) FROM captures WHERE outcome = 'not-found'") == [(2,)]


@pytest.mark.parametrize("refused", [True, False])
def test_a_crawl_in_which_no_page_came_is_no_success(tmp_path: Path, outlet: Outlet, refused: bool) -> None:
    paths = [f"/news/{slug(n)}" for n in range(4)]
    outlet.answers["/"] = links(head=announce("/feed"))
    outlet.answers["/feed"] = rss(*((f"{outlet.base}{path}", headline(n)) for n, path in enumerate(paths)))
    outlet.answers |= {path: (500, {}, b"oops") for path in paths}
    if refused:
        outlet.answers["/robots.txt"] = (200, {"Content-Type": "text/plain"}, b"User-agent: *\nDisallow: /news/\n")
    project = project_of(tmp_path, outlet)
    ended = project.crawl()
    assert ended.code == 1
    how = "refused" if refused else "failed"
    assert f"paper: no page came, 4 {how}; `tearsheet query missing` says why" in ended.err.splitlines()
    assert project.crawl().code == 0, "nothing is asked again before its time"


def hiccup(outlet: Outlet, front: int = 200, feed: int = 200) -> list[str]:
    """Its sitemap holds what is old; whether front page and feed answer is not sure. The addresses of both."""
    paths = [f"/news/{slug(n)}" for n in range(6)]
    outlet.answers |= {path: page(n) for n, path in enumerate(paths)}
    places = "".join(f"<url><loc>{outlet.base}{path}</loc></url>" for path in paths[3:])
    outlet.answers["/sitemap.xml"] = (200, {}, f"<urlset>{places}</urlset>".encode())
    outlet.answers["/"] = (front, {}, links(head=announce("/odd/news.php")))
    news = rss(*((f"{outlet.base}{path}", headline(n)) for n, path in enumerate(paths)))
    outlet.answers["/odd/news.php"] = (feed, {}, news)
    return paths


@pytest.mark.parametrize("broken", ["front", "feed"])
def test_what_failed_at_discovery_is_asked_again(tmp_path: Path, outlet: Outlet, broken: str) -> None:
    hiccup(outlet, **{broken: 500})
    project = project_of(tmp_path, outlet)
    project.crawl()
    paths = hiccup(outlet)
    assert articles(project) == sorted(paths[3:])
    assert project.crawl().code == 0
    assert articles(project) == sorted(paths)
    outlet.asked.clear()
    assert project.crawl().code == 0
    assert set(outlet.asked) == {"/odd/news.php", "/sitemap.xml"}


def test_what_always_fails_is_not_searched_for_ever(tmp_path: Path, outlet: Outlet) -> None:
    hiccup(outlet, feed=500)
    project = project_of(tmp_path, outlet)
    for _ in range(3):
        assert project.crawl().code == 0
    outlet.asked.clear()
    assert project.crawl().code == 0
    assert outlet.asked == ["/sitemap.xml"]


def test_a_sitemap_may_be_longer_than_a_page(tmp_path: Path, outlet: Outlet) -> None:
    paths = [f"/news/{slug(n)}" for n in range(3)]
    outlet.answers |= {path: page(n) for n, path in enumerate(paths)}
    places = (" " * 50_000).join(f"<url><loc>{outlet.base}{path}</loc></url>" for path in paths)
    outlet.answers["/sitemap.xml"] = (200, {}, f"<urlset>{places}</urlset>".encode())
    project = Project(tmp_path, sources(source("paper", homepage=f"{outlet.base}/"), body_limit='"40K"'))
    assert project.crawl().code == 0
    assert articles(project) == sorted(paths)


def test_a_listing_that_is_too_long_is_told(tmp_path: Path, outlet: Outlet) -> None:
    path = f"/news/{slug(1)}"
    outlet.answers[path] = page(1)
    endless = f"<urlset><url><loc>{outlet.base}{path}</loc></url>".encode() + b" " * (51 * 1024**2)
    outlet.answers["/sitemap.xml.gz"] = (200, {}, gzip.compress(endless, 1))
    ended = Project(tmp_path, sources(source("paper", sitemaps=f'["{outlet.base}/sitemap.xml.gz"]'))).crawl()
    assert ended.code == 0
    assert "paper: 1 listing too long, read in part" in ended.err.splitlines()


def test_what_leads_to_itself_is_asked_once(tmp_path: Path, outlet: Outlet) -> None:
    paths = [f"/news/{slug(n)}" for n in range(3)]
    outlet.answers["/feed"] = rss(*((f"{outlet.base}{path}", headline(n)) for n, path in enumerate(paths)))
    outlet.answers |= {path: page(n) for n, path in enumerate(paths)}
    outlet.answers[paths[1]] = (302, {"Location": paths[1], "Set-Cookie": "seen=1"}, b"")
    outlet.answers[paths[2]] = (302, {"Location": "/test"}, b"")
    outlet.answers["/test"] = (302, {"Location": f"{outlet.base}{paths[2]}"}, b"")
    project = Project(tmp_path, sources(source("paper", feeds=f'["{outlet.base}/feed"]')))
    assert project.crawl().code == 0
    assert articles(project) == paths[:1]
    assert outlet.times(*paths, "/test") == [1, 1, 1, 1]
    told = project.rows("SELECT DISTINCT error, detail FROM failures")
    assert told == [("CircleError", "leads to itself; it may want cookies")]


def test_where_robots_forbid_queries_pages_are_asked_without_tracking(tmp_path: Path, outlet: Outlet) -> None:
    paths = [f"/news/{slug(n)}" for n in range(2)]
    asked = [f"{paths[0]}?utm_source=rss&utm_medium=feed", f"{paths[1]}?version=7&utm_source=rss"]
    outlet.answers["/feed"] = rss(*((f"{outlet.base}{path}", headline(n)) for n, path in enumerate(asked)))
    outlet.answers |= {path: page(n) for n, path in enumerate(paths)}
    outlet.answers["/robots.txt"] = (200, {"Content-Type": "text/plain"}, b"User-agent: *\nDisallow: /*?\n")
    project = Project(tmp_path, sources(source("paper", feeds=f'["{outlet.base}/feed"]')))
    assert project.crawl().code == 0
    assert articles(project) == paths[:1]
    assert set(outlet.asked) == {"/robots.txt", "/feed", paths[0]}
    assert project.rows("SELECT reason FROM entries WHERE state = 'refused'") == [("forbidden by robots.txt",)]
