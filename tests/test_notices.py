"""Pages that stand in an article's place, in words alone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipelines.process import process
from pipelines.recipe import Recipe
from pipelines.types import Article, Capture, Entry, Reason, Reject

_NEWS = "The bridge over the Ostrel will stay closed until May, the council of Marvik said on Monday after a survey. "


def read(title: str, *paragraphs: str, called: str | None = None, head: str = "") -> Article | Reject:
    body = "".join(f"<p>{one}</p>" for one in paragraphs)
    page = f"<html><head><title>{title}</title>{head}</head><body><main><h1>{title}</h1>{body}</main></body></html>"
    url = "https://news.example/a-story-of-the-day-1"
    entry = Entry(source="news", url=url, kind="feed", title=called) if called else None
    capture = Capture(url=url, fetched_at=datetime(2026, 1, 1, tzinfo=UTC), body=page.encode(), entry=entry)
    return process(capture, Recipe.default())


_NOTICES = [
    (Reason.NOT_FOUND, "Page not found", "Sorry, what you asked for is not here. It may have moved. Try the search, or"
     " the front page of the paper, where all the stories of today begin."),
    (Reason.NOT_FOUND, "Seite nicht gefunden", "Was Sie suchen, wurde verschoben oder gelöscht. Bitte versuchen Sie es"
     " über die Startseite oder mit der Suche noch einmal."),
    (Reason.NOT_FOUND, "Страница не найдена", "К сожалению, такой страницы нет. Возможно, она была перенесена. Начните"
     " с главной страницы сайта или воспользуйтесь поиском по сайту."),
    (Reason.BLOCKED, "Just a moment...", "We look at your browser before you go on to the site. This takes a few"
     " seconds and happens by itself, please wait here until it is done."),
    (Reason.LOGIN, "Anmelden", "Bitte melden Sie sich an, um diesen Artikel zu lesen. Noch kein Konto? Sie können sich"
     " hier in wenigen Schritten anmelden."),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "title", "text"), _NOTICES)
def test_a_page_that_says_why_it_holds_no_article_is_rejected_for_that(reason: Reason, title: str, text: str) -> None:
    outcome = read(title, text)
    assert isinstance(outcome, Reject)
    assert outcome.reason is reason
    assert outcome.detail


@pytest.mark.parametrize("title", ["404 people rescued from a ferry", "Access denied to the press at a trial"])
def test_a_short_article_on_such_things_is_one(title: str) -> None:
    assert isinstance(read(title, _NEWS * 2), Article)


def test_a_long_article_may_be_called_anything() -> None:
    rest = (
        "Readers who open the site of the library since Friday see three words and a drawing of a sleeping cat instead"
        " of the catalogue, which holds eleven thousand old maps of the coast, the river and the islands around it.",
        "The librarian said a disk had failed in the cellar while the building was being painted, and that copies were"
        " kept in two other towns. Nothing is lost, she said, but putting all of it back will take until the summer.",
    )
    assert isinstance(read("Page not found", _NEWS, *rest), Article)


_TEASERS = tuple(
    f"The {one} at Marvik is to be painted before the summer, and those who live beside it ask who is to pay for that …"
    for one in ("bridge", "school", "old mill", "theatre", "ferry landing", "market hall")
)
_OG = '<meta property="og:title" content="{}">'


@pytest.mark.parametrize("title", ["Page not found", "404 Not Found", "Seite nicht gefunden", "ページが見つかりません"])
@pytest.mark.parametrize("head", ["", _OG.format("Page not found - News")])
def test_teasers_below_a_notice_make_no_article_of_it(title: str, head: str) -> None:
    outcome = read(title, *_TEASERS, called="Council closes the bridge over the Ostrel", head=head)
    assert isinstance(outcome, Reject)
    assert outcome.reason is Reason.NOT_FOUND


@pytest.mark.parametrize(
    ("title", "called", "head"),
    [
        ("Page not found", "Page not found: a library lost its maps", ""),
        ("Page not found", "A library lost its maps", _OG.format("The week a library could not be read")),
        ("Not found", "Not found", ""),
        ("Maps not found in the cellar", "A library lost its maps", ""),
    ],
)
def test_an_article_that_is_called_so_is_one(title: str, called: str, head: str) -> None:
    assert isinstance(read(title, *_TEASERS, called=called, head=head), Article)
