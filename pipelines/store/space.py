"""What is deleted goes: zeros over it while it is deleted, over pages that were free before, and files written anew."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

from sqlite_utils.utils import sqlite3

from pipelines.store.faults import explained
from pipelines.store.held import Held
from pipelines.store.room import megabytes, need_room

#: Most free bytes of the file that are overwritten in one transaction; --vacuum drops any number.
_MOST_FREE = 256 * 1024**2
_INDEXES = ("articles_fts", "articles_trigrams", "notes_fts")
_INDEX_PAGES = 4000  # of a search index that are merged in one transaction


@contextmanager
def overwriting(held: Held) -> Iterator[None]:
    """Write zeros over all that is deleted meanwhile."""
    held.db.execute("PRAGMA secure_delete = ON").fetchone()
    try:
        yield
    finally:
        held.db.execute("PRAGMA secure_delete = FAST").fetchone()


def wipe(held: Held, *, vacuum: bool) -> str | None:
    """Leave nothing of what was deleted in the file and its log; what stands in the way of that, in words.

    With `vacuum` the file is written anew, which also drops what earlier versions deleted.
    """
    problem = None
    with overwriting(held):
        with held.transaction() as connection:
            for name in ("sqlite_stat1", "sqlite_stat4"):  # ANALYZE keeps samples of the values it saw
                if connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (name,)).fetchone():
                    connection.execute(f"DELETE FROM {name}")
        _merge_index(held)
        if not vacuum:
            problem = _overwrite_free_pages(held)
    if vacuum:
        compact(held)
    return problem or _merge_log(held)


def compact(held: Held) -> int:
    """Write the file anew without its free pages; returns how many bytes it lost.

    A plain VACUUM would hold the whole archive in memory, as our SQLite keeps temporary files there. Raises
    StoreError where the disk has no room for a copy and a log of that size.
    """
    connection: sqlite3.Connection = held.db.conn
    before = held.path.stat().st_size
    copy = held.path.with_name(held.path.name + ".compact")
    copy.unlink(missing_ok=True)
    pages, free, size = (
        connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
    )
    need_room(held.path, 2 * (pages - free) * size, "to write it anew")
    try:
        with explained(held.path):
            connection.execute("VACUUM INTO ?", (str(copy),))
            with closing(sqlite3.connect(copy)) as source:
                source.backup(connection)
    finally:
        for suffix in ("", "-wal", "-shm", "-journal"):
            with suppress(OSError):
                copy.with_name(copy.name + suffix).unlink(missing_ok=True)
    _merge_log(held)
    return before - held.path.stat().st_size


def _merge_log(held: Held) -> str | None:
    (busy, *_) = held.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return f"a reader holds {held.path.name}-wal, which may show old words until it closes" if busy else None


def _overwrite_free_pages(held: Held) -> str | None:
    """What an edit freed before may still be read in pages that nothing uses: take them all, and give them back."""
    connection: sqlite3.Connection = held.db.conn
    (free,) = connection.execute("PRAGMA freelist_count").fetchone()
    (size,) = connection.execute("PRAGMA page_size").fetchone()
    if free * size > _MOST_FREE:
        return f"{megabytes(free * size)} MB of the file are free and may hold old words; --vacuum drops them"
    if free:
        with held.transaction():
            connection.execute("CREATE TABLE _free (zeros BLOB)")
            connection.execute("INSERT INTO _free VALUES (zeroblob(?))", (free * (size - 4),))
            connection.execute("DROP TABLE _free")
    return None


def _merge_index(held: Held) -> None:
    """Merge each search index into one piece, some pages at a time: only that drops the words of every text that was
    deleted or replaced. FTS5's own secure-delete leaves those of replaced ones, and SQLite before 3.42 would no longer
    read the index."""
    for name in _INDEXES:
        pages, changes = -_INDEX_PAGES, 2  # less than two changes: there was nothing left to merge
        while changes >= 2:
            before = held.db.conn.total_changes
            with held.transaction() as connection:
                connection.execute(f"INSERT INTO {name} ({name}, rank) VALUES ('merge', ?)", (pages,))
            pages, changes = _INDEX_PAGES, held.db.conn.total_changes - before
