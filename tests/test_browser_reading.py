"""What a journalist does all day, in a real browser: finds, opens, compares, follows, subscribes, notes."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import Any

import feedparser
import pytest

from tests.browser_room import PHONE, Explorer, Seen, looking
from tests.browser_stock import EDITED, STORY, TONGUES
from tests.reading_room import ARABIC, FERRY, WIRE

pytestmark = pytest.mark.browser


@pytest.fixture
def look(chromium: Any, explorer: Explorer) -> Iterator[tuple[Any, Seen]]:
    with looking(chromium, explorer) as both:
        yield both
        assert (both[1].dialogs, both[1].errors, both[1].elsewhere) == ([], [], [])


@pytest.fixture
def page(look: tuple[Any, Seen]) -> Any:
    return look[0]


def search(page: Any, words: str) -> None:
    page.goto("/")
    page.get_by_role("searchbox").first.fill(words)
    enter(page)


def enter(page: Any) -> None:
    with page.expect_navigation():
        page.keyboard.press("Enter")


def results(page: Any) -> Any:
    return page.locator(".results li h3 a")


@pytest.mark.parametrize(("number", "word"), [(one[0], one[4]) for one in TONGUES] + [(ARABIC, "العبّارة")])
def test_search_in_any_script_and_open(page: Any, number: int, word: str) -> None:
    search(page, word)
    assert results(page).count() == 1
    assert page.locator(".results mark").count() >= 1
    title = results(page).first.inner_text()
    results(page).first.click()
    assert page.url.endswith(f"/-/article/{number}")
    assert page.locator("h1").inner_text() == title


def test_a_facet_narrows_the_search(page: Any) -> None:
    search(page, "harbour")
    facet = page.locator(".facets a", has_text="Northern Wire")
    count = int(re.sub(r"\D", "", facet.locator("xpath=..").inner_text()))
    facet.click()
    assert "wire" in page.url
    assert results(page).count() == min(count, 20)
    assert set(page.locator(".results .byline .source").all_inner_texts()) == {"Northern Wire"}


def test_the_results_go_on_and_back(page: Any) -> None:
    search(page, "harbour")
    first = results(page).all_inner_texts()
    page.get_by_role("link", name="Next").click()
    assert not set(first) & set(results(page).all_inner_texts())
    page.get_by_role("link", name="Previous").click()
    assert results(page).all_inner_texts() == first


def test_a_search_is_a_feed(page: Any, explorer: Explorer) -> None:
    search(page, "lighthouse")
    link = page.locator("link[rel=alternate][type='application/atom+xml']").get_attribute("href")
    _, body, kind = explorer.get(link)
    feed = feedparser.parse(body)
    assert kind.startswith("application/atom+xml")
    assert not feed.bozo, feed.get("bozo_exception")
    assert {one.title for one in feed.entries} == {f"Keeper retires ({n})" for n in range(3)}
    assert all(one.link and one.updated_parsed and one.id for one in feed.entries)


def test_a_search_is_a_table_to_take_along(page: Any) -> None:
    search(page, "lighthouse")
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text(encoding="utf-8-sig"))))
    assert {row["title"] for row in rows} == {f"Keeper retires ({n})" for n in range(3)}


def test_a_search_that_cannot_be_gets_a_hint(page: Any) -> None:
    search(page, '"ferry AND (')
    assert page.get_by_role("status").first.is_visible()
    assert results(page).count() > 0


def test_cuts_unfold_in_place(page: Any) -> None:
    page.goto(f"/-/article/{FERRY}")
    body = page.locator(".body")
    cut = body.locator("del", has_text="52 shares")
    assert not cut.is_visible()
    cut.locator("xpath=ancestor::details[last()]").locator("summary").first.click()
    assert cut.is_visible()
    assert body.get_by_text("Counters of shares and readers change with every visit.").is_visible()
    page.get_by_role("link", name=re.compile("Unfold")).click()
    assert body.locator("del", has_text="© Harbour Post").is_visible()


def test_revisions_compare_inline_and_side_by_side(page: Any) -> None:
    page.goto(f"/-/article/{EDITED}")
    page.locator(".events summary").first.click()
    told = page.locator(".events .version").first
    assert told.locator("del", has_text="council").is_visible()
    assert told.locator("ins", has_text="mayor").is_visible()
    page.locator(".events").get_by_role("link", name="Side by side").first.click()
    old, new = page.locator("table.both tbody td").filter(has_text="The bridge").all()[:2]
    assert "council" in old.inner_text()
    assert "mayor" in new.inner_text()
    assert old.bounding_box()["x"] < new.bounding_box()["x"]
    page.get_by_label("Compare version").fill("1")
    page.get_by_label("with version").fill("3")
    page.get_by_role("button", name="Compare").click()
    assert page.locator("table.both del", has_text="April").count()


def test_a_story_is_followed_from_outlet_to_outlet(page: Any) -> None:
    page.goto(f"/-/article/{STORY + (1 << 20)}")
    page.get_by_role("link", name=re.compile("The whole story")).click()
    assert page.url.endswith(f"/-/story/{STORY}")
    outlets = page.locator(".members h2").all_inner_texts()
    assert outlets == ["Northern Wire", "The Harbour Post", "Paper in sv"]
    page.locator(".members li").nth(2).get_by_role("link", name="Keeper").click()
    assert page.locator("h1").inner_text() == "Keeper retires (2)"


def test_a_note_and_a_tag_are_written_found_and_taken_back(page: Any) -> None:
    page.goto(f"/-/article/{WIRE}")
    page.locator("details.write summary").click()
    page.get_by_label("Tags, parted by commas").fill("follow-up, جزيرة")
    page.locator("#note-text").fill("Call the operator <b>again</b>")
    page.locator("details.write").get_by_role("button", name="Add").click()
    assert page.get_by_text("Call the operator <b>again</b>").first.is_visible()
    page.get_by_role("link", name="#follow-up").click()
    assert results(page).all_inner_texts() == ["Island ferry out of service"]
    page.go_back()
    page.get_by_role("button", name="Take off the tag follow-up").click()
    assert page.get_by_role("link", name="#follow-up").count() == 0


def test_a_verdict_is_given_and_taken_back(page: Any, explorer: Explorer) -> None:
    page.goto("/-/source/post")
    row = page.locator("#furniture ~ table tr", has_text="Sign up for our weekly letter")
    row.get_by_role("button", name="Content").click()
    assert page.get_by_role("status").is_visible()
    said = "SELECT verdict, origin FROM blocks WHERE source_id = 'post'"
    assert [tuple(one) for one in explorer.rows(said)] == [("content", "yours")]
    row.get_by_role("button", name="Take back").click()
    assert [tuple(one) for one in explorer.rows(said)] != [("content", "yours")]


def test_a_search_is_watched(page: Any, explorer: Explorer) -> None:
    page.goto("/-/watches")
    page.get_by_label("Search, as on the search page").fill("lighthouse OR ferry")
    page.get_by_label("Name").fill("harbour")
    page.get_by_role("button", name="Watch").click()
    assert page.url.endswith("/-/watch/harbour")
    link = page.locator("link[rel=alternate][type='application/atom+xml']").get_attribute("href")
    assert feedparser.parse(explorer.get(link)[1]).version == "atom10"
    page.get_by_text("Remove this watch").click()
    page.get_by_role("button", name="Remove").click()
    assert page.get_by_role("link", name="harbour", exact=True).count() == 0


def test_a_question_is_asked_with_other_values(page: Any) -> None:
    page.goto("/-/question/latest?source=post")
    assert page.locator("main table tbody tr").count() > 0
    page.get_by_label("source", exact=False).first.select_option("wire")
    page.locator("main form button").first.click()
    assert "source=wire" in page.url
    assert page.locator("main table tbody tr").count() > 0


def test_right_to_left(page: Any) -> None:
    page.goto(f"/-/article/{ARABIC}")
    assert page.locator("h1").evaluate("one => getComputedStyle(one).direction") == "rtl"
    text = page.locator(".body p").first
    assert text.evaluate("one => getComputedStyle(one).direction") == "rtl"
    assert text.evaluate("one => getComputedStyle(one).textAlign") in ("start", "right")
    assert page.locator(".masthead").evaluate("one => getComputedStyle(one).direction") == "ltr"


def test_on_a_phone_one_finds_and_reads(chromium: Any, explorer: Explorer) -> None:
    with looking(chromium, explorer, width=PHONE, has_touch=True, is_mobile=True) as (page, seen):
        search(page, "lighthouse")
        results(page).first.tap()
        text = page.get_by_text("The lighthouse keeper retires")
        assert text.bounding_box()["width"] > 300
        assert float(text.evaluate("one => parseFloat(getComputedStyle(one).fontSize)")) >= 16
        assert seen.errors == []
