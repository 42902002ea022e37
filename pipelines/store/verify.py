"""Everything an archive holds, computed again and compared: what is wrong, row by row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import Any

from sqlite_utils.utils import sqlite3

from pipelines.merkle import Tree
from pipelines.store import lock, verify_file, verify_rows
from pipelines.store.lock import WriterLock
from pipelines.store.opening import open_archive
from pipelines.store.seals import seal_text, sha256
from pipelines.store.snapshot import is_snapshot
from pipelines.store.verify_file import Wrong as Wrong
from pipelines.store.verify_file import plain
from pipelines.store.verify_file import sqlite_is_safe as sqlite_is_safe

_LEAVES = 1000  # read at once


class Inspection:
    """One look at a whole archive, in constant memory; also while a crawl writes, and then without the search index."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.left_out: str | None = None  # why the search index was not looked at
        self.counts: dict[str, int] = {}  # what was looked at, once it was
        self._log_is_whole = True

    def run(self, told: Callable[[str, int], Any] = lambda _what, _n: None) -> Iterator[Wrong]:
        """What is wrong. `told` hears what is looked at, and how many of its parts were just done (0: it begins).

        Raises StoreError where the archive cannot be opened at all.
        """
        writing = lock.holder(self.path)
        if writing is None:
            for wrong in verify_file.log(self.path):
                self._log_is_whole = False
                yield wrong
        with closing(open_archive(self.path)) as database:
            connection = database.conn
            connection.text_factory = bytes  # what is damaged may be no text
            told("pages", 0)
            yield from _readable("file", lambda: verify_file.pages(connection))
            yield from _readable("schema", lambda: verify_file.schema(connection))
            for index in verify_file.INDEXES:
                yield from _readable(index, partial(verify_file.search_settings, connection, index))
            yield from verify_rows.rows(connection, lambda n: told("rows", n))
            yield from _readable("seals", lambda: seals(connection, lambda n: told("leaves", n)))
            with suppress(sqlite3.DatabaseError):  # of a table that is not there it was said
                self.counts = counts(connection)
        told("search index", 0)
        yield from self._search_index(writing)

    def _search_index(self, writing: str | None) -> Iterator[Wrong]:
        """The one check that needs the right to write: SQLite offers it no other way."""
        if writing is not None or not self._log_is_whole:
            self.left_out = writing or "the log is damaged, and opening it for writing would drop what it holds"
            return
        try:
            held = WriterLock.take(self.path)
        except Exception as problem:
            self.left_out = str(problem)
            return
        try:
            uri = f"{self.path.resolve().as_uri()}?mode=rw"
            with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as connection:
                for index in verify_file.INDEXES:
                    yield from _readable(index, partial(verify_file.search_index, connection, index))
        finally:
            held.release()


def _readable(table: str, look: Callable[[], Iterator[Wrong]]) -> Iterator[Wrong]:
    """What a look finds, and that it could not go on where SQLite cannot read the file."""
    try:
        yield from look()
    except sqlite3.DatabaseError as problem:
        yield Wrong(table, None, f"cannot be read ({problem})")


def total(path: Path) -> int:
    """How many parts `run` tells of."""
    with closing(open_archive(path)) as database, suppress(sqlite3.DatabaseError):  # `run` will say it
        (parts,) = database.execute("SELECT count(*) FROM checks").fetchone()
        (leaves,) = database.execute("SELECT coalesce(sum(count), 0) FROM seals").fetchone()
        return int(parts + leaves)
    return 0


def counts(connection: sqlite3.Connection) -> dict[str, int]:
    """What was looked at, for the line that says so."""
    names = ("captures", "payloads", "articles", "revisions", "entries", "seals")
    found = {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in names}
    last = "(SELECT coalesce(max(capture_id), 0) FROM leaves)"
    (unsealed,) = connection.execute(f"SELECT count(*) FROM captures WHERE id > {last}").fetchone()
    return {**found, "unsealed": 0 if is_snapshot(connection) else unsealed}  # seals stay at home


def seals(connection: sqlite3.Connection, beat: Callable[[int], Any]) -> Iterator[Wrong]:
    """Each seal: its leaves give its root, and its own digest stands in the next."""
    previous, expected = None, 1
    for row in connection.execute("SELECT * FROM seals ORDER BY id").fetchall():
        number = row["id"]
        if number != expected:
            yield Wrong("seals", expected, "is gone" if number == expected + 1 else f"is gone, as all until {number}")
        tree = Tree()
        yield from _grow(connection, number, tree, beat)
        if (tree.size, tree.root.hex()) != (row["count"], plain(row["root"])):
            yield Wrong("seals", number, "its leaves do not give its root: some were changed, added or taken away")
        if row["previous"] != previous:
            yield Wrong("seals", number, "does not hold the digest of the seal before it")
        if sha256(seal_text(row)) != plain(row["digest"]):
            yield Wrong("seals", number, "is not what its digest says")
        previous, expected = row["digest"], number + 1


def _grow(connection: sqlite3.Connection, seal_id: int, tree: Tree, beat: Callable[[int], Any]) -> Iterator[Wrong]:
    """Add the leaves of a seal to a tree."""
    last = -1
    while page := connection.execute(
        "SELECT n, digest, capture_id FROM leaves WHERE seal_id = ? AND n > ? ORDER BY n LIMIT ?",
        (seal_id, last, _LEAVES),
    ).fetchall():
        for n, digest, capture_id in page:
            try:
                tree.add(bytes.fromhex(plain(digest)))
            except ValueError:
                yield Wrong("leaves", capture_id, "is no digest")
            if n != last + 1:
                yield Wrong("leaves", capture_id, f"stands at {n}, not {last + 1}, in seal {seal_id}")
            last = n
        beat(len(page))
