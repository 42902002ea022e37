"""The texts an article had: one row for each, from the capture that first showed it to the one that showed the next.

A revision is a text. One that comes back is none: it is written down as a return to the text it was, so that a headline
that goes back and forth leaves two texts and the times at which each was shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlite_utils.utils import sqlite3

from pipelines.edits import Prose
from pipelines.sameness import same_prose

_RECENT = 20  # texts among which one is looked for by its words; one that is the same to the letter is always found


@dataclass(frozen=True, slots=True)
class Words:
    """What readers saw; captures with equal words are one revision."""

    title: str | None
    description: str | None
    digest: str
    text: str = field(repr=False, compare=False)

    @property
    def prose(self) -> Prose:
        """The same without its digest."""
        return Prose(self.title, self.description, self.text)


def words_of(row: sqlite3.Row | Mapping[str, Any]) -> Words:
    """The words among the columns of `articles` or `revisions`."""
    return Words(row["title"], row["description"], row["digest"], row["text"])


def same(one: Words, other: Words, cut: Iterable[str] = (), cut_of_other: Iterable[str] = ()) -> bool:
    """Whether no words changed; `cut` and `cut_of_other` are what was cut from the two pages."""
    return one == other or same_prose(one.prose, other.prose, cut, cut_of_other)


def follow(connection: sqlite3.Connection, known: sqlite3.Row, capture_id: int, at: str, words: Words) -> bool:
    """Write down that other words are shown since `at`, which the caller gives the article; True if they are new ones.

    The words it has until now become a revision, unless they are one already.
    """
    article_id = known["id"]
    returned = find(connection, article_id, words)
    if is_back(connection, article_id):
        connection.execute(
            "UPDATE returns SET seen_until = ? WHERE article_id = ? AND seen_until IS NULL", (at, article_id)
        )
    else:
        since = shown_since(connection, article_id)
        add(connection, known, known["capture_id"], last(connection, article_id) + 1, since, at)
    if returned is not None:
        put_return(connection, article_id, capture_id, returned, at, None)
    return returned is None


def shown_since(connection: sqlite3.Connection, article_id: int) -> str:
    """When the present words were first shown, as far as is known."""
    row = connection.execute(
        "SELECT seen_from FROM history WHERE article_id = ? AND n IS NULL", (article_id,)
    ).fetchone()
    return str(row[0])


def last(connection: sqlite3.Connection, article_id: int) -> int:
    """The number of the latest revision; 0 where there is none."""
    row = connection.execute("SELECT max(n) FROM revisions WHERE article_id = ?", (article_id,)).fetchone()
    return int(row[0] or 0)


def rewrite(connection: sqlite3.Connection, article_id: int, capture_id: int, words: Words) -> int | None:
    """Put other words into the revision that `capture_id` gave: its number, 0 if equal; None: it gave none."""
    row = connection.execute(
        "SELECT * FROM revisions WHERE article_id = ? AND capture_id = ?", (article_id, capture_id)
    ).fetchone()
    if row is None:
        return None
    if words_of(row) == words:
        return 0
    connection.execute(
        "UPDATE revisions SET title = ?, description = ?, digest = ?, text = ? WHERE article_id = ? AND n = ?",
        (words.title, words.description, words.digest, words.text, article_id, row["n"]),
    )
    return int(row["n"])


def withdraw(connection: sqlite3.Connection, capture_id: int, *, unless: int | None = None) -> list[tuple[int, int]]:
    """Take back what a capture gave to articles other than `unless`; (article, number before) of what went."""
    given = {"id": capture_id, "unless": unless}
    where = "WHERE capture_id = :id AND article_id IS NOT :unless"
    gone = connection.execute(f"SELECT article_id, n FROM revisions {where}", given).fetchall()
    connection.execute(f"DELETE FROM returns {where}", given)
    connection.execute(f"DELETE FROM revisions {where}", given)
    return [(article_id, n - 1) for article_id, n in gone]


def merge_equal(connection: sqlite3.Connection, article_id: int, n: int) -> None:
    """Drop a revision whose words turned out to be those of the text after it: only other rules told them apart."""
    following = connection.execute(
        "SELECT * FROM revisions WHERE article_id = ? AND n > ? ORDER BY n LIMIT 1", (article_id, n)
    ).fetchone()
    after = following or connection.execute("SELECT * FROM articles WHERE id = ?", (article_id,)).fetchone()
    row = connection.execute("SELECT * FROM revisions WHERE article_id = ? AND n = ?", (article_id, n)).fetchone()
    if (
        row is None
        or (following is None and is_back(connection, article_id))
        or not same(words_of(row), words_of(after))
    ):
        return
    connection.execute("DELETE FROM revisions WHERE article_id = ? AND n = ?", (article_id, n))
    connection.execute("UPDATE captures SET outcome = 'unchanged' WHERE id = ?", (row["capture_id"],))
    if following is not None:
        connection.execute(
            "UPDATE revisions SET seen_from = ? WHERE article_id = ? AND n = ?",
            (row["seen_from"], article_id, following["n"]),
        )


def find(connection: sqlite3.Connection, article_id: int, words: Words) -> int | None:
    """The number of the revision that has these words."""
    row = connection.execute(
        "SELECT n FROM revisions WHERE article_id = ? AND digest = ? AND title IS ? AND description IS ? LIMIT 1",
        (article_id, words.digest, words.title, words.description),
    ).fetchone()
    if row is not None:
        return int(row["n"])
    recent = connection.execute(
        "SELECT n, title, description, digest, text FROM revisions WHERE article_id = ? ORDER BY n DESC LIMIT ?",
        (article_id, _RECENT),
    )
    return next((int(row["n"]) for row in recent if same(words_of(row), words)), None)


def is_back(connection: sqlite3.Connection, article_id: int) -> bool:
    """Whether the present words are those of a revision."""
    found = connection.execute("SELECT 1 FROM returns WHERE article_id = ? AND seen_until IS NULL", (article_id,))
    return found.fetchone() is not None


def add(
    connection: sqlite3.Connection,
    row: sqlite3.Row | Mapping[str, Any],
    capture_id: int,
    n: int,
    since: str,
    until: str,
) -> None:
    """Write down that the words of a row with `id` were shown from one time to another."""
    connection.execute(
        "INSERT INTO revisions (article_id, n, capture_id, seen_from, seen_until, title, description, digest, text)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (row["id"], n, capture_id, since, until, row["title"], row["description"], row["digest"], row["text"]),
    )


def put_return(
    connection: sqlite3.Connection, article_id: int, capture_id: int, n: int, since: str, until: str | None
) -> None:
    """Write down that a text which was gone was shown again; `until` None: it is the present one."""
    connection.execute(
        "INSERT INTO returns (article_id, capture_id, n, seen_from, seen_until) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET n = excluded.n, seen_from = excluded.seen_from, seen_until = excluded.seen_until",
        (article_id, capture_id, n, since, until),
    )
