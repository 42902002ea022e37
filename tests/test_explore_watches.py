"""Watches in Datasette: what a reader sees of them, who may add and remove them, and the feed."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import feedparser
import pytest
from sqlite_utils import Database

from pipelines.explore.terms import Terms, serve_on
from pipelines.store import hits, watches
from tests.reading_room import ARABIC, COUNCIL, FERRY, HOSTILE, OVERRIDE, Site, stock

_HITS = (FERRY, COUNCIL, ARABIC, HOSTILE)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive with a watch that came upon four articles, in this order, of which one matches no longer."""
    path = stock(tmp_path_factory.mktemp("watches") / "archive.db")
    with watches.watching(path) as connection:
        watches.add(connection, "ferries", "ferry OR body")
        watches.add(connection, "nothing", "zeppelin")
        for n, number in enumerate(_HITS):
            connection.execute(
                "INSERT INTO hits (watch_id, urlkey, article_id, seen_at, lapsed_at)"
                " SELECT 1, urlkey, id, ?, iif(id = ?, '2026-11-21T09:00:00Z', NULL) FROM articles WHERE id = ?",
                (f"2026-11-20T06:0{n}:00Z", COUNCIL, number),
            )
    return path


@pytest.fixture(scope="module")
def site(path: Path) -> Site:
    """To read."""
    return Site(path)


@pytest.fixture
def desk(tmp_path: Path) -> Site:
    """To write."""
    desk = Site(stock(tmp_path / "archive.db"))
    serve_on(desk.datasette, Terms(annotate=True))
    return desk


def post(site: Site, at: str, to: str, **form: str) -> Any:
    """Send the form on a page, as a browser does."""

    async def send() -> Any:
        page = await site.datasette.client.get(at)
        token = re.search(r'name="csrftoken" value="([^"]*)"', page.text)
        data = {**form, "csrftoken": token[1] if token else ""}
        return await site.datasette.client.post(to, data=data, cookies=dict(page.cookies))

    return asyncio.run(send())


def test_the_watches_and_their_hits_are_listed(site: Site) -> None:
    page = site.page("/-/watches")
    assert 'href="/-/watch/ferries"' in page
    assert "none yet" in page
    assert "<form" not in page.partition("<main")[2], "who may not write gets no form"
    page = site.page("/-/watch/ferries")
    places = [page.index(f'href="/-/article/{number}"') for number in reversed(_HITS)]
    assert places == sorted(places), "the newest first"
    for said in (
        "4 hits",
        "<mark>Ferry</mark> stays in port",
        "matches no longer since",
        'href="/-/watch/ferries.atom"',
    ):
        assert said in page
    assert "Remove this watch" not in page
    assert "No hit yet" in site.page("/-/watch/nothing")
    assert "There are no more" in site.page("/-/watch/ferries?page=2")
    assert "There is no watch" in site.page("/-/watch/zeppelins", 404)
    site.page("/-/watch/zeppelins.atom", 404)
    site.page("/-/watch/ferries?page=99999999")


def test_hostile_hits_stay_text(site: Site) -> None:
    for where in ("/-/watch/ferries", "/-/watch/ferries.atom"):
        page = site.page(where)
        for trick in ("<script>alert", "<img src=x", "<svg onload", 'href="javascript:', OVERRIDE):
            assert trick not in page
    headers = site.get("/-/watch/ferries").headers
    assert "unsafe-inline" not in headers["content-security-policy"]


def test_a_watch_is_a_feed(site: Site) -> None:
    answer = site.get("/-/watch/ferries.atom")
    assert answer.headers["content-type"].startswith("application/atom+xml")
    feed = feedparser.parse(answer.text)
    assert not feed.bozo
    assert feed.feed.title == "Watch: ferries"
    assert feed.feed.updated == "2026-11-20T06:03:00Z"
    assert [one.updated for one in feed.entries] == [f"2026-11-20T06:0{n}:00Z" for n in (3, 2, 1, 0)]
    assert feed.entries[-1].link.endswith(f"/-/article/{FERRY}")
    assert feed.entries[-1].title == "Ferry stays in port"
    again = feedparser.parse(site.page("/-/watch/ferries.atom"))
    assert [one.id for one in again.entries] == [one.id for one in feed.entries]
    assert feedparser.parse(site.page("/-/watch/nothing.atom")).feed.title == "Watch: nothing"


def test_a_search_becomes_a_watch(desk: Site) -> None:
    page = desk.page("/-/search?q=ferry&source=wire")
    assert "Watch this search" in page
    assert 'name="q" value="ferry source:wire"' in page
    answer = post(desk, "/-/search?q=ferry", "/-/watches", q="ferry source:wire", name="")
    assert (answer.status_code, answer.headers["location"]) == (303, "/-/watch/ferry-source-wire")
    assert "ferry source:wire" in desk.page("/-/watch/ferry-source-wire")
    assert "already" in post(desk, "/-/watches", "/-/watches", q="ferry", name="ferry-source-wire").text
    for wrong in ({"q": "ferry AND", "name": "x"}, {"q": "", "name": "x"}, {"q": "ferry", "name": "Überfahrt!"}):
        answer = post(desk, "/-/watches", "/-/watches", **wrong)
        assert answer.status_code == 400
        assert 'role="alert"' in answer.text
    answer = post(desk, "/-/watch/ferry-source-wire", "/-/watch/ferry-source-wire")
    assert (answer.status_code, answer.headers["location"]) == (303, "/-/watches")
    desk.page("/-/watch/ferry-source-wire", 404)


def test_a_form_cannot_say_what_is_called(desk: Site) -> None:
    post(
        desk, "/-/watches", "/-/watches", q="ferry", name="x", command="touch ran", webhook="http://x/", tells="command"
    )
    db = Database(Path(desk.datasette.databases["archive"].path))
    assert [row["tells"] for row in db["watches"].rows] == [None]


def test_who_may_not_write_cannot(site: Site) -> None:
    assert "Watch this search" not in site.page("/-/search?q=ferry")
    assert post(site, "/-/watches", "/-/watches", q="ferry", name="x").status_code == 403
    assert post(site, "/-/watch/ferries", "/-/watch/ferries").status_code == 403
    assert "ferries" in site.page("/-/watches")


def test_watches_are_not_public(path: Path) -> None:
    public = Site(path)
    serve_on(public.datasette, Terms(public=True))
    for where in ("/-/watches", "/-/watch/ferries", "/-/watch/ferries.atom"):
        assert public.get(where).status_code == 404


def test_a_page_of_hits_reads_an_index(path: Path) -> None:
    db = Database(path)
    for sql in (watches._SEEN, hits._HITS.format("hits.printed = 0"), hits._HITS.format("hits.told = 'owed'")):
        plan = " ".join(row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {sql}", [1, *([9] * (sql.count("?") - 1))]))
        assert "SCAN hits" not in plan
        assert "TEMP B-TREE" not in plan or "LAST TERM" in plan, plan
