"""Two articles of this archive that turn out to be one: it has all that both had."""

from __future__ import annotations

from sqlite_utils.utils import sqlite3

from pipelines.store import addresses, dedupe, histories
from pipelines.store.revise import words_of

_GAVE_WORDS = (
    "SELECT capture_id FROM articles WHERE id = :id UNION SELECT capture_id FROM revisions WHERE article_id = :id"
    " UNION SELECT capture_id FROM returns WHERE article_id = :id"
)


def unite(connection: sqlite3.Connection, former_id: int, present_id: int) -> None:
    """Make one article of one that was at another address until now and the one at its present address.

    It keeps the number of the one that was seen first, the address of the present one, every text of both in the order
    of time, every address, and what people wrote of either.
    """
    rows = [
        connection.execute("SELECT * FROM articles WHERE id = ?", (one,)).fetchone() for one in (former_id, present_id)
    ]
    former, present = rows
    kept, gone = sorted(rows, key=lambda row: (row["first_seen_at"], row["id"]))
    seen = histories.reconciled(one for row in rows for one in histories.sightings(connection, row["id"]))
    shown = max(seen)
    last = next((row for row in (present, former) if words_of(row) == shown.words), kept)
    gave = {one for row in rows for (one,) in connection.execute(_GAVE_WORDS, {"id": row["id"]})}
    _move_parts(connection, gone["id"], kept["id"], last is gone)
    _move_notes(connection, gone, kept)
    dedupe.withdraw(connection, [gone["id"]])
    connection.execute("DELETE FROM articles WHERE id = ?", (gone["id"],))
    values = {name: last[name] for name in last.keys() if name not in ("id", "first_seen_at")}  # noqa: SIM118
    values |= {"url": present["url"], "urlkey": present["urlkey"]}
    settings = ", ".join(f"{name} = :{name}" for name in values)
    connection.execute(f"UPDATE articles SET {settings} WHERE id = :id", {**values, "id": kept["id"]})
    histories.replay(connection, kept["id"], seen)
    connection.executemany(
        f"UPDATE captures SET outcome = 'unchanged' WHERE id = :capture AND id NOT IN ({_GAVE_WORDS})",
        [{"capture": one, "id": kept["id"]} for one in gave],
    )
    dedupe.anew(connection, kept["id"])
    addresses.name_own(connection, kept["id"], present["url"])


def _move_parts(connection: sqlite3.Connection, gone: int, kept: int, with_its_words: bool) -> None:
    connection.execute(
        "INSERT INTO addresses (article_id, url, urlkey, kind) SELECT ?, url, urlkey, kind FROM addresses"
        " WHERE article_id = ? ON CONFLICT DO NOTHING",
        (kept, gone),
    )
    if with_its_words:
        for table in ("removals", "extractions"):
            connection.execute(f"DELETE FROM {table} WHERE article_id = ?", (kept,))
            connection.execute(f"UPDATE {table} SET article_id = ? WHERE article_id = ?", (kept, gone))


def _move_notes(connection: sqlite3.Connection, gone: sqlite3.Row, kept: sqlite3.Row) -> None:
    """Notes and hits of one become the other's; one tag, and one hit of a watch, are enough.

    They go along when the other gets its address.
    """
    ids = {"gone": gone["id"], "kept": kept["id"], "key": kept["urlkey"]}
    connection.execute(
        "DELETE FROM notes WHERE article_id = :gone AND tag IN (SELECT tag FROM notes WHERE article_id = :kept)", ids
    )
    connection.execute(
        "DELETE FROM hits WHERE article_id = :gone"
        " AND watch_id IN (SELECT watch_id FROM hits WHERE article_id = :kept)",
        ids,
    )
    for table in ("notes", "hits"):
        connection.execute(f"UPDATE {table} SET article_id = :kept, urlkey = :key WHERE article_id = :gone", ids)
