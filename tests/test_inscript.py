"""Articles that a page keeps within its scripts, in the shapes that sites use."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from pipelines.process import process
from pipelines.recipe import Recipe
from pipelines.types import Article, Capture, Reason, Reject

TITLE = "Ferry to the islands stays in port until March"
PARAGRAPHS = [
    "The ferry to the islands will not sail before the first of March, its operator said on Tuesday evening.",
    "Divers found cracks in both landing stages, and nobody will be asked to step onto them before they are mended.",
    "Pupils are brought to school by the pilot cutter, which takes twelve of them at a time and leaves at seven.",
    "The council will vote on a loan next week; its treasurer called the sum painful but unavoidable.",
]
HTML = "".join(f"<p>{one}</p>" for one in PARAGRAPHS)
OTHER = [f"{one} This is told of another harbour altogether, and at some length." for one in PARAGRAPHS]
NEXT = {"props": {"pageProps": {"story": {"headline": TITLE, "bodyHtml": HTML, "comments": [{"text": "No!" * 300}]}}}}
PARTS = {"headlines": {"basic": TITLE}, "content_elements": [{"type": "text", "content": one} for one in PARAGRAPHS]}


def flight(*rows: bytes) -> str:
    """Rows as a server sends them: in pieces that end anywhere."""
    stream = b"".join(rows).decode()
    pieces = [stream[n : n + 90] for n in range(0, len(stream), 90)]
    return "".join(f"<script>self.__next_f.push([1,{json.dumps(one)}])</script>" for one in pieces)


def page(scripts: str, title: str = TITLE, shown: str = "<div id=root></div>") -> bytes:
    return (
        f"<!doctype html><html lang=en><head><title>{title}</title><meta property=og:title content='{title}'></head>"
        f"<body>{shown}{scripts}</body></html>"
    ).encode()


def read(body: bytes) -> Article | Reject:
    capture = Capture(url="https://post.example/news/ferry", fetched_at=datetime(2026, 1, 1, tzinfo=UTC), body=body)
    return process(capture, Recipe.default())


def script(value: object, kind: str = "application/json") -> str:
    return f'<script type="{kind}">{json.dumps(value)}</script>'


BODY = HTML.encode()
SHAPES = {
    "json": script(NEXT),
    "a list of parts": f"<script>window.Fusion=window.Fusion||{{}};Fusion.globalContent={json.dumps(PARTS)};</script>",
    "a state": f"<script>window.__STATE__ = {json.dumps(NEXT)};\nboot();</script>",
    "a state as a string": f"<script>window.__STATE__ = JSON.parse({json.dumps(json.dumps(NEXT))});</script>",
    "articleBody": script({"@type": "NewsArticle", "headline": TITLE, "articleBody": "\n".join(PARAGRAPHS)},
                          "application/ld+json"),
    "flight rows": flight(
        b'1:"$Sreact.fragment"\n:HL["/font.woff2","font"]\n2:I[1,[],""]\n',
        b"a:T%x,%s" % (len(BODY), BODY),
        b'b:["$","$L2",null,{"article":{"title":"%s","html":"$a"}}]\n' % TITLE.encode(),
    ),
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_the_article_is_read_from(shape: str) -> None:
    article = read(page(SHAPES[shape]))
    assert isinstance(article, Article), article
    assert article.text == "\n\n".join(PARAGRAPHS)
    assert article.title == TITLE


def test_of_several_bodies_the_one_with_the_pages_headline_counts() -> None:
    longer = {"headline": "Bridge closed", "bodyHtml": "".join(f"<p>{one}</p>" for one in OTHER)}
    article = read(page(script([longer, {"headline": TITLE, "bodyHtml": HTML}])))
    assert isinstance(article, Article)
    assert article.text == "\n\n".join(PARAGRAPHS)


def test_a_front_page_that_holds_many_articles_is_none() -> None:
    each = [{"headline": f"Story {n}", "bodyHtml": HTML.replace("ferry", f"ferry {n}")} for n in range(5)]
    outcome = read(page(script({"stories": each}), title="The Harbour Post"))
    assert isinstance(outcome, Reject)
    assert outcome.reason is Reason.EMPTY


def test_what_the_page_shows_comes_first() -> None:
    shown = f"<article><h1>{TITLE}</h1>{HTML}</article>"
    article = read(
        page(script({"headline": TITLE, "bodyHtml": "".join(f"<p>{one}</p>" for one in OTHER)}), shown=shown)
    )
    assert isinstance(article, Article)
    assert "another harbour" not in article.text


def test_captions_and_places_for_advertisements_are_left_out() -> None:
    body = f'<div class="img-box"><em class="caption">The ferry. Brandt</em></div><p>$$AD$$</p>{HTML}'
    article = read(page(script({"title": TITLE, "contentHtml": body})))
    assert isinstance(article, Article)
    assert article.text == "\n\n".join(PARAGRAPHS)


@pytest.mark.parametrize("broken", ['{"a": [', "[" * 5000, '{"a": "' + "x" * 5000])
def test_broken_scripts_are_passed_over(broken: str) -> None:
    outcome = read(page(f"<script>window.__STATE__ = {broken}{' ' * 400}</script>" + SHAPES["json"]))
    assert isinstance(outcome, Article)
