"""What comes from files: how far each was read, what is known of it already, and which body an unchanged page has."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from datetime import UTC, datetime

from sqlite_utils.utils import sqlite3

from pipelines.store import faillog, takedowns
from pipelines.store.payloads import body_of
from pipelines.store.rows import clean, key_of, keys_of, now, stamp
from pipelines.types import Capture, Failure


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


def is_forgotten(connection: sqlite3.Connection, capture: Capture, url: str | None = None) -> bool:
    """Whether a page was forgotten for good, or the one at `url` that it has its body from."""
    if url is not None and takedowns.of_url(connection, url):
        return True
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


def as_before(
    connection: sqlite3.Connection, capture: Capture, url: str, at: str | None, digest: str | None = None
) -> Capture | None:
    """A capture of a page that was as it had been, with its body; None where that is not here.

    The body is the one with this digest, else that of `url` at the time `at`, or of its latest capture before this one.
    """
    moment = _stamped(at)
    own = keys_of(capture)[0] if moment else key_of(url)  # `url` may be where that one was led to
    values = {"key": key_of(url), "own": own, "at": moment or stamp(capture.fetched_at), "digest": digest}
    where = (
        "payload_id = (SELECT id FROM payloads WHERE digest = :digest)"
        if digest
        else f"urlkey IN (:key, :own) AND fetched_at {'=' if moment else '<='} :at AND payload_id IS NOT NULL"
    )
    row = connection.execute(
        f"SELECT payload_id, mime, completeness, rendered FROM captures WHERE {where}"
        " ORDER BY fetched_at DESC, id DESC LIMIT 1",
        values,
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


def put_flaw(connection: sqlite3.Connection, place: str, reason: str, run_id: int | None) -> None:
    """Write down what cannot be read, once, however often its file is; no address that was forgotten."""
    reason = unnamed(connection, reason)
    known = "SELECT 1 FROM failures WHERE url = ? AND stage = 'import' AND detail = ?"
    if not connection.execute(known, (clean(place), clean(reason))).fetchone():
        faillog.add(connection, Failure("import", "damaged", reason), url=place, run_id=run_id)


def unnamed(connection: sqlite3.Connection, reason: str) -> str:
    """What is said of a page (`of ADDRESS: …`), without its address where that was forgotten."""
    said = re.match(r"of (\S+): ", reason)
    if said and takedowns.of_url(connection, said[1]):
        return f"of a forgotten page: {reason[said.end() :]}"
    return reason


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
