"""The front page: what a reader learns of an archive at a glance. Runs on Datasette 0.65 and on 1.0."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlite_utils import Database

from pipelines.explore.questions import questions
from pipelines.explore.terms import Terms, serve_on
from tests.reading_room import ARABIC, COUNCIL, FERRY, HOSTILE, OVERRIDE, WIRE, Site, stock
from tests.shelf import add_article, add_source, insert, open_shelf


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(stock(tmp_path_factory.mktemp("front") / "archive.db"))


def test_the_front_page_greets(site: Site) -> None:
    page = site.page("/")
    for said in (
        "6 articles from 3 sources",
        "between 15 Nov 2017 and 16 Nov 2017",
        "1 earlier version",
        "Last crawl: 20 November 2026, 06:04 UTC",
        "16 November 2017, 09:00 (time zone unknown)",
        "date unknown, seen 20 Nov 2026",
        f'href="/-/article/{ARABIC}"',
        'action="/-/search"',
        'href="/-/"',
        'href="/-/source/post"',
    ):
        assert said in page
    for question in questions():
        assert f'href="/-/question/{question.name}"' in page
    assert 'id="watches"' not in page


def test_datasettes_own_index_stays(site: Site) -> None:
    assert 'href="/archive/articles"' in site.page("/-/")
    assert "archive" in site.page("/.json")


def test_a_story_is_one_line_under_the_headline_of_who_had_it_first(site: Site) -> None:
    page = site.page("/")
    assert f'href="/-/article/{WIRE}"' in page
    assert f'href="/-/article/{FERRY}"' not in page.partition("Edited headlines")[0]
    carried = page.partition(f'href="/-/story/{WIRE}"')[2]
    assert carried.startswith(">Carried by 2 outlets</a>, first")
    assert carried.index("Northern Wire") < carried.index("</p>")
    assert f"/-/story/{COUNCIL}" not in page


def test_headlines_that_were_edited_are_told_word_by_word(site: Site) -> None:
    page = site.page("/").partition("Edited headlines")[2]
    assert "<del>Ferry service suspended</del> <ins>Ferry</ins>" in page
    assert f'href="/-/article/{FERRY}?from=1&amp;to=2#edits"' in page


def test_growth_is_drawn_day_by_day(site: Site) -> None:
    page = site.page("/")
    assert "Published in the four weeks until 16 Nov 2017" in page
    assert "15 Nov 2017: 2 articles" in page
    assert "since=2017-11-16&amp;until=2017-11-16" in page


def test_hostile_rows_stay_text(site: Site) -> None:
    page = site.page("/")
    assert f'href="/-/article/{HOSTILE}"' in page
    for trick in ("<script>alert", "<img src=x", 'href="javascript:', OVERRIDE, "style="):
        assert trick not in page


def test_an_empty_archive_says_how_to_begin(tmp_path: Path) -> None:
    db = open_shelf(tmp_path / "archive.db")
    page = Site(tmp_path / "archive.db").page("/")
    assert "Nothing here yet" in page
    assert "tearsheet sources add" in page
    for chrome in ("Newest stories", "Questions to ask", "Edited headlines", "<figure", 'id="q"'):
        assert chrome not in page
    add_source(db, "post", "The Harbour Post")
    db.close()
    page = Site(tmp_path / "archive.db").page("/")
    assert "1 source to follow" in page
    assert "tearsheet crawl" in page
    assert "never answered" in page


def test_sources_say_how_they_are_and_what_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    db = open_shelf(path)
    for n, name in enumerate(("fine", "quiet", "broken", "filed"), 1001):
        add_source(db, name, f"The {name}")
        add_article(db, n << 20, name, name, f"A text of {name}.")
        if name != "filed":
            insert(
                db, "feeds", source_id=name, kind="feed", url=f"https://{name}.example/rss", status=200,
                checked_at="2026-11-20T06:00:00Z", failures=3 if name == "broken" else 0,
            )  # fmt: skip
    when = {"began_at": "2026-11-11T00:00:00Z", "found_at": "2026-11-12T00:00:00Z", "seen_at": "2026-11-20T00:00:00Z"}
    insert(db, "findings", source_id="quiet", kind="silent", detail="silent for 9 days, usually 2 hours", **when)
    insert(db, "findings", source_id="fine", kind="fewer", detail="it is over", ended_at="2026-11-13T00:00:00Z", **when)
    insert(
        db, "vitals", source_id="quiet", looked_at="2026-11-20T06:00:00Z", articles_week=3, usual_week=41.5,
        last_success_at="2026-11-20T06:00:00Z", pages_week=3,
    )  # fmt: skip
    insert(db, "tallies", run_id=1, source_id="fine", what="fetched", n=7)
    insert(db, "tallies", run_id=1, source_id="fine", what="new", n=4)
    db.close()
    page = Site(path).page("/")
    assert "7 pages fetched, 4 new articles" in page
    assert "Something is wrong with 2 of 4" in page
    listed = page.partition('class="sources"')[2].partition("</ul>")[0]
    told = {one.partition("/-/source/")[2].partition('"')[0]: " ".join(one.split()) for one in listed.split("<li>")[1:]}
    assert set(list(told)[:2]) == {"quiet", "broken"}  # what is wrong stands first
    assert '<span class="state wrong">ill</span>' in told["quiet"]
    assert "silent for 9 days, usually 2 hours" in told["quiet"]
    assert "3 this week, usually 42" in told["quiet"]
    assert '<span class="state wrong">failing</span>' in told["broken"]
    assert '<span class="state">well</span>' in told["fine"]
    assert "it is over" not in page
    assert 'class="state' not in told["filed"]  # nobody follows what was imported


def test_watches_are_shown_to_their_owner_and_not_to_the_public(tmp_path: Path) -> None:
    path = stock(tmp_path / "archive.db")
    insert(Database(path), "watches", name="ferries", query="ferry", made_at="2026-11-20T06:00:00.000Z")
    site = Site(path)
    assert 'href="/-/watch/ferries"' in site.page("/")
    public = Site(path)
    serve_on(public.datasette, Terms(public=True))
    assert "/-/watch/" not in public.page("/")
