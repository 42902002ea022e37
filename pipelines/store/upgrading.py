"""Bringing an archive of an older version up to date: a copy first, then all of it or nothing.

Every pending migration runs in one transaction, which ends only where nothing was lost on the way: triggers, foreign
keys, and the search index against the texts. A kill or a full disk leaves the file as it was.
"""

from __future__ import annotations

import logging
import os
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple

from sqlite_utils import Database, Migrations
from sqlite_utils.utils import sqlite3

from pipelines.errors import StoreError
from pipelines.store.faults import explain, transaction
from pipelines.store.room import need_room

#: What tells one state of an archive from another without reading it all.
_STATE = ("runs", "captures", "articles")

#: Condition on a row of `articles`: it has no sketch (see `ledger.SKETCH`), as release 0.1 made none.
UNSKETCHED = "NOT EXISTS (SELECT 1 FROM bands WHERE article_id = articles.id AND band = 16)"

_INDEXES = ("articles_fts", "articles_trigrams")

log = logging.getLogger("tearsheet")  # a line of it reaches stderr, also where nobody set up logging


def upgrade(path: Path, database: Database, migrations: Migrations, release: str) -> Path:
    """Run the pending migrations; returns where the copy of the archive as it was before lies.

    `release` is the one that made the newest of them. Raises StoreError, and then the archive is as it was: where the
    disk has no room for the copy and the log, where a migration fails, and where what it left does not hold.
    """
    connection: sqlite3.Connection = database.conn
    size = path.stat().st_size
    need_room(path, 2 * size, "to be brought up to date: a copy is made first")
    copy = _copy(path, connection, release)
    log.warning("%s: being brought up to date for Tearsheet %s; a copy of it as it was: %s", path, release, copy)
    connection.execute("PRAGMA foreign_keys = OFF")  # has no effect within a transaction; a table made anew needs it
    try:
        with transaction(connection, path):
            before = _look(connection)
            migrations.apply(database)
            _check(connection, before)
    except StoreError as problem:
        copy.unlink(missing_ok=True)  # the archive is what it is a copy of
        raise StoreError(f"{problem}; it was not brought up to date, and nothing in it was changed") from problem
    finally:
        connection.execute("PRAGMA foreign_keys = ON")
    if connection.execute(f"SELECT 1 FROM articles WHERE {UNSKETCHED} LIMIT 1").fetchone():
        log.warning("%s: `tearsheet repair` looks for copies among the articles that are in it already", path)
    return copy


def _copy(path: Path, connection: sqlite3.Connection, release: str) -> Path:
    """A copy of the archive beside it; the one that an upgrade left which was killed will do."""
    part = path.with_name(f"{path.stem}.before-{release}{path.suffix}.part")
    for n in range(1, 1000):
        copy = path.with_name(f"{path.stem}.before-{release}{'' if n == 1 else f'.{n}'}{path.suffix}")
        if not copy.exists():
            break
        if _same_state(copy, connection):
            return copy
    try:
        part.unlink(missing_ok=True)
        connection.execute("VACUUM INTO ?", (str(part),))
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(copy)
    except (sqlite3.Error, OSError) as problem:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise explain(path, problem) from problem
    return copy


def _same_state(copy: Path, connection: sqlite3.Connection) -> bool:
    try:
        with closing(sqlite3.connect(f"{copy.resolve().as_uri()}?mode=ro", uri=True)) as other:
            return _state(other) == _state(connection)
    except sqlite3.Error:
        return False


def _state(connection: sqlite3.Connection) -> list[object]:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return [version, *(connection.execute(f"SELECT max(id), count(*) FROM {one}").fetchone()[:] for one in _STATE)]


class _Sound(NamedTuple):
    """What an upgrade must not take from an archive; what it did not have before is for `repair` to mend."""

    triggers: frozenset[str]
    dangling: Counter[tuple[str, str]]  # rows that point to nothing, by their table and the one they point to
    indexed: frozenset[str]  # search indexes that fit the texts


def _look(connection: sqlite3.Connection) -> _Sound:
    triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    dangling = Counter((table, parent) for table, _, parent, _ in connection.execute("PRAGMA foreign_key_check"))
    fitting = frozenset(index for index in _INDEXES if _fits(connection, index))
    return _Sound(frozenset(name for (name,) in triggers), dangling, fitting)


def _fits(connection: sqlite3.Connection, index: str) -> bool:
    try:
        connection.execute(f"INSERT INTO {index} ({index}, rank) VALUES ('integrity-check', 1)")
    except sqlite3.DatabaseError:  # or there is none yet
        return False
    return True


def _check(connection: sqlite3.Connection, before: _Sound) -> None:
    """Raise StoreError where a migration left something that does not hold."""
    after = _look(connection)
    if lost := before.triggers - after.triggers:
        raise StoreError(f"a migration lost the trigger {min(lost)}")
    if broken := after.dangling - before.dangling:
        raise StoreError(f"a migration left rows of {min(broken)[0]} that point to nothing")
    if before.indexed - after.indexed:
        raise StoreError("a migration left a search index that does not fit the texts")
