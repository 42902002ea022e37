"""The archive's schema, as numbered migrations. What stands here is the public interface: people write SQL
against it. No view, trigger or index uses functions of our own, so any SQLite reads and writes the file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Any

from sqlite_utils import Database, Migrations
from sqlite_utils.utils import sqlite3

from pipelines.store import changes, checks

#: Number of the newest migration this version knows; kept in `PRAGMA user_version`.
SCHEMA_VERSION = 2
#: The release that made it.
RELEASE = "0.2"

migrations = Migrations("tearsheet")


@migrations(transactional=False)
def m001_wal(db: Database) -> None:
    """Readers never wait for the writer."""
    db.enable_wal()


@migrations()
def m001_schema(db: Database) -> None:
    """Every table, index, trigger and view of release 0.1."""
    _run(db, "m001.sql", 1)


@migrations()
def m002_archive(db: Database) -> None:
    """Release 0.2: changes, pages, seals, takedowns, imports. What edits changed is told of old revisions, too."""
    _run(db, "m002.sql", 2, then=_tell_changes)


def _run(db: Database, script: str, version: int, then: Callable[[Any], object] = lambda _: None) -> None:
    run_script(db.conn, files(__package__).joinpath(script).read_text(encoding="utf-8"))
    db.execute(f"PRAGMA user_version = {version}")
    then(db.conn)
    checks.fill(db.conn)


def _tell_changes(connection: Any) -> None:
    for (article_id,) in connection.execute("SELECT DISTINCT article_id FROM revisions").fetchall():
        changes.rebuild(connection, article_id)


def make_anew(connection: Any, table: str, create: str, columns: Mapping[str, str]) -> None:
    """Give a table another shape, by `create`, its CREATE TABLE statement; `columns` says what fills each new column.

    Its indexes, triggers, rowids and what else refers to it stay, and so does the search index over it. Runs within a
    migration's transaction, where foreign keys are off. In `articles`, `text` must stay the last column.
    """
    kept = connection.execute(
        "SELECT sql FROM sqlite_master WHERE tbl_name = ? AND type IN ('index', 'trigger') AND sql IS NOT NULL",
        (table,),
    ).fetchall()
    connection.execute("PRAGMA legacy_alter_table = ON")  # views and keys keep naming the table while it is away
    connection.execute(f"ALTER TABLE {table} RENAME TO {table}_before")
    connection.execute(create)
    connection.execute(
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(columns.values())} FROM {table}_before"
    )
    connection.execute(f"DROP TABLE {table}_before")
    for (sql,) in kept:
        connection.execute(sql)
    connection.execute("PRAGMA legacy_alter_table = OFF")


def run_script(connection: Any, script: str) -> None:
    """Run a script statement by statement, within the transaction that is open (executescript would commit)."""
    statement = ""
    for part in script.split(";"):
        statement += part + ";"
        if sqlite3.complete_statement(statement):
            connection.execute(statement)
            statement = ""
