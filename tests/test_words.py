"""How a text, its cuts and its dates are put before a reader."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.explore import comparing, words
from pipelines.explore.reading import paragraphs

_LINES = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\n"), min_size=1, max_size=30)
_TEXTS = st.lists(_LINES.filter(str.strip), max_size=12).map("\n\n".join)


@given(_TEXTS, st.data())
def test_cuts_in_place_give_the_text_before_the_cuts(whole: str, data: st.DataObject) -> None:
    marks = sorted(data.draw(st.sets(st.integers(0, len(whole)), max_size=8)))
    spans = list(zip(marks[::2], marks[1::2], strict=False))
    cuts = [{"start": start, "stop": stop, "text": whole[start:stop]} for start, stop in spans]
    kept = "".join(whole[a:b] for a, b in zip([0, *marks[1::2]], [*marks[::2], len(whole)], strict=False))
    if len(marks) % 2:
        cuts, kept = [], whole
    shown = "".join(piece.text for one in paragraphs(kept, cuts) for piece in one.pieces)
    assert "".join(shown.split()) == "".join(whole.split())


def test_a_cut_is_marked_once_where_it_begins() -> None:
    cut: dict[str, Any] = {"start": 3, "stop": 15, "text": "\n\nread\n\nmore"}
    found = paragraphs("one\n\ntwo", [cut])
    assert [(one.text, one.cut) for one in found] == [("one", False), ("read", True), ("more", True), ("two", False)]
    assert [piece.first for one in found for piece in one.pieces] == [False, True, False, False]


def test_a_cut_inside_a_line_stays_in_its_line() -> None:
    (found,) = paragraphs("Rain came.", [{"start": 5, "stop": 12, "text": "(ADV.) "}])
    assert [(piece.text, bool(piece.cut)) for piece in found.pieces] == [
        ("Rain ", False),
        ("(ADV.) ", True),
        ("came.", False),
    ]


_WORDS = st.sampled_from(
    ["the", "ferry", "sails", "dawn,", "not", "before.", "Divers", "cracks!", "“No”", "said", "12"]
)
_PROSE = st.lists(st.lists(_WORDS, min_size=1, max_size=9).map(" ".join), max_size=5).map("\n\n".join)


@given(_PROSE, _PROSE)
def test_both_texts_of_a_comparison_are_shown_to_the_letter(old: str, new: str) -> None:
    found = comparing.rows(old, new)
    for side, text in (("old", old), ("new", new)):
        shown = "".join(words.text for row in found for line in getattr(row, side) for words in line)
        assert shown == text.replace("\n", "")
    both = "".join(words.text for row in found for line in row.both for words in line if words.sign != "-")
    assert both == new.replace("\n", "")


def test_cross_heads_are_seen_by_their_looks() -> None:
    lines = ["A first line", "It rained all day.", "What comes next", "The council meets on Monday.", "“No,” he said"]
    text = "\n\n".join([*lines, "So it was that day.", "The end"])
    assert [one.text for one in paragraphs(text) if one.head] == ["What comes next"]


@pytest.mark.parametrize(
    ("value", "precision", "said"),
    [
        ("2017-11-15", "day", "15 November 2017, time unknown"),
        ("2016-09-09T18:11:00Z", "minute", "9 September 2016, 18:11 UTC"),
        ("2017-02-13T14:43:00", "minute", "13 February 2017, 14:43 (time zone unknown)"),
        ("2017-02-13T14:43:07+03:00", "second", "13 February 2017, 14:43 +03:00"),
        ("2017-11", "month", "November 2017, day unknown"),
        ("2017", "year", "2017, day unknown"),
        ("2017-01-01", "year", "2017, day unknown"),
        ("2017-02-13T00:00:00Z", "day", "13 February 2017, time unknown"),
        ("last week", None, "last week"),
        ("2017-13-01", "day", "2017-13-01"),
        (None, None, "unknown"),
    ],
)
def test_dates_say_what_is_known(value: str | None, precision: str | None, said: str) -> None:
    assert words.date(value, precision) == said


@pytest.mark.parametrize(
    "value", ["javascript:alert(1)", "data:text/html,x", "//host/", "http://a b", 'https://a"b', "", None]
)
def test_only_web_addresses_are_linked(value: str | None) -> None:
    assert words.web(value) is None


def test_marks_are_all_that_is_not_escaped() -> None:
    hit = f"<b>{words.HIT}ferry & co{words.END}</b>{words.HIT}"
    assert words.marked(hit) == "&lt;b&gt;<mark>ferry &amp; co</mark>&lt;/b&gt;"
    assert words.marked(None) == ""
