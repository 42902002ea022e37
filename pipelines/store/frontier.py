"""The frontier: every address found, in the archive itself, so that a killed crawl goes on where it was."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlite_utils.utils import sqlite3

from pipelines.store import faillog, tallies
from pipelines.store.followed import ensure_source
from pipelines.store.rows import clean, cleaned, key_of, now, stamp, to_json
from pipelines.types import Entry
from pipelines.urls import urlkey

#: A page that could not be fetched is asked for again this many times in all.
MAX_TRIES = 3
#: A feed that said "modified" of a page with the same words is not believed again so soon.
_DISBELIEF = timedelta(days=7)

_DUE = "(entries.due_at IS NULL OR entries.due_at <= :now)"
_WAITING = {"queued": f"state = 'queued' AND {_DUE}", "failed": f"state = 'failed' AND tries < {MAX_TRIES} AND {_DUE}"}


@dataclass(frozen=True, slots=True)
class Queued:
    """An entry that waits to be fetched."""

    id: int
    url: str
    source: str
    entry: Entry
    tries: int


def add(
    connection: sqlite3.Connection,
    source_id: str,
    entries: Iterable[Entry],
    feed_id: int | None = None,
    run_id: int | None = None,
) -> int:
    """Queue entries that are new, or modified since they were fetched; returns how many joined the queue.

    An entry that another source listed first stays with it. A page that the archive knows by any of its
    addresses is written down as fetched. What is no web address is skipped and written to `failures`.
    """
    rows: dict[str, dict[str, object]] = {}
    for entry in entries:
        try:
            if not entry.url.lower().startswith(("http://", "https://")):
                raise ValueError("not a web address")
            rows.setdefault(urlkey(entry.url), _row(entry))
        except ValueError as problem:
            faillog.add_once(connection, entry.url, problem, run_id)
    if not rows:
        return 0
    ensure_source(connection, source_id)
    # of two undated entries the one listed first is the newer: it gets the higher id and is taken first
    batch = to_json([{"urlkey": key, **row} for key, row in reversed(rows.items())])
    states = connection.execute(
        "INSERT INTO entries (source_id, feed_id, url, urlkey, kind, title, published_at, modified_at, language,"
        " authors, tags, found_at, state)"
        " SELECT :source, :feed, new.value ->> 'url', new.value ->> 'urlkey', new.value ->> 'kind',"
        " new.value ->> 'title', new.value ->> 'published_at', new.value ->> 'modified_at',"
        " new.value ->> 'language', new.value ->> 'authors', new.value ->> 'tags', :now,"
        " CASE WHEN EXISTS (SELECT 1 FROM addresses WHERE urlkey = new.value ->> 'urlkey')"
        " THEN 'fetched' ELSE 'queued' END"
        " FROM json_each(:batch) AS new WHERE true ON CONFLICT (urlkey) DO NOTHING RETURNING state",
        {"source": source_id, "feed": feed_id, "now": now(), "batch": batch},
    ).fetchall()
    joined: int = sum(state == "queued" for (state,) in states)
    if len(states) < len(rows) and any(row["modified_at"] for row in rows.values()):
        joined += _modified(connection, batch)
    tallies.add(connection, run_id, source_id, "found", joined)
    return joined


def _modified(connection: sqlite3.Connection, batch: str) -> int:
    """Queue fetched entries again whose feed now names a later modification; times compare as far as both go."""
    rows = connection.execute(
        "SELECT entries.id, new.value ->> 'modified_at' AS modified_at,"
        " coalesce(entries.modified_at, captures.fetched_at) AS known, entries.modified_at IS NULL AS unsaid,"
        " captures.outcome IS 'unchanged' AND captures.fetched_at > :since AS disbelieved"
        # CROSS JOIN and + keep to this order: one search by urlkey for each line of the batch
        " FROM json_each(:batch) AS new CROSS JOIN entries ON entries.urlkey = new.value ->> 'urlkey'"
        " LEFT JOIN captures ON captures.id = entries.capture_id"
        " WHERE +entries.state = 'fetched' AND new.value ->> 'modified_at' IS NOT NULL",
        {"batch": batch, "since": stamp(datetime.now(UTC) - _DISBELIEF)},
    ).fetchall()
    later = [row for row in rows if row["known"] and row["modified_at"][: len(row["known"])] > row["known"]]
    again = [(row["modified_at"], row["id"]) for row in later if not row["disbelieved"]]
    connection.executemany(
        "UPDATE entries SET state = 'queued', tries = 0, due_at = NULL, modified_at = ? WHERE id = ?", again
    )
    unsaid = [(row["modified_at"], row["id"]) for row in rows if row["unsaid"]]
    connection.executemany("UPDATE entries SET modified_at = ? WHERE id = ?", unsaid)
    return len(again)


def _row(entry: Entry) -> dict[str, object]:
    return {
        "url": clean(entry.url.strip()),
        "kind": entry.kind,
        "title": cleaned(entry.title),
        "published_at": cleaned(entry.published_at),
        "modified_at": cleaned(entry.modified_at),
        "language": cleaned(entry.language),
        "authors": to_json([clean(name) for name in entry.authors]) if entry.authors else None,
        "tags": to_json([clean(tag) for tag in entry.tags]) if entry.tags else None,
    }


def take(connection: sqlite3.Connection, source_id: str, limit: int, skip: Collection[int] = ()) -> list[Queued]:
    """Up to `limit` entries to fetch, newest first, then those that failed before; nothing is written.

    An entry leaves the queue when its capture is kept. Pass the ids handed out in this run as `skip`: what is
    on its way is not handed out twice, and what failed waits for the next run.
    """
    values = {"source": source_id, "now": now(), "skip": json.dumps(list(skip))}
    taken: list[Queued] = []
    for waiting in _WAITING.values():
        if len(taken) < limit:
            rows = connection.execute(
                "SELECT entries.*, feeds.url AS via FROM entries LEFT JOIN feeds ON feeds.id = entries.feed_id"
                f" WHERE entries.source_id = :source AND {waiting}"
                " AND entries.id NOT IN (SELECT value FROM json_each(:skip))"
                " ORDER BY entries.published_at DESC, entries.id DESC LIMIT :limit",
                {**values, "limit": limit - len(taken)},
            )
            taken += [_queued(row) for row in rows]
    return taken


def _queued(row: sqlite3.Row) -> Queued:
    entry = Entry(
        url=row["url"],
        source=row["source_id"],
        via=row["via"],
        kind=row["kind"],
        title=row["title"],
        published_at=row["published_at"],
        modified_at=row["modified_at"],
        language=row["language"],
        authors=tuple(json.loads(row["authors"] or "[]")),
        tags=tuple(json.loads(row["tags"] or "[]")),
    )
    return Queued(row["id"], row["url"], row["source_id"], entry, row["tries"])


def queued(connection: sqlite3.Connection, source_id: str | None = None) -> int:
    """How many entries `take` would hand out now."""
    of_source = "" if source_id is None else " AND source_id = :source"
    total = 0
    for waiting in _WAITING.values():
        (n,) = connection.execute(
            f"SELECT count(*) FROM entries WHERE {waiting}{of_source}", {"source": source_id, "now": now()}
        ).fetchone()
        total += n
    return total


def fetched(connection: sqlite3.Connection, keys: list[str], capture_id: int) -> None:
    """Take entries with these urlkeys off the queue: this capture answers them."""
    connection.executemany(
        "UPDATE entries SET state = 'fetched', due_at = NULL, reason = NULL, capture_id = ? WHERE urlkey = ?",
        [(capture_id, key) for key in keys],
    )


def refuse(connection: sqlite3.Connection, url: str, source_id: str | None, reason: str) -> None:
    """Take an address off the queue for good, with the reason; a page that was fetched before stays."""
    _settle(connection, url, source_id, "refused", reason, tries=0, due_at=None)


def fail(connection: sqlite3.Connection, url: str, source_id: str | None, reason: str, retry_at: str | None) -> None:
    """Count a failed try; the entry waits for another one, not before `retry_at`."""
    _settle(connection, url, source_id, "failed", reason, tries=1, due_at=retry_at)


def _settle(
    connection: sqlite3.Connection,
    url: str,
    source_id: str | None,
    state: str,
    reason: str,
    *,
    tries: int,
    due_at: str | None,
) -> None:
    values = (state, tries, due_at, clean(reason), key_of(url))
    cursor = connection.execute(
        "UPDATE entries SET state = ?, tries = tries + ?, due_at = ?, reason = ?"
        " WHERE urlkey = ? AND state <> 'fetched'",
        values,
    )
    if not cursor.rowcount and ensure_source(connection, source_id):
        connection.execute(
            "INSERT INTO entries (state, tries, due_at, reason, urlkey, source_id, url, kind, found_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, 'list', ?) ON CONFLICT DO NOTHING",
            (*values, source_id, clean(url), now()),
        )
