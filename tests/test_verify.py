"""verify finds whatever was changed behind the archive's back, and repair mends what can be made again."""

from __future__ import annotations

import json
import random
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlite_utils.utils import sqlite3

from bench import verify as bench
from pipelines.cli import main
from pipelines.errors import StoreError
from pipelines.fingerprint import fingerprint
from pipelines.store import dedupe, ledger, verify_rows
from pipelines.store.archive import Archive
from pipelines.store.checks import names, row_digest
from pipelines.store.verify import Inspection, sqlite_is_safe
from pipelines.store.writer import Writer
from pipelines.types import Fetched
from tests.store_values import URL, article, capture, put, rows
from tests.test_store_crash import start

FIRST = "(SELECT min(id) FROM articles)"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive with something in most tables."""
    path = tmp_path_factory.mktemp("made") / "archive.db"
    bench.make(path, sources=2, articles=10)
    return path


@pytest.fixture
def path(made: Path, tmp_path: Path) -> Path:
    shutil.copy(made, tmp_path / "archive.db")
    return tmp_path / "archive.db"


def cli(path: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, [*arguments, "--db", str(path)])


def change(path: Path, script: str) -> None:
    """What somebody does with plain SQL."""
    with closing(sqlite3.connect(path)) as database:
        database.executescript(script)


def found(path: Path) -> list[tuple[str, int | str | None]]:
    return [(one.table, one.id) for one in Inspection(path).run()]


def test_an_archive_that_nobody_touched(path: Path) -> None:
    told = cli(path, "verify")
    assert (told.exit_code, told.stdout) == (0, "")
    assert told.stderr.startswith("all is as it was stored: 28 captures, ")
    assert told.stderr.strip().endswith("2 seals")
    repaired = cli(path, "repair")
    assert (repaired.exit_code, repaired.stdout) == (0, "")
    assert repaired.stderr == "nothing to mend: all is as it was stored\n"


def test_no_row_of_ours_is_left_out(path: Path) -> None:
    with Archive(path) as archive:
        peoples = {"notes", "watches", "hits", "watch_queue"}
        tables = set(archive.db.table_names()) - {"checks"} - peoples
        assert {name for name in tables if not re.search("_fts|trigrams|^words$", name)} == names()


@pytest.mark.parametrize(
    ("sql", "table", "what"),
    [
        ("UPDATE articles SET text = text || ' ' WHERE id = %s", "articles", "its text is not what its digest says"),
        ("UPDATE articles SET agency = 'X' WHERE id = %s", "articles", "was changed, but not by Tearsheet"),
        ("UPDATE removals SET text = '' WHERE article_id = %s", "articles", "its ledger does not fit its text"),
        ("UPDATE articles SET removed_chars = 7 WHERE id = %s", "articles", "removed_chars is not what its"),
        ("DELETE FROM addresses WHERE article_id = %s", "articles", "has no address"),
        ("DELETE FROM bands WHERE article_id = %s", "bands", "is gone, but not by Tearsheet"),
        ("INSERT INTO bands VALUES (16, 7, %s)", "bands", "was changed, but not by Tearsheet"),
        ("UPDATE bands SET value = value + 1 WHERE article_id = %s", "bands", "was changed, but not by Tearsheet"),
        ("UPDATE revisions SET text = 'x' WHERE n = 1", "revisions", "its text is not what its digest says"),
        ("UPDATE payloads SET body = zeroblob(99) WHERE id = 9", "payloads", "its body is damaged: it cannot be"),
        ("UPDATE payloads SET codec = 'gone' WHERE id = 9", "payloads", "its body is damaged: it cannot be"),
        ("UPDATE payloads SET codec = 'pruned' WHERE id = 9", "payloads", "was changed, but not by Tearsheet"),
        ("UPDATE captures SET headers = '[]' WHERE id = 9", "captures", "is not what was sealed"),
        ("UPDATE captures SET outcome = 'empty' WHERE id = 9", "captures", "was changed, but not by Tearsheet"),
        ("DELETE FROM captures WHERE id = 1", "captures", "is gone, but not by Tearsheet"),
        ("DELETE FROM leaves WHERE capture_id = 9", "captures", "has no leaf, though later ones are sealed"),
        ("DELETE FROM seals WHERE id = 1", "seals", "is gone"),
        ("UPDATE seals SET root = previous WHERE id = 2", "seals", "is not what its digest says"),
        ("UPDATE seals SET previous = root WHERE id = 2", "seals", "does not hold the digest of the seal before it"),
        ("UPDATE entries SET due_at = '2020' WHERE id = 3", "entries", "was changed, but not by Tearsheet"),
        ("INSERT INTO hosts (host) VALUES ('x')", "hosts", "was added, but not by Tearsheet"),
        ("UPDATE checks SET digest = 0 WHERE name = 'runs'", "runs", "was changed, but not by Tearsheet"),
        ("DELETE FROM checks WHERE name = 'runs'", "runs", "was added, but not by Tearsheet"),
        ("UPDATE sources SET id = 'x' WHERE id = 'paper-1'", "feeds", "names a row of sources that is not there"),
        ("DROP TRIGGER articles_au", "schema", "the trigger is not there"),
        ("DROP INDEX captures_run", "schema", "the index is not there"),
        ("CREATE TRIGGER t AFTER INSERT ON runs BEGIN SELECT 1; END", "schema", "a trigger that Tearsheet does"),
        ("DROP VIEW recent; CREATE VIEW recent AS SELECT 1", "schema", "the view is not as Tearsheet makes it"),
        ("PRAGMA user_version = 1", "schema", "is 1, not 2"),
        ("PRAGMA journal_mode = DELETE", "schema", "is delete, not wal"),
        ("PRAGMA application_id = 7", "schema", "is 7, not 0"),
        ("DROP TABLE checks", "schema", "the table is not there"),
        ("DROP TABLE seals", "schema", "the table is not there"),
        ("DROP TABLE payloads", "schema", "the table is not there"),
        ("INSERT INTO articles_fts (articles_fts) VALUES ('delete-all')", "articles_fts", "does not fit the texts"),
        ("DELETE FROM articles_fts_docsize", "articles_fts", "does not fit the texts"),
        ("UPDATE articles_fts_config SET v = 'x' WHERE k = 'rank'", "articles_fts_config", "is x, not bm25("),
    ],
)  # fmt: skip
def test_each_kind_of_change_is_named(path: Path, sql: str, table: str, what: str) -> None:
    change(path, sql.replace("%s", FIRST))
    told = cli(path, "verify", "--nl")
    assert told.exit_code == 1
    wrong = [json.loads(line) for line in told.stdout.splitlines()]
    assert any(one["table"] == table and what in one["what"] for one in wrong), wrong


def test_all_that_is_wrong_with_a_row_is_told(path: Path) -> None:
    change(path, f"UPDATE articles SET text = text || ' x', removed_chars = 7 WHERE id = {FIRST}")
    ((first,),) = rows(path, f"SELECT {FIRST}")
    told = [line for line in cli(path, "verify").stdout.splitlines() if line.startswith(f"articles {first}: ")]
    assert sorted(line.partition(": ")[2] for line in told) == [
        "its text is not what its digest says",
        "removed_chars is not what its ledger adds up to",
    ]
    repaired = cli(path, "repair")
    assert repaired.exit_code == 0, repaired.stderr


def test_fts_drift_that_sqlite_does_not_see(path: Path) -> None:
    """Rows written while a trigger is missing: SQLite's own checks say ok."""
    change(path, f"DROP TRIGGER articles_au; UPDATE articles SET text = 'other' WHERE id = {FIRST};")
    wrong = [one for one in cli(path, "verify").stdout.splitlines() if one.startswith("articles_fts: ")]
    assert wrong == ["articles_fts: the search index does not fit the texts (database disk image is malformed)"]


def test_a_tables_own_tables_views_and_indexes_are_welcome(path: Path) -> None:
    change(path, "CREATE TABLE mine (a); INSERT INTO mine VALUES (1); CREATE VIEW yours AS SELECT 1; ANALYZE;")
    change(path, "CREATE INDEX ours ON articles (title);")
    assert cli(path, "verify").exit_code == 0


def test_lines_for_people_and_rows_for_programs(path: Path) -> None:
    change(path, "UPDATE entries SET title = 'x' WHERE id IN (2, 3)")
    told = cli(path, "verify")
    assert told.stdout.splitlines() == [f"entries {n}: was changed, but not by Tearsheet" for n in (2, 3)]
    assert told.stderr == "2 things are wrong; `tearsheet repair` mends what can be made again\n"
    rows = [{"table": "entries", "id": n, "what": "was changed, but not by Tearsheet"} for n in (2, 3)]
    assert json.loads(cli(path, "verify", "--json").stdout) == rows


def test_a_changed_row_stays_changed_when_tearsheet_writes_it_again(path: Path) -> None:
    change(path, "UPDATE entries SET title = 'forged' WHERE id = 2")
    with Writer.open(path) as writer, writer.transaction() as connection:
        connection.execute("UPDATE entries SET due_at = '2030-01-01T00:00:00Z'")
    assert found(path) == [("entries", 2)]


def test_what_cannot_be_opened_is_told_in_one_line(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"\0" * 4096)
    told = cli(path, "verify")
    assert told.exit_code == 3
    assert told.stderr.count("\n") == 1


@pytest.mark.parametrize("last", [True, False])
def test_a_damaged_log_is_told_before_sqlite_drops_it(tmp_path: Path, last: bool) -> None:
    """One byte in the -wal file, and all that was written after it vanishes without a word of SQLite's."""
    path, copy = tmp_path / "archive.db", tmp_path / "copy.db"
    with Writer.open(path) as writer:
        put(writer, capture(), article())
        writer.checkpoint()
        for n in range(20):
            put(writer, capture(f"{URL}/{n}"), article(f"{URL}/{n}"))
        for ending in ("", "-wal"):
            shutil.copy(f"{path}{ending}", f"{copy}{ending}")
    log = copy.with_name("copy.db-wal")
    whole = log.read_bytes()
    place = len(whole) - 100 if last else len(whole) // 2
    log.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
    for _ in range(2):  # looking at it leaves it as it is
        told = cli(copy, "verify")
        assert told.exit_code == 1
        assert told.stdout.startswith("file copy.db-wal: is damaged at byte ")
        what = "the last transaction cannot be read" if last else "transactions, written after it, cannot be read"
        assert what in told.stdout
        assert told.stdout.count("\n") == 1
        assert "the search index was not looked at: the log is damaged" in told.stderr
    log.write_bytes(whole)
    assert found(copy) == []


def test_beside_a_writer_only_the_search_index_waits(path: Path) -> None:
    with Writer.open(path):
        told = cli(path, "verify")
        assert told.exit_code == 0
        left_out, fine = told.stderr.splitlines()
        assert left_out.startswith(f"the search index was not looked at: {path}: process ")
        assert fine.startswith("all is as it was stored: ")
        change(path, "UPDATE entries SET title = 'x' WHERE id = 2")
        assert cli(path, "verify").exit_code == 1
        assert cli(path, "repair").exit_code == 3


def test_no_false_alarm_while_a_crawl_writes_or_after_it_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify_rows, "_PAGE", 7)
    path = tmp_path / "archive.db"
    with start(path) as process:
        assert process.stdout is not None
        for _ in range(4):
            for _ in range(50):
                process.stdout.readline()
            assert found(path) == []
        process.kill()
        process.stdout.read()
    assert found(path) == []


@pytest.mark.parametrize(
    ("version", "safe"),
    [("3.40.1", False), ("3.44.5", False), ("3.44.6", True), ("3.45.0", False), ("3.50.6", False),
     ("3.50.7", True), ("3.51.2", False), ("3.51.3", True), ("3.53.4", True), ("4.0.0", True)],
)  # fmt: skip
def test_versions_of_sqlite_that_can_damage_an_archive(version: str, safe: bool) -> None:
    assert sqlite_is_safe(tuple(map(int, version.split(".")))) is safe


def test_an_old_sqlite_is_warned_of(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.cli.proving.sqlite_is_safe", lambda: False)
    told = cli(path, "verify")
    assert told.exit_code == 0
    assert told.stderr.startswith("this SQLite can damage archives (mended in 3.51.3); install the package pysqlite3\n")


def test_digests_tell_values_apart() -> None:
    different = [
        (1, 2), (12, None), (None, 12), (b"12",), (b"1", b"2"), (b"", b"12"), (1.0, 2), (1, 2.0), (b"1:2",), (None,),
        (), (None, None), (b"",), (0,), (-12,), (b"1;2;",),
    ]  # fmt: skip
    assert len({row_digest("t", values) for values in different}) == len(different)
    assert row_digest("t", (1,)) != row_digest("u", (1,))
    assert row_digest("t", (-0.0,)) == row_digest("t", (0.0,))


def test_digests_follow_whatever_a_writer_writes(path: Path) -> None:
    with Writer.open(path) as writer:
        for sql in (
            "INSERT OR REPLACE INTO hosts (host, delay) VALUES ('a', 1), ('a', 2.5), ('b', -0.0)",
            "INSERT OR IGNORE INTO hosts (host) VALUES ('b'), ('c')",
            "UPDATE OR REPLACE hosts SET host = 'a' WHERE host = 'b'",
            "UPDATE OR IGNORE hosts SET host = 'a' WHERE host = 'c'",
            "INSERT INTO hosts (host, robots) VALUES ('c', x'00ff') ON CONFLICT DO UPDATE SET robots = excluded.robots",
            "UPDATE revisions SET n = n + 10",
            f"DELETE FROM articles WHERE id = {FIRST}",  # and all that hangs on it
        ):
            with writer.transaction() as connection:
                connection.execute(sql)
        with writer.transaction() as connection:  # what is written by one function only has no triggers
            dedupe.anew(connection, rows(path, f"SELECT {FIRST}")[0][0])
            ledger.put_bands(connection, rows(path, "SELECT max(id) FROM articles")[0][0], fingerprint("Other words."))
        with suppress(StoreError), writer.transaction() as connection:
            connection.execute("UPDATE entries SET title = 'no'")
            raise RuntimeError("which rolls back")
    assert found(path) == []


# repair


def test_repair_makes_again_what_is_derived(path: Path) -> None:
    before = rows(path, "SELECT * FROM articles ORDER BY id"), rows(path, "SELECT * FROM removals ORDER BY 1, 2")
    change(
        path,
        f"UPDATE articles SET text = 'forged', title = 'forged' WHERE id = {FIRST};"
        " DELETE FROM removals; DROP TRIGGER articles_ai; UPDATE revisions SET text = 'forged';"
        " UPDATE captures SET outcome = 'empty' WHERE id = 9;"
        " DROP INDEX captures_run; INSERT INTO articles_fts (articles_fts) VALUES ('delete-all');",
    )
    repaired = cli(path, "repair")
    assert repaired.exit_code == 0, repaired.stderr
    assert repaired.stderr.endswith("all is well now\n")
    assert "schema articles_ai: the trigger was made again" in repaired.stdout
    assert "articles_fts: the search index was made again" in repaired.stdout
    assert "taken as it stands" not in repaired.stdout
    assert before == (
        rows(path, "SELECT * FROM articles ORDER BY id"),
        rows(path, "SELECT * FROM removals ORDER BY 1, 2"),
    )
    assert cli(path, "verify").exit_code == 0


@pytest.mark.parametrize("keys", ["ON", "OFF"])
def test_an_article_that_is_gone_is_read_again(path: Path, keys: str) -> None:
    before = rows(path, "SELECT url, text FROM articles ORDER BY url")
    change(path, f"PRAGMA foreign_keys = {keys}; DELETE FROM articles WHERE id = (SELECT max(id) - 1 FROM articles)")
    assert cli(path, "repair").exit_code == 0
    assert rows(path, "SELECT url, text FROM articles ORDER BY url") == before


def test_what_leads_crawls_is_taken_as_it_stands(path: Path) -> None:
    change(path, "UPDATE entries SET title = 'x' WHERE id = 2; DELETE FROM sources WHERE id = 'paper-1'")
    repaired = cli(path, "repair")
    assert repaired.exit_code == 0, repaired.stderr
    assert "entries 2: is taken as it stands" in repaired.stdout
    assert "sources: 1 row put back that articles name" in repaired.stdout
    assert rows(path, "SELECT title FROM entries WHERE id = 2") == [("x",)]


def test_evidence_is_never_touched(path: Path) -> None:
    change(
        path,
        "UPDATE captures SET url = 'x' WHERE id = 9; UPDATE leaves SET digest = root FROM seals WHERE capture_id = 12;"
        " DELETE FROM captures WHERE id = 1",
    )
    facts = (
        "SELECT * FROM captures ORDER BY id",
        "SELECT * FROM leaves ORDER BY 1",
        "SELECT * FROM payloads ORDER BY id",
    )
    before = [rows(path, sql) for sql in facts]
    repaired = cli(path, "repair")
    assert repaired.exit_code == 1
    assert "stays wrong: captures 9: is not what was sealed" in repaired.stderr
    assert "stays wrong: captures 1: is gone, but not by Tearsheet" in repaired.stderr
    assert "stays wrong: seals 1: its leaves do not give its root" in repaired.stderr
    assert [rows(path, sql) for sql in facts] == before


def test_a_damaged_page_waits_to_be_fetched_again_and_then_all_is_well(path: Path) -> None:
    ((url, source),) = rows(path, "SELECT url, source_id FROM captures WHERE payload_id = 9")
    with Archive(path) as archive:
        page = archive.capture(rows(path, "SELECT id FROM captures WHERE payload_id = 9")[0][0])
    change(
        path, "UPDATE payloads SET body = CAST(substr(body, 1, 50) || x'00' || substr(body, 52) AS BLOB) WHERE id = 9"
    )
    repaired = cli(path, "repair")
    assert repaired.exit_code == 1
    assert "payloads 9: is marked as damaged; 1 row of entries wait to be fetched again" in repaired.stdout
    assert rows(path, "SELECT state, reason FROM entries WHERE url = ?", url) == [
        ("queued", "its page is damaged in the archive")
    ]
    assert rows(path, "SELECT error FROM failures WHERE capture_id IS NOT NULL") == [("DamagedBody",)]
    with Writer.open(path) as writer:
        kept = writer.keep(Fetched(capture=page))
        assert rows(path, "SELECT payload_id FROM captures WHERE id = ?", kept.capture_id) == [(9,)]
    assert source == page.source
    assert found(path) == []


@pytest.mark.parametrize("repaired", [False, True])
def test_a_damaged_page_stops_no_other_from_being_read(path: Path, repaired: bool) -> None:
    change(path, "UPDATE captures SET outcome = NULL WHERE outcome = 'article'")
    waiting = len(rows(path, "SELECT 1 FROM captures WHERE outcome IS NULL AND payload_id IS NOT NULL"))
    change(path, "UPDATE payloads SET body = CAST(body || x'00' AS BLOB), size = size + 1 WHERE id = 9")
    if repaired:
        cli(path, "repair")
    done = cli(path, "process", "--json")
    left = rows(path, "SELECT outcome, count(*) FROM captures WHERE payload_id = 9 GROUP BY outcome")
    assert left == [("failed", 1)]
    assert rows(path, "SELECT 1 FROM captures WHERE outcome IS NULL") == []
    if not repaired:
        assert done.exit_code == 1
        assert sum(row["failed"] + row["unchanged"] + row["changed"] for row in json.loads(done.stdout)) == waiting
        assert rows(path, "SELECT stage, error FROM failures WHERE capture_id IS NOT NULL") == [("store", "damaged")]


# all of it


@pytest.mark.slow
def test_every_column_of_every_table(path: Path, tmp_path: Path) -> None:
    chance, copy = random.Random(7), tmp_path / "copy.db"
    with closing(sqlite3.connect(path)) as database:
        places = bench.columns(database)
        held = {
            name: database.execute(f"SELECT * FROM {name} ORDER BY random() LIMIT 1").fetchone() for name, _ in places
        }
    assert len(places) > 150
    before, missed = bench.values(path), []
    for table, column in places:
        shutil.copy(path, copy)
        with closing(sqlite3.connect(copy)) as database:
            what = bench.change_row(database, table, held[table], column, chance)
        if bench.values(copy) != before and not bench.finds(copy):
            missed.append(what)
    assert missed == []


@pytest.mark.slow
@pytest.mark.parametrize("how", [bench.flip, bench.edit])
def test_fifty_of_fifty(made: Path, tmp_path: Path, how: Callable[[Path, random.Random], str]) -> None:
    told: Iterator[tuple[str, bool]] = bench.trials(made, tmp_path / "copy.db", how, 50)
    assert [what for what, was_found in told if not was_found] == []
