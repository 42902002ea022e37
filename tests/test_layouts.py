"""Layouts whose names lie: articles in sidebars, teasers and comments called articles, standfirsts called bodies."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipelines.process import process
from pipelines.recipe import Recipe
from pipelines.types import Article, Capture, Source
from tests.hostile.prose import paragraphs, title

SEEN = datetime(2026, 1, 1, tzinfo=UTC)
NAME = "harbour"
TITLE, TOLD = title(NAME), list(paragraphs(NAME))
STORY = "".join(f"<p>{one}</p>" for one in TOLD)
STANDFIRST = "Nobody asked for the old crane, and now that it is to go the whole town wants to keep it where it stands."
TEASER = (
    "Voters choose in May between three candidates, two of whom have sat in the town hall for longer than a decade."
)
LINKS = "".join(f'<p><a href="/vote/{n}">{TEASER}</a></p>' for n in range(20))


def read(body: str) -> list[str]:
    """The lines of the article's text."""
    return [line for line in whole(body).text.split("\n") if line]


def whole(body: str) -> Article:
    """The article of a page."""
    page = f"<title>{TITLE} | The Tide</title><body>{body}"
    capture = Capture(url="https://example.org/2025/05/01/harbour", fetched_at=SEEN, body=page.encode())
    outcome = process(capture, Recipe.default())
    assert isinstance(outcome, Article), outcome
    return outcome


@pytest.mark.parametrize(
    "frame",
    [
        '<div class="l-sidebar-fixed l-article-body"><div class="entry-content">{}</div><aside>{teaser}</aside></div>',
        '<div id="content" class="sidebar-left">{}</div>',
        '<section class="o-section o-section--has-ads"><div class="article-body">{}</div></section>',
        '<div class="with-sidebar"><div itemprop="articleBody">{}</div></div>',
        '<aside><h1>{title}</h1><article><div class="text">{}</div></article></aside>',
        '<div class="entry-content intro"><p>{standfirst}</p></div><div class="entry-content text">{}</div>',
        '<div class="sponsored"><article><h1>{title}</h1><p>{standfirst}</p>{}</article></div>',
    ],
)
def test_the_name_of_a_layout_does_not_take_the_article_along(frame: str) -> None:
    """`sidebar`, `ads` and `aside` say where something stands; the text within says what it is."""
    within = frame.format(STORY, title=TITLE, standfirst=STANDFIRST, teaser=f"<p>{TEASER}</p>")
    found = read(f"{LINKS}<header><h2>The Tide</h2></header>{within}<div>{LINKS}</div>")
    assert [line for line in found if line != STANDFIRST] == TOLD


@pytest.mark.parametrize("name", ["sidebar", "promo", "related", "teasers", "comments"])
def test_what_is_called_beside_the_article_is_not_read_however_long(name: str) -> None:
    beside = "".join(f"<div><h3>Vote {n}</h3><p>{TEASER} {TEASER}</p></div>" for n in range(12))
    assert read(f'<h1>{TITLE}</h1><div>{STORY}</div><div class="{name}">{beside}</div>') == TOLD


@pytest.mark.parametrize(
    "frame",
    [
        "<site-story>{}</site-story>",
        "<news-page><news-head><h1>{title}</h1></news-head><story-body>{}</story-body></news-page>",
        '<Site-Story class="story"><app-text>{}</app-text><app-sidebar><p>{teaser}</p></app-sidebar></Site-Story>',
    ],
)
def test_elements_of_a_site_s_own_are_containers(frame: str) -> None:
    within = frame.format(STORY, title=TITLE, teaser=TEASER)
    assert read(f"<app-root><app-nav>{LINKS}</app-nav>{within}<app-foot>{LINKS}</app-foot></app-root>") == TOLD


@pytest.mark.parametrize("word", ["{}", "<b>{}</b>", '<a href="/the">{}</a>'])
def test_elements_of_a_site_s_own_within_a_sentence_stay_in_it(word: str) -> None:
    named = f"<site-link>{word.format('the')}</site-link>"
    story = "".join(f"<p>{one.replace(' the ', f' {named} ')}</p>" for one in TOLD)
    assert " the " in TOLD[0]
    assert read(f"<story-body>{story}</story-body>") == TOLD


@pytest.mark.parametrize(
    "own",
    [
        {"body": "site-page > story-text"},
        {"remove": "app-offer"},
        {"body": 'Story-Text[data-part="one of-two"]', "remove": "site-page :not(story-text) > p, app-offer"},
    ],
)
def test_a_person_s_selectors_name_elements_of_a_site_s_own(own: dict[str, str]) -> None:
    offer = f"<p>{TEASER}</p>"
    story = f'<story-text data-part="one of-two">{STORY}<app-offer>{offer}</app-offer></story-text>'
    page = f"<title>{TITLE}</title><body><site-page><h1>{TITLE}</h1>{story}<div>{LINKS}</div></site-page>"
    capture = Capture(url="https://example.org/1", fetched_at=SEEN, body=page.encode(), source="tide")
    outcome = process(capture, Recipe.default({"tide": Source(id="tide", page=own)}))
    assert isinstance(outcome, Article)
    lines = [line for line in outcome.text.split("\n") if line]
    assert lines == ([*TOLD] if "remove" in own else [*TOLD, TEASER])


HEADS = {
    "plain": "<h3>Ferry on day {n}</h3>",
    "linked": '<h3><a href="/ferry/{n}">Ferry on day {n}</a></h3>',
    "wrapped": '<a href="/ferry/{n}"><h3>Ferry on day {n}</h3></a>',
    "signed": "<b>Ada {n}</b>",
    "anchored": '<h3><a href="/2025/05/01/harbour?part={n}#top">Ferry on day {n}</a></h3>',
}


def items(head: str, times: int = 1) -> str:
    """Six elements called articles."""
    texts = (
        f"On day {n} the ferry took {n}40 lorries across, and no more than that for the wind. " for n in range(1, 7)
    )
    return "".join(
        f"<article>{HEADS[head].format(n=n)}<p>{text * times}</p></article>" for n, text in enumerate(texts, 1)
    )


@pytest.mark.parametrize("times", [1, 2, 9])
@pytest.mark.parametrize("head", ["plain", "linked", "wrapped", "signed"])
@pytest.mark.parametrize(
    "layout",
    [
        "<main><h1>{title}</h1><div>{story}</div></main><section>{items}</section>",
        "<section>{items}</section><div><h1>{title}</h1><div>{story}</div></div>",
        "<div><div>{items}</div></div><div><div><h1>{title}</h1></div><div>{story}</div></div>",
    ],
)
def test_teasers_and_comments_called_articles_are_not_the_article(layout: str, head: str, times: int) -> None:
    """It has no name itself."""
    assert read(layout.format(title=TITLE, story=STORY, items=items(head, times))) == TOLD


@pytest.mark.parametrize("head", ["linked", "wrapped"])
def test_teasers_within_the_article_s_element_go_by_where_they_lead(head: str) -> None:
    assert read(f"<main><h1>{TITLE}</h1><div>{STORY}</div>{items(head)}</main>") == TOLD


@pytest.mark.parametrize("head", ["plain", "signed", "anchored", "linked"])
def test_parts_called_articles_below_one_headline_are_one_article(head: str) -> None:
    """A digest leads to other pages and is a text all the same."""
    found = "\n".join(read(f"<main><h1>{TITLE}</h1><p>{TOLD[0]}</p>{items(head)}</main>"))
    assert [f"{n}40 lorries" in found for n in range(1, 7)] == [True] * 6


def test_the_article_that_has_its_headline_in_it_is_read_however_short() -> None:
    own = f"<article><h1>{TITLE}</h1><p>{TOLD[0]}</p><p>{TOLD[1]}</p></article>"
    found = read(f"<div>{items('plain')}</div>{own}<div>{items('linked')}<p>{STANDFIRST} {STANDFIRST}</p></div>")
    assert found == TOLD[:2]


@pytest.mark.parametrize("label", ["Read also", "Baca juga", "Soma zaidi", "ଆହୁରି ପଢନ୍ତୁ", "Citește și"])
def test_a_label_and_a_headline_that_leads_to_another_article_go_in_any_language(label: str) -> None:
    link = '<a href="/2025/04/30/town-hall">Town hall clock stands still again</a>'
    told = [f"<p>{one}</p>" for one in TOLD]
    pointer = f"<p><strong>{label}:</strong> {link}</p>"
    assert read(f"<article><h1>{TITLE}</h1>{told[0]}{pointer}{''.join(told[1:])}</article>") == TOLD


def test_what_an_article_lists_and_speaks_of_is_its_own() -> None:
    links = [
        f'<p>Part {n}: <a href="/part/{n}">The {n} ferries of the old harbour</a></p>' for n in ("two", "ten", "six")
    ]
    talk = '<p>Ada Holm: <a href="/talks/1">How a harbour learned to listen</a></p>'
    about = "Ada Holm has measured the noise of ferries for longer than anybody in the town, and speaks of it with joy."
    told = [f"<p>{one}</p>" for one in TOLD]
    page = (
        f"<article><h1>{TITLE}</h1>{told[0]}{''.join(links)}{told[1]}{talk}<p>{about}</p>{''.join(told[2:])}</article>"
    )
    lines = read(page)
    assert [line for line in lines if line.startswith("Part ")] == [
        f"Part {n}: The {n} ferries of the old harbour" for n in ("two", "ten", "six")
    ]
    assert "Ada Holm: How a harbour learned to listen" in lines


@pytest.mark.parametrize("name", ["", ' class="preface"'])
def test_a_sentence_set_apart_below_the_headline_is_the_standfirst(name: str) -> None:
    head = f"<header><h1>{TITLE}</h1><p{name}>{STANDFIRST}</p></header><p>By Ada Holm</p><p>2 May 2025</p>"
    article = whole(f"<main>{head}<div>{STORY}</div></main>")
    assert (article.description, article.text.split("\n\n")) == (STANDFIRST, TOLD)


@pytest.mark.parametrize(
    "holder",
    [
        "{}",
        '<div class="social-media-embed">{}</div>',
        '<aside class="embed"><div class="tweet-widget">{}</div></aside>',
    ],
)
def test_a_post_that_an_article_quotes_is_part_of_it(holder: str) -> None:
    said = "The old crane stays where it is, and whoever wants to see it move has to wait for another council."
    post = f'<blockquote class="twitter-tweet"><p lang="en">{said}</p>— Ada Holm (@ada)</blockquote><script></script>'
    told = [f"<p>{one}</p>" for one in TOLD]
    quoted = holder.format(post)
    lines = read(f"<article><h1>{TITLE}</h1>{''.join(told[:3])}{quoted}{''.join(told[3:])}</article>")
    assert [line for line in lines if line in (said, *TOLD)] == [*TOLD[:3], said, *TOLD[3:]]


def test_a_form_that_parts_the_text_and_asks_for_an_address_is_none_of_it() -> None:
    form = (
        '<div class="kg-card"><h3>Stay on course</h3><p>Slow stories from the edge of the land, on Sundays at noon.</p>'
        '<form><input type="email" placeholder="jamie@example.com"><button>Join</button></form><p>No noise.</p></div>'
    )
    told = [f"<p>{one}</p>" for one in TOLD]
    assert read(f"<article><h1>{TITLE}</h1>{''.join(told[:3])}{form}{''.join(told[3:])}</article>") == TOLD
