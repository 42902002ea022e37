"""Articles of the archive that is attached as `other`: new ones with all they have, known ones by joining histories."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from sqlite_utils.utils import sqlite3

from pipelines.store import dedupe, histories
from pipelines.store.joining import columns, here, insert
from pipelines.store.revise import words_of

#: What an article has beside its row; all but the first of their columns are copied as they are.
_PARTS = ("addresses", "removals", "extractions")


def put_article(connection: sqlite3.Connection, other_id: int) -> str | None:
    """An article with all that belongs to it: new, revised where histories were joined; None where nothing is new."""
    row = connection.execute("SELECT * FROM other.articles WHERE id = ?", (other_id,)).fetchone()
    rests_on = here(connection, row["capture_id"])
    if rests_on is None:  # it is forgotten here
        return None
    known = _known(connection, row)
    if known is None:
        return _new(connection, row, rests_on)
    before = _state(connection, known["id"])
    _join(connection, known, row)
    return None if before == _state(connection, known["id"]) else "revised"


def _known(connection: sqlite3.Connection, row: sqlite3.Row) -> sqlite3.Row | None:
    """The article here that is one of there: at its urlkey, or seen at one of its addresses with words in common."""
    found: sqlite3.Row | None = connection.execute(
        "SELECT * FROM main.articles WHERE urlkey = ?", (row["urlkey"],)
    ).fetchone()
    if found is None:
        found = connection.execute(
            "SELECT mine.* FROM other.addresses AS theirs JOIN main.addresses AS seen ON seen.urlkey = theirs.urlkey"
            " JOIN main.articles AS mine ON mine.id = seen.article_id WHERE theirs.article_id = ?"
            " AND (mine.digest = ? OR mine.title = ?) ORDER BY mine.id LIMIT 1",
            (row["id"], row["digest"], row["title"]),
        ).fetchone()
    return found


def _new(connection: sqlite3.Connection, row: sqlite3.Row, rests_on: int) -> str:
    article_id = row["id"]
    start = article_id >> 20 << 20
    while connection.execute("SELECT 1 FROM main.articles WHERE id = ?", (article_id,)).fetchone():
        (last,) = connection.execute(
            "SELECT max(id) FROM main.articles WHERE id >= ? AND id < ?", (start, start + (1 << 20))
        ).fetchone()
        article_id = last + 1
    insert(connection, "articles", {**dict(row), "id": article_id, "capture_id": rests_on})
    _copy_parts(connection, row["id"], article_id, _PARTS)
    seen = _there(connection, row["id"])
    if len(seen) > 1:
        histories.replay(connection, article_id, seen)
        _set(connection, article_id, {**dict(row), "capture_id": rests_on})
    dedupe.anew(connection, article_id)
    return "new"


def _join(connection: sqlite3.Connection, known: sqlite3.Row, row: sqlite3.Row) -> None:
    mine, theirs = histories.sightings(connection, known["id"], beside="other"), _there(connection, row["id"])
    seen = histories.reconciled([*mine, *theirs])
    newer = max(theirs) > max(mine) if theirs else False
    shown = max(seen).words
    taken = shown != words_of(known) and shown == words_of(row)
    kept = {name: known[name] for name in ("id", "url", "urlkey")}
    first = min(known["first_seen_at"], row["first_seen_at"])
    words = ("title", "description", "digest")
    simple = len({one.digest for one in seen}) == 1 and all(known[name] == row[name] for name in words)
    if not simple:
        histories.replay(connection, known["id"], seen)
        final = {**dict(row), "capture_id": here(connection, row["capture_id"])} if taken else dict(known)
        _set(connection, known["id"], {**final, **kept, "first_seen_at": first})
        if taken:
            _copy_parts(connection, row["id"], known["id"], _PARTS[1:])
        dedupe.anew(connection, known["id"])
    gone = row["gone_at"] if newer else known["gone_at"]
    _set(connection, known["id"], {"first_seen_at": first, "gone_at": gone})
    _copy_parts(connection, row["id"], known["id"], ("addresses",), add=True)


def _there(connection: sqlite3.Connection, other_id: int) -> list[histories.Sighting]:
    """The sightings of an article there, by captures here."""
    return [
        replace(one, capture_id=capture_id)
        for one in histories.sightings(connection, other_id, "other")
        if (capture_id := here(connection, one.capture_id)) is not None
    ]


def _copy_parts(
    connection: sqlite3.Connection, other_id: int, article_id: int, tables: tuple[str, ...], *, add: bool = False
) -> None:
    for table in tables:
        if not add:
            connection.execute(f"DELETE FROM main.{table} WHERE article_id = ?", (article_id,))
        names = columns(connection, table, without=("article_id",))
        said = names
        if add:  # the article has its canonical address
            said = names.replace("kind", "iif(kind = 'canonical', 'seen', kind)")
        connection.execute(
            f"INSERT INTO main.{table} (article_id, {names}) SELECT ?, {said} FROM other.{table} WHERE article_id = ?"
            " ON CONFLICT DO NOTHING",
            (article_id, other_id),
        )


def _state(connection: sqlite3.Connection, article_id: int) -> str:
    """What a merge may change of an article, to compare."""
    rows = [
        [tuple(row) for row in connection.execute(sql, (article_id,))]
        for sql in (
            "SELECT * FROM main.articles WHERE id = ?",
            "SELECT n, seen_from, seen_until, digest, title FROM main.revisions WHERE article_id = ?",
            "SELECT n, seen_from, seen_until FROM main.returns WHERE article_id = ?",
            "SELECT url FROM main.addresses WHERE article_id = ?",
        )
    ]
    return json.dumps(rows)


def _set(connection: sqlite3.Connection, article_id: int, values: dict[str, Any]) -> None:
    row = connection.execute("SELECT * FROM main.articles WHERE id = ?", (article_id,)).fetchone()
    changed = {name: value for name, value in values.items() if row[name] != value and name != "id"}
    if changed:
        settings = ", ".join(f"{name} = ?" for name in changed)
        connection.execute(f"UPDATE main.articles SET {settings} WHERE id = ?", (*changed.values(), article_id))
