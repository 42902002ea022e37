"""Pages that stand in an article's place, in words alone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipelines.process import process
from pipelines.recipe import Recipe
from pipelines.types import Article, Capture, Reason, Reject

_NEWS = "The bridge over the Ostrel will stay closed until May, the council of Marvik said on Monday after a survey. "


def read(title: str, *paragraphs: str) -> Article | Reject:
    body = "".join(f"<p>{one}</p>" for one in paragraphs)
    page = f"<html><head><title>{title}</title></head><body><main><h1>{title}</h1>{body}</main></body></html>"
    capture = Capture(
        url="https://news.example/a-story-of-the-day-1", fetched_at=datetime(2026, 1, 1, tzinfo=UTC), body=page.encode()
    )
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
