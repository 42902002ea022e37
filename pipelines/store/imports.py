"""What comes from files: how far each was read, what is known of it already, and which body an unchanged page has."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime

from sqlite_utils.utils import sqlite3

from pipelines.store import takedowns
from pipelines.store.payloads import body_of
from pipelines.store.rows import clean, key_of, keys_of, now, stamp
from pipelines.types import Capture


def position_of(connection: sqlite3.Connection, digest: str) -> int | None:
    """The byte from which a file is still to be read, 0 for one that was never seen; None for one read to its end."""
    row = connection.execute("SELECT position, finished_at FROM imports WHERE digest = ?", (digest,)).fetchone()
    if row is None:
        return 0
    return None if row["finished_at"] else int(row["position"])


def reached(connection: sqlite3.Connection, digest: str, path: str, position: int, run_id: int | None) -> None:
    """Write down that everything before this byte is kept."""
    connection.execute(
        "INSERT INTO imports (digest, path, position, run_id) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (digest) DO UPDATE SET position = excluded.position, run_id = excluded.run_id",
        (digest, clean(path), position, run_id),
    )


def finished(connection: sqlite3.Connection, digest: str) -> None:
    """Write down that a file was read to its end."""
    connection.execute("UPDATE imports SET finished_at = ? WHERE digest = ?", (now(), digest))


def is_forgotten(connection: sqlite3.Connection, capture: Capture) -> bool:
    """Whether a page was forgotten for good."""
    return takedowns.of_capture(connection, capture) is not None


def holds(connection: sqlite3.Connection, capture: Capture, *, dated: bool) -> bool:
    """Whether the archive has these bytes from this address; if `dated`, as a capture of that very second."""
    row = connection.execute(
        "SELECT 1 FROM captures JOIN payloads ON payloads.id = captures.payload_id"
        " WHERE captures.urlkey = :key AND (:at IS NULL OR captures.fetched_at = :at) AND payloads.digest = :digest",
        {
            "key": keys_of(capture)[0],
            "at": stamp(capture.fetched_at) if dated else None,
            "digest": hashlib.sha256(capture.body).hexdigest(),
        },
    ).fetchone()
    return row is not None


def is_known(connection: sqlite3.Connection, capture: Capture) -> bool:
    """Whether there is a capture of this address of that very second."""
    row = connection.execute(
        "SELECT 1 FROM captures WHERE urlkey = ? AND fetched_at = ?", (keys_of(capture)[0], stamp(capture.fetched_at))
    ).fetchone()
    return row is not None


def as_before(connection: sqlite3.Connection, capture: Capture, url: str, at: str | None) -> Capture | None:
    """A capture of a page that was as it had been, with its body; None where that is not here.

    The body is that of `url` at the time `at`, or of its latest capture before this one.
    """
    moment = _stamped(at)
    own = keys_of(capture)[0] if moment else key_of(url)  # `url` may be where that one was led to
    row = connection.execute(
        "SELECT payload_id, mime, completeness, rendered FROM captures WHERE urlkey IN (:key, :own)"
        f" AND payload_id IS NOT NULL AND {'fetched_at = :at' if moment else 'fetched_at <= :at'}"
        " ORDER BY fetched_at DESC, id DESC LIMIT 1",
        {"key": key_of(url), "own": own, "at": moment or stamp(capture.fetched_at)},
    ).fetchone()
    body = body_of(connection, row["payload_id"]) if row else None
    if row is None or body is None:
        return None
    if capture.status == 304:  # as the crawl keeps it: without a body
        return capture if key_of(url) in keys_of(capture) else None
    return replace(
        capture,
        body=body,
        mime=capture.mime or row["mime"],
        completeness=row["completeness"],
        rendered=bool(row["rendered"]),
    )


def source_at(connection: sqlite3.Connection, source_id: str) -> tuple[str | None, str | None] | None:
    """The homepage of a source and an address of its pages; None for a source that is not here."""
    row = connection.execute(
        "SELECT homepage, (SELECT url FROM captures WHERE source_id = sources.id AND url LIKE 'http%'"
        " ORDER BY fetched_at LIMIT 1) AS url FROM sources WHERE id = ?",
        (source_id,),
    ).fetchone()
    return None if row is None else (row["homepage"], row["url"])


def _stamped(at: str | None) -> str | None:
    """A time as the archive writes it; None for what is no time."""
    try:
        moment = datetime.fromisoformat(at or "")
    except ValueError:
        return None
    return stamp(moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment)
