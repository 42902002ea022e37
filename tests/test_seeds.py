"""Five real articles, badly scraped: each must come out as `expected.json` says, field by field."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from pipelines.process import process
from pipelines.recipe import Recipe
from pipelines.types import Article, Capture, restore

SEEDS = Path(__file__).parent / "seeds"
EXPECTED: dict[str, dict[str, Any]] = json.loads((SEEDS / "expected.json").read_text(encoding="utf-8"))
NAMES = sorted(EXPECTED)


@cache
def article(name: str) -> Article:
    body = (SEEDS / name).read_bytes()
    outcome = process(
        Capture(url=f"urn:seed:{name}", fetched_at=datetime(2026, 1, 1, tzinfo=UTC), body=body, mime="text/plain"),
        Recipe.default(),
    )
    assert isinstance(outcome, Article)
    return outcome


def claims(name: str, field: str) -> list[Any]:
    return [claim.value for claim in article(name).claims if claim.field == field]


def lines(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("column", "key"),
    [
        ("title", "title"),
        ("description", "subtitle"),
        ("published_at", "published"),
        ("agency", "agency"),
        ("credit", "source"),
        ("language", "language"),
    ],
)
def test_field(name: str, column: str, key: str) -> None:
    assert getattr(article(name), column) == EXPECTED[name][key]


@pytest.mark.parametrize("name", NAMES)
def test_precision_is_what_the_text_gives(name: str) -> None:
    published = EXPECTED[name]["published"]
    precision = None if published is None else "minute" if "T" in published else "day"
    assert article(name).published_precision == precision
    if partial := EXPECTED[name].get("published_partial"):
        assert partial in claims(name, "published_at")


@pytest.mark.parametrize("name", NAMES)
def test_dateline_authors_and_captions(name: str) -> None:
    expected = EXPECTED[name]
    assert article(name).dateline == expected.get("dateline_place")
    assert article(name).authors == ()
    assert article(name).captions == ((expected["caption"],) if expected["caption"] else ())


@pytest.mark.parametrize("name", NAMES)
def test_body_begins_and_ends_where_it_should(name: str) -> None:
    expected, text = EXPECTED[name], article(name).text
    assert text.startswith(expected["body_first_sentence"])
    assert text.endswith(expected["body_last_sentence"])
    paragraphs = expected.get("body_paragraphs", expected.get("body_paragraphs_after_dedup"))
    assert len(text.split("\n\n")) == paragraphs


@pytest.mark.parametrize("name", NAMES)
def test_every_furniture_line_is_gone_and_in_the_ledger(name: str) -> None:
    expected = EXPECTED[name]
    kept = set(lines(article(name).text))
    ledger = [part for removal in article(name).removals for part in lines(removal.text)]
    for line in [*expected["furniture_leading"], *expected["furniture_trailing"]]:
        whole = " ".join(line.split())
        assert whole not in kept
        assert whole in ledger or all(part in ledger for part in split_at_joins(whole, expected))


def split_at_joins(line: str, expected: dict[str, Any]) -> list[str]:
    for glued in expected["glued"]:
        if "split_before" in glued and " ".join(glued["line"].split()) == line:
            head, mark, tail = line.partition(glued["split_before"])
            return [head, mark + tail]
    return [line]


@pytest.mark.parametrize("name", NAMES)
def test_duplicates_stand_once_and_kept_lines_stay(name: str) -> None:
    text = article(name).text
    for duplicate in EXPECTED[name]["duplicates"]:
        if duplicate.get("keep") == "first":
            assert text.count(duplicate["text"]) == 1
    for line in EXPECTED[name]["keep"]:
        assert line in text.split("\n\n")


@pytest.mark.parametrize("name", NAMES)
def test_one_ledger_row_for_each_cut(name: str) -> None:
    removals = article(name).removals
    assert all(len(lines(removal.text)) == 1 and removal.rule for removal in removals)
    extracted = restore(article(name).text, removals)
    source = (SEEDS / name).read_text(encoding="utf-8")
    assert lines(extracted.replace("\n\n", "\n")) == lines(source)


def test_an_open_quotation_is_a_claim_that_the_text_is_truncated() -> None:
    assert [name for name in NAMES if claims(name, "truncated")] == ["001_08f80b4c30bbe4bc.txt"]


def test_related_headlines_are_split_from_their_stamps() -> None:
    removed = [removal.text.strip() for removal in article("002_d3af62751bdfb421.txt").removals]
    for related in EXPECTED["002_d3af62751bdfb421.txt"]["related"]:
        assert related["stamp"] in removed
        assert related["headline"] in removed


def test_site_id_and_picture_credit_are_claims() -> None:
    assert claims("004_b513992b02ca3220.txt", "site_id") == ["37076"]
    assert claims("003_c3f9bbc9b9d1c23b.txt", "caption_credit") == ["Xinhua"]
