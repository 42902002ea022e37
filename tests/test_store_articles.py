"""The second transaction: what a capture was read as is stored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.errors import StoreError
from pipelines.recipe import Recipe
from pipelines.store.archive import Archive
from pipelines.store.writer import Writer
from pipelines.types import Claim, Entry, Failure, Fetched, Reason, Reject, Removal, Rule, Source, restore
from tests.store_values import START, URL, article, capture, check_whole, contents, cut, put, rows


def test_an_article_is_stored_with_all_its_parts(writer: Writer, path: Path) -> None:
    value = article(
        description="What it says",
        authors=("Ana", "Bo"),
        tags=("x",),
        captions=("A photo",),
        links=("https://other.example/",),
        paywalled=True,
        claims=(Claim("title", "A story", "meta"),),
        removals=(cut(23, "\n\nShare this"), cut(40, "\n\nA title", rule="page.title", zone="field")),
    )
    capture_id, result = put(writer, capture(final_url=URL + "?utm_source=x"), value)
    assert result == "new"
    with Archive(path) as archive:
        stored = archive.article(URL)
        assert stored is not None
        assert stored["capture_id"] == capture_id
        assert stored["first_seen_at"] == "2024-05-01T12:00:00Z"
        assert stored["removed_chars"] == len("\n\nShare this")
        assert stored["claims"] == [{"field": "title", "value": "A story", "origin": "meta"}]
        for name in ("title", "description", "text", "published_at", "published_precision", "word_count", "paywalled"):
            assert stored[name] == getattr(value, name)
        for name in ("authors", "tags", "captions", "links"):
            assert tuple(stored[name]) == getattr(value, name)
        cuts = archive.ledger(stored["id"])
    assert [(one["n"], one["rule_id"], one["zone"]) for one in cuts] == [
        (1, "tail.share", "tail"),
        (2, "page.title", "field"),
    ]
    assert rows(path, "SELECT band, value FROM bands") == [(0, 1), (1, -2), (2, 3)]
    assert rows(path, "SELECT url, kind FROM addresses ORDER BY url") == [
        (URL, "canonical"),
        (URL + "?utm_source=x", "tracking"),
    ]
    assert rows(path, "SELECT outcome FROM captures ORDER BY id") == [("article",)]


@pytest.mark.parametrize(
    "ref",
    [
        "id",
        "digest",
        URL,
        "https://www.paper.example/2024/story/?utm_source=x",
        "paper.example/2024/story",
        URL + "/amp",
    ],
)
def test_an_article_is_found_by_id_digest_and_any_address(writer: Writer, path: Path, ref: str) -> None:
    put(writer, capture(URL + "/amp"), article())
    with Archive(path) as archive:
        stored = archive.article(URL)
        assert stored is not None
        found = archive.article({"id": str(stored["id"]), "digest": stored["digest"][:8]}.get(ref, ref))
        assert found == stored
        assert [archive.article(one) for one in ("", "1", "9" * 30, "abcdef", "https://", "x\0y", "\udc80")] == [
            None
        ] * 7


def test_rejects_and_failures_are_outcomes(writer: Writer, path: Path) -> None:
    writer.add_entries("paper", [Entry(url=URL + f"/{n}") for n in range(3)])
    assert put(writer, capture(URL + "/0"), Reject(Reason.TOO_SHORT, "12 words"))[1] == "rejected:too-short"
    assert put(writer, capture(URL + "/1"), Failure("process", "timeout", "10 s"))[1] == "failed"
    assert rows(path, "SELECT outcome FROM captures ORDER BY id") == [("too-short",), ("failed",)]
    assert rows(path, "SELECT state, reason FROM entries ORDER BY url") == [
        ("fetched", "too-short: 12 words"),
        ("fetched", None),
        ("queued", None),
    ]
    assert rows(path, "SELECT capture_id, url, stage, error, detail FROM failures") == [
        (2, URL + "/1", "process", "timeout", "10 s")
    ]
    assert writer.store(1, capture(URL + "/0"), article(URL + "/0")) == "new"
    assert rows(path, "SELECT reason FROM entries WHERE capture_id = 1") == [(None,)]
    with Archive(path) as archive:
        assert [one for one, _ in archive.captures("outcome = ?", ["failed"])] == [2]
        with pytest.raises(StoreError, match="no such column: nonsense"):
            list(archive.captures("nonsense"))


def test_values_the_archive_does_not_take_fail_alone(writer: Writer, path: Path) -> None:
    assert put(writer, capture(), article(published_precision="century"))[1] == "failed"
    assert put(writer, capture(URL + "/2"), article(URL + "/2", word_count=2**70))[1] == "failed"
    assert put(writer, capture(URL + "/3"), article(URL + "/3"))[1] == "new"
    assert rows(path, "SELECT stage, error FROM failures") == [("store", "IntegrityError"), ("store", "OverflowError")]
    assert rows(path, "SELECT outcome FROM captures ORDER BY id") == [("failed",), ("failed",), ("article",)]


def test_control_characters_and_half_characters_never_reach_the_file(writer: Writer, path: Path) -> None:
    bad = "a\0b\x1bc\udc80d"
    claims = (Claim("x", {bad: [bad, float("nan"), 2**80]}, "jsonld"),)
    removal = Removal(start=7, stop=14, zone="tail", rule="r", text=bad)
    put(writer, capture(), article(text=bad, title=bad, authors=(bad,), claims=claims, removals=(removal,)))
    with Archive(path) as archive:
        stored = archive.article(URL)
        assert stored is not None
        assert (stored["title"], stored["authors"]) == ("abcd", ["abcd"])
        assert stored["claims"][0]["value"] == {"abcd": ["abcd", "nan", 2**80]}
        assert stored["text"] == "a\ufffdb\ufffdc\ufffdd"
        assert archive.extracted(stored["id"]) == "a\ufffdb\ufffdc\ufffdd" * 2
    assert rows(path, "SELECT count(*) FROM articles WHERE json_valid(claims)") == [(1,)]
    check_whole(writer)


def test_recipes_and_rules_are_described(writer: Writer, path: Path) -> None:
    rule = Rule(id="tail.share", zone="tail", pattern="share this", why="a share bar")
    recipe = Recipe(rules=(rule,), sources={"paper": Source(id="paper", strip=("x",))})
    put(writer, capture(), article(recipe=recipe.id_for("paper"), removals=(cut(23, "Share this"),)))
    writer.put_recipe(recipe, [None, "paper"])
    writer.put_rules([Rule(id="page.title", zone="any", pattern="", why="the page's title")])
    assert rows(path, "SELECT id, pattern, why FROM rules ORDER BY id") == [
        ("page.title", None, "the page's title"),
        ("tail.share", "share this", "a share bar"),
    ]
    facts = recipe.facts_for("paper")
    assert rows(path, "SELECT version, rules FROM recipes WHERE id = ?", recipe.id_for("paper")) == [
        (facts["version"], facts["rules"])
    ]
    with Archive(path) as archive:
        assert [(one["why"], one["text"]) for one in archive.ledger(archive.article(URL)["id"])] == [
            ("a share bar", "Share this")
        ]  # type: ignore[index]


def test_ids_follow_publication(writer: Writer, path: Path) -> None:
    times = {
        "a": ("2024-05-01T10:00:00Z", "second"),
        "b": ("2024-05-01T10:00:00Z", "second"),
        "c": ("2024-04-30", "day"),
        "d": ("2023", "year"),  # says too little: first seen
        "e": ("2031-01-01", "day"),  # cannot be: first seen
        "f": (None, None),
        "g": ("1901-01-01", "day"),
    }
    for name, (at, precision) in times.items():
        put(writer, capture(URL + name), article(URL + name, text=name, published_at=at, published_precision=precision))
    ids = {url[-1]: id for id, url in rows(path, "SELECT id, url FROM articles")}
    seconds = {name: id >> 20 for name, id in ids.items()}
    noon = int(START.timestamp())
    assert seconds == {
        "a": noon - 7200,
        "b": noon - 7200,
        "c": noon - 36 * 3600,
        "d": noon,
        "e": noon,
        "f": noon,
        "g": 0,
    }
    assert len(set(ids.values())) == len(times)
    assert ids["b"] == ids["a"] + 1


@st.composite
def extractions(draw: st.DrawFn) -> tuple[str, tuple[Removal, ...]]:
    """A text after its cuts, and the cuts."""
    parts = draw(st.lists(st.tuples(st.booleans(), st.text(min_size=1, max_size=12)), max_size=8))
    text, removals, position = "", [], 0
    for keep, part in parts:
        if keep:
            text += part
        else:
            removals.append(cut(position, part))
        position += len(part)
    return text, tuple(removals)


@settings(deadline=None, max_examples=30)
@given(extractions())
def test_the_archive_restores_what_was_extracted(tmp_path_factory: pytest.TempPathFactory, given: Any) -> None:
    text, removals = given
    path = tmp_path_factory.mktemp("law") / "archive.db"
    with Writer.open(path) as writer:
        put(writer, capture(), article(text=text, removals=removals))
        with Archive(path) as archive:
            stored = archive.article(URL)
            assert stored is not None
            extracted = archive.extracted(stored["id"])
        before = restore(text, removals)
        assert len(extracted) == len(before)
        assert all(one in (other, "\ufffd") for one, other in zip(extracted, before, strict=True))
        first = contents(writer)
        assert writer.store(1, capture(), article(text=text, removals=removals)) == "unchanged"
        assert contents(writer) == first


def test_a_page_that_is_read_after_another_form_of_it_gives_the_address(writer: Writer, path: Path) -> None:
    forms = [capture(URL), capture(URL + "/amp")]
    kept = [writer.keep(Fetched(capture=one)).capture_id for one in forms]
    assert writer.store(kept[1], forms[1], article(URL + "/amp")) == "new"
    assert writer.store(kept[0], forms[0], article(URL)) == "moved"
    assert rows(path, "SELECT url FROM articles") == [(URL,)]
    assert rows(path, "SELECT url, kind FROM addresses ORDER BY url") == [(URL, "canonical"), (URL + "/amp", "amp")]
