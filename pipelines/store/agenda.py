"""What is to be asked when: the feeds of followed sources with the time each is due, and whether pages wait."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlite_utils.utils import sqlite3

from pipelines.schedule import KINDS, Habit, places
from pipelines.store import followed, frontier, habits
from pipelines.store.archive import Archive
from pipelines.store.faults import explained
from pipelines.store.payloads import HAS_BODY
from pipelines.types import Feed, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A feed, or a homepage where feeds are to be found, and when to ask it; `due_at` is '' for at once.

    `habit` is what its rhythm rests on; None where it was never asked. `anew` says that its source's table in the
    sources file has changed, so that the next crawl plans it again.
    """

    feed: Feed
    due_at: str
    anew: bool = False
    habit: Habit | None = None


def visits(archive: Archive | None, sources: Iterable[Source], *, habits_too: bool = False) -> list[Visit]:
    """All places to ask, the first due first; with `habits_too`, each with what its rhythm rests on.

    Without an archive all is still to be asked.
    """
    if archive is None:
        unasked = [places(source, (), KINDS, searched=False) for source in sources]
        return [Visit(feed=one, due_at="") for feeds, home in unasked for one in [*feeds, *([home] if home else [])]]
    found: list[Visit] = []
    with explained(archive.path):
        connection: sqlite3.Connection = archive.db.conn
        for source in sources:
            wishes = habits.wishes(connection, source.id)
            anew = wishes is not None and wishes != (source.every, source.schedule, source.timezone)
            searched = followed.searched(connection, source.id)
            rows = connection.execute("SELECT * FROM feeds WHERE source_id = ? ORDER BY id", (source.id,))
            feeds, home = places(source, [followed.feed_from(row) for row in rows], KINDS, searched=searched)
            for feed in [*feeds, *([home] if home else [])]:
                due_at = "" if anew or feed.checked_at is None else max(feed.due_at or "", feed.retry_at or "")
                habit = _habit(connection, feed) if habits_too else None
                found.append(Visit(feed=feed, due_at=due_at, anew=anew, habit=habit))
    return sorted(found, key=lambda one: one.due_at)


def pages_wait(archive: Archive, sources: Iterable[Source]) -> bool:
    """Whether anything is to be read or fetched beside feeds."""
    with explained(archive.path):
        connection: sqlite3.Connection = archive.db.conn
        unread = connection.execute(
            f"SELECT 1 FROM captures WHERE outcome IS NULL AND {HAS_BODY} AND +feed_id IS NULL LIMIT 1"
        ).fetchone()
        return unread is not None or any(frontier.take(connection, source.id, 1) for source in sources)


def _habit(connection: sqlite3.Connection, feed: Feed) -> Habit | None:
    if feed.id is None or feed.checked_at is None:
        return None
    row = connection.execute("SELECT * FROM feeds WHERE id = ?", (feed.id,)).fetchone()
    return habits.habit_of(connection, row, datetime.now(UTC))
