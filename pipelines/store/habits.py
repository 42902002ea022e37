"""What the archive knows of a feed's habits, and when, by these, it is to be asked next."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlite_utils.utils import sqlite3

from pipelines.schedule import REMEMBERED, Habit, plan
from pipelines.store.rows import stamp

_LATE = 24 * 3600  # seconds after which an entry that was not there before is taken for new all the same
_FIRST_LOOK = 3600  # seconds; what is listed undated when a feed is first read may be of any age

_ENTRIES = (
    "SELECT published_at, found_at FROM entries WHERE feed_id = :id ORDER BY id DESC LIMIT :limit",
    # an index file lists no entries of its own: it is as busy as the sitemaps it leads to
    "SELECT entries.published_at, entries.found_at FROM feeds JOIN entries ON entries.feed_id = feeds.id"
    " WHERE feeds.source_id = :source AND feeds.kind = 'sitemap' ORDER BY entries.id DESC LIMIT :limit",
)


def plan_next(connection: sqlite3.Connection, feed_id: int, at: datetime) -> None:
    """Write down when a feed that was asked `at` is to be asked again."""
    row = connection.execute("SELECT * FROM feeds WHERE id = ?", (feed_id,)).fetchone()
    _plan(connection, row, at)


def plan_anew(connection: sqlite3.Connection, source_id: str) -> None:
    """The same for all feeds of a source, from its shortest interval: its table in the sources file has changed."""
    rows = connection.execute(
        "SELECT * FROM feeds WHERE source_id = ? AND checked_at IS NOT NULL", (source_id,)
    ).fetchall()
    for row in rows:
        _plan(connection, row, datetime.fromisoformat(row["checked_at"]), anew=True)


def wishes(connection: sqlite3.Connection, source_id: str) -> tuple[Any, ...] | None:
    """What a source's table says of polling: every, schedule, timezone; None for an unknown source."""
    row = connection.execute(
        "SELECT config ->> 'every', config ->> 'schedule', timezone FROM sources WHERE id = ?", (source_id,)
    ).fetchone()
    return None if row is None else tuple(row)


def habit_of(connection: sqlite3.Connection, row: sqlite3.Row, at: datetime) -> Habit:
    """The habits of a feed, from its row and its latest entries, as they were known at a time."""
    every, cron, timezone = wishes(connection, row["source_id"]) or (None, None, None)
    since = _seconds(row["found_at"] or row["checked_at"]) or at.timestamp()
    is_index = row["kind"] == "sitemap" and row["listed"] == 0
    entries = connection.execute(
        _ENTRIES[is_index], {"id": row["id"], "source": row["source_id"], "limit": REMEMBERED}
    ).fetchall()
    came = sorted(filter(None, (_came(one, since) for one in entries)), reverse=True)
    return Habit(
        url=row["url"],
        kind=row["kind"],
        came=came,
        since=min([since, *came[-1:]]),
        interval=row["interval"],
        fresh=bool(row["fresh"]),
        failures=row["failures"],
        every=every,
        cron=cron,
        timezone=timezone,
    )


def _plan(connection: sqlite3.Connection, row: sqlite3.Row, at: datetime, *, anew: bool = False) -> None:
    habit = habit_of(connection, row, at)
    planned = plan(replace(habit, interval=None) if anew else habit, at)
    due_at = max(stamp(planned.due_at), row["retry_at"] or "")
    connection.execute("UPDATE feeds SET interval = ?, due_at = ? WHERE id = ?", (planned.interval, due_at, row["id"]))


def _came(entry: sqlite3.Row, since: float) -> float | None:
    """When an entry came: as its feed says where that is a moment in time and may be true, else when it was found."""
    published, found = entry["published_at"] or "", _seconds(entry["found_at"])
    if found is None:
        return None
    first = found <= since + _FIRST_LOOK
    said = _seconds(published) if published.endswith("Z") else None
    if said is not None and (first or found - said < _LATE):
        return min(said, found)
    return None if first else found


def _seconds(time: str | None) -> float | None:
    try:
        return datetime.fromisoformat(time or "").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None
