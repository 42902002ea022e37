"""Full-text search: ranked, marked, and deaf to no query."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from pipelines.store import beginnings, forget, search, space, streams
from pipelines.store.archive import Archive
from pipelines.store.held import Held
from pipelines.store.querying import parse, typed
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
        ("-ferry harbour", ["other"]),  # a minus leaves out
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


CHINESE = "渡轮停航。外交部发言人说，路透社（Reuters）的报道属实"


def test_characters_are_found_where_no_space_tells_words(tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    with Writer.open(path) as writer:
        for name, text in (("zh", CHINESE), ("en", "Reuters said so."), ("th", "เรือข้ามฟากจะกลับมา")):
            put(writer, capture(f"{URL}/{name}"), article(f"{URL}/{name}", title=name, text=text))
    with Archive(path) as archive:
        for query, found in {
            "外交部": ["zh"], "外交": ["zh"], "属实": ["zh"], "实": ["zh"], "交外": [], "外交部 Reuters": ["zh"],
            "Reuters NOT 外交": ["en"], "属实 OR so": ["en", "zh"], "ข้ามฟาก": ["th"], '"停航。外交部"': ["zh"],
            "title:外交": [], "text:外交": ["zh"], "(外交 OR 渡轮) -Reuters": [], "NEAR(外交 Reuters)": ["zh"],
        }.items():  # fmt: skip
            assert sorted(names(archive, query)) == found, query
        (hit,) = archive.search("外交", marks=("<", ">"))
        assert "<外交>部发言人" in hit["snippet"]


def test_a_text_that_changes_or_goes_leaves_the_index_of_pieces(tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    with Writer.open(path) as writer:
        put(writer, capture(f"{URL}/zh"), article(f"{URL}/zh", text=CHINESE))
        connection = writer.db.conn
        with connection:
            connection.execute("UPDATE articles SET text = ?", ["港口今天关闭"])
        with Archive(path) as archive:
            assert (names(archive, "外交"), names(archive, "今天")) == ([], ["zh"])
        with connection:
            connection.execute("DELETE FROM articles")
        assert not connection.execute("SELECT term FROM trigrams").fetchall()
        connection.execute("INSERT INTO articles_trigrams (articles_trigrams, rank) VALUES ('integrity-check', 1)")


def test_which_of_some_articles_match(archive: Archive) -> None:
    connection = archive.db.conn
    ids = {row["url"].rsplit("/", 1)[1]: row["id"] for row in connection.execute("SELECT id, url FROM articles")}
    some = [ids["title"], ids["other"]]
    assert search.matching(connection, parse("ferry"), some) == [ids["title"]]
    assert search.matching(connection, parse("source:gazette"), some) == [ids["other"]]
    assert search.matching(connection, parse(""), some) == []
    assert search.count(connection, parse("islands")) == 2


@pytest.mark.parametrize(
    "text", ['"ice road" OR ferry', 'x source:"a b" lang:ru tag:y since:2026-01', "外交部 -x note:z"]
)
def test_a_query_can_be_typed_again(text: str) -> None:
    query = parse(text)
    assert parse(typed(query)) == query
    assert not query.hint


def test_lookups_never_walk_the_texts(archive: Archive) -> None:
    """What is rare leads: articles of a filter come by its index, in order, and no sort is needed."""
    connection = archive.db.conn
    asked: list[str] = []
    connection.set_trace_callback(asked.append)
    found = search.matches(connection, parse("ferry 外交 source:paper lang:en agency:x section:y tag:z since:2020"))
    connection.set_trace_callback(None)
    assert not found.facts
    for sql in asked:
        if sql.startswith("--"):  # SQLite's own, within an index
            continue
        plan = [row["detail"] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}")]
        for step in plan:
            assert not re.match(r"SCAN articles$|USE TEMP B-TREE FOR ORDER", step), (sql, plan)


def test_a_search_reads_no_more_than_it_may() -> None:
    numbers = range(1, 5001)
    with Database(memory=True) as db:
        db["odd"].insert_all(({"id": 2 * n + 1} for n in numbers), pk="id")
        db["even"].insert_all(({"id": 2 * n} for n in numbers), pk="id")
        sql = "SELECT id FROM {} WHERE id BETWEEN :first AND :last"
        for most, whole in ((1000, False), (None, True)):
            budget = streams.Budget(most)
            parts = [streams.Selected(db.conn, budget, sql.format(name), 0, 20_000, dear=1) for name in ("odd", "even")]
            found, looked_to = streams.newest(streams.Every(parts), 20_000, 10)
            assert found == []
            assert (looked_to is None) is whole
            assert whole or 8000 < looked_to < 10_001


def test_joined_streams_are_sets() -> None:
    """Whatever leads and however far apart ids lie, and from whatever bound: nothing is lost, and nothing made up."""
    sets = {"few": range(3, 9000, 997), "odd": range(1, 9000, 2), "late": range(7000, 9000), "third": range(0, 9000, 3)}
    with Database(memory=True) as db:
        for name, ids in sets.items():
            db[name].insert_all(({"id": one} for one in ids), pk="id")
        for dear in (0, 1):  # as an index of articles, and as one of texts

            def stream(name: str, dear: int = dear) -> streams.Stream:
                sql = f"SELECT id FROM {name} WHERE id BETWEEN :first AND :last"
                return streams.Selected(db.conn, streams.Budget(None), sql, 0, 9000, dear=dear)

            few, odd, late, third = (set(ids) for ids in sets.values())
            listed = streams.Listed(late)
            for joined, expected in (
                (streams.Every([stream("odd"), stream("few"), listed]), odd & few & late),
                (streams.Every([stream("odd"), streams.Some([stream("few"), stream("third")])]), odd & (few | third)),
                (streams.Some([listed, stream("third"), stream("few")]), late | third | few),
                (streams.But(stream("odd"), streams.Every([stream("third"), stream("late")])), odd - (third & late)),
                (streams.Every([streams.But(stream("third"), stream("odd")), stream("few")]), (third - odd) & few),
            ):
                assert streams.newest(joined, 8500, 10_000) == (sorted(n for n in expected if n <= 8500)[::-1], None)


def test_two_characters_are_found_in_whatever_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the commonest trigrams in one query and by the places of all others, or else the answer says what it lacks."""
    path = tmp_path / "archive.db"
    with Writer.open(path) as writer:
        for n, word in enumerate(["外交部", "外交部", "外交官", "外交家", "在外交", "交外国"]):
            put(writer, capture(f"{URL}/{n}"), article(f"{URL}/{n}", title=f"{n}", text=f"他们说{word}"))
    with Archive(path) as archive:
        connection = archive.db.conn
        for most_read, most_asked, most_counted, lacking in ((99, 0, 99, False), (3, 2, 99, False), (0, 9, 99, False),
                                                             (1, 0, 99, True), (99, 9, 2, True)):  # fmt: skip
            monkeypatch.setattr(beginnings, "_MOST_READ", most_read)
            monkeypatch.setattr(beginnings, "_MOST_ASKED", most_asked)
            monkeypatch.setattr(beginnings, "_MOST_COUNTED", most_counted)
            found = search.matches(connection, parse("外交"))
            assert any("too many words" in hint for hint in found.hints) is lacking
            assert lacking or sorted(names(archive, "外交")) == ["0", "1", "2", "3", "4"]
            assert lacking or sorted(names(archive, "外交 外交部")) == ["0", "1"]


@pytest.mark.parametrize("vacuum", [False, True])
def test_what_is_forgotten_leaves_no_byte_in_any_index(tmp_path: Path, vacuum: bool) -> None:
    path = tmp_path / "archive.db"
    with Writer.open(path) as writer:
        put(writer, capture(f"{URL}/kept"), article(f"{URL}/kept", text="港口今天关闭"))
        put(writer, capture(f"{URL}/gone"), article(f"{URL}/gone", title="Qwertz", text=CHINESE))
    with Archive(path) as archive:
        (hit,) = archive.search("外交部")
    with Held.open(path) as held:
        doomed = forget.doom(held.db.conn, hit["id"])
        assert doomed
        forget.forget(held, doomed, "asked for", "2026-11-22T12:00:00Z")
        assert space.wipe(held, vacuum=vacuum) is None
    data = b"".join(one.read_bytes() for one in tmp_path.glob("archive.db*"))
    assert "今天关".encode() in data
    for word in ("外交部", "交部发", "停航", "rtz", "路透社"):
        assert word.encode() not in data, word
