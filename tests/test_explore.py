"""Our pages in Datasette: what a reader sees, and what a hostile page cannot do. Runs on 0.65 and on 1.0."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlite_utils import Database

from pipelines.explore.questions import questions
from tests.reading_room import ARABIC, FERRY, HOSTILE, OVERRIDE, Site, stock
from tests.shelf import open_shelf


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stock(tmp_path_factory.mktemp("explore") / "archive.db")


@pytest.fixture(scope="module")
def site(path: Path) -> Site:
    return Site(path)


def test_the_front_page_greets(site: Site) -> None:
    page = site.page("/")
    for said in (
        "6 articles from 3 sources",
        "between 15 Nov 2017 and 16 Nov 2017",
        "Last crawl: 20 November 2026, 06:04 UTC",
        "15 November 2017, time unknown",
        "16 November 2017, 09:00 (time zone unknown)",
        f'href="/-/article/{ARABIC}"',
        'action="/-/search"',
        'href="/-/"',
        "?source_id=post",
    ):
        assert said in page
    for question in questions():
        assert f'href="/archive/{question.name}"' in page


def test_datasettes_own_index_stays(site: Site) -> None:
    assert 'href="/archive/articles"' in site.page("/-/")
    assert "archive" in site.page("/.json")


def test_an_empty_archive_says_how_to_begin(tmp_path: Path) -> None:
    open_shelf(tmp_path / "archive.db").close()
    empty = Site(tmp_path / "archive.db")
    assert "Nothing here yet" in empty.page("/")
    assert "No article" in empty.page("/-/search?q=ferry")


def test_an_article_shows_text_and_facts(site: Site) -> None:
    page = site.page(f"/-/article/{FERRY}")
    for said in (
        '<h1 dir="auto">Ferry stays in port</h1>',
        '<p class="standfirst" dir="auto">School run moves to the pilot cutter.</p>',
        '<p dir="auto">The ferry to the islands will not sail before March, its operator said.</p>',
        '<h2 dir="auto">Cracks below the waterline</h2>',
        "15 November 2017, time unknown",
        "from the text",
        "Maud Ferris",
        "Port Ellis",
        "The Ellis Maid. Photo: Brandt",
        "subscriber notice",
        '<a href="https://post.example/ferry.jpg" rel="noopener noreferrer">',
        f'<a href="https://post.example/news/{FERRY}" rel="noopener noreferrer">',
        f"/archive/articles/{FERRY}.json",
    ):
        assert said in page
    assert "<img" not in page


def test_an_article_shows_its_cuts_on_demand_and_in_place(site: Site) -> None:
    body = '<div class="body"'
    plain = site.page(f"/-/article/{FERRY}").partition(body)[2].partition("</article>")[0]
    assert "52 shares" not in plain
    assert f'href="/-/article/{FERRY}?cuts=1#text"' in plain
    shown = site.page(f"/-/article/{FERRY}?cuts=1").partition(body)[2].partition("</article>")[0]
    lines = [
        "52 shares",
        "PORT ELLIS –",
        "The ferry to the",
        "Sign up for our letter",
        "Cracks below",
        "© Harbour Post",
    ]
    places = [shown.index(line) for line in lines]
    assert places == sorted(places)
    assert "Cut before the text" in shown
    assert "Moved to a field" in shown
    assert "Stands on 34 of 40 pages of this source." in shown


def test_an_article_shows_where_its_facts_come_from(site: Site) -> None:
    page = site.page(f"/-/article/{FERRY}")
    assert "<bdi>2017-11-15</bdi> <b>taken</b>" in page
    assert "the outlet&#39;s feed" in page
    assert "<bdi>Maud Ferris</bdi>" in page
    assert "https://post.example/amp" in page
    assert "86 % in common" in page
    assert page.index("Northern Wire</bdi></span>") < page.index("this article")
    assert "<del>" in page
    assert "<ins>" in page
    assert "It was said otherwise." in page


def test_the_source_is_shown_as_text_only(site: Site) -> None:
    number = site.rows(f"/archive/articles.json?id={FERRY}&_shape=array&_col=capture_id")[0]["capture_id"]
    number = number["value"] if isinstance(number, dict) else number
    assert f'href="/-/capture/{number}"' in site.page(f"/-/article/{FERRY}")
    answer = site.get(f"/-/capture/{number}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "<script>alert(1)</script>" in answer.text
    assert "<p>café</p>" in answer.text  # the page is in Latin-1 and says so
    assert site.get("/-/capture/999999").status_code == 404


def test_a_damaged_source_is_said_to_be_damaged(tmp_path: Path) -> None:
    path = stock(tmp_path / "archive.db")
    db = Database(path)
    with db.conn:
        db.conn.execute("UPDATE payloads SET body = x'00'")
    answer = Site(path).get("/-/capture/1")
    assert answer.status_code == 500
    assert "damaged" in answer.text


def test_a_source_that_is_gone_is_said_to_be_gone(tmp_path: Path) -> None:
    path = stock(tmp_path / "archive.db")
    db = Database(path)
    with db.conn:
        db.conn.execute("UPDATE payloads SET body = x'', codec = 'pruned'")
    answer = Site(path).get("/-/capture/1")
    assert answer.status_code == 404
    assert "no body was kept" in answer.text


def test_an_article_that_is_not_there(site: Site) -> None:
    assert "holds no article 12." in site.page("/-/article/12", 404)
    site.page("/-/article/9999999999999999999", 404)


def test_search_ranks_and_marks(site: Site) -> None:
    page = site.page("/-/search?q=ferry")
    assert "3 articles" in page
    assert "<mark>Ferry</mark> stays in port" in page
    assert page.index("stays in port") < page.index("Council votes")
    newest = site.page("/-/search?q=ferry&sort=newest")
    assert newest.index("Council votes") < newest.index("stays in port")
    assert "1 article<" in site.page("/-/search?q=ferry&source=wire")
    assert "<mark>العبّارة</mark>" in site.page("/-/search?q=العبّارة")
    assert "1 article<" in site.page("/-/search?q=title:council")
    assert "Nothing more matches" in site.page("/-/search?q=ferry&page=3")


@pytest.mark.parametrize(
    "query",
    ['"', "ferry AND", "AND", "nosuch:ferry", "title:", "*", "NEAR(", 'fer"ry', "it's", "-ferry", "C++", "%00ferry",
     "(ferry", "ferry^", "{title}:", "a" * 5000, "ferry" + " x" * 300, "%ff", "' OR 1=1 --"],
)  # fmt: skip
def test_search_answers_whatever_is_typed(site: Site, query: str) -> None:
    page = site.page(f"/-/search?q={query.replace('+', '%2B').replace(chr(34), '%22')}&page=0")
    assert 'id="q"' in page


def test_search_says_what_it_did_with_a_broken_expression(site: Site) -> None:
    page = site.page("/-/search?q=ferry+AND")
    assert "no complete search expression" in page
    assert "3 articles" in page
    assert "no word in this" in site.page("/-/search?q=%22")


PAGES = (
    "/", "/-/", "/-/search?q=body", f"/-/article/{HOSTILE}", f"/-/article/{HOSTILE}?cuts=1", "/archive",
    "/archive/articles", "/archive/articles?_all=on", f"/archive/articles/{HOSTILE}", "/archive/latest",
    "/archive/ledger", "/archive/cuts",
)  # fmt: skip


@pytest.mark.parametrize("where", PAGES)
def test_hostile_rows_stay_text(site: Site, where: str) -> None:
    page = site.page(where)
    for trick in ("<script>alert", "<img src=x", "<svg onload", 'href="javascript:', 'href="data:'):
        assert trick not in page
    if where.startswith(("/-/search", "/-/article")) or where == "/":
        assert OVERRIDE not in page


@pytest.mark.parametrize("where", [*PAGES, "/-/capture/1", "/archive/articles.json", "/nothing/here"])
def test_every_answer_carries_security_headers(site: Site, where: str) -> None:
    headers = site.get(where).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    ours = where == "/" or where.startswith(("/-/search", "/-/article"))
    assert ("unsafe-inline" not in headers["content-security-policy"]) == (ours or where.startswith("/-/capture"))


def test_our_pages_ask_for_nothing_from_elsewhere_and_run_no_script(site: Site) -> None:
    for where in ("/", "/-/search?q=ferry", f"/-/article/{FERRY}?cuts=1"):
        page = site.page(where)
        assert "<script" not in page
        assert "style=" not in page
        assert 'href="/-/static-plugins/tearsheet/tearsheet.css"' in page
        assert len(page) < 60_000
    sheet = site.page("/-/static-plugins/tearsheet/tearsheet.css")
    assert "url(" not in sheet
    assert "@import" not in sheet


def test_a_backslash_redirects_to_nowhere_else(site: Site) -> None:
    location = site.get("/%5Cexample.com/").headers.get("location", "")
    assert "\\" not in location
