"""Taking back what a capture was read as, when it turns out to be something else."""

from __future__ import annotations

from sqlite_utils.utils import sqlite3

from pipelines.store import changes, dedupe, revise, tallies
from pipelines.store.payloads import HAS_BODY


def withdraw(connection: sqlite3.Connection, capture_id: int, *, unless: int | None = None) -> None:
    """Take back what this capture gave to articles other than `unless`, now that it is read otherwise.

    An article that rests on it goes, and the captures of its revisions wait to be read again.
    """
    for (article_id,) in connection.execute(
        "SELECT id FROM articles WHERE capture_id = ? AND id IS NOT ?", (capture_id, unless)
    ).fetchall():
        connection.execute(
            f"UPDATE captures SET outcome = NULL WHERE {HAS_BODY}"
            " AND id IN (SELECT capture_id FROM revisions WHERE article_id = :id"
            " UNION ALL SELECT capture_id FROM returns WHERE article_id = :id)",
            {"id": article_id},
        )
        dedupe.withdraw(connection, [article_id])
        connection.execute("DELETE FROM articles WHERE id = ?", (article_id,))
    for article_id, n in revise.withdraw(connection, capture_id, unless=unless):
        changes.put(connection, article_id, n)


def retract(connection: sqlite3.Connection, capture_id: int) -> None:
    """Take back what a capture was read as, where it is a whole article of its own: it turns out to be none.

    One that has a history stays; reading its capture again brings it up to date.
    """
    row = connection.execute(
        "SELECT articles.source_id, run_id FROM articles JOIN captures ON captures.id = capture_id"
        " WHERE capture_id = ? AND NOT EXISTS (SELECT 1 FROM revisions WHERE article_id = articles.id)",
        (capture_id,),
    ).fetchone()
    if row is not None:
        tallies.add(connection, row["run_id"], row["source_id"], "new", -1)
        withdraw(connection, capture_id)


def is_all_that_is_left(connection: sqlite3.Connection, capture_id: int) -> bool:
    """Whether an article rests on this capture that could not be read again: a page of its texts is gone."""
    row = connection.execute(
        "SELECT 1 FROM articles JOIN captures ON captures.id = articles.capture_id OR captures.id IN"
        " (SELECT capture_id FROM revisions WHERE article_id = articles.id)"
        f" WHERE articles.capture_id = ? AND NOT {HAS_BODY}",
        (capture_id,),
    ).fetchone()
    return row is not None
