"""Two histories of one article as one: every text in the order in which anybody saw it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from sqlite_utils.utils import sqlite3

from pipelines.store import changes, revise
from pipelines.store.revise import Words, words_of


@dataclass(frozen=True, slots=True, order=True)
class Sighting:
    """That words were shown at a time, by a capture; in the order of time, which no two archives see otherwise."""

    at: str
    digest: str
    title: str
    capture_id: int = field(compare=False)
    words: Words = field(compare=False, repr=False)


def sightings(
    connection: sqlite3.Connection, article_id: int, of: str = "main", *, beside: str | None = None
) -> list[Sighting]:
    """When an article of a schema showed which words; the last says how long its present ones were seen.

    What a schema `beside` it saw too is left to that: by the time of this its captures are here, and what they saw
    unchanged was its text.
    """
    found = [
        _sighting(row, row["seen_from"], row["capture_id"])
        for row in connection.execute(
            f"SELECT * FROM {of}.revisions WHERE article_id = :id UNION ALL"
            " SELECT r.article_id, r.n, returns.capture_id, returns.seen_from, '', title, description, digest, text"
            f" FROM {of}.returns AS returns JOIN {of}.revisions AS r USING (article_id, n) WHERE r.article_id = :id",
            {"id": article_id},
        )
    ]
    row = connection.execute(
        "SELECT a.*, captures.fetched_at AS base_at, captures.urlkey AS base_key,"
        f" coalesce((SELECT seen_from FROM {of}.returns WHERE article_id = a.id AND seen_until IS NULL),"
        f"  (SELECT max(seen_until) FROM (SELECT seen_until FROM {of}.revisions WHERE article_id = a.id"
        f"   UNION ALL SELECT seen_until FROM {of}.returns WHERE article_id = a.id)), first_seen_at) AS since"
        f" FROM {of}.articles AS a JOIN {of}.captures AS captures ON captures.id = capture_id WHERE a.id = ?",
        (article_id,),
    ).fetchone()
    found.append(_sighting(row, row["since"], row["capture_id"]))
    theirs = (
        f" AND NOT EXISTS (SELECT 1 FROM {beside}.captures AS o WHERE o.urlkey = mine.urlkey AND o.url = mine.url"
        " AND o.fetched_at = mine.fetched_at)"
    )
    again = connection.execute(
        f"SELECT id, fetched_at FROM {of}.captures AS mine WHERE urlkey = ? AND fetched_at > ?"
        f" AND outcome = 'unchanged'{theirs if beside else ''}"
        " ORDER BY fetched_at DESC, id DESC LIMIT 1",
        (row["base_key"], row["base_at"]),
    ).fetchone()
    if again:
        found.append(_sighting(row, again["fetched_at"], again["id"]))
    return found


def reconciled(seen: Iterable[Sighting]) -> list[Sighting]:
    """The sightings with one reading for each capture: where two archives cut differently, the one that cut more.

    What only another reading tells apart is no edit.
    """
    seen = list(seen)
    readings: defaultdict[int, set[Words]] = defaultdict(set)
    for one in seen:
        readings[one.capture_id].add(one.words)
    instead: dict[Words, Words] = {}
    for words in readings.values():
        best = min(words, key=_length)
        instead |= {
            other: best for other in words if other != best and _length(instead.get(other, other)) > _length(best)
        }
    return [_shown(one, instead.get(one.words, one.words)) for one in seen]


def _length(words: Words) -> tuple[int, str, str, str]:
    title, description = words.title or "", words.description or ""
    return len(words.text) + len(title) + len(description), words.digest, title, description


def _shown(one: Sighting, words: Words) -> Sighting:
    return replace(one, digest=words.digest, title=words.title or "", words=words)


def replay(connection: sqlite3.Connection, article_id: int, seen: Iterable[Sighting]) -> None:
    """Write an article's history anew from all sightings; its present words are then those seen last."""
    ordered = sorted(set(seen))
    first = ordered[0]
    for table in ("changes", "returns", "revisions"):
        connection.execute(f"DELETE FROM {table} WHERE article_id = ?", (article_id,))
    connection.execute("UPDATE articles SET first_seen_at = ? WHERE id = ?", (first.at, article_id))
    _show(connection, article_id, first)
    for one in ordered[1:]:
        known = connection.execute("SELECT * FROM articles WHERE id = ?", (article_id,)).fetchone()
        if not revise.same(words_of(known), one.words):
            revise.follow(connection, known, one.capture_id, one.at, one.words)
            _show(connection, article_id, one)
    changes.rebuild(connection, article_id)


def _show(connection: sqlite3.Connection, article_id: int, one: Sighting) -> None:
    connection.execute(
        "UPDATE articles SET title = ?, description = ?, digest = ?, text = ?, capture_id = ? WHERE id = ?",
        (one.words.title, one.words.description, one.words.digest, one.words.text, one.capture_id, article_id),
    )


def _sighting(row: sqlite3.Row, at: str, capture_id: int) -> Sighting:
    words = words_of(row)
    return Sighting(at, words.digest, words.title or "", capture_id, words)
