"""Loose ends of an import: what can only be settled once all files are read.

A page that repeats one which comes later, an address that led to another, a page that goes on at another address. They
wait among the failures, in the transaction that keeps how far a file was read, so that an import that was killed
goes on with them; at its end they are settled, or told as what they are.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlite_utils.utils import sqlite3

from pipelines.store import continuations, faillog, imports
from pipelines.store.payloads import HAS_BODY, readable
from pipelines.store.rows import capture_from_row, entry_to_json, key_of, stamp, to_json
from pipelines.store.withdrawals import retract
from pipelines.types import Capture, Failure

#: Kinds, in the order in which they are settled.
AGAIN, MOVED, FURTHER = "again", "moved", "further"
_STAGE, _WAITS = "import", "waits"
#: How far apart an address and what it led to, or the pages of one article, may have been fetched.
_NEAR = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Loose:
    """A loose end: its row, where it came from, and what is known of it."""

    id: int
    place: str
    values: dict[str, Any]

    @property
    def capture(self) -> Capture:
        """The capture it is about, without its body."""
        return capture_from_row(self.values["capture"], b"")


def put(connection: sqlite3.Connection, kind: str, place: str, values: dict[str, Any], run_id: int | None) -> None:
    """Let something wait; a capture among the values is written as its row would be."""
    given = {name: _row(one) if isinstance(one, Capture) else one for name, one in values.items()}
    failure = Failure(_STAGE, f"{_WAITS}:{kind}", to_json(given))
    faillog.add(connection, failure, url=place, run_id=run_id)


def waiting(connection: sqlite3.Connection, kind: str) -> list[int]:
    """All that waits of a kind."""
    rows = connection.execute(
        "SELECT id FROM failures WHERE stage = ? AND error = ? ORDER BY id", (_STAGE, f"{_WAITS}:{kind}")
    )
    return [number for (number,) in rows]


def get(connection: sqlite3.Connection, number: int) -> Loose:
    """One of these."""
    row = connection.execute("SELECT id, url, detail FROM failures WHERE id = ?", (number,)).fetchone()
    return Loose(row["id"], row["url"], json.loads(row["detail"]))


def drop(connection: sqlite3.Connection, loose: Loose) -> None:
    """It is settled, or nothing is to be said of it."""
    connection.execute("DELETE FROM failures WHERE id = ?", (loose.id,))


def tell(connection: sqlite3.Connection, loose: Loose, reason: str) -> None:
    """It could not be settled: it becomes the failure that it is."""
    told = imports.unnamed(connection, reason)
    connection.execute("UPDATE failures SET error = 'damaged', detail = ? WHERE id = ?", (told, loose.id))


def led_to(connection: sqlite3.Connection, capture: Capture) -> Capture | None:
    """A redirect as a crawl keeps it, with what it led to; None where that was not captured at the time.

    A redirect to what is no article is of interest only where the address was one.
    """
    row = _near(connection, key_of(capture.final_url or ""), capture)
    if row is None:
        return None
    known = connection.execute(
        "SELECT 1 FROM addresses WHERE urlkey = :key UNION ALL SELECT 1 FROM captures WHERE urlkey = :key",
        {"key": key_of(capture.url)},
    ).fetchone()
    body = readable(connection, row["payload_id"])
    if body is None or not (known or row["outcome"] in (None, "article", "unchanged")):
        return None
    _give_way(connection, row["id"], key_of(capture.url))
    there = capture_from_row(row, body)
    return replace(there, url=capture.url, final_url=there.final_url or there.url, fetched_at=capture.fetched_at,
                   source=capture.source, request=capture.request, entry=capture.entry)  # fmt: skip


def _give_way(connection: sqlite3.Connection, capture_id: int, key: str) -> None:
    """What was read as an article where an address led to is that of the address, if their words are the same."""
    twin = connection.execute(
        "SELECT 1 FROM articles JOIN addresses ON article_id <> articles.id AND addresses.urlkey = ?"
        " JOIN articles AS old ON old.id = article_id"
        " WHERE articles.capture_id = ? AND old.digest = articles.digest AND old.title IS articles.title",
        (key, capture_id),
    ).fetchone()
    if twin:
        retract(connection, capture_id)
        connection.execute("UPDATE captures SET outcome = 'unchanged' WHERE id = ?", (capture_id,))


def page_at(connection: sqlite3.Connection, capture_id: int, url: str) -> tuple[int, Capture] | None:
    """The capture of a further page that was made when the first one was."""
    row = connection.execute("SELECT * FROM captures WHERE id = ?", (capture_id,)).fetchone()
    found = _near(connection, key_of(url), capture_from_row(row, b"")) if row else None
    if found is None or found["id"] == capture_id or found["status"] != 200:
        return None
    body = readable(connection, found["payload_id"])
    return None if body is None else (found["id"], capture_from_row(found, body))


def join(connection: sqlite3.Connection, capture_id: int, pages: list[int]) -> bool:
    """Make further pages of captures that were read as articles of their own; False where they are that already.

    The first one waits to be read anew.
    """
    if not pages or continuations.pages_of(connection, capture_id):
        return False
    for n, page_id in enumerate(pages, start=2):
        retract(connection, page_id)
        connection.execute("UPDATE captures SET outcome = 'page' WHERE id = ?", (page_id,))
        continuations.put(connection, capture_id, n, page_id)
    retract(connection, capture_id)
    connection.execute("UPDATE captures SET outcome = NULL WHERE id = ?", (capture_id,))
    return True


def _near(connection: sqlite3.Connection, key: str, capture: Capture) -> sqlite3.Row | None:
    """The capture of a page that was made nearest to the time of another."""
    at = capture.fetched_at
    row: sqlite3.Row | None = connection.execute(
        f"SELECT * FROM captures WHERE urlkey = :key AND fetched_at BETWEEN :after AND :before AND {HAS_BODY}"
        " AND +feed_id IS NULL ORDER BY abs(unixepoch(fetched_at) - unixepoch(:at)), id LIMIT 1",
        {"key": key, "at": stamp(at), "after": _shifted(at, -_NEAR), "before": _shifted(at, _NEAR)},
    ).fetchone()
    return row


def _shifted(at: datetime, by: timedelta) -> str:
    try:
        return stamp(at + by)
    except OverflowError:  # whatever clock a file was made by
        return stamp(at)


def _row(capture: Capture) -> dict[str, Any]:
    return {
        "url": capture.url,
        "final_url": capture.final_url,
        "source_id": capture.source,
        "fetched_at": stamp(capture.fetched_at),
        "status": capture.status,
        "headers": to_json(capture.headers),
        "request": to_json(capture.request),
        "wire_digest": capture.wire_digest,
        "mime": capture.mime,
        "completeness": capture.completeness,
        "rendered": capture.rendered,
        "entry": entry_to_json(capture.entry),
    }
