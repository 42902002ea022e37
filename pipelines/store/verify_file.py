"""What can be told of an archive's file: its log, its pages, its schema, its search index."""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlite_utils import Database
from sqlite_utils.utils import sqlite3

from pipelines.store.migrations import SCHEMA_VERSION, migrations
from pipelines.store.snapshot import APPLICATION

#: How a reference to a row that is not there is told of.
DANGLING = "names a row of "

_MOST = 100  # complaints of SQLite's that are passed on
_WAL_HEADER, _FRAME_HEADER = 32, 24  # bytes
_MAGIC = (0x377F0682, 0x377F0683)  # of a log with little-endian and with big-endian checksums


@dataclass(frozen=True, slots=True)
class Wrong:
    """One thing that is wrong: the table, the row or rows (by id), and what."""

    table: str
    id: int | str | None
    what: str


def sqlite_is_safe(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> bool:
    """Whether this SQLite is without the fault that can damage a file with a log (mended in 3.51.3)."""
    return version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)


def plain(value: Any) -> Any:
    """Text that was read as bytes, as text; what is no UTF-8 in it shows as U+FFFD."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


# the log


def log(path: Path) -> Iterator[Wrong]:
    """Whether pages of the write-ahead log are damaged: SQLite drops them, and all that was written after them.

    Look before anything opens the archive, and while nobody writes.
    """
    wal = path.with_name(path.name + "-wal")
    if not wal.exists() or wal.stat().st_size < _WAL_HEADER:
        return
    with wal.open("rb") as file:
        header = file.read(_WAL_HEADER)
        magic, _, page_size = struct.unpack(">III", header[:12])
        order = "<" if magic == _MAGIC[0] else ">"
        sums = _checksum(order, header[:24], (0, 0))
        if magic not in _MAGIC or sums != struct.unpack(">II", header[24:]):
            yield Wrong("file", wal.name, "its header is damaged; what was written last cannot be read")
            return
        damaged, commits = None, 0
        while len(frame := file.read(_FRAME_HEADER + page_size)) == _FRAME_HEADER + page_size:
            if damaged is None:
                sums = _checksum(order, frame[_FRAME_HEADER:], _checksum(order, frame[:8], sums))
                if frame[8:16] == header[16:24] and sums == struct.unpack(">II", frame[16:24]):
                    continue
                damaged = file.tell() - len(frame)
            # the salt tells pages of now from those that an earlier round of the log left behind
            commits += frame[8:16] == header[16:24] and frame[4:8] != bytes(4)
    if damaged is not None and commits:
        lost = (
            f"the last {commits} transactions, written after it, cannot be read"
            if commits > 1
            else "the last transaction cannot be read; where the power went while it was written, nothing is lost"
        )
        yield Wrong("file", wal.name, f"is damaged at byte {damaged}: {lost}")


def _checksum(order: str, data: bytes, sums: tuple[int, int]) -> tuple[int, int]:
    """SQLite's checksum of eight bytes at a time, from the one before."""
    one, two = sums
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for first, second in zip(words[::2], words[1::2], strict=True):
        one = (one + first + two) & 0xFFFFFFFF
        two = (two + second + one) & 0xFFFFFFFF
    return one, two


# pages and schema


def pages(connection: sqlite3.Connection) -> Iterator[Wrong]:
    """SQLite's own checks of every page, index and reference."""
    for (line,) in connection.execute(f"PRAGMA integrity_check({_MOST})"):
        text = plain(line)
        if text != "ok":
            yield Wrong("file", None, " ".join(text.split()))
    keyless: Counter[tuple[str, str]] = Counter()  # of tables without row ids SQLite names no row
    for table, rowid, parent, _ in connection.execute("PRAGMA foreign_key_check"):
        if rowid is None:
            keyless[plain(table), plain(parent)] += 1
        else:
            yield Wrong(plain(table), rowid, f"{DANGLING}{plain(parent)} that is not there")
    for (table, parent), n in keyless.items():
        yield Wrong(table, None, f"{DANGLING}{parent} that is not there, {n} times")


def schema(connection: sqlite3.Connection) -> Iterator[Wrong]:
    """What is in the file beside what the migrations make; somebody's own tables, views and indexes are welcome."""
    found, made = _schema(connection), _made()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    is_snapshot = application == APPLICATION
    if application not in (0, APPLICATION):
        yield Wrong("schema", "application_id", f"is {application}, not 0")
    if is_snapshot:  # made for readers, who find the index by how it is written
        made = {**made, ("table", "articles_fts"): found.get(("table", "articles_fts"), ("", None))}
    for key in sorted(made.keys() | found.keys()):
        kind, name = key
        if key not in found:
            yield Wrong("schema", name, f"the {kind} is not there")
        elif key not in made:
            if kind == "trigger":
                yield Wrong("schema", name, f"a trigger that Tearsheet does not know, on {found[key][0]}")
        elif found[key] != made[key]:
            yield Wrong("schema", name, f"the {kind} is not as Tearsheet makes it")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version != SCHEMA_VERSION:
        yield Wrong("schema", "user_version", f"is {version}, not {SCHEMA_VERSION}")
    (mode,) = map(plain, connection.execute("PRAGMA journal_mode").fetchone())
    if mode != "wal" and not is_snapshot:
        yield Wrong("schema", "journal_mode", f"is {mode}, not wal; readers and the writer wait for each other")
    applied = connection.execute("SELECT name FROM _sqlite_migrations WHERE migration_set = ?", (migrations.name,))
    with Database(memory=True, execute_plugins=False) as blank:
        missing = {one.name for one in migrations.pending(blank)} - {plain(name) for (name,) in applied}
    for name in sorted(missing):
        yield Wrong("_sqlite_migrations", name, "is not noted as done")


def _schema(connection: sqlite3.Connection) -> dict[tuple[str, str], tuple[str, str | None]]:
    rows = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_stat%'")
    return {(plain(kind), plain(name)): (plain(table), plain(sql)) for kind, name, table, sql in rows}


def _made() -> dict[tuple[str, str], tuple[str, str | None]]:
    with Database(memory=True, execute_plugins=False) as blank:
        migrations.apply(blank)
        return _schema(blank.conn)


def made(name: str) -> tuple[str, str] | None:
    """The kind of a trigger, view or index of ours, and the statement that makes it; None for anything else."""
    found = ((kind, sql) for (kind, one), (_, sql) in _made().items() if one == name and kind != "table")
    return next(((kind, sql) for kind, sql in found if sql), None)


# the search indexes

#: Each index, and the table of which rows it holds the words.
INDEXES = {"articles_fts": "articles", "articles_trigrams": "articles", "notes_fts": "notes"}


def search_settings_made(index: str) -> dict[str, Any]:
    """The settings of an index as the migrations make them."""
    with Database(memory=True, execute_plugins=False) as blank:
        migrations.apply(blank)
        return dict(blank.execute(f"SELECT k, v FROM {index}_config").fetchall())


def search_settings(connection: sqlite3.Connection, index: str) -> Iterator[Wrong]:
    """Settings of an index, which say how hits are ranked."""
    wanted = search_settings_made(index)
    found = {plain(key): plain(value) for key, value in connection.execute(f"SELECT k, v FROM {index}_config")}
    for key in sorted(wanted.keys() | found.keys()):
        if wanted.get(key) != found.get(key):
            yield Wrong(f"{index}_config", key, f"is {found.get(key)}, not {wanted.get(key)}")


def search_index(connection: sqlite3.Connection, index: str) -> Iterator[Wrong]:
    """An index against the texts. It takes a connection that may write, though nothing is written."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute(f"INSERT INTO {index} ({index}, rank) VALUES ('integrity-check', 1)")
        # that sum of FTS5's can cancel out where one changed id stands for several words
        connection.execute(f"CREATE VIRTUAL TABLE temp.words USING fts5vocab('main', '{index}', 'instance')")
        if connection.execute(
            f"SELECT 1 FROM temp.words WHERE NOT EXISTS (SELECT 1 FROM {INDEXES[index]} WHERE id = doc)"
        ).fetchone():
            yield Wrong(index, None, f"the search index names {INDEXES[index]} that are not there")
    except sqlite3.DatabaseError as problem:
        yield Wrong(index, None, f"the search index does not fit the texts ({problem})")
    finally:
        connection.execute("ROLLBACK")
