"""T1: what was fetched, committed before anything reads it; and captures read back."""

from __future__ import annotations

from dataclasses import dataclass

from sqlite_utils.utils import sqlite3

from pipelines.store import followed, frontier, payloads, tallies
from pipelines.store.payloads import Payload
from pipelines.store.rows import clean, cleaned, entry_to_json, keys_of, stamp, to_json
from pipelines.types import Capture, Fetched


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a `Fetched`: an unchanged one needs no reading; `new_entries` joined the queue."""

    capture_id: int
    unchanged: bool
    new_entries: int = 0


def keep(connection: sqlite3.Connection, fetched: Fetched, payload: Payload | None, run_id: int | None) -> Kept:
    """Write a capture, its payload, the entry it answers and all that it lists."""
    capture, feed = fetched.capture, fetched.feed
    keys = keys_of(capture)
    source = followed.ensure_source(connection, capture.source or (feed.source if feed else None))
    payload_id = payloads.put(connection, payload) if payload else None
    feed_id: int | None = None
    outcome: str | None = None
    if feed:
        row = followed.find_feed(connection, feed)
        feed_id = int(row["id"])
        unchanged = capture.status == 304 or (payload is not None and row["digest"] == payload.digest)
        digest = payload.digest if payload else ""
        followed.checked(connection, feed_id, feed, capture, digest, stamp(capture.fetched_at))
        outcome = "unchanged" if unchanged else "feed"
    else:
        unchanged = capture.status == 304 or _is_repeat(connection, keys[0], capture, payload_id)
        outcome = "unchanged" if unchanged else None
        tallies.add(connection, run_id, source, "fetched")
        tallies.add(connection, run_id, source, "unchanged", int(unchanged))
    capture_id = _insert(connection, capture, keys[0], source, feed_id, run_id, payload_id, outcome)
    frontier.fetched(connection, keys, capture_id)
    fresh = 0
    if fetched.entries and source:
        fresh = frontier.add(connection, source, fetched.entries, feed_id, run_id)
    if feed_id is not None and capture.status != 304 and (fetched.entries or not unchanged):
        followed.listed(connection, feed_id, len(fetched.entries), fresh)
    followed.put_feeds(connection, fetched.feeds)
    return Kept(capture_id, unchanged, fresh)


def _is_repeat(connection: sqlite3.Connection, key: str, capture: Capture, payload_id: int | None) -> bool:
    """Whether the newest capture of this address has the same bytes and is an article's."""
    row = connection.execute(
        "SELECT payload_id, outcome, fetched_at FROM captures WHERE urlkey = ?"
        " ORDER BY fetched_at DESC, id DESC LIMIT 1",
        (key,),
    ).fetchone()
    return (
        row is not None
        and row["payload_id"] == payload_id
        and row["outcome"] in ("article", "unchanged")
        and row["fetched_at"] <= stamp(capture.fetched_at)
    )


def _insert(
    connection: sqlite3.Connection,
    capture: Capture,
    key: str,
    source: str | None,
    feed_id: int | None,
    run_id: int | None,
    payload_id: int | None,
    outcome: str | None,
) -> int:
    final_url = capture.final_url if capture.final_url != capture.url else None
    cursor = connection.execute(
        "INSERT INTO captures (source_id, feed_id, run_id, url, final_url, urlkey, fetched_at, status, mime, headers,"
        " completeness, entry, payload_id, outcome) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            source,
            feed_id,
            run_id,
            clean(capture.url),
            cleaned(final_url),
            key,
            stamp(capture.fetched_at),
            capture.status,
            cleaned(capture.mime),
            to_json(capture.headers),
            capture.completeness,
            entry_to_json(capture.entry),
            payload_id,
            outcome,
        ),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid
