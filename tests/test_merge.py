"""Two archives become one: all that either has, once, and the same texts whichever is merged into which."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.store.archive import Archive
from pipelines.store.blocks import Repeated
from pipelines.store.forget import doom, forget
from pipelines.store.merge import merge
from pipelines.store.rows import now
from pipelines.store.writer import Writer
from pipelines.types import Entry, Failure, Fetched, Source
from tests.store_values import URL, article, capture, check_whole, cut, poll, put, rows
from tests.test_cli import Desk

TEXTS = (
    "A ferry sank off Ostby on Monday.",
    "A ferry ran aground off Ostby on Tuesday night.",
    "All were saved, says the port.",
)


def text(n: int) -> str:
    return f"{TEXTS[n % 3]} It was the accident number {'abcdefgh'[n]} of a long and windy winter on this coast."


def seen(writer: Writer, name: str, n: int, hours: float) -> None:
    """A page was seen with a text of its own."""
    url = f"{URL}/{name}"
    body = f"<p>{name} {n}".encode()
    page = capture(url, hours=hours, body=body)
    removals = (cut(len(text(n)), "\n\nShare this"),)
    kept = writer.keep(Fetched(capture=page))
    if not kept.unchanged:
        writer.store(
            kept.capture_id, page, article(url, text(n), title=f"Ferry {name}", removals=removals, packed=b"x")
        )


def both(first: Path, second: Path, into: Path) -> Path:
    """What merging the second into a copy of the first gives."""
    shutil.copy(first, into)
    with Writer.open(into) as writer:
        merge(writer, second, None)
        check_whole(writer)
    return into


def told(path: Path) -> dict[str, Any]:
    """What an archive tells of its articles, without the numbers it gave them."""
    return {
        "articles": rows(path, "SELECT urlkey, title, text, digest, first_seen_at, gone_at FROM articles ORDER BY 1"),
        "revisions": rows(
            path,
            "SELECT urlkey, n, revisions.title, revisions.text, seen_from, seen_until FROM revisions"
            " JOIN articles ON articles.id = article_id ORDER BY 1, 2",
        ),
        "returns": rows(
            path, "SELECT urlkey, n, seen_from, seen_until FROM returns JOIN articles ON id = article_id ORDER BY 1, 3"
        ),
        "captures": rows(path, "SELECT urlkey, fetched_at, status FROM captures ORDER BY 1, 2"),
        "bodies": rows(path, "SELECT digest FROM payloads ORDER BY 1"),
    }


LOOKS = st.lists(
    st.tuples(st.sampled_from("pq"), st.integers(0, 3), st.integers(0, 12), st.booleans()),
    max_size=10,
    unique_by=lambda one: (one[0], one[2]),
)


@settings(max_examples=10, deadline=None)
@given(LOOKS)
def test_the_order_of_a_merge_makes_no_difference(looks: list[tuple[str, int, int, bool]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = [folder / "one.db", folder / "two.db"]
        for path, mine in zip(paths, (False, True), strict=True):
            with Writer.open(path) as writer:
                for page, n, hours, whose in sorted(looks, key=lambda look: look[2]):
                    if whose is mine:
                        seen(writer, page, n, hours)
        one, two = both(*paths, folder / "12.db"), both(*reversed(paths), folder / "21.db")
        assert told(one) == told(two)
        assert {text for *_, text, _, _, _ in told(one)["articles"]} <= {text(n) for n in range(4)}


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Desk, Path]:
    """An archive, and another one with things of its own."""
    desk, other = Desk(tmp_path), tmp_path / "other.db"
    with Writer.open(desk.db) as writer:
        writer.put_sources([Source(id="paper", homepage="https://paper.example/", name="Our Paper")])
        poll(writer, Entry(url=f"{URL}/queued", source="paper", title="Queued"))
        seen(writer, "shared", 0, 1)
        seen(writer, "shared", 2, 5)
        seen(writer, "mine", 0, 2)
    with Writer.open(other) as writer:
        writer.put_sources([Source(id="paper", homepage="https://paper.example/", name="Their Paper")])
        poll(writer, Entry(url=f"{URL}/theirs", source="paper", title="Theirs"), hours=1)
        seen(writer, "shared", 1, 3)
        seen(writer, "shared", 1, 4)
        seen(writer, "theirs", 3, 2)
        put(writer, capture(f"{URL}/bad"), Failure("process", "crashed", "signal 9"))
        writer.keep(Fetched(capture=capture(f"{URL}/unread")))
    return desk, other


def test_all_of_both_and_nothing_twice(pair: tuple[Desk, Path]) -> None:
    desk, other = pair
    theirs = other.read_bytes()
    said = desk("merge", other, "--json")
    assert said.code == 0, said.err
    (added,) = json.loads(said.out)
    assert (added["captures"], added["articles"], added["revised"]) == (6, 1, 1)
    assert rows(desk.db, "SELECT text FROM articles ORDER BY url") == [(text(n),) for n in (0, 2, 3)]
    history = rows(desk.db, "SELECT n, revisions.text FROM revisions JOIN articles ON id = article_id ORDER BY n")
    assert history == [(1, text(0)), (2, text(1))]
    assert rows(desk.db, "SELECT count(*) FROM removals") == [(3,)]
    assert rows(desk.db, "SELECT name FROM sources WHERE id = 'paper'") == [("Our Paper",)]
    assert rows(desk.db, "SELECT error FROM failures") == [("crashed",)]
    assert rows(desk.db, "SELECT url FROM captures WHERE outcome IS NULL") == [(f"{URL}/unread",)]
    states = dict(rows(desk.db, "SELECT url, state FROM entries"))
    assert states[f"{URL}/queued"] == "queued"
    assert states[f"{URL}/theirs"] == "fetched"
    assert other.read_bytes() == theirs
    before = told(desk.db)
    again = desk("merge", other)
    assert again.out == ""
    assert "is in archive.db already" in again.err
    assert told(desk.db) == before
    with Writer.open(desk.db) as writer:
        check_whole(writer)
    ids = rows(desk.db, "SELECT id FROM captures")
    with Archive(desk.db) as archive:
        assert all(archive.payload(one) is not None for (one,) in ids)
    assert desk("verify").code == 0


def test_the_end_of_their_chain_is_remembered(pair: tuple[Desk, Path]) -> None:
    desk, other = pair
    with Writer.open(other) as writer:
        writer.finish_run(writer.start_run("crawl"), "finished", {})
    desk("merge", other)
    ((stats,),) = rows(desk.db, "SELECT stats FROM runs WHERE what LIKE 'merge %'")
    assert json.loads(stats)["last_seal"] == rows(other, "SELECT max(digest) FROM seals")[0][0]
    assert rows(desk.db, "SELECT count(*) FROM captures WHERE id NOT IN (SELECT capture_id FROM leaves)") == [(0,)]


@pytest.mark.parametrize("theirs", [True, False])
def test_what_either_has_forgotten_stays_forgotten(pair: tuple[Desk, Path], theirs: bool) -> None:
    desk, other = pair
    with Writer.open(other if theirs else desk.db) as writer:
        ((article_id,),) = writer.db.execute("SELECT id FROM articles WHERE url LIKE '%/shared'").fetchall()
        doomed = doom(writer.db.conn, article_id)
        assert doomed
        forget(writer, doomed, "court order", now())
    said = desk("merge", other)
    assert said.code == 0, said.err
    assert rows(desk.db, "SELECT count(*) FROM articles WHERE url LIKE '%/shared'") == [(0,)]
    assert rows(desk.db, "SELECT count(*) FROM captures WHERE url LIKE '%/shared'") == [(0,)]
    assert rows(desk.db, "SELECT DISTINCT reason FROM takedowns") == [("court order",)]
    assert "court order" in desk("show", f"{URL}/shared").error
    assert rows(desk.db, "SELECT count(*) FROM articles") == [(2,)]


def test_verdicts_of_a_person_come_along(pair: tuple[Desk, Path]) -> None:
    desk, other = pair
    line = {"source_id": "paper", "articles": 2, "looked_at": 3, "first_seen_at": now(), "last_seen_at": now()}
    for path, verdicts in ((desk.db, {1: "furniture", 2: None}), (other, {1: "content", 2: "content", 3: "furniture"})):
        with Writer.open(path) as writer:
            writer.put_repeated("paper", [Repeated(digest=n, text=f"line {n}", **line) for n in verdicts])
            for n, verdict in verdicts.items():
                writer.decide("paper", n, verdict)
    desk("merge", other)
    found = rows(desk.db, "SELECT digest, verdict, origin FROM blocks ORDER BY 1")
    assert found == [(1, "furniture", "yours"), (2, "content", "yours"), (3, "furniture", "yours")]


def test_a_merge_that_was_stopped_goes_on(pair: tuple[Desk, Path], tmp_path: Path) -> None:
    desk, other = pair
    whole = told(both(desk.db, other, tmp_path / "whole.db"))

    class StopError(Exception):
        pass

    for stop in range(1, 4):
        calls = iter(range(stop))

        def done(_: int, calls: Any = calls) -> None:
            if next(calls, None) is None:
                raise StopError

        with Writer.open(desk.db) as writer:
            try:
                merge(writer, other, None, done)
            except StopError:
                check_whole(writer)
    desk("merge", other)
    assert told(desk.db) == whole


def test_what_cannot_be_merged_is_told(pair: tuple[Desk, Path]) -> None:
    desk, _ = pair
    assert "is the very archive" in desk("merge", desk.db).error
    assert "there is no archive yet" in desk("merge", "none.db").error
    desk.write("notes.txt", "no database")
    assert "not an SQLite database" in desk("merge", "notes.txt").error


def test_two_readings_of_one_capture_are_no_edit(tmp_path: Path) -> None:
    archives = [tmp_path / "crawled.db", tmp_path / "imported.db"]
    for path, title in zip(archives, ("Ferry sinks", "Ferry sinks » The Paper"), strict=True):
        with Writer.open(path) as writer:
            put(writer, capture(URL), article(URL, text(1), title=title))
            put(writer, capture(URL, hours=5), article(URL, text(1), title=title))
    for first, second in (archives, reversed(archives)):
        joined = told(both(first, second, tmp_path / f"{first.stem}-first.db"))
        assert joined["revisions"] == joined["returns"] == []
        assert [row[1] for row in joined["articles"]] == ["Ferry sinks"]
