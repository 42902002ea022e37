"""Full-text search: ranked, marked, and deaf to no query."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.store.archive import Archive
from pipelines.store.writer import Writer
from tests.store_values import URL, article, capture, put

STORIES = {
    "title": {"title": "Ferry to the islands", "text": "Nothing else is said of it here."},
    "standfirst": {"title": "News", "description": "A ferry is late.", "text": "Nothing else is said of it here."},
    "text": {"title": "News", "text": "The ferry left. It's written in C++ by Ana-Lucía."},
    "other": {"title": "News", "text": "The harbour was quiet; to the islands nobody went."},
}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    path = tmp_path_factory.mktemp("search") / "archive.db"
    with Writer.open(path) as writer:
        for name, values in STORIES.items():
            source = "gazette" if name == "other" else "paper"
            page = capture(f"{URL}/{name}", source=source)
            put(writer, page, article(f"{URL}/{name}", source=source, **values))
    with Archive(path) as archive:
        yield archive


def names(archive: Archive, query: str, **options: object) -> list[str]:
    """The stories found, in order."""
    return [row["url"].rsplit("/", 1)[1] for row in archive.search(query, **options)]  # type: ignore[arg-type]


def test_the_title_weighs_most(archive: Archive) -> None:
    assert names(archive, "ferry") == ["title", "standfirst", "text"]
    assert names(archive, "ferry", limit=1) == ["title"]


def test_a_source_narrows(archive: Archive) -> None:
    assert sorted(names(archive, "islands")) == ["other", "title"]
    assert names(archive, "islands", source="gazette") == ["other"]
    assert names(archive, "islands", source="nobody") == []


def test_a_hit_says_where_it_stands(archive: Archive) -> None:
    (hit,) = archive.search("harbour", marks=("<b>", "</b>"))
    assert hit["snippet"] == "The <b>harbour</b> was quiet; to the islands nobody went."
    assert set(hit) == {"id", "source_id", "published_at", "title", "url", "snippet"}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("ferry NOT late", ["title", "text"]),
        ("title : ferry", ["title"]),
        ('"the islands"', ["title", "other"]),
        ("harb*", ["other"]),
        ("lucia", ["text"]),  # accents make no difference
        ("C++", ["text"]),
        ("it's", ["text"]),
        ("Ana-Lucía", ["text"]),
        ("-ferry harbour", []),  # plain words: both are wanted
        ("nobody: went", ["other"]),
        ("AND", []),
        ('"harbour', ["other"]),
        ("harbour\0quiet", ["other"]),
        ("(harbour", ["other"]),
        ("harbour )", ["other"]),
        ('"', []),
        ("", []),
        ("  ", []),
        ("*", []),
        ("_ harbour +", ["other"]),
        ("\udc80", []),
        ("harbour " * 5000, ["other"]),
        ("(" * 3000, []),
    ],
)
def test_every_query_has_an_answer(archive: Archive, query: str, found: list[str]) -> None:
    assert names(archive, query) == found


@settings(deadline=None, max_examples=300)
@given(st.text(max_size=40) | st.text(alphabet="ab \"*+-^:(){}\0'_NEARORDT,", max_size=40))
def test_no_query_is_an_error(archive: Archive, query: str) -> None:
    assert isinstance(archive.search(query), list)
