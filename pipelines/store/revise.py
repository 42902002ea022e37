"""The texts an article had: one row for each, from the capture that first showed it to the one that showed the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlite_utils.utils import sqlite3


@dataclass(frozen=True, slots=True)
class Words:
    """What readers saw; two captures with equal words are one revision."""

    title: str | None
    description: str | None
    digest: str
    text: str = field(repr=False, compare=False)


def words_of(row: sqlite3.Row | Mapping[str, Any]) -> Words:
    """The words among the columns of `articles` or `revisions`."""
    return Words(row["title"], row["description"], row["digest"], row["text"])


def retire(connection: sqlite3.Connection, article_id: int, seen_until: str) -> None:
    """Write the article's present words down as a revision; the caller replaces them."""
    connection.execute(
        "INSERT INTO revisions (article_id, n, capture_id, seen_from, seen_until, title, description, digest, text)"
        " SELECT id, 1 + coalesce((SELECT max(n) FROM revisions WHERE article_id = articles.id), 0), capture_id,"
        " coalesce((SELECT max(seen_until) FROM revisions WHERE article_id = articles.id), first_seen_at),"
        " ?, title, description, digest, text FROM articles WHERE id = ?",
        (seen_until, article_id),
    )


def rewrite(connection: sqlite3.Connection, article_id: int, capture_id: int, words: Words) -> bool | None:
    """Put other words into the revision that `capture_id` gave; None if it gave none, else whether they differ."""
    row = connection.execute(
        "SELECT * FROM revisions WHERE article_id = ? AND capture_id = ?", (article_id, capture_id)
    ).fetchone()
    if row is None:
        return None
    connection.execute(
        "UPDATE revisions SET title = ?, description = ?, digest = ?, text = ? WHERE article_id = ? AND n = ?",
        (words.title, words.description, words.digest, words.text, article_id, row["n"]),
    )
    return words_of(row) != words


def insert_older(connection: sqlite3.Connection, known: sqlite3.Row, capture_id: int, at: str, words: Words) -> bool:
    """Give words seen at `at`, before the present ones, their place in the history; True if they are a new text.

    `known` is the article's row with `base_at`, the time of its own capture. The present text stays.
    """
    article_id = known["id"]
    connection.execute("UPDATE articles SET first_seen_at = min(first_seen_at, ?) WHERE id = ?", (at, article_id))
    rows = connection.execute("SELECT * FROM revisions WHERE article_id = ? ORDER BY n", (article_id,)).fetchall()
    place = sum(row["seen_from"] <= at for row in rows)
    if place and words_of(rows[place - 1]) == words:
        return False
    if place:
        _set(connection, rows[place - 1], "seen_until", at)
    later = rows[place] if place < len(rows) else None
    if words_of(later or known) == words:
        if later is not None:
            _set(connection, later, "seen_from", at)
        return False
    until = later["seen_from"] if later else known["base_at"]
    # two steps, because a key may not be taken twice on the way
    connection.execute("UPDATE revisions SET n = -n - 1 WHERE article_id = ? AND n > ?", (article_id, place))
    connection.execute("UPDATE revisions SET n = -n WHERE article_id = ? AND n < 0", (article_id,))
    connection.execute(
        "INSERT INTO revisions (article_id, n, capture_id, seen_from, seen_until, title, description, digest, text)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (article_id, place + 1, capture_id, at, until, words.title, words.description, words.digest, words.text),
    )
    return True


def _set(connection: sqlite3.Connection, row: sqlite3.Row, column: str, value: str) -> None:
    connection.execute(
        f"UPDATE revisions SET {column} = ? WHERE article_id = ? AND n = ?", (value, row["article_id"], row["n"])
    )
