"""Archives of earlier releases: brought up to date with a copy beside them, or left as they were."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import zstandard
from sqlite_utils import Database, Migrations
from sqlite_utils.utils import sqlite3

from pipelines.errors import StoreError
from pipelines.store import dedupe, room, upgrading
from pipelines.store.archive import Archive
from pipelines.store.migrations import SCHEMA_VERSION, make_anew, migrations
from pipelines.store.opening import open_archive
from pipelines.store.writer import Writer
from tests.crawls import ROOT, wait_for
from tests.store_values import check_whole, rows
from tests.test_cli import Desk

RELEASES = sorted((ROOT / "tests" / "releases").glob("*.db.zst"))


@pytest.fixture(params=RELEASES, ids=lambda one: one.name)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """An archive as a release left it: three outlets, one article with an earlier text, one page that failed."""
    path = tmp_path / "archive.db"
    path.write_bytes(zstandard.ZstdDecompressor().decompress(request.param.read_bytes()))
    return path


def contents(path: Path) -> dict[str, list[Any]]:
    """Every row of the tables an archive had when it was made, whatever its version."""
    with closing(sqlite3.connect(path)) as db:
        names = db.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE '%VIRTUAL%'"
        ).fetchall()
        mine = [name for (name,) in names if not name.startswith(("articles_fts", "_sqlite", "sqlite_"))]
        return {name: db.execute(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall() for name in mine}


def copies(path: Path) -> list[str]:
    return sorted(one.name for one in path.parent.glob("*before*"))


def test_everything_is_there_after_an_upgrade(old: Path) -> None:
    before = contents(old)
    desk = Desk(old.parent)
    said = desk("repair")
    assert said.code == 0, said.err
    assert f"a copy of it as it was: {old.name.replace('.db', '.before-0.2.db')}" in said.err
    after = contents(old)
    for name in ("articles", "revisions", "captures", "payloads", "entries", "removals", "blocks", "failures"):
        assert [row[: len(before[name][0])] for row in after[name]] == before[name], name
    assert desk("verify").code == 0
    with Writer.open(old) as writer:
        check_whole(writer)
        assert writer.db.execute("PRAGMA user_version").fetchone()[0] == SCHEMA_VERSION
    title = rows(old, "SELECT title FROM articles ORDER BY id")[0][0]
    assert title in desk("search", f'"{title}"').out
    assert contents(old.with_name("archive.before-0.2.db")) == before
    assert copies(old) == ["archive.before-0.2.db"]  # once
    assert desk("process", "--where", "true").code == 0
    assert rows(old, "SELECT count(*) FROM articles") == [(len(before["articles"]),)]


@pytest.mark.parametrize(
    "script",
    [
        "DROP TRIGGER articles_au; UPDATE articles SET text = 'other' WHERE id = (SELECT min(id) FROM articles)",
        "UPDATE articles_fts_docsize SET sz = x'00'",
        "DELETE FROM articles WHERE id = (SELECT article_id FROM revisions)",
        "DELETE FROM sources WHERE id = (SELECT min(source_id) FROM articles)",
    ],
)
def test_what_was_damaged_before_does_not_stop_an_upgrade_and_can_be_mended(old: Path, script: str) -> None:
    with closing(sqlite3.connect(old)) as db:
        db.executescript(script)  # foreign keys are off, as with most tools
    desk = Desk(old.parent)
    said = desk("repair")
    assert said.code == 0, said.err
    assert said.err.endswith("all is well now\n")
    assert desk("verify").code == 0


def test_repair_looks_for_copies_among_the_articles_of_an_earlier_release(old: Path) -> None:
    Writer.open(old).close()
    with Writer.open(old) as writer:
        waiting = dedupe.waiting(writer.db.conn)
        assert len(waiting) == writer.db.execute("SELECT count(*) FROM articles").fetchone()[0] > 20
        one = waiting[3]
        longer = "(SELECT text FROM articles WHERE id = ?) || char(10) || (SELECT group_concat(text) FROM articles)"
        writer.db.execute(f"UPDATE articles SET text = {longer}, url = 'https://x.example/1' WHERE id = ?", [one, one])
        dedupe.complete(writer, waiting[:10])  # stopped after these
        assert dedupe.waiting(writer.db.conn) == waiting[10:]
        pairs = "SELECT count(*) FROM similar WHERE article_id = ? AND kind = 'contains'"
        assert writer.db.execute(pairs, [one]).fetchone()[0] > 5
    said = Desk(old.parent)("repair")
    assert f"looking for copies among {len(waiting) - 10} articles" in said.err
    with Writer.open(old) as writer:
        assert not dedupe.waiting(writer.db.conn)
    assert "looking for copies" not in Desk(old.parent)("repair").err


def test_edits_of_before_are_told(old: Path) -> None:
    Writer.open(old).close()
    assert rows(old, "SELECT count(*) > 0 FROM changes") == [(1,)]


def test_readers_say_how_to_upgrade_and_change_nothing(old: Path) -> None:
    before = old.read_bytes()
    for command in (("search", "x"), ("show", "1"), ("sql", "SELECT 1")):
        assert Desk(old.parent)(*command).error.endswith("run `tearsheet repair` to bring it up to date")
    assert old.read_bytes() == before
    assert copies(old) == []


def test_a_failed_migration_leaves_the_file_as_it_was(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = contents(old)
    for problem in ("trigger", "key", "index", "error"):
        worse = _worse(problem)
        monkeypatch.setattr("pipelines.store.opening.migrations", worse)
        with pytest.raises(StoreError, match="was not brought up to date, and nothing in it was changed"):
            Writer.open(old)
        assert contents(old) == before, problem
        assert copies(old) == []
    monkeypatch.undo()
    with Writer.open(old) as writer:
        check_whole(writer)


def _worse(problem: str) -> Migrations:
    """The migrations that are to come, and one more that goes wrong."""
    worse = Migrations("tearsheet")
    for one in migrations._migrations:
        worse(name=one.name, transactional=one.transactional)(one.fn)

    @worse()
    def m999_worse(db: Database) -> None:
        match problem:
            case "trigger":
                db.execute("DROP TRIGGER articles_au")
            case "key":
                db.execute("UPDATE articles SET capture_id = 999999 WHERE id = (SELECT min(id) FROM articles)")
            case "index":
                db.execute("DROP TRIGGER articles_au")
                db.execute("UPDATE articles SET text = 'other'")
                db.execute("CREATE TRIGGER articles_au AFTER UPDATE ON articles BEGIN SELECT 1; END")
            case _:
                db.execute("DELETE FROM addresses")
                raise RuntimeError("out of luck")

    return worse


def test_a_disk_without_room_stops_it_before_it_begins(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = old.read_bytes()
    usage = shutil.disk_usage(old.parent)
    monkeypatch.setattr(room.shutil, "disk_usage", lambda _: usage._replace(free=1_000_000))
    with pytest.raises(StoreError, match=r"needs 2 MB to be brought up to date: a copy is made first; 1 MB are free"):
        Writer.open(old)
    assert old.read_bytes() == before
    assert copies(old) == []


def test_one_that_was_killed_is_taken_up_again(old: Path) -> None:
    """Killed with all of it done but the end: the next writer begins again, and makes no second copy."""
    before = contents(old)
    script = (
        "import os, sys, time; from pathlib import Path; from pipelines.store import upgrading;"
        "check = upgrading._check;"
        "upgrading._check = lambda *given: (check(*given), Path('here').touch(), time.sleep(600));"
        "from pipelines.store.writer import Writer; Writer.open(Path('archive.db'))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script], cwd=old.parent, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    wait_for((old.parent / "here").exists)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert contents(old) == before
    Writer.open(old).close()
    assert rows(old, "SELECT count(*) FROM takedowns") == [(0,)]
    assert copies(old) == ["archive.before-0.2.db"]
    assert contents(old.with_name("archive.before-0.2.db")) == before


def test_a_copy_of_something_else_is_not_written_over(old: Path) -> None:
    other = old.with_name("archive.before-0.2.db")
    other.write_text("my own notes")
    Writer.open(old).close()
    assert other.read_text() == "my own notes"
    assert copies(old) == ["archive.before-0.2.2.db", "archive.before-0.2.db"]


def test_a_table_made_anew_keeps_triggers_indexes_and_search(old: Path) -> None:
    Writer.open(old).close()
    with open_archive(old, create=True) as db:
        names = db.execute(
            "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT IN ('articles')"
        ).fetchall()
        (sql,) = db.execute("SELECT sql FROM sqlite_master WHERE name = 'articles'").fetchone()
        later = Migrations("later")

        @later()
        def m003_mood(db: Database) -> None:
            columns = [one.name for one in db["articles"].columns]
            new = sql.replace(
                "    text TEXT NOT NULL ", "    mood TEXT NOT NULL, -- of the day\n    text TEXT NOT NULL "
            )
            values = {**{one: one for one in columns[:-1]}, "mood": "'calm'", "text": "text"}
            make_anew(db.conn, "articles", new, values)

        before = db.execute("SELECT * FROM articles ORDER BY id").fetchall()
        upgrading.upgrade(old, db, later, "0.3")
        after = db.execute("SELECT * FROM articles ORDER BY id").fetchall()
        assert [tuple(row) for row in after] == [(*tuple(row)[:-1], "calm", row[-1]) for row in before]
        assert [one.name for one in db["articles"].columns][-1] == "text"
        left = db.execute(
            "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT IN ('articles')"
        ).fetchall()
        assert {tuple(one) for one in names} <= {tuple(one) for one in left}
        assert db.execute("PRAGMA foreign_keys").fetchone()[0] == 1
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        article_id = before[0]["id"]
        db.execute("UPDATE articles SET text = 'a quokka on the quay' WHERE id = ?", [article_id])  # the triggers live
        found = db.execute("SELECT rowid FROM articles_fts WHERE articles_fts MATCH 'quokka'").fetchall()
        assert [tuple(row) for row in found] == [(article_id,)]
        db.execute("DELETE FROM articles WHERE id = ?", [article_id])  # and so do the keys
        assert db.execute("SELECT count(*) FROM addresses WHERE article_id = ?", [article_id]).fetchone()[0] == 0
        db.execute("INSERT INTO articles_fts (articles_fts, rank) VALUES ('integrity-check', 1)")


def test_a_new_archive_makes_no_copy(tmp_path: Path) -> None:
    Writer.open(tmp_path / "archive.db").close()
    assert copies(tmp_path / "archive.db") == []
    with Archive(tmp_path / "archive.db") as archive:
        assert archive.counts()["articles"] == 0
