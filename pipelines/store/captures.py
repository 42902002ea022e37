"""T1: what was fetched, committed before anything reads it; and captures read back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlite_utils.utils import sqlite3

from pipelines.store import (
    continuations,
    followed,
    frontier,
    habits,
    parameters,
    payloads,
    revisits,
    rights,
    takedowns,
    tallies,
)
from pipelines.store.payloads import Payload
from pipelines.store.rows import clean, clean_json, cleaned, entry_to_json, key_of, keys_of, stamp, to_json
from pipelines.types import Capture, Fetched


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a `Fetched`: an unchanged one needs no reading; `new_entries` joined the queue."""

    capture_id: int
    unchanged: bool
    new_entries: int = 0


def keep(
    connection: sqlite3.Connection,
    fetched: Fetched,
    payload: Payload | None,
    run_id: int | None,
    revisit: Sequence[float] = (),
    further: Sequence[Payload] = (),
) -> Kept:
    """Write a capture, its payload, the entry it answers and all that it lists.

    The page is to be looked at again these seconds after its first capture; `further` are the payloads of its pages.
    """
    capture, feed = fetched.capture, fetched.feed
    if not feed and takedowns.of_capture(connection, capture):
        tallies.add(connection, run_id, capture.source, "rejected:forgotten")
        return Kept(takedowns.keep_nothing(connection, capture, run_id), unchanged=True)
    keys = keys_of(capture)
    source = followed.ensure_source(connection, capture.source or (feed.source if feed else None))
    payload_id: int | None
    if payload and takedowns.lists_any(connection, fetched.entries):  # its words come with every poll
        payload_id = takedowns.empty_payload(connection, payload.digest, payload.size)
    else:
        payload_id = payloads.put(connection, payload) if payload else None
    feed_id: int | None = None
    outcome: str | None = None
    pages: list[int] = []
    if feed:
        row = followed.find_feed(connection, feed)
        feed_id = int(row["id"])
        unchanged = capture.status == 304 or (payload is not None and row["digest"] == payload.digest)
        digest = payload.digest if payload else ""
        followed.checked(connection, feed_id, feed, capture, digest, stamp(capture.fetched_at))
        outcome = "unchanged" if unchanged else "feed"
    else:
        pages = [payloads.put(connection, one) for one in further]
        unchanged = capture.status == 304 or _is_repeat(connection, keys[0], capture, payload_id, pages)
        outcome = "unchanged" if unchanged else None
        tallies.add(connection, run_id, source, "fetched")
        tallies.add(connection, run_id, source, "unchanged", int(unchanged))
        if unchanged:
            revisits.back_again(connection, keys[0])
    capture_id = _insert(connection, capture, keys[0], source, feed_id, run_id, payload_id, outcome)
    for n, (page, page_payload) in enumerate(zip(capture.pages, pages, strict=True), start=2):
        key = keys_of(page)[0]
        page_id = _insert(connection, page, key, source, None, run_id, page_payload, "page")
        continuations.put(connection, capture_id, n, page_id)
        frontier.fetched(connection, [key], page_id, [key], None)
    if not _is_from_an_archive(capture):  # what it was years ago does not answer what it is today
        due_at = revisits.next_look(connection, keys[0], capture.fetched_at, () if feed else revisit)
        asked = parameters.add_keys(connection, source, keys[:1])
        frontier.fetched(connection, parameters.add_keys(connection, source, keys), capture_id, asked, due_at)
    fresh = 0
    if fetched.entries and source:
        fresh = frontier.add(connection, source, fetched.entries, feed_id, run_id)
    if feed_id is not None and capture.status != 304 and (fetched.entries or not unchanged):
        followed.listed(connection, feed_id, len(fetched.entries), fresh)
    if feed_id is not None:
        habits.plan_next(connection, feed_id, capture.fetched_at)
    followed.put_feeds(connection, fetched.feeds)
    return Kept(capture_id, unchanged, fresh)


def _is_from_an_archive(capture: Capture) -> bool:
    return capture.entry is not None and capture.entry.kind in ("archive", "import")


def _is_repeat(
    connection: sqlite3.Connection, key: str, capture: Capture, payload_id: int | None, pages: list[int]
) -> bool:
    """Whether the newest capture of this address has the same bytes, on all its pages, and is an article's.

    An address that leads elsewhere now is no repeat: that is to be noted.
    """
    row = connection.execute(
        "SELECT id, payload_id, outcome, fetched_at, final_url FROM captures WHERE urlkey = ?"
        " ORDER BY fetched_at DESC, id DESC LIMIT 1",
        (key,),
    ).fetchone()
    return (
        row is not None
        and row["payload_id"] == payload_id
        and row["outcome"] in ("article", "unchanged")
        and row["fetched_at"] <= stamp(capture.fetched_at)
        and key_of(row["final_url"] or capture.url) == key_of(capture.final_url or capture.url)
        and continuations.payloads_of(connection, row["id"]) == pages
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
    entry = capture.entry
    if entry is not None and entry.content and outcome == "unchanged":  # the capture before has it, and is read
        entry = replace(entry, content=None)
    cursor = connection.execute(
        "INSERT INTO captures (source_id, feed_id, run_id, url, final_url, urlkey, fetched_at, status, mime, headers,"
        " request, rights, wire_digest, completeness, rendered, entry, payload_id, outcome)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
            to_json(capture.request) if capture.request else None,
            clean_json(asked) if (asked := rights.signals(capture)) else None,
            capture.wire_digest,
            capture.completeness,
            int(capture.rendered),
            entry_to_json(entry),
            payload_id,
            outcome,
        ),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid
