"""The further pages of captures, where an article runs over several."""

from __future__ import annotations

from sqlite_utils.utils import sqlite3


def put(connection: sqlite3.Connection, capture_id: int, n: int, page_id: int) -> None:
    """Capture `page_id` is page `n` of what begins with `capture_id`."""
    connection.execute("INSERT INTO continuations (capture_id, n, page_id) VALUES (?, ?, ?)", (capture_id, n, page_id))


def pages_of(connection: sqlite3.Connection, capture_id: int) -> list[sqlite3.Row]:
    """The captures on which this one goes on, in order."""
    return connection.execute(
        "SELECT captures.* FROM continuations JOIN captures ON captures.id = page_id WHERE capture_id = ? ORDER BY n",
        (capture_id,),
    ).fetchall()


def payloads_of(connection: sqlite3.Connection, capture_id: int) -> list[int | None]:
    """The payloads of these."""
    return [row["payload_id"] for row in pages_of(connection, capture_id)]
