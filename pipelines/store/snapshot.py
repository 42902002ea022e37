"""A public copy of chosen articles: an SQLite file of the archive's own schema, without bodies and without secrets.

Nothing is copied that would have to be taken out again: an empty archive is made and filled, handful by handful, with
what the public may read. A table or column that is not named here stays at home.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from pathlib import Path

from sqlite_utils import Database
from sqlite_utils.utils import sqlite3

from pipelines.errors import StoreError
from pipelines.store import checks
from pipelines.store.faults import explain, explained
from pipelines.store.migrations import migrations
from pipelines.store.outgoing import HANDFUL
from pipelines.store.rows import handfuls

#: `PRAGMA application_id` of a snapshot ("Tear"), so that `verify` knows what it is.
APPLICATION = 0x54656172

_IDS = "(SELECT value FROM json_each(:ids))"
_TEXTS = (
    f"SELECT capture_id FROM articles WHERE id IN {_IDS}"
    f" UNION SELECT capture_id FROM revisions WHERE article_id IN {_IDS}"
    f" UNION SELECT capture_id FROM returns WHERE article_id IN {_IDS}"
)
_FURTHER = f"capture_id IN ({_TEXTS})"
_READ = f"{_TEXTS} UNION SELECT page_id FROM continuations WHERE {_FURTHER}"
_RECIPES = f"SELECT recipe_id FROM articles WHERE id IN {_IDS}"
_RULES = f"SELECT rule_id FROM removals WHERE article_id IN {_IDS}"
_SOURCES = (
    f"SELECT source_id FROM articles WHERE id IN {_IDS} UNION SELECT source_id FROM captures WHERE id IN ({_READ})"
)
_PAYLOADS = f"SELECT payload_id FROM captures WHERE id IN ({_READ})"

Public = tuple[str, str, str, dict[str, str]]

#: What of each table is public, parents first: columns, the rows that belong to a handful of articles, and what stands
#: in columns of which the value is not. A body's digest is public and its bytes are not: the row says `pruned`.
_PUBLIC: tuple[Public, ...] = (
    ("sources", "id name homepage language country timezone retired_at", f"id IN ({_SOURCES})", {}),
    ("recipes", "*", f"id IN ({_RECIPES})", {}),
    ("rules", "*", f"id IN ({_RULES})", {}),
    ("payloads", "id digest codec size body", f"id IN ({_PAYLOADS})", {"codec": "'pruned'", "body": "x''"}),
    (
        "captures",
        "id source_id url final_url urlkey fetched_at status mime rights wire_digest completeness rendered payload_id"
        " outcome",
        f"id IN ({_READ})",
        {},
    ),
    ("articles", "*", f"id IN {_IDS}", {}),
    ("addresses", "*", f"article_id IN {_IDS}", {}),
    ("revisions", "*", f"article_id IN {_IDS}", {}),
    ("returns", "*", f"article_id IN {_IDS}", {}),
    ("changes", "*", f"article_id IN {_IDS}", {}),
    ("continuations", "*", _FURTHER, {}),
    ("removals", "*", f"article_id IN {_IDS}", {}),
)
#: What readers noted, where whoever publishes says that it may go along.
_NOTED = ("notes", "*", f"article_id IN {_IDS}", dict[str, str]())
#: What ties articles together: rows of which both ends came along.
_TIES = ("similar", "clusters", "copies")
#: Tables of which rows may be public.
PUBLIC = frozenset((*(table for table, *_ in _PUBLIC), *_TIES))
#: A cluster whose head stays at home has another one, and one article is no cluster.
_UNTIED = (
    "DELETE FROM similar WHERE other_id NOT IN (SELECT id FROM articles)",
    "DELETE FROM copies WHERE head_id NOT IN (SELECT id FROM articles)",
    """
    WITH heads AS MATERIALIZED (
        SELECT DISTINCT head_id AS gone, first_value(articles.id) OVER (
            PARTITION BY head_id ORDER BY coalesce(published_at, first_seen_at), articles.id
        ) AS head
        FROM clusters JOIN articles ON articles.id = article_id WHERE head_id NOT IN (SELECT id FROM articles)
    ) UPDATE clusters SET head_id = head FROM heads WHERE head_id = gone
    """,
    "DELETE FROM clusters WHERE head_id IN (SELECT head_id FROM clusters GROUP BY head_id HAVING count(*) = 1)",
)


def is_snapshot(connection: sqlite3.Connection) -> bool:
    """Whether this database is one of those that `write_snapshot` makes."""
    return bool(connection.execute("PRAGMA application_id").fetchone()[0] == APPLICATION)


def write_snapshot(
    archive: sqlite3.Connection,
    path: Path,
    ids: Sequence[int],
    out: Path,
    progress: Callable[[int], None],
    *,
    noted: bool = False,
) -> None:
    """Fill the empty file `out` with what is public of the articles; `progress` hears how many came along.

    Readers' notes stay at home unless `noted`.

    Raises StoreError where the archive cannot be read or the file not be written.
    """
    work = out.with_name(f"{out.name}-filling")
    _remove(work)  # what one that was killed left
    try:
        with closing(_blank(work, out)) as database:
            for few in handfuls(ids, HANDFUL):
                with explained(path):
                    rows = _read(archive, few, (*_PUBLIC, _NOTED) if noted else _PUBLIC)
                _write(database.conn, out, rows)
                progress(len(few))
            _tie(archive, path, database.conn, ids, out)
            _finish(database.conn, out)
    finally:
        _remove(work)


def _remove(work: Path) -> None:
    for ending in ("", "-wal", "-shm", "-journal"):
        work.with_name(work.name + ending).unlink(missing_ok=True)


def _blank(work: Path, out: Path) -> Database:
    try:
        connection = sqlite3.connect(work, isolation_level=None)
        database = Database(connection, execute_plugins=False)
        migrations.apply(database)
        _show_index(connection)
        connection.execute("PRAGMA journal_mode = OFF")  # what fails is thrown away whole
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA foreign_keys = OFF")  # ties may come before what they tie; all is checked at the end
    except sqlite3.Error as problem:
        raise explain(out, problem) from problem
    return database


def _show_index(connection: sqlite3.Connection) -> None:
    """Make the search index anew: Datasette finds one, in a file of any name, only by double quotes."""
    (made,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'articles_fts'").fetchone()
    (rank,) = connection.execute("SELECT v FROM articles_fts_config WHERE k = 'rank'").fetchone()
    connection.execute("DROP TABLE articles_fts")
    connection.execute(made.replace("content='articles'", 'content="articles"'))
    connection.execute("INSERT INTO articles_fts (articles_fts, rank) VALUES ('rank', ?)", (rank,))


Rows = list[tuple[str, list[sqlite3.Row]]]


def _read(archive: sqlite3.Connection, ids: list[int], tables: Iterable[Public]) -> Rows:
    """The public rows of a handful of articles, of one moment."""
    archive.execute("BEGIN")
    try:
        return [_rows(archive, *public, ids) for public in tables]
    finally:
        archive.execute("COMMIT")


def _rows(
    archive: sqlite3.Connection, table: str, columns: str, where: str, instead: dict[str, str], ids: list[int]
) -> tuple[str, list[sqlite3.Row]]:
    told = ", ".join(f"{instead[name]} AS {name}" if name in instead else name for name in columns.split())
    return table, archive.execute(f"SELECT {told} FROM {table} WHERE {where}", {"ids": json.dumps(ids)}).fetchall()


def _write(connection: sqlite3.Connection, out: Path, rows: Rows) -> None:
    try:
        connection.execute("BEGIN")
        for table, some in rows:
            _insert(connection, table, some)
        connection.execute("COMMIT")
    except sqlite3.Error as problem:
        raise explain(out, problem) from problem


def _insert(connection: sqlite3.Connection, table: str, rows: list[sqlite3.Row]) -> None:
    if rows:
        names = rows[0].keys()
        connection.executemany(
            f"INSERT OR IGNORE INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})", rows
        )


def _tie(
    archive: sqlite3.Connection, path: Path, connection: sqlite3.Connection, ids: Sequence[int], out: Path
) -> None:
    for table in _TIES:
        for few in handfuls(ids, HANDFUL):
            with explained(path):
                rows = archive.execute(
                    f"SELECT * FROM {table} WHERE article_id IN (SELECT value FROM json_each(?))", (json.dumps(few),)
                ).fetchall()
            _write(connection, out, [(table, rows)])
    for untie in _UNTIED:
        connection.execute(untie)


def _finish(connection: sqlite3.Connection, out: Path) -> None:
    """Check the whole, and write it to `out` without a gap, in the form that a read-only medium takes."""
    try:
        for index in ("articles_fts", "articles_trigrams"):
            connection.execute(f"INSERT INTO {index} ({index}) VALUES ('optimize')")
            connection.execute(f"INSERT INTO {index} ({index}, rank) VALUES ('integrity-check', 1)")
        if connection.execute("PRAGMA foreign_key_check").fetchall():
            raise StoreError(f"{out}: the archive changed while it was copied; export again")
        checks.fill(connection)
        connection.execute("ANALYZE")
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute("VACUUM INTO ?", (str(out),))
        with closing(sqlite3.connect(out, isolation_level=None)) as copy:
            copy.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error as problem:
        raise explain(out, problem) from problem
