"""Opening an archive: every way a path can be wrong, told in one line, before anything is written."""

from __future__ import annotations

import os
from pathlib import Path

from sqlite_utils import Database
from sqlite_utils.utils import sqlite3

from pipelines.errors import StoreError
from pipelines.store import checks
from pipelines.store.faults import explain
from pipelines.store.migrations import RELEASE, SCHEMA_VERSION, migrations
from pipelines.store.upgrading import upgrade

_MAGIC = b"SQLite format 3\0"
_BUSY_SECONDS = 30
#: A page takes more than the usual 128 different statements, and to compile one costs more than to run it.
_STATEMENTS = 1000
_FOR_WRITING = {
    "cache_size": -32 * 1024,  # KiB: every page of the web touches some seventy pages of the indexes
    "secure_delete": "FAST",  # what is deleted from a page is overwritten there, as the page is written anyway
    "journal_size_limit": 64 * 1024**2,  # bytes of the -wal file that stay after a long reader let it grow
}
_MADE_BY = "`tearsheet crawl` or `tearsheet import FILE` makes it"


def open_archive(path: Path, *, create: bool = False) -> Database:
    """Open the archive at `path` for reading, or with `create` for writing, made and brought up to date.

    Whoever passes `create` holds the writer's lock. Raises StoreError for a path that is missing, a folder, no
    database, another program's database, of a newer version, read-only (to write), damaged or locked.
    """
    check(path, writing=create)
    connection = None
    try:
        connection = _connect(path, writing=create)
        database = Database(connection, execute_plugins=False)
        _check_version(path, database, writing=create)
        if create:
            _bring_up_to_date(path, database)
            checks.watch(connection)
            for name, value in _FOR_WRITING.items():
                connection.execute(f"PRAGMA {name} = {value}")
    except BaseException as problem:
        if connection is not None:
            connection.close()
        if isinstance(problem, (sqlite3.Error, OSError)):
            raise explain(path, problem) from problem
        raise
    return database


def open_beside(path: Path) -> Database:
    """Open the archive for short transactions on what is people's own, beside whoever holds the writer's lock.

    No digests are kept of what it writes. Raises StoreError as `open_archive` does.
    """
    open_archive(path).close()
    check(path, writing=True)
    try:
        return Database(_connect(path, writing=True), execute_plugins=False)
    except sqlite3.Error as problem:
        raise explain(path, problem) from problem


def _bring_up_to_date(path: Path, database: Database) -> None:
    """Make the tables of a new archive, or upgrade those of an old one."""
    if any(database.table(name).exists() for name in ("captures", "articles")) and migrations.pending(database):
        upgrade(path, database, migrations, RELEASE)
    else:
        migrations.apply(database)


def check(path: Path, *, writing: bool) -> None:
    """What the file system says of the path. Raises StoreError."""
    try:
        _check_place(path)
        start = _start_of(path) if path.exists() else None
    except OSError as problem:
        raise StoreError(f"{path}: cannot be read ({problem.strerror}); check its permissions") from None
    if not start and not writing:
        raise StoreError(f"{path}: {'there is no archive yet' if start is None else 'is empty'}; {_MADE_BY}")
    if start and start != _MAGIC:
        raise StoreError(f"{path}: is not an SQLite database; name another file with --db")
    for place, what in ((path, "file"), (path.parent, "folder")):
        if writing and place.exists() and not os.access(place, os.W_OK):
            raise StoreError(f"{path}: the {what} is read-only for you; change its permissions or copy the archive")


def _check_place(path: Path) -> None:
    if path.is_dir():
        raise StoreError(f"{path}: is a folder; name a file, for example {path / 'archive.db'}")
    if not path.parent.is_dir():
        raise StoreError(f"{path}: there is no folder {path.parent}; make it first, or name another file with --db")


def _start_of(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(len(_MAGIC))


def _connect(path: Path, *, writing: bool) -> sqlite3.Connection:
    connection = sqlite3.connect(
        address_of(path, writing=writing),
        uri=True,
        isolation_level=None,  # transactions are ours: BEGIN IMMEDIATE … COMMIT
        timeout=_BUSY_SECONDS,
        check_same_thread=False,
        cached_statements=_STATEMENTS,
    )
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")  # NORMAL loses acknowledged pages at a power cut
    return connection


def address_of(path: Path, *, writing: bool) -> str:
    """The archive's address for SQLite, which cannot share a WAL database that lies in a read-only folder."""
    path = path.resolve()
    place = path.as_uri()
    if writing:
        return f"{place}?mode=rwc"
    if os.access(path.parent, os.W_OK):
        return f"{place}?mode=ro"
    wal = path.with_name(path.name + "-wal")
    if not wal.exists() or not wal.stat().st_size:
        return f"{place}?mode=ro&immutable=1"
    if not path.with_name(path.name + "-shm").exists():
        raise StoreError(f"{path}: has unmerged pages in {wal.name}; copy both to a folder that you can write to")
    return f"{place}?mode=ro"


def _check_version(path: Path, database: Database, *, writing: bool) -> None:
    (version,) = database.execute("PRAGMA user_version").fetchone()
    applied = {one.name for one in migrations.applied(database)}
    with Database(memory=True, execute_plugins=False) as blank:
        known = {one.name for one in migrations.pending(blank)}
    if not applied and set(database.table_names()) - {migrations.migrations_table}:
        raise StoreError(f"{path}: is the database of another program; name another file with --db")
    if version > SCHEMA_VERSION or applied - known:
        raise StoreError(
            f"{path}: was made by a newer Tearsheet (schema {version}, this one knows {SCHEMA_VERSION}); "
            "upgrade with `pip install --upgrade tearsheet`"
        )
    if not writing and applied != known:
        here = os.access(path.parent, os.W_OK) and os.access(path, os.W_OK)
        where = "" if here else "copy it to a folder that you can write to, and there "
        raise StoreError(
            f"{path}: was made by an older Tearsheet; {where}run `tearsheet repair` to bring it up to date"
        )
