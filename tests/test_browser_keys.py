"""Our pages by the keyboard alone, on paper, and in the reader's colours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser_pages import OURS
from tests.browser_room import Explorer, looking
from tests.reading_room import FERRY

pytestmark = pytest.mark.browser

_PAGES = ("front", "search", "article, edited", "source", "story", "changes", "removals", "watches", "question latest")
#: Numbers everything that a person can act on and sees.
_NUMBER = """
(() => {
    const all = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary,"
        + " [tabindex]")].filter(one => one.tabIndex >= 0 && !one.disabled && one.checkVisibility())
    all.forEach((one, n) => one.dataset.n = n)
    return all.length
})()
"""
#: What has the focus: its number, whether a ring can be seen around it, and whether it is in sight.
_FOCUSED = """
(() => {
    const one = document.activeElement, look = getComputedStyle(one), box = one.getBoundingClientRect()
    return [Number(one.dataset.n ?? -1), look.outlineStyle != "none" && parseFloat(look.outlineWidth) >= 2,
        box.bottom > 0 && box.top < innerHeight, one.outerHTML.slice(0, 150)]
})()
"""


@pytest.fixture
def page(chromium: Any, explorer: Explorer) -> Iterator[Any]:
    with looking(chromium, explorer) as (page, _):
        yield page


@pytest.mark.parametrize("name", _PAGES)
def test_tab_reaches_everything_in_order_and_shows_where_it_is(page: Any, name: str) -> None:
    page.goto(OURS[name])
    count = page.evaluate(_NUMBER)
    page.evaluate("document.activeElement.blur()")
    reached: list[int] = []
    while len(reached) < count:
        page.keyboard.press("Tab")
        number, ringed, in_sight, what = page.evaluate(_FOCUSED)
        assert ringed, what
        assert in_sight, what
        if number not in reached[-1:]:  # a date has three parts to stop at
            assert number == len(reached), what
            reached.append(number)


def test_the_skip_link_skips_the_menu(page: Any) -> None:
    page.goto(f"/-/article/{FERRY}")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.locator(".skip").bounding_box()["height"] > 20
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")


def test_search_and_read_without_a_mouse(page: Any) -> None:
    page.goto("/-/search")
    page.wait_for_function("document.activeElement.name === 'q'")  # the field has the focus
    page.keyboard.type("lighthouse")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.locator(".results h3 a").first.focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    summary = page.locator("main summary").first
    summary.focus()
    before = summary.evaluate("one => one.parentElement.open")
    page.keyboard.press("Space")
    assert summary.evaluate("one => one.parentElement.open") != before


def test_on_paper_stands_the_article_and_no_menu(page: Any) -> None:
    page.goto(f"/-/article/{FERRY}")
    page.emulate_media(media="print")
    assert page.locator("h1").is_visible()
    assert page.locator(".body").get_by_text("The ferry to the islands").is_visible()
    assert page.locator(".byline").first.is_visible()
    for chrome in (".masthead nav", ".toggle", ".skip", "form"):
        assert not any(one.is_visible() for one in page.locator(chrome).all()), chrome


def test_pages_come_in_the_colours_that_the_reader_likes(page: Any) -> None:
    page.goto("/")
    papers = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        papers.append(page.evaluate("getComputedStyle(document.body).backgroundColor.match(/[0-9]+/g).map(Number)"))
    assert sum(papers[0]) > 700
    assert sum(papers[1]) < 150
