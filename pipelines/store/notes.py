"""Readers' own tags and remarks on articles. People make them, so nothing that is made again ever touches them.

They need no lock: one that writes a note shares the archive with a crawl, a transaction at a time. An article that goes
lets go of its notes; triggers in the file give them back when one is at their urlkey again. Only `forget` takes them
out, for they may quote what is forgotten.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlite_utils.utils import sqlite3

from pipelines.store import takedowns
from pipelines.store.faults import transaction
from pipelines.store.opening import open_beside
from pipelines.store.rows import clean, now

LONGEST_TAG = 60  # characters
LONGEST_REMARK = 20_000  # characters

_ORDER = "ORDER BY tag IS NULL, tag, made_at, id"
_COLUMNS = "notes.id, article_id, urlkey, tag, author, made_at, edited_at, text"
#: The same note, though it came by another copy of the archive: by its key; a tag by its word, for one is enough.
_SAME = "mine.key = theirs.key OR (mine.tag = theirs.tag AND mine.urlkey = theirs.urlkey)"


def tag_of(typed: str) -> str:
    """A tag as it is kept: one word, lower-case, without # and quotes; empty where nothing is left of it."""
    word = unicodedata.normalize("NFC", clean(typed)).lower()
    kept = "".join(char for char in word if unicodedata.category(char) not in ("Cc", "Cf", "Cs") or char.isspace())
    return "-".join(re.sub(r"[\"'“”„«»#,;:()*^]", " ", kept).split())[:LONGEST_TAG].strip("-")


def tags_of(typed: str) -> list[str]:
    """The tags in what was typed: separated by commas or blanks before a #."""
    parts = re.split(r"[,;\n]|\s(?=#)", typed)
    return list(dict.fromkeys(filter(None, map(tag_of, parts))))


def remark_of(typed: str) -> str:
    """A remark as it is kept: clean, its lines ending as the archive's do, and of bounded length."""
    lines = clean(typed.replace("\r\n", "\n")).strip().split("\n")
    return "\n".join(line.rstrip() for line in lines)[:LONGEST_REMARK]


@contextmanager
def noting(path: Path) -> Iterator[sqlite3.Connection]:
    """A transaction for notes, beside whatever writes the archive. Raises StoreError where it cannot be written."""
    with open_beside(path) as database, transaction(database.conn, path) as connection:
        yield connection


# reading


def of_article(connection: sqlite3.Connection, article_id: int) -> list[sqlite3.Row]:
    """The notes on an article: tags by their words, then remarks, the oldest first."""
    return connection.execute(f"SELECT {_COLUMNS} FROM notes WHERE article_id = ? {_ORDER}", (article_id,)).fetchall()


def of_articles(connection: sqlite3.Connection, ids: Iterable[int]) -> dict[int, list[dict[str, Any]]]:
    """The notes on a handful of articles, by article."""
    found: dict[int, list[dict[str, Any]]] = {}
    for row in connection.execute(
        f"SELECT {_COLUMNS} FROM notes WHERE article_id IN (SELECT value FROM json_each(?)) {_ORDER}",
        (json.dumps(list(ids)),),
    ):
        found.setdefault(row["article_id"], []).append(dict(row))
    return found


def listed(
    connection: sqlite3.Connection, article_id: int | None = None, tag: str | None = None
) -> list[dict[str, Any]]:
    """Notes with the titles of their articles, the newest first; of an article, and with a tag, where these are given.

    `article_id` is None where the article is not there at present.
    """
    rows = connection.execute(
        "SELECT notes.id AS note, article_id, articles.title, tag, notes.text, author, made_at, edited_at, notes.urlkey"
        " FROM notes LEFT JOIN articles ON articles.id = article_id"
        " WHERE (:article IS NULL OR article_id = :article) AND (:tag IS NULL OR tag = :tag)"
        " ORDER BY made_at DESC, notes.id DESC",
        {"article": article_id, "tag": tag},
    )
    return [dict(row) for row in rows]


# writing, within a transaction that is open


def put_tag(connection: sqlite3.Connection, article_id: int, tag: str, author: str | None = None) -> bool:
    """Tag an article; False where it has that tag, or where there is no such article or tag."""
    if not (tag := tag_of(tag)):
        return False
    cursor = connection.execute(
        "INSERT INTO notes (article_id, urlkey, tag, author, made_at)"
        " SELECT id, urlkey, :tag, :author, :at FROM articles WHERE id = :id"
        " AND NOT EXISTS (SELECT 1 FROM notes WHERE article_id = :id AND tag = :tag)",
        {"id": article_id, "tag": tag, "author": author, "at": now()},
    )
    return cursor.rowcount > 0


def put_remark(connection: sqlite3.Connection, article_id: int, text: str, author: str | None = None) -> bool:
    """Note something on an article; False where there is nothing in it, or no such article."""
    if not (text := remark_of(text)):
        return False
    cursor = connection.execute(
        "INSERT INTO notes (article_id, urlkey, text, author, made_at)"
        " SELECT id, urlkey, :text, :author, :at FROM articles WHERE id = :id",
        {"id": article_id, "text": text, "author": author, "at": now()},
    )
    return cursor.rowcount > 0


def edit(connection: sqlite3.Connection, article_id: int, note_id: int, text: str) -> bool:
    """Give a remark on an article other words; False where there is no such remark or no word."""
    if not (text := remark_of(text)):
        return False
    cursor = connection.execute(
        "UPDATE notes SET text = :text, edited_at = iif(text = :text, edited_at, :at)"
        " WHERE id = :id AND article_id = :article AND text IS NOT NULL",
        {"text": text, "at": now(), "id": note_id, "article": article_id},
    )
    return cursor.rowcount > 0


def remove(connection: sqlite3.Connection, article_id: int, note_id: int) -> bool:
    """Take a tag or remark off an article; False where it has no such one."""
    cursor = connection.execute("DELETE FROM notes WHERE id = ? AND article_id = ?", (note_id, article_id))
    return cursor.rowcount > 0


def remove_tag(connection: sqlite3.Connection, article_id: int, tag: str) -> bool:
    """Take a tag off an article; False where it has no such one."""
    cursor = connection.execute("DELETE FROM notes WHERE article_id = ? AND tag = ?", (article_id, tag_of(tag)))
    return cursor.rowcount > 0


# beside what else happens to the archive


def forget(connection: sqlite3.Connection, article_id: int, keys: Iterable[str]) -> None:
    """Take out what was noted of a forgotten article, under any of its urlkeys."""
    connection.execute(
        "DELETE FROM notes WHERE article_id = ? OR urlkey IN (SELECT value FROM json_each(?))",
        (article_id, json.dumps(sorted(keys))),
    )


def find_articles(connection: sqlite3.Connection) -> None:
    """Give notes that name an article which is not there the one at their urlkey, if any."""
    connection.execute(
        "UPDATE notes SET article_id = (SELECT id FROM articles WHERE articles.urlkey = notes.urlkey)"
        " WHERE article_id IS NULL OR article_id NOT IN (SELECT id FROM articles)"
    )


def take(connection: sqlite3.Connection) -> int:
    """Take over the notes of the archive attached as `other`; how many are new or were edited later there.

    What was forgotten here is not noted again. A note that was taken off here comes back with an archive that has it.
    """
    keys = [key for (key,) in connection.execute("SELECT urlkey FROM main.notes UNION SELECT urlkey FROM other.notes")]
    gone = json.dumps(list(takedowns.among(connection, keys)))
    connection.execute("DELETE FROM main.notes WHERE urlkey IN (SELECT value FROM json_each(?))", (gone,))
    edited = connection.execute(
        "UPDATE main.notes AS mine SET text = theirs.text, edited_at = theirs.edited_at FROM other.notes AS theirs"
        " WHERE mine.key = theirs.key AND theirs.edited_at > coalesce(mine.edited_at, mine.made_at)"
    ).rowcount
    names = "key, urlkey, tag, author, made_at, edited_at, text"
    added = connection.execute(
        f"INSERT INTO main.notes (article_id, {names})"
        " SELECT (SELECT id FROM main.articles WHERE urlkey = theirs.urlkey UNION ALL SELECT seen.article_id"
        " FROM main.addresses AS seen WHERE seen.urlkey = theirs.urlkey LIMIT 1),"
        f" {names} FROM other.notes AS theirs WHERE NOT EXISTS (SELECT 1 FROM main.notes AS mine WHERE {_SAME})"
        " AND urlkey NOT IN (SELECT value FROM json_each(?))",
        (gone,),
    ).rowcount
    return int(edited + added)
