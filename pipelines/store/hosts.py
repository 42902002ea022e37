"""Manners that outlive the process: robots.txt, delays and pauses of each host."""

from __future__ import annotations

from typing import Any

from sqlite_utils.utils import sqlite3

_COLUMNS = ("robots", "verdict", "fetched_at", "delay", "retry_at", "reason")


def get(connection: sqlite3.Connection, host: str) -> dict[str, Any] | None:
    """What is known of a host, None if nothing."""
    row = connection.execute("SELECT * FROM hosts WHERE host = ?", (host,)).fetchone()
    return dict(row) if row else None


def put(connection: sqlite3.Connection, host: str, columns: dict[str, Any]) -> None:
    """Remember the given columns; the others stay. Raises ValueError for a name that is no column."""
    for name in columns:
        if name not in _COLUMNS:
            raise ValueError(f"hosts has no column {name!r}; known: {', '.join(_COLUMNS)}")
    connection.execute("INSERT OR IGNORE INTO hosts (host) VALUES (?)", (host,))
    for name, value in columns.items():
        connection.execute(f"UPDATE hosts SET {name} = ? WHERE host = ?", (value, host))
