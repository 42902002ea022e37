"""The archive's schema, as numbered migrations. What stands here is the public interface: people write SQL
against it. No view, trigger or index uses functions of our own, so any SQLite reads and writes the file."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from sqlite_utils import Database, Migrations
from sqlite_utils.utils import sqlite3

#: Number of the newest migration this version knows; kept in `PRAGMA user_version`.
SCHEMA_VERSION = 2

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
    """Release 0.2: changes, pages, seals, takedowns, imports."""
    _run(db, "m002.sql", 2)


def _run(db: Database, script: str, version: int) -> None:
    run_script(db.conn, files(__package__).joinpath(script).read_text(encoding="utf-8"))
    db.execute(f"PRAGMA user_version = {version}")


def run_script(connection: Any, script: str) -> None:
    """Run a script statement by statement, within the transaction that is open (executescript would commit)."""
    statement = ""
    for part in script.split(";"):
        statement += part + ";"
        if sqlite3.complete_statement(statement):
            connection.execute(statement)
            statement = ""
