"""Odds: what place, kin and looks say of a line, and what may be cut by them alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pipelines.process import process
from pipelines.recipe import Recipe
from pipelines.rules import rule_set
from pipelines.strip import strip
from pipelines.types import Article, Block, Capture, Extraction

_PARAGRAPHS = [
    "The harbour of Marvik was closed on Monday, and nobody in the town could say for how long it would stay so.",
    "Ice had come down the river during the night and lay three feet deep between the piers and the sheds.",
    "Two ferries turned back before dawn. Their passengers were put up in the gymnasium of the old school.",
    "A spokeswoman of the port asked everyone to keep away from the quay until engineers had looked at it.",
    "Fishermen did not wait for the engineers and cut their boats free with saws that they had brought along.",
    "By noon the wind had turned, and the first gap opened where the fairway runs close to the lighthouse.",
]


def _extraction(lines: Sequence[tuple[str, float]], tag: str = "p") -> Extraction:
    blocks, parts, place = [], [], 0
    for text, odds in lines:
        blocks.append(Block(place, place + len(text), tag, odds=odds))
        parts.append(text)
        place += len(text) + 2
    return Extraction(text="\n\n".join(parts), blocks=tuple(blocks))


def _kept(lines: Sequence[tuple[str, float]], tag: str = "p") -> list[str]:
    return strip(_extraction(lines, tag), rule_set(())).text.split("\n\n")


_BODY = [(paragraph, -5.0) for paragraph in _PARAGRAPHS]


def test_a_stretch_at_the_end_goes_as_a_whole() -> None:
    tail = [("Marvik at a glance", 2.0), ("a small doubtful line within", -0.5), ("Yours every morning", 1.0)]
    assert _kept([*_BODY, *tail]) == _PARAGRAPHS


def test_a_line_that_is_clearly_text_ends_the_stretch() -> None:
    tail = [("Marvik at a glance", 2.0), ("He laughed at that for quite some time.", -3.0), ("Yours every day", 1.0)]
    assert _kept([*_BODY, *tail])[-2:] == ["Marvik at a glance", "He laughed at that for quite some time."]


def test_what_would_take_much_of_the_article_stays() -> None:
    doubtful = [(paragraph, 0.5) for paragraph in _PARAGRAPHS[3:]]
    assert _kept([*_BODY[:3], *doubtful]) == _PARAGRAPHS


def test_a_quotation_is_never_cut_by_odds() -> None:
    lines = [(one, 4.0) for one in ("The sea was here first.", "It will be here last.", "So it goes.")]
    assert len(_kept([*lines, *lines[:1]], tag="quote")) == 4


@pytest.mark.parametrize(
    ("announcing", "announced", "kept"),
    [
        (("Sources:", -1.0), [("M. Orn, Harbours of the North, 1970", 1.0)], 1),
        (("Author:", -1.0), [("Mila Orn, Marvik", 1.0), ("Mila has written about harbours since 1999.", 1.0)], 2),
        (("Sources:", -1.0), [("A letter of the port.", 1.0), ("Yours every morning", 1.0)], 1),
        (("Also today:", 1.0), [("The ferry is late again", 1.0)], 0),
        (("Also today:", -1.0), [("The ferry is late again", 3.5)], 0),
        (("He went home.", -1.0), [("The ferry is late again", 1.0)], 0),
    ],
)
def test_what_a_line_of_the_text_announces_stays_with_it(
    announcing: tuple[str, float], announced: list[tuple[str, float]], kept: int
) -> None:
    """A line, and the next one where that is a name or a date; but for what is surely furniture."""
    lines = _kept([*_BODY, announcing, *announced])
    assert [text for text, _ in announced if text in lines] == [text for text, _ in announced[:kept]]


def test_a_list_stays_with_the_line_that_announces_it() -> None:
    items = _extraction([("Take the tunnel", 0.5), ("Take the train", 0.5), ("Stay at home", 0.5)], "li")
    head = _extraction([*_BODY, ("What you can do:", -2.0)])
    below = len(head.text) + 2
    moved = [replace(one, start=one.start + below, stop=one.stop + below) for one in items.blocks]
    both = Extraction(text=f"{head.text}\n\n{items.text}", blocks=(*head.blocks, *moved))
    assert strip(both, rule_set(())).text == both.text


def test_in_the_middle_only_what_is_surely_furniture_goes() -> None:
    middle = [("Seven days, seven pages, one Marvik", 3.5), ("‘A town is not a warehouse’", 1.0)]
    kept = _kept([*_BODY[:3], *middle, *_BODY[3:]])
    assert middle[0][0] not in kept
    assert middle[1][0] in kept


_PAGE = """<html><head><title>Harbour closed</title></head><body>
<div><a href="/">Home</a> <a href="/sport">Sport</a></div>
<article><h1>Harbour closed for the winter</h1>{body}</article>
{below}
</body></html>"""


@pytest.mark.parametrize(
    "note",
    [
        '<div class="author-bio"><p><em>Mila Orn writes about harbours for us. You can reach her at mila@orn.example.'
        "</em></p></div>",
        '<div class="promo-box"><p><em>Like what we write? Support us: <a href="/gifts">here you can.</a></em></p>'
        "</div>",
    ],
)
def test_a_note_in_a_box_of_its_own_below_the_text_is_no_text(note: str) -> None:
    body = "".join(f"<p>{paragraph}</p>" for paragraph in _PARAGRAPHS)
    html = _PAGE.format(body=body + note, below="")
    capture = Capture(
        url="https://news.example/harbour", fetched_at=datetime(2026, 1, 1, tzinfo=UTC), body=html.encode()
    )
    article = process(capture, Recipe.default())
    assert isinstance(article, Article)
    assert article.text.split("\n\n") == _PARAGRAPHS
