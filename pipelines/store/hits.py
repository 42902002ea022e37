"""What watches came upon: articles that came or changed are held against each, and who heard of it is written down.

Triggers in the file note such articles in `watch_queue`, whoever writes them. `look` takes some of them and leaves the
hits in the same transaction, so that a kill loses nothing and two that look at once see each article once.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlite_utils import Database
from sqlite_utils.utils import sqlite3

from pipelines.store import search
from pipelines.store.migrations import migrations
from pipelines.store.rows import clean, now, stamp

_AT_ONCE = 1000  # articles of one look
_TRIES, _DAYS = 10, 7  # a hit is given up when it was tried so often, and is so old

#: Articles to look at. One that is not there at present waits: it may be made again.
_QUEUE = (
    "SELECT watch_queue.urlkey, known, noted_at, articles.id, first_seen_at"
    " FROM watch_queue CROSS JOIN articles USING (urlkey) LIMIT ?"
)
#: The text before the present one, where that came after a time.
_BEFORE = (
    "SELECT title, description, text FROM (SELECT * FROM revisions WHERE article_id = ? ORDER BY n DESC LIMIT 1)"
    " WHERE seen_until >= ?"
)
_HITS = (
    "SELECT hits.urlkey, articles.id, articles.url, articles.title, articles.source_id AS source,"
    " articles.published_at, hits.seen_at, articles.description"
    " FROM hits JOIN articles ON articles.id = hits.article_id"
    " WHERE hits.watch_id = ? AND {} ORDER BY hits.seen_at, hits.article_id LIMIT ?"
)


def look(connection: sqlite3.Connection) -> tuple[int, Counter[str]]:
    """Hold a handful of articles that came or changed against every watch, within an open IMMEDIATE transaction.

    How many it were (0: none is left), and new hits by the name of their watch.
    """
    taken = connection.execute(_QUEUE, (_AT_ONCE,)).fetchall()
    at = now()
    new: Counter[str] = Counter()
    for watch in connection.execute("SELECT * FROM watches").fetchall():
        concerned = [row for row in taken if row["noted_at"] > watch["made_at"]]
        if concerned:
            new[watch["name"]] += _hold_against(connection, watch, concerned, at)
    connection.execute("UPDATE watches SET looked_at = ?", (at,))
    connection.execute("DELETE FROM watch_queue WHERE urlkey IN (SELECT value FROM json_each(?))", (_keys(taken),))
    return len(taken), new


def _hold_against(connection: sqlite3.Connection, watch: sqlite3.Row, rows: Sequence[sqlite3.Row], at: str) -> int:
    """Write down which of these articles are new hits of a watch, and which match no longer; how many are new."""
    query = search.parse(watch["query"])
    found = set(search.matching(connection, query, [row["id"] for row in rows]))
    before = {
        key
        for (key,) in connection.execute(
            "SELECT urlkey FROM hits WHERE watch_id = ? AND urlkey IN (SELECT value FROM json_each(?))",
            (watch["id"], _keys(rows)),
        )
    }
    fits = [row for row in rows if row["id"] in found]
    unheard = [row for row in fits if row["urlkey"] not in before]
    stale = _matched_before(connection, query, [row for row in unheard if _is_older(row, watch)], watch["made_at"])
    new = [row for row in unheard if row["id"] not in stale]
    connection.executemany(
        "INSERT INTO hits (watch_id, urlkey, article_id, seen_at, told) VALUES (?, ?, ?, ?, ?)",
        [(watch["id"], row["urlkey"], row["id"], at, "owed" if watch["tells"] else None) for row in new],
    )
    for lapsed_at, some in ((None, fits), (at, [row for row in rows if row["id"] not in found])):
        connection.execute(
            "UPDATE hits SET lapsed_at = :at WHERE watch_id = :watch AND urlkey IN (SELECT value FROM json_each(:keys))"
            " AND (lapsed_at IS NULL) = (:at IS NOT NULL)",
            {"at": lapsed_at, "watch": watch["id"], "keys": _keys(some)},
        )
    return len(new)


def _is_older(row: sqlite3.Row, watch: sqlite3.Row) -> bool:
    """Whether an article was in the archive before the watch, so that it may always have matched."""
    return bool(row["known"] and row["first_seen_at"] < watch["made_at"])


def _matched_before(
    connection: sqlite3.Connection, query: search.Query, rows: Sequence[sqlite3.Row], since: str
) -> set[int]:
    """Which of these articles matched by the words that they had before the last edit, and so are no news.

    Of one that no edit changed since then, only the reading of its page is new.
    """
    before = {row["id"]: connection.execute(_BEFORE, (row["id"], since)).fetchone() for row in rows}
    edited = {article_id: words for article_id, words in before.items() if words}
    found = set(before) - set(edited)
    if edited:
        with Database(memory=True, execute_plugins=False) as past:
            past.conn.row_factory = sqlite3.Row
            migrations.apply(past)
            for article_id, words in edited.items():
                row = connection.execute("SELECT * FROM articles WHERE id = ?", (article_id,)).fetchone()
                past["articles"].insert({**dict(row), **dict(words)})
                for table, where, value in (("sources", "id", row["source_id"]), ("notes", "article_id", article_id)):
                    beside = connection.execute(f"SELECT * FROM {table} WHERE {where} = ?", (value,)).fetchall()
                    past[table].insert_all(map(dict, beside), ignore=True)
            found |= set(search.matching(past.conn, query, list(edited)))
    return found


def _keys(rows: Iterable[Any]) -> str:
    return json.dumps([row["urlkey"] for row in rows])


# who has heard of them


def unprinted(connection: sqlite3.Connection, watch: dict[str, Any], limit: int) -> list[dict[str, Any]]:
    """Hits that `tearsheet watch run` has not printed yet, the earliest first."""
    return _hits(connection, watch, "hits.printed = 0", limit)


def printed(connection: sqlite3.Connection, watch_id: int, hits: Iterable[dict[str, Any]]) -> None:
    """They are printed."""
    connection.execute(
        "UPDATE hits SET printed = 1 WHERE watch_id = ? AND urlkey IN (SELECT value FROM json_each(?))",
        (watch_id, _keys(hits)),
    )


def owed(connection: sqlite3.Connection, watch: dict[str, Any], limit: int) -> list[dict[str, Any]]:
    """Hits that the watch's command or webhook is still to hear of, the earliest first."""
    return _hits(connection, watch, "hits.told = 'owed'", limit)


def told(connection: sqlite3.Connection, watch_id: int, hits: Iterable[dict[str, Any]]) -> None:
    """The command or webhook took them."""
    connection.execute(
        "UPDATE hits SET told = 'told', told_at = ? WHERE watch_id = ? AND urlkey IN (SELECT value FROM json_each(?))",
        (now(), watch_id, _keys(hits)),
    )
    connection.execute("UPDATE watches SET failed_at = NULL, problem = NULL WHERE id = ?", (watch_id,))


def not_told(connection: sqlite3.Connection, watch_id: int, hits: Iterable[dict[str, Any]], problem: str) -> None:
    """They could not be told: another try comes with the next run, until there were ten and a week has passed."""
    connection.execute(
        "UPDATE hits SET tries = tries + 1, told = iif(tries + 1 >= ? AND seen_at < ?, 'given up', told)"
        " WHERE watch_id = ? AND urlkey IN (SELECT value FROM json_each(?))",
        (_TRIES, stamp(datetime.now(UTC) - timedelta(days=_DAYS)), watch_id, _keys(hits)),
    )
    connection.execute("UPDATE watches SET failed_at = ?, problem = ? WHERE id = ?", (now(), clean(problem), watch_id))


def _hits(connection: sqlite3.Connection, watch: dict[str, Any], which: str, limit: int) -> list[dict[str, Any]]:
    rows = [dict(row) for row in connection.execute(_HITS.format(which), (watch["id"], limit))]
    found = search.passages(connection, search.parse(watch["query"]), [row["id"] for row in rows])
    return [{**row, "passage": found.get(row["id"]) or row["description"] or ""} for row in rows]
