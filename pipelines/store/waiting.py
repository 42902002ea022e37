"""What waits because its host asks for it, or cannot say, and what a host lets in again: no try is counted."""

from __future__ import annotations

from collections.abc import Callable

from sqlite_utils.utils import sqlite3

from pipelines.store.rows import clean, key_of

FORBIDDEN = "forbidden by robots.txt"

_TO_COME = "(state IN ('queued', 'failed') OR (state = 'fetched' AND due_at IS NOT NULL))"
_PUT_OFF = (
    "UPDATE entries SET due_at = :until, reason = iif(state = 'queued', :reason, reason)"
    f" WHERE {_TO_COME} AND coalesce(due_at, '') < :until AND "
)


def put_off(connection: sqlite3.Connection, entry_id: int, reason: str, until: str) -> None:
    """Ask for an entry later, not before `until`; the try does not count."""
    connection.execute(_PUT_OFF + "id = :id", {"id": entry_id, "reason": clean(reason), "until": until})


def put_off_host(connection: sqlite3.Connection, origin: str, reason: str, until: str) -> None:
    """The same for all entries of a host, `scheme://host[:port]`, that are still to come."""
    low, high = _keys_at(origin)
    connection.execute(
        _PUT_OFF + "urlkey >= :low AND urlkey < :high AND substr(url, 1, length(:base)) = :base",
        {"low": low, "high": high, "base": f"{origin}/", "reason": clean(reason), "until": until},
    )


def readmit(connection: sqlite3.Connection, origin: str, allows: Callable[[str], bool]) -> set[str]:
    """Queue what a host's robots.txt kept out and now lets in; returns the sources that have new work."""
    low, high = _keys_at(origin)
    own = connection.execute(
        "SELECT id, source_id, url, url AS asked FROM entries WHERE urlkey >= ? AND urlkey < ?"
        " AND state = 'refused' AND reason = ? AND substr(url, 1, length(?)) = ?",
        (low, high, FORBIDDEN, f"{origin}/", f"{origin}/"),
    ).fetchall()
    # a page elsewhere that leads here was refused with the address it leads to
    led = f"leads to {origin}/"
    led_here = connection.execute(
        "SELECT id, source_id, url, substr(reason, length('leads to ') + 1) AS asked FROM entries"
        " WHERE state = 'refused' AND reason >= ? AND reason < ? AND reason LIKE ?",
        (led, led[:-1] + "0", f"%: {FORBIDDEN}"),  # 0 is the character after /
    ).fetchall()
    again = [row for row in (*own, *led_here) if allows(row["asked"].removesuffix(f": {FORBIDDEN}"))]
    connection.executemany(
        "UPDATE entries SET state = iif(capture_id IS NULL, 'queued', 'fetched'), due_at = NULL, reason = NULL"
        " WHERE id = ?",
        [(row["id"],) for row in again],
    )
    return {row["source_id"] for row in again}


def _keys_at(origin: str) -> tuple[str, str]:
    """The urlkeys of a host lie between these two."""
    low = key_of(f"{origin}/").partition(")")[0]
    return f"{low})", f"{low}*"  # the character after )
