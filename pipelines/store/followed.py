"""What is followed: outlets, and the feeds that list their pages."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, fields, replace
from datetime import UTC, datetime

from sqlite_utils.utils import sqlite3

from pipelines.store import habits
from pipelines.store.revisits import TRUST
from pipelines.store.rows import clean, cleaned, now, stamp, to_json
from pipelines.types import Capture, Feed, Source

_COLUMNS = tuple(one.name for one in fields(Feed) if one.name != "source")


def ensure_source(connection: sqlite3.Connection, source_id: str | None) -> str | None:
    """The id again, with a row of its own even if no sources file names it."""
    if source_id is not None:
        connection.execute("INSERT OR IGNORE INTO sources (id) VALUES (?)", (source_id,))
    return source_id


def put_sources(connection: sqlite3.Connection, sources: Iterable[Source], *, complete: bool) -> None:
    """Insert or update sources; with `complete`, those that left the sources file are retired."""
    ids = []
    for source in sources:
        table = {key: one for key, one in asdict(source).items() if one and key != "id"}
        before = habits.wishes(connection, source.id)
        ids.append(source.id)
        connection.execute(
            "INSERT INTO sources (id, name, homepage, language, country, timezone, config)"
            " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name,"
            " homepage = excluded.homepage, language = excluded.language, country = excluded.country,"
            " timezone = excluded.timezone, config = excluded.config, retired_at = NULL",
            (
                source.id,
                cleaned(source.name),
                cleaned(source.homepage),
                source.language,
                source.country,
                source.timezone,
                to_json(table),
            ),
        )
        if before is not None and before != habits.wishes(connection, source.id):
            habits.plan_anew(connection, source.id)
    if complete:  # what never stood in a sources file, such as imports, cannot leave it
        connection.execute(
            "UPDATE sources SET retired_at = ? WHERE retired_at IS NULL AND config <> '{}'"
            " AND id NOT IN (SELECT value FROM json_each(?))",
            (now(), json.dumps(ids)),
        )


def searched(connection: sqlite3.Connection, source_id: str) -> bool:
    """Whether all that the source's homepage leads to was looked for feeds; a killed crawl may not have come to it."""
    row = connection.execute("SELECT 1 FROM sources WHERE id = ? AND searched_at IS NOT NULL", (source_id,)).fetchone()
    return row is not None


def searched_now(connection: sqlite3.Connection, source_ids: Iterable[str]) -> None:
    """Write down that the search from these sources' homepages has come to its end."""
    connection.executemany("UPDATE sources SET searched_at = ? WHERE id = ?", [(now(), one) for one in source_ids])


def put_feeds(connection: sqlite3.Connection, feeds: Iterable[Feed]) -> None:
    """Insert feeds that are not known yet; known ones stay as they are."""
    for feed in feeds:
        ensure_source(connection, feed.source)
        connection.execute(
            "INSERT INTO feeds (source_id, kind, url, found_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (feed.source, feed.kind, clean(feed.url), now()),
        )


def feeds_of(connection: sqlite3.Connection, source_id: str) -> list[Feed]:
    """Every feed of a source, in the order they were found.

    Validators lie: they are left out where the feed has not come whole for a day.
    """
    rows = connection.execute(
        "SELECT feeds.*, (SELECT fetched_at FROM captures WHERE feed_id = feeds.id AND status = 200"
        " ORDER BY id DESC LIMIT 1) AS came_at FROM feeds WHERE source_id = ? ORDER BY id",
        (source_id,),
    )
    trusted = stamp(datetime.now(UTC) - TRUST)
    return [
        feed if (row["came_at"] or "") > trusted else replace(feed, etag=None, last_modified=None)
        for row in rows
        for feed in (feed_from(row),)
    ]


def feed_from(row: sqlite3.Row) -> Feed:
    """A feed from its row."""
    columns = {name: row[name] for name in _COLUMNS}
    return Feed(source=row["source_id"], **columns)


def find_feed(connection: sqlite3.Connection, feed: Feed) -> sqlite3.Row:
    """The feed's row (id, digest), made if it is new."""
    put_feeds(connection, (feed,))
    row: sqlite3.Row = connection.execute(
        "SELECT id, digest FROM feeds WHERE source_id = ? AND url = ?", (feed.source, clean(feed.url))
    ).fetchone()
    return row


def checked(connection: sqlite3.Connection, feed_id: int, feed: Feed, capture: Capture, digest: str, at: str) -> None:
    """Write down a check that was answered. A 304 keeps the validators and the digest of the last body."""
    if capture.status == 304:
        connection.execute(
            "UPDATE feeds SET checked_at = ?, status = 304, fresh = 0, failures = 0, retry_at = NULL WHERE id = ?",
            (at, feed_id),
        )
        return
    # asked whether it changed, a server would never send the rest of one that came in part
    whole = capture.completeness == "whole"
    headers = {name.lower(): clean(value) for name, value in capture.headers} if whole else {}
    connection.execute(
        "UPDATE feeds SET kind = ?, etag = ?, last_modified = ?, digest = ?, checked_at = ?, status = ?,"
        " failures = 0, retry_at = NULL WHERE id = ?",
        (feed.kind, headers.get("etag"), headers.get("last-modified"), digest, at, capture.status, feed_id),
    )


def listed(connection: sqlite3.Connection, feed_id: int, total: int, fresh: int) -> None:
    """Write down how many entries a feed listed, and how many of them were new."""
    connection.execute("UPDATE feeds SET listed = ?, fresh = ? WHERE id = ?", (total, fresh, feed_id))


def check_failed(connection: sqlite3.Connection, feed: Feed, status: int) -> None:
    """Write down a check without an answer that can be used; `status` is 0 where nothing came."""
    feed_id, at = find_feed(connection, feed)["id"], datetime.now(UTC)
    connection.execute(
        "UPDATE feeds SET failures = failures + 1, status = ?, checked_at = ?, retry_at = ? WHERE id = ?",
        (status, stamp(at), feed.retry_at, feed_id),
    )
    habits.plan_next(connection, feed_id, at)
