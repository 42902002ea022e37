"""Watches: saved searches of people's own, and the list of what each came upon.

Like notes they need no lock: whoever adds one shares the archive with a crawl, a transaction at a time. What a watch
calls when it has hits (a command, a webhook) never stands in the archive, which is passed on, merged and served.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlite_utils.utils import sqlite3

from pipelines.store.faults import transaction
from pipelines.store.opening import open_beside
from pipelines.store.rows import clean

#: What a watch may be called: it stands in addresses and commands.
NAME = r"[a-z0-9][a-z0-9_-]{0,63}"

_LISTED = (
    "SELECT watches.*, (SELECT count(*) FROM hits WHERE watch_id = watches.id) AS hits,"
    " (SELECT max(seen_at) FROM hits WHERE watch_id = watches.id) AS hit_at,"
    " (SELECT count(*) FROM hits WHERE watch_id = watches.id AND told = 'owed') AS owed,"
    " (SELECT count(*) FROM hits WHERE watch_id = watches.id AND told = 'given up') AS given_up"
    " FROM watches"
)
#: What was seen by a watch and is in the archive, the newest first.
_SEEN = (
    "SELECT hits.article_id AS id, hits.seen_at, hits.lapsed_at, hits.told, hits.told_at, articles.source_id,"
    " sources.name AS source_name, articles.url, articles.title, articles.description, articles.language,"
    " articles.published_at, articles.published_precision, articles.gone_at"
    " FROM hits JOIN articles ON articles.id = hits.article_id LEFT JOIN sources ON sources.id = articles.source_id"
    " WHERE hits.watch_id = ? ORDER BY hits.seen_at DESC, hits.article_id DESC LIMIT ? OFFSET ?"
)


@contextmanager
def watching(path: Path) -> Iterator[sqlite3.Connection]:
    """A transaction for watches, beside whatever writes the archive. Raises StoreError where it cannot be written."""
    with open_beside(path) as database, transaction(database.conn, path) as connection:
        yield connection


def name_for(typed: str) -> str:
    """A name made from what a person calls a watch, or from its query; empty where no letter of it can be used."""
    return re.sub(r"[^a-z0-9_]+", "-", typed.lower()).strip("-_")[:64].strip("-_")


def moment() -> str:
    """The present time to the millisecond, as the triggers write it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:23] + "Z"


def all_of(connection: sqlite3.Connection) -> list[dict[str, Any]]:
    """Every watch by name, with how many `hits` it has, when the last was (`hit_at`), how many are still `owed` to
    its command or webhook, and how many it was `given_up` to tell."""
    return [dict(row) for row in connection.execute(f"{_LISTED} ORDER BY name")]


def any_of(connection: sqlite3.Connection) -> bool:
    """Whether anything is watched for."""
    return connection.execute("SELECT 1 FROM watches LIMIT 1").fetchone() is not None


def get(connection: sqlite3.Connection, name: str) -> dict[str, Any] | None:
    """One watch, as `all_of` gives them."""
    row = connection.execute(f"{_LISTED} WHERE name = ?", (name,)).fetchone()
    return row and dict(row)


def seen(connection: sqlite3.Connection, watch_id: int, limit: int, skip: int = 0) -> list[sqlite3.Row]:
    """The hits of a watch that are in the archive at present, the newest first."""
    return connection.execute(_SEEN, (watch_id, limit, skip)).fetchall()


def since(connection: sqlite3.Connection, at: str) -> list[tuple[str, int, str | None]]:
    """What became of the watches since a time: name, new hits, and what went wrong with telling them, if it did."""
    rows = connection.execute(
        "SELECT name, (SELECT count(*) FROM hits WHERE watch_id = watches.id AND seen_at >= :at) AS hits,"
        " iif(failed_at >= :at, problem, NULL) AS problem FROM watches ORDER BY name",
        {"at": at},
    )
    return [(name, hits, problem) for name, hits, problem in rows if hits or problem]


# writing, within a transaction that is open


def add(connection: sqlite3.Connection, name: str, query: str) -> bool:
    """Watch for what comes from now on; False where the name is taken."""
    cursor = connection.execute(
        "INSERT INTO watches (name, query, made_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        (name, clean(query), moment()),
    )
    return cursor.rowcount > 0


def remove(connection: sqlite3.Connection, name: str) -> bool:
    """Take a watch and its hits away; False where there is none of this name."""
    return connection.execute("DELETE FROM watches WHERE name = ?", (name,)).rowcount > 0


def tells(connection: sqlite3.Connection, name: str, kind: str | None) -> None:
    """From now on hits are owed to a `command`, a `webhook`, or to nothing; those of before are not."""
    connection.execute("UPDATE watches SET tells = ?, failed_at = NULL, problem = NULL WHERE name = ?", (kind, name))
    if kind is None:
        connection.execute(
            "UPDATE hits SET told = NULL WHERE told = 'owed' AND watch_id = (SELECT id FROM watches WHERE name = ?)",
            (name,),
        )


# beside what else happens to the archive


def forget(connection: sqlite3.Connection, article_id: int, keys: Iterable[str]) -> None:
    """Take out that an article which is being forgotten was a hit, or is to be looked at, under any of its urlkeys."""
    values = (article_id, json.dumps(sorted(keys)))
    connection.execute("DELETE FROM hits WHERE article_id = ? OR urlkey IN (SELECT value FROM json_each(?))", values)
    connection.execute("DELETE FROM watch_queue WHERE urlkey IN (SELECT value FROM json_each(?))", values[1:])


def find_articles(connection: sqlite3.Connection) -> None:
    """Give hits that name an article which is not there the one at their urlkey, if any."""
    connection.execute(
        "UPDATE hits SET article_id = (SELECT id FROM articles WHERE articles.urlkey = hits.urlkey)"
        " WHERE article_id IS NULL OR article_id NOT IN (SELECT id FROM articles)"
    )
