"""Our pages in Datasette: what a reader sees, and what a hostile page cannot do. Runs on 0.65 and on 1.0."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.reading_room import FERRY, HOSTILE, OVERRIDE, Site, stock


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stock(tmp_path_factory.mktemp("explore") / "archive.db")


@pytest.fixture(scope="module")
def site(path: Path) -> Site:
    return Site(path)


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
    assert "AND wants a word on both sides" in page
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
    assert headers["referrer-policy"] in ("same-origin", "no-referrer")  # 0.65 sends the latter with its own pages
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
