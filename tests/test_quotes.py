"""Whom a text quotes: every language's examples, and what a sentence must not be taken for."""

from __future__ import annotations

import re
from typing import cast

import pytest

from pipelines.quotes import Quote, languages, quotes

EXAMPLES = [
    (code, language, said)
    for code, one in languages().items()
    for said in ("quoted", "not")
    for language in cast(list[str], one[said])
]


@pytest.mark.parametrize(("code", "example", "said"), EXAMPLES)
def test_every_language_keeps_its_word(code: str, example: str, said: str) -> None:
    match = re.fullmatch(r"(.*) \(([^()]+)\)", example)
    text, person = (match[1], match[2]) if match else (example, "Mara Delgado")
    for language in (code, None, "xx"):
        found = [one.sentence for one in quotes(text, person, language)]
        assert found == ([text] if said == "quoted" else [])


def test_a_quotation_goes_on_and_an_article_shortens_the_name() -> None:
    text = (
        "“We stay,” said Mara Delgado. “And nobody will make us go.” The council met.\n"
        "“The bridge is old.” Mara Delgado has led the museum since 2003.\n"
        "“Will you go?” Delgado asked.\n"
        "Delgado said that she would stay.\n"
        "Peter Jones said that Delgado’s plan was good."
    )
    assert quotes(text, "mara DELGADO", "en-GB") == [
        Quote("quoted", "“We stay,” said Mara Delgado. “And nobody will make us go.”"),
        Quote("quoted", "“Will you go?” Delgado asked."),
        Quote("reported", "Delgado said that she would stay."),
    ]


def test_names_are_found_without_accents_and_nothing_else_is() -> None:
    assert len(quotes("«No», dijo José Muñoz.", "jose munoz", "es")) == 1
    for person in ("", "  ", "-", "%", "a", "(", "\\"):
        assert quotes("“We stay,” said a (man) \\ %.", person) == []


def test_long_and_crooked_texts_take_no_time() -> None:
    for text in ('Mara Delgado "' * 20_000, " “" * 50_000 + "Mara Delgado", "said " * 100_000 + "Delgado " * 20_000):
        assert len(quotes(text, "Mara Delgado")) <= 1
