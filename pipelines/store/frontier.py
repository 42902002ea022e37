"""The frontier: every address found, in the archive itself, so that a killed crawl goes on where it was."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlite_utils.utils import sqlite3

from pipelines.store import faillog, parameters, revisits, takedowns, tallies
from pipelines.store.followed import ensure_source
from pipelines.store.rows import clean, cleaned, key_of, now, stamp, to_json
from pipelines.types import Entry
from pipelines.urls import urlkey

#: A page that could not be fetched is asked for again this many times in all, over a day or more.
MAX_TRIES = 5
#: A feed that said "modified" of a page with the same words is not believed again so soon.
_DISBELIEF = timedelta(days=7)

_DUE = "(entries.due_at IS NULL OR entries.due_at <= :now)"
_NEWEST = "entries.published_at DESC, entries.id DESC"
#: What waits, in the order in which it is handed out: new pages, pages to look at again, pages that failed before.
_WAITING = (
    (f"state = 'queued' AND {_DUE}", _NEWEST),
    ("state = 'fetched' AND entries.due_at <= :now", "entries.due_at DESC"),
    (f"state = 'failed' AND tries < {MAX_TRIES} AND {_DUE}", _NEWEST),
)


@dataclass(frozen=True, slots=True)
class Queued:
    """An entry that waits to be fetched."""

    id: int
    url: str
    source: str
    entry: Entry
    tries: int
    again: bool = False  # it was fetched before
    validators: tuple[tuple[str, str], ...] = ()  # request headers: answer only if it changed


def add(
    connection: sqlite3.Connection,
    source_id: str,
    entries: Iterable[Entry],
    feed_id: int | None = None,
    run_id: int | None = None,
) -> int:
    """Queue entries that are new, or modified since they were fetched; returns how many joined the queue.

    An entry that another source listed first stays with it, and the mention is kept. A page that the archive knows
    by any of its addresses is written down as fetched. What is no web address is skipped and written to `failures`;
    what was forgotten is skipped.
    """
    rows: dict[str, dict[str, object]] = {}
    idle = parameters.idle(connection, source_id)
    for entry in entries:
        try:
            if not entry.url.lower().startswith(("http://", "https://")):
                raise ValueError("not a web address")
            rows.setdefault(parameters.without(urlkey(entry.url), idle), _row(entry))
        except ValueError as problem:
            faillog.add_once(connection, entry.url, problem, run_id)
    rows = takedowns.let_in(connection, rows)
    if not rows:
        return 0
    ensure_source(connection, source_id)
    # of two undated entries the one listed first is the newer: it gets the higher id and is taken first
    batch = to_json([{"urlkey": key, **row} for key, row in reversed(rows.items())])
    states = connection.execute(
        "INSERT INTO entries (source_id, feed_id, url, urlkey, kind, title, published_at, modified_at, language,"
        " authors, tags, content, why, found_at, state)"
        " SELECT :source, :feed, new.value ->> 'url', new.value ->> 'urlkey', new.value ->> 'kind',"
        " new.value ->> 'title', new.value ->> 'published_at', new.value ->> 'modified_at',"
        " new.value ->> 'language', new.value ->> 'authors', new.value ->> 'tags', new.value ->> 'content',"
        " new.value ->> 'why', :now,"
        " CASE WHEN EXISTS (SELECT 1 FROM addresses WHERE urlkey = new.value ->> 'urlkey')"
        " OR EXISTS (SELECT 1 FROM parameters WHERE source_id = :source AND page = new.value ->> 'urlkey')"
        " THEN 'fetched' ELSE 'queued' END"
        " FROM json_each(:batch) AS new WHERE true ON CONFLICT (urlkey) DO NOTHING RETURNING state",
        {"source": source_id, "feed": feed_id, "now": now(), "batch": batch},
    ).fetchall()
    joined: int = sum(state == "queued" for (state,) in states)
    if len(states) < len(rows):
        _mention(connection, source_id, feed_id, batch)
    if len(states) < len(rows) and any(row["modified_at"] for row in rows.values()):
        joined += _modified(connection, batch)
    tallies.add(connection, run_id, source_id, "found", joined)
    return joined


def _mention(connection: sqlite3.Connection, source_id: str, feed_id: int | None, batch: str) -> None:
    """Write down that this source too lists entries of another."""
    connection.execute(
        "INSERT INTO mentions (entry_id, source_id, feed_id, found_at) SELECT entries.id, :source, :feed, :now"
        " FROM json_each(:batch) AS new CROSS JOIN entries ON entries.urlkey = new.value ->> 'urlkey'"
        " WHERE +entries.source_id <> :source ON CONFLICT DO NOTHING",
        {"source": source_id, "feed": feed_id, "now": now(), "batch": batch},
    )


def _modified(connection: sqlite3.Connection, batch: str) -> int:
    """Queue fetched entries again whose feed now names a later modification; times compare as far as both go."""
    rows = connection.execute(
        "SELECT entries.id, new.value ->> 'modified_at' AS modified_at, new.value ->> 'content' AS content,"
        " coalesce(entries.modified_at, captures.fetched_at) AS known, entries.modified_at IS NULL AS unsaid,"
        # unchanged, and not only beside another form of it that came first
        " captures.outcome IS 'unchanged' AND captures.fetched_at > :since AND EXISTS (SELECT 1 FROM captures AS first"
        " WHERE first.urlkey = captures.urlkey AND first.id < captures.id) AS disbelieved"
        # CROSS JOIN and + keep to this order: one search by urlkey for each line of the batch
        " FROM json_each(:batch) AS new CROSS JOIN entries ON entries.urlkey = new.value ->> 'urlkey'"
        " LEFT JOIN captures ON captures.id = entries.capture_id"
        " WHERE +entries.state = 'fetched' AND new.value ->> 'modified_at' IS NOT NULL",
        {"batch": batch, "since": stamp(datetime.now(UTC) - _DISBELIEF)},
    ).fetchall()
    later = [row for row in rows if row["known"] and row["modified_at"][: len(row["known"])] > row["known"]]
    again = [(now(), row["modified_at"], row["content"], row["id"]) for row in later if not row["disbelieved"]]
    connection.executemany(
        "UPDATE entries SET tries = 0, due_at = ?, modified_at = ?, content = coalesce(?, content) WHERE id = ?", again
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
        "content": cleaned(entry.content),
        "why": cleaned(entry.why),
    }


def take(connection: sqlite3.Connection, source_id: str, limit: int, skip: Collection[int] = ()) -> list[Queued]:
    """Up to `limit` entries to fetch: new ones, then those to look at again, then those that failed before.

    Nothing is written: an entry leaves the queue when its capture is kept. Pass the ids handed out in this run as
    `skip`: what is on its way is not handed out twice, and what failed waits for the next run.
    """
    values = {"source": source_id, "now": now(), "skip": json.dumps(list(skip))}
    taken: list[Queued] = []
    for waiting, order in _WAITING:
        if len(taken) < limit:
            rows = connection.execute(
                "SELECT entries.*, feeds.url AS via FROM entries LEFT JOIN feeds ON feeds.id = entries.feed_id"
                f" WHERE entries.source_id = :source AND {waiting}"
                " AND entries.id NOT IN (SELECT value FROM json_each(:skip))"
                f" ORDER BY {order} LIMIT :limit",
                {**values, "limit": limit - len(taken)},
            )
            taken += [_queued(connection, row) for row in rows]
    return taken


def _queued(connection: sqlite3.Connection, row: sqlite3.Row) -> Queued:
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
        content=row["content"],
        why=row["why"],
    )
    again = row["state"] == "fetched"
    known = revisits.validators(connection, key_of(row["url"])) if again else ()
    return Queued(row["id"], row["url"], row["source_id"], entry, row["tries"], again, known)


def queued(connection: sqlite3.Connection, source_id: str | None = None) -> int:
    """How many entries `take` would hand out now."""
    of_source = "" if source_id is None else " AND source_id = :source"
    total = 0
    for waiting, _ in _WAITING:
        (n,) = connection.execute(
            f"SELECT count(*) FROM entries WHERE {waiting}{of_source}", {"source": source_id, "now": now()}
        ).fetchone()
        total += n
    return total


def fetched(
    connection: sqlite3.Connection,
    keys: list[str],
    capture_id: int,
    asked: Collection[str] = (),
    due_at: str | None = None,
) -> None:
    """Take entries with these urlkeys off the queue: this capture answers them.

    Those that were asked for are looked at again at `due_at`; the others keep to what was said of them.
    """
    connection.executemany(
        "UPDATE entries SET due_at = CASE WHEN :asked THEN :due WHEN state = 'fetched' THEN due_at END,"
        " state = 'fetched', tries = 0, reason = NULL, capture_id = :capture WHERE urlkey = :key",
        [{"asked": key in asked, "due": due_at, "capture": capture_id, "key": key} for key in keys],
    )


def refuse(connection: sqlite3.Connection, url: str, source_id: str | None, reason: str) -> None:
    """Take an address off the queue for good, with the reason; a page that was fetched before stays."""
    _settle(connection, url, source_id, "refused", reason, tries=0, due_at=None)


def fail(connection: sqlite3.Connection, url: str, source_id: str | None, reason: str, retry_at: str | None) -> None:
    """Count a failed try; the entry waits for another one, not before `retry_at`. A page that was fetched stays so,
    and is looked at no more after as many tries in a row."""
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
    keys = parameters.add_keys(connection, source_id, [key_of(url)])
    values = {"state": state, "tries": tries, "due": due_at, "reason": clean(reason)}
    cursor = connection.execute(
        "UPDATE entries SET tries = tries + :tries, reason = iif(state = 'fetched', reason, :reason),"
        f" due_at = CASE WHEN state <> 'fetched' THEN :due WHEN :due IS NULL OR tries + :tries >= {MAX_TRIES} THEN NULL"
        " WHEN due_at <= :now THEN :due ELSE due_at END,"
        " state = iif(state = 'fetched', state, :state) WHERE urlkey IN (SELECT value FROM json_each(:keys))",
        {**values, "keys": json.dumps(keys), "now": now()},
    )
    if not cursor.rowcount and ensure_source(connection, source_id):
        connection.execute(
            "INSERT INTO entries (state, tries, due_at, reason, urlkey, source_id, url, kind, found_at)"
            " VALUES (:state, :tries, :due, :reason, :key, :source, :url, 'list', :now) ON CONFLICT DO NOTHING",
            {**values, "key": keys[-1], "source": source_id, "url": clean(url), "now": now()},
        )
