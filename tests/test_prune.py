"""Keeping by rules: what is old goes when a person says so, and what is still needed never does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlite_utils.utils import sqlite3

from pipelines.config import ALWAYS, Config
from pipelines.errors import ConfigError
from pipelines.sources import read_sources
from pipelines.store import prune
from pipelines.store.agenda import pages_wait
from pipelines.store.archive import Archive
from pipelines.store.prune import Rules
from pipelines.store.writer import Writer
from pipelines.types import Failure, Fetched, Reason, Reject
from tests.store_values import FEED, START, URL, article, capture, check_whole, contents, poll, put, rows
from tests.test_cli import Desk

NEWS = "The words of the story, as they stood at number {} of its many changes and not a word less."


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """An archive of May 2024: an article with nine earlier texts, and pages that were not read, or failed."""
    desk = Desk(tmp_path)
    with Writer.open(desk.db) as writer:
        poll(writer)
        for n in range(10):
            assert put(writer, capture(hours=n), article(text=NEWS.format(n)))[1] == ("revised" if n else "new")
        put(writer, capture(f"{URL}/failed"), Failure("process", "crashed"))
        put(writer, capture(f"{URL}/listing"), Reject(Reason.LISTING))
        writer.keep(Fetched(capture=capture(f"{URL}/unread")))
        put(writer, capture(f"{URL}/other", source="other", entry=None), article(f"{URL}/other", source="other"))
        young = datetime.now(UTC) - timedelta(days=1) - START
        put(writer, capture(f"{URL}/young", hours=young.total_seconds() / 3600), article(f"{URL}/young"))
        same = capture(f"{URL}/listing", hours=young.total_seconds() / 3600)
        assert same.body != b""
    return desk


def gone(desk: Desk) -> set[str]:
    """Addresses whose bodies are pruned."""
    found = rows(
        desk.db,
        "SELECT url FROM captures JOIN payloads ON payloads.id = payload_id WHERE codec = 'pruned' AND body = x''",
    )
    return {url for (url,) in found}


def sources(desk: Desk, text: str) -> None:
    desk.write("sources.toml", text)


def test_without_rules_everything_is_kept(desk: Desk) -> None:
    said = desk("prune", "--yes")
    assert said.code == 0
    assert "no rules: set keep_bodies" in said.err
    assert gone(desk) == set()


def test_old_bodies_go_when_a_person_says_yes(desk: Desk) -> None:
    sources(
        desk, '[archive]\nkeep_bodies = "30d"\n[source.other]\nhomepage = "https://o.example"\nkeep_bodies = "always"\n'
    )
    before = desk.db.read_bytes()
    said = desk("prune", "--json")
    assert said.code == 0, said.err
    (row,) = json.loads(said.out)
    assert row["source"] == "paper"
    assert (row["bodies"], row["revisions"]) == (12, 0)  # ten texts, the listing, the feed
    assert row["bytes"] > 0
    assert "nothing is changed: add --yes" in said.err
    assert desk.db.read_bytes() == before
    texts = rows(desk.db, "SELECT id, text FROM articles")
    assert json.loads(desk("prune", "--yes", "--json").out) == [row]
    assert gone(desk) == {URL, f"{URL}/listing", FEED.url}  # not what failed, waits, is young or of another source
    assert rows(desk.db, "SELECT id, text FROM articles") == texts
    assert "nothing goes by these rules" in desk("prune").err
    with Writer.open(desk.db) as writer:
        check_whole(writer)
    assert "nothing to read again" in desk("process", "--where", f"url = '{URL}'").err


def test_a_page_that_comes_again_has_its_body_again(desk: Desk) -> None:
    sources(desk, '[archive]\nkeep_bodies = "30d"\n')
    desk("prune", "--yes")
    with Writer.open(desk.db) as writer:
        page = capture(hours=9)
        kept = writer.keep(Fetched(capture=capture(hours=24, body=page.body)))
    with Archive(desk.db) as archive:
        assert archive.payload(kept.capture_id) == page.body


def test_the_first_and_the_latest_texts_are_kept(desk: Desk) -> None:
    sources(desk, '[source.paper]\nhomepage = "https://p.example"\nkeep_revisions = 3\n')
    (row,) = json.loads(desk("prune", "--json").out)
    assert (row["source"], row["bodies"], row["revisions"]) == ("paper", 0, 5)
    desk("prune", "--yes", "--vacuum")
    assert rows(desk.db, "SELECT n FROM revisions ORDER BY n") == [(1,), (7,), (8,), (9,)]
    assert rows(desk.db, "SELECT DISTINCT n FROM changes") == [(1,), (7,), (8,), (9,)]
    assert len(rows(desk.db, "SELECT 1 FROM payloads WHERE codec = 'pruned'")) == 5
    with Writer.open(desk.db) as writer:
        check_whole(writer)
        late = capture(hours=6.5)  # a text from between the seventh and the eighth joins in its place
        assert put(writer, late, article(text=NEWS.format("late")))[1] == "revised"
    texts = rows(desk.db, "SELECT n, text FROM revisions ORDER BY n")
    assert [n for n, _ in texts] == [1, 7, 8, 9, 10]
    assert [text for _, text in texts] == [NEWS.format(n) for n in (0, 6, "late", 7, 8)]


def test_what_cannot_be_read_again_stays_whatever_rules_say_of_it_now(desk: Desk) -> None:
    sources(desk, '[archive]\nkeep_bodies = "30d"\n')
    desk("prune", "--yes")
    with Writer.open(desk.db) as writer:
        (present,) = writer.db.execute("SELECT max(id) FROM captures WHERE url = ?", (URL,)).fetchone()
        before = contents(writer)
        assert writer.store(present, capture(hours=9), Reject(Reason.TOO_SHORT, "by a new rule")) == "unchanged"
        assert contents(writer) == before
    with Archive(desk.db) as archive:
        assert {page.url for _, page in archive.pending()} == {f"{URL}/unread"}


def test_nothing_waits_that_cannot_be_read(desk: Desk) -> None:
    with Writer.open(desk.db) as writer:
        writer.db.execute("UPDATE captures SET outcome = NULL WHERE url = ?", (f"{URL}/listing",))
        writer.db.execute("UPDATE captures SET outcome = 'failed' WHERE url = ?", (f"{URL}/unread",))
        writer.db.execute(
            "UPDATE payloads SET codec = 'pruned', body = x'' WHERE id IN"
            " (SELECT payload_id FROM captures WHERE outcome IS NULL)"
        )
    with Archive(desk.db) as archive:
        assert not pages_wait(archive, [])
        assert archive.counts()["pending"] == 0


def test_a_body_that_a_younger_page_shares_stays(tmp_path: Path) -> None:
    with Writer.open(tmp_path / "archive.db") as writer:
        old, young = capture(body=b"<p>same"), capture(f"{URL}/2", hours=9000, body=b"<p>same")
        put(writer, old, article())
        put(writer, young, article(f"{URL}/2"))
        rules = Rules.of(Config(keep_bodies=0.0), [], START + timedelta(hours=8000))
        assert list(prune.find(writer.db.conn, rules)) == []
        rules = Rules.of(Config(keep_bodies=0.0), [], START + timedelta(hours=9001))
        assert len(list(prune.find(writer.db.conn, rules))) == 1


def test_rules_are_written_as_other_settings(tmp_path: Path) -> None:
    file = tmp_path / "sources.toml"
    file.write_text('[archive]\nkeep_revisions = 20\n[source.a]\nhomepage = "https://a.example"\nkeep_bodies = "1y"\n')
    with pytest.raises(ConfigError, match=r"\[source.a\] keep_bodies = '1y' is not a duration; write .*always"):
        read_sources(file)
    assert Config().keep_bodies == Config().keep_revisions == ALWAYS
    assert Config.load({"keep_bodies": "2w"}).keep_bodies == 14 * 86400
    with pytest.raises(ConfigError, match="keep_revisions = 0 is not a whole number of at least 1"):
        Config.load({"keep_revisions": 0})


@pytest.mark.parametrize("command", [["prune"], ["forget", URL, "--reason", "order", "--yes"]])
def test_an_archive_that_cannot_be_read_is_told_in_one_line(desk: Desk, command: list[str]) -> None:
    sources(desk, '[archive]\nkeep_bodies = "365d"\n')
    with closing(sqlite3.connect(desk.db)) as database:
        database.execute("DROP TABLE payloads")
    said = desk(*command)
    assert said.code == 3
    assert "no such table: payloads" in said.error
