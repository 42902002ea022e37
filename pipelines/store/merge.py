"""Joining another archive: what it captured, how it was read, and what was decided, once and in any order.

The other file is attached for reading and gone through in short stretches, so its size does not matter. Everything is
found by what it is (a source by id, a body by digest, a capture by address, time, status and body, an entry by its
urlkey, an article by urlkey or by an address and its words), so that a second merge, or one after a kill, adds what is
missing and nothing twice. Where both know something of a thing that only a person could decide, what stands here stays.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlite_utils.utils import sqlite3

from pipelines.errors import StoreError
from pipelines.store import joining, notes, takedowns, tallies
from pipelines.store.archive import Archive
from pipelines.store.echoes import clear, find
from pipelines.store.faults import explained
from pipelines.store.forget import blank_captures, blank_entries, doom, forget
from pipelines.store.held import Held
from pipelines.store.joining_articles import put_article
from pipelines.store.opening import address_of
from pipelines.store.space import overwriting

_STEP = 200  # rows of one transaction

#: What is taken over whole where it is not known here; conflicts are left as they stand.
_SETTLED = ("sources", "rules", "recipes", "hosts", "takedowns")


def merge(
    held: Held, other: Path, run_id: int | None, done: Callable[[int], object] = lambda _: None
) -> dict[str, Any]:
    """Take in all that `other` has and this archive has not; what was added, by kind.

    `done` hears of every capture, entry and article looked at. Raises StoreError where `other` is no archive of this
    version, or this very one.
    """
    added: Counter[str] = Counter()
    with _attached(held, other) as connection:
        for table in _SETTLED:
            added[table] += _take(held, table)
        if added["takedowns"]:
            added["forgotten"] = _forget_here(held)
        with held.transaction():
            joining.put_feeds(connection)
        for step in _steps(connection, "captures"):
            with held.transaction():
                for row in joining.captures(connection, *step):
                    if joining.put_capture(connection, row, run_id):
                        added["captures"] += 1
                        tallies.add(connection, run_id, row["source_id"], "fetched")
                joining.put_continuations(connection, *step)
            done(step[1] - step[0])
        for step in _steps(connection, "entries"):
            with held.transaction():
                added["entries"] += joining.put_entries(connection, *step)
            done(step[1] - step[0])
        for ids in _articles(connection):
            with held.transaction():
                for article_id in ids:
                    if result := put_article(connection, article_id):
                        (source,) = connection.execute(
                            "SELECT source_id FROM other.articles WHERE id = ?", (article_id,)
                        ).fetchone()
                        added["articles" if result == "new" else result] += 1
                        tallies.add(connection, run_id, source, result)
            done(len(ids))
        with held.transaction():
            joining.put_lines(connection)
            added["notes"] = notes.take(connection)
        seal = connection.execute("SELECT digest FROM other.seals ORDER BY id DESC LIMIT 1").fetchone()
    return {"added": {name: n for name, n in added.items() if n}, "last_seal": seal and seal["digest"]}


def rows_of(other: Path) -> int:
    """How many rows a merge looks at. Raises StoreError where `other` cannot be merged."""
    with Archive(other) as archive, explained(other):
        return sum(
            int(archive.db.execute(f"SELECT {what} FROM {table}").fetchone()[0])
            for what, table in (
                ("coalesce(max(id), 0)", "captures"),
                ("coalesce(max(id), 0)", "entries"),
                ("count(*)", "articles"),
            )
        )


@contextmanager
def _attached(held: Held, other: Path) -> Iterator[sqlite3.Connection]:
    connection: sqlite3.Connection = held.db.conn
    Archive(other).close()  # says what is wrong with it
    if other.resolve() == held.path.resolve():
        raise StoreError(f"{other}: is the very archive that it is to be merged into")
    with explained(other):
        connection.execute("ATTACH ? AS other", (address_of(other, writing=False),))
    try:
        yield connection
    finally:
        with suppress(sqlite3.Error):  # the first error is the one to tell
            connection.execute("DETACH other")


def _take(held: Held, table: str) -> int:
    with held.transaction() as connection:
        names = joining.columns(connection, table)
        cursor = connection.execute(
            f"INSERT INTO main.{table} ({names}) SELECT {names} FROM other.{table} WHERE true ON CONFLICT DO NOTHING"
        )
        return int(cursor.rowcount)


def _steps(connection: sqlite3.Connection, table: str) -> Iterator[tuple[int, int]]:
    (last,) = connection.execute(f"SELECT coalesce(max(id), 0) FROM other.{table}").fetchone()
    for low in range(0, last, _STEP):
        yield low, min(low + _STEP, last)


def _articles(connection: sqlite3.Connection) -> Iterator[list[int]]:
    last = -1
    while rows := connection.execute(
        "SELECT id FROM other.articles WHERE id > ? ORDER BY id LIMIT ?", (last, _STEP // 4)
    ).fetchall():
        last = rows[-1]["id"]
        yield [row["id"] for row in rows]


def _forget_here(held: Held) -> int:
    """Forget what the other archive has forgotten; how many articles that were."""
    connection: sqlite3.Connection = held.db.conn
    gone: dict[int, sqlite3.Row] = {}
    for table, column in (("articles", "id"), ("addresses", "article_id")):
        for rows in joining.pages(connection, f"main.{table}", column):
            found = takedowns.among(connection, [row["urlkey"] for row in rows])
            gone |= {row[column]: found[row["urlkey"]] for row in rows if row["urlkey"] in found}
    doomed = [one for article_id in gone if (one := doom(connection, article_id))]
    if doomed:
        clear(held, find(connection, doomed))
    for one in doomed:
        forget(held, one, gone[one.id]["reason"], gone[one.id]["at"])
    with overwriting(held):
        for rows in joining.pages(connection, "main.entries", "id"):
            found = takedowns.among(connection, [row["urlkey"] for row in rows])
            with held.transaction():
                for row in rows:
                    if row["urlkey"] in found:
                        blank_entries(connection, "id = ?", row["id"])
        for rows in joining.pages(connection, "main.captures", "id"):
            found = takedowns.among(connection, [row["urlkey"] for row in rows])
            with held.transaction():
                blank_captures(connection, [row["id"] for row in rows if row["urlkey"] in found])
    return len(doomed)
