"""Rows of the archive that is attached as `other`, put in their place in this one; each only where it is missing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlite_utils.utils import sqlite3

from pipelines.store import takedowns

#: The capture here that is the same as one of the other archive: address, time, status and body are equal.
_SAME = (
    "SELECT mine.id FROM main.captures AS mine LEFT JOIN main.payloads AS body ON body.id = mine.payload_id"
    " WHERE mine.urlkey = :urlkey AND mine.fetched_at = :fetched_at AND mine.status = :status AND mine.url = :url"
    " AND body.digest IS :digest LIMIT 1"
)
_OTHER_CAPTURE = (
    "SELECT captures.*, payloads.digest, feeds.url AS feed_url FROM other.captures AS captures"
    " LEFT JOIN other.payloads AS payloads ON payloads.id = payload_id"
    " LEFT JOIN other.feeds AS feeds ON feeds.id = feed_id WHERE captures.id "
)
_PAGE = 1000


def columns(connection: sqlite3.Connection, table: str, *, without: tuple[str, ...] = ()) -> str:
    """The columns of a table, for SQL."""
    names = [row["name"] for row in connection.execute("SELECT name FROM pragma_table_info(?)", (table,))]
    return ", ".join(name for name in names if name not in without)


def pages(connection: sqlite3.Connection, table: str, key: str) -> Iterator[list[sqlite3.Row]]:
    """A table in short reads, by an integer column: whole groups of equal ones."""
    last = -1
    while rows := connection.execute(
        f"SELECT {key}, urlkey FROM {table} WHERE {key} > :last AND {key} <= coalesce((SELECT {key} FROM {table}"
        f" WHERE {key} > :last ORDER BY {key} LIMIT 1 OFFSET {_PAGE}), 9e18) ORDER BY {key}",
        {"last": last},
    ).fetchall():
        last = rows[-1][key]
        yield rows


def put_feeds(connection: sqlite3.Connection) -> None:
    """Feeds that are not known here, with what is known of them there."""
    names = columns(connection, "feeds", without=("id",))
    connection.execute(
        f"INSERT INTO main.feeds ({names}) SELECT {names} FROM other.feeds WHERE true ON CONFLICT DO NOTHING"
    )


def captures(connection: sqlite3.Connection, low: int, high: int) -> list[sqlite3.Row]:
    """A stretch of captures there; none that is forgotten, there or here."""
    rows = connection.execute(_OTHER_CAPTURE + "> ? AND captures.id <= ? ORDER BY captures.id", (low, high)).fetchall()
    rows = [row for row in rows if row["outcome"] != takedowns.FORGOTTEN]
    gone = takedowns.among(connection, [row["urlkey"] for row in rows])
    return [row for row in rows if row["urlkey"] not in gone or row["feed_id"] is not None]


def put_capture(connection: sqlite3.Connection, row: sqlite3.Row, run_id: int | None) -> bool:
    """A capture with its body and failures; False where it is here."""
    if _capture(connection, row) is not None:
        return False
    names = columns(connection, "captures", without=("id", "feed_id", "run_id", "payload_id")).split(", ")
    feed = connection.execute(
        "SELECT id FROM main.feeds WHERE source_id = ? AND url = ?", (row["source_id"], row["feed_url"])
    ).fetchone()
    values = {
        **{name: row[name] for name in names},
        "feed_id": feed["id"] if feed else None,
        "run_id": run_id,
        "payload_id": None if row["digest"] is None else _payload(connection, row["payload_id"], row["digest"]),
    }
    capture_id = insert(connection, "captures", values)
    connection.execute(
        "INSERT INTO main.failures (capture_id, run_id, url, stage, error, detail, at)"
        " SELECT ?, ?, url, stage, error, detail, at FROM other.failures WHERE capture_id = ?",
        (capture_id, run_id, row["id"]),
    )
    return True


def put_continuations(connection: sqlite3.Connection, low: int, high: int) -> None:
    """Which captures go on in which, for those of a stretch whose pages are here; pages come after their first."""
    for row in connection.execute(
        "SELECT * FROM other.continuations WHERE page_id > ? AND page_id <= ?", (low, high)
    ).fetchall():
        first, page = here(connection, row["capture_id"]), here(connection, row["page_id"])
        if first is not None and page is not None:
            connection.execute(
                "INSERT INTO main.continuations (capture_id, n, page_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                (first, row["n"], page),
            )


def here(connection: sqlite3.Connection, other_id: int | None) -> int | None:
    """The capture here that is the same as one there."""
    row = connection.execute(_OTHER_CAPTURE + "= ?", (other_id,)).fetchone()
    return _capture(connection, row) if row else None


def put_entries(connection: sqlite3.Connection, low: int, high: int) -> int:
    """Entries that are not known here, or were fetched only there; how many are new."""
    rows = connection.execute(
        "SELECT entries.*, feeds.url AS feed_url FROM other.entries AS entries LEFT JOIN other.feeds AS feeds"
        " ON feeds.id = feed_id WHERE entries.id > ? AND entries.id <= ? ORDER BY entries.id",
        (low, high),
    ).fetchall()
    names = columns(connection, "entries", without=("id", "feed_id", "capture_id")).split(", ")
    gone = takedowns.among(connection, [row["urlkey"] for row in rows])
    new = 0
    for row in rows:
        if row["urlkey"] in gone or row["reason"] == takedowns.FORGOTTEN:
            continue
        known = connection.execute("SELECT * FROM main.entries WHERE urlkey = ?", (row["urlkey"],)).fetchone()
        capture_id = here(connection, row["capture_id"])
        if known is None:
            feed = connection.execute(
                "SELECT id FROM main.feeds WHERE source_id = ? AND url = ?", (row["source_id"], row["feed_url"])
            ).fetchone()
            values = {**{name: row[name] for name in names}, "feed_id": feed and feed["id"], "capture_id": capture_id}
            insert(connection, "entries", values)
            new += 1
        elif known["state"] != "fetched" and row["state"] == "fetched":
            connection.execute(
                "UPDATE main.entries SET state = 'fetched', tries = 0, due_at = ?, reason = ?, capture_id = ?"
                " WHERE id = ?",
                (row["due_at"], row["reason"], capture_id, known["id"]),
            )
    connection.execute(
        "INSERT INTO main.mentions (entry_id, source_id, feed_id, found_at)"
        " SELECT mine.id, mentions.source_id, feeds.id, mentions.found_at FROM other.mentions AS mentions"
        " JOIN other.entries AS entries ON entries.id = entry_id JOIN main.entries AS mine USING (urlkey)"
        " LEFT JOIN other.feeds AS theirs ON theirs.id = mentions.feed_id"
        " LEFT JOIN main.feeds AS feeds ON feeds.source_id = theirs.source_id AND feeds.url = theirs.url"
        " WHERE entry_id > ? AND entry_id <= ? AND mentions.source_id <> mine.source_id ON CONFLICT DO NOTHING",
        (low, high),
    )
    return new


def put_lines(connection: sqlite3.Connection) -> None:
    """What sources repeat, where this archive has counted none of a source; and what a person said of a line."""
    names = columns(connection, "blocks")
    connection.execute(
        f"INSERT INTO main.blocks ({names}) SELECT {names} FROM other.blocks AS theirs WHERE origin IS 'yours'"
        " OR NOT EXISTS (SELECT 1 FROM main.blocks WHERE source_id = theirs.source_id)"
        " ON CONFLICT DO UPDATE SET verdict = excluded.verdict, origin = excluded.origin, zone = excluded.zone"
        " WHERE excluded.origin IS 'yours' AND blocks.origin IS NOT 'yours'"
    )
    names = columns(connection, "parameters")
    connection.execute(
        f"INSERT INTO main.parameters ({names}) SELECT {names} FROM other.parameters WHERE true ON CONFLICT DO NOTHING"
    )


def _capture(connection: sqlite3.Connection, row: sqlite3.Row) -> int | None:
    values = {name: row[name] for name in ("urlkey", "fetched_at", "status", "url", "digest")}
    found = connection.execute(_SAME, values).fetchone()
    return None if found is None else int(found["id"])


def _payload(connection: sqlite3.Connection, other_id: int, digest: str) -> int:
    """A body by its digest; one that was pruned here comes back, one that was forgotten does not."""
    theirs = connection.execute("SELECT * FROM other.payloads WHERE id = ?", (other_id,)).fetchone()
    mine = connection.execute("SELECT id, codec FROM main.payloads WHERE digest = ?", (digest,)).fetchone()
    values = {name: theirs[name] for name in ("digest", "codec", "size", "body")}
    values["dictionary_id"] = _dictionary(connection, theirs["dictionary_id"])
    if mine is None:
        return insert(connection, "payloads", values)
    if mine["codec"] == "pruned" and len(theirs["body"]):
        connection.execute(
            "UPDATE main.payloads SET codec = ?, dictionary_id = ?, body = ? WHERE id = ?",
            (values["codec"], values["dictionary_id"], values["body"], mine["id"]),
        )
    return int(mine["id"])


def _dictionary(connection: sqlite3.Connection, other_id: int | None) -> int | None:
    row = connection.execute("SELECT * FROM other.dictionaries WHERE id = ?", (other_id,)).fetchone()
    if row is None:
        return None
    mine = connection.execute("SELECT id FROM main.dictionaries WHERE digest = ?", (row["digest"],)).fetchone()
    if mine is not None:
        return int(mine["id"])
    names = columns(connection, "dictionaries", without=("id", "n")).split(", ")
    (n,) = connection.execute(
        "SELECT 1 + coalesce(max(n), 0) FROM main.dictionaries WHERE source_id = ?", (row["source_id"],)
    ).fetchone()
    return insert(connection, "dictionaries", {**{name: row[name] for name in names}, "n": n})


def insert(connection: sqlite3.Connection, table: str, values: dict[str, Any]) -> int:
    """A row of a table here; its id."""
    marks = ", ".join("?" * len(values))
    cursor = connection.execute(
        f"INSERT INTO main.{table} ({', '.join(values)}) VALUES ({marks})", tuple(values.values())
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid
