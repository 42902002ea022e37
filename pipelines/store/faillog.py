"""`failures`: what went wrong unexpectedly, with place and time; nothing that failed is dropped in silence."""

from __future__ import annotations

from sqlite_utils.utils import sqlite3

from pipelines.store.rows import clean, now
from pipelines.types import Failure


def add(
    connection: sqlite3.Connection,
    failure: Failure,
    *,
    url: str,
    run_id: int | None,
    capture_id: int | None = None,
) -> None:
    """Write a failure down."""
    connection.execute(
        "INSERT INTO failures (capture_id, run_id, url, stage, error, detail, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (capture_id, run_id, clean(url), failure.stage, clean(failure.error), clean(failure.detail), now()),
    )


def add_once(connection: sqlite3.Connection, url: str, problem: Exception, run_id: int | None) -> None:
    """Write down an address that nothing can be made of; a feed that repeats it adds no second row."""
    failure = Failure("fetch", type(problem).__name__, str(problem))
    known = connection.execute(
        "SELECT 1 FROM failures WHERE url = ? AND error = ?", (clean(url), failure.error)
    ).fetchone()
    if known is None:
        add(connection, failure, url=url, run_id=run_id)


def times(connection: sqlite3.Connection, what: tuple[str, str]) -> int:
    """How often something was written down: an address, and what went wrong with it."""
    row = connection.execute("SELECT count(*) FROM failures WHERE url = ? AND error = ?", (clean(what[0]), what[1]))
    return int(row.fetchone()[0])
