"""What leaves the archive: chosen articles with what is told of them, and their captures, in short reads.

The ids come first, at once; then each handful is read by itself, so that no reader keeps the writer's log from being
merged, and memory does not grow with the archive. What was forgotten in between is left out.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlite_utils.utils import sqlite3

from pipelines.errors import ConfigError, StoreError
from pipelines.store import notes
from pipelines.store.faults import explain, explained
from pipelines.store.payloads import body_of
from pipelines.store.rows import handfuls

HANDFUL = 100  # articles read at a time
_JSON = ("authors", "tags", "captions", "links", "claims", "addresses")
_GONE = ("pruned", "forgotten")
_OF_NOTE = ("author", "made_at", "edited_at", "text")

_ARTICLES = """
SELECT articles.*, sources.name AS source_name, captures.fetched_at AS captured_at, payloads.digest AS payload_digest,
       (SELECT json_group_array(json_object('url', url, 'kind', kind)) FROM addresses WHERE article_id = articles.id)
           AS addresses,
       (SELECT title FROM revisions WHERE article_id = articles.id AND n = 1) AS first_title
FROM articles JOIN captures ON captures.id = articles.capture_id
LEFT JOIN sources ON sources.id = articles.source_id LEFT JOIN payloads ON payloads.id = captures.payload_id
WHERE articles.id IN (SELECT value FROM json_each(?)) ORDER BY articles.id
"""
#: Every time one of an article's addresses was asked for, further pages of it among them.
_CAPTURES = """
WITH texts (id) AS (
    SELECT capture_id FROM articles WHERE id = :id UNION SELECT capture_id FROM revisions WHERE article_id = :id
), named (id) AS (
    SELECT id FROM texts UNION SELECT page_id FROM continuations WHERE capture_id IN texts
), keys (urlkey) AS (
    SELECT urlkey FROM articles WHERE id = :id UNION SELECT urlkey FROM addresses WHERE article_id = :id
    UNION SELECT urlkey FROM captures WHERE id IN named
)
SELECT captures.id, captures.url, captures.final_url, captures.urlkey, captures.source_id, captures.fetched_at,
       captures.status, captures.mime, captures.headers, captures.request, captures.rights, captures.wire_digest,
       captures.completeness, captures.rendered, captures.outcome, captures.payload_id, payloads.digest, payloads.codec
FROM captures LEFT JOIN payloads ON payloads.id = captures.payload_id
WHERE +captures.feed_id IS NULL
  AND (captures.id IN named OR captures.urlkey IN keys)
ORDER BY captures.fetched_at, captures.id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A capture as it leaves the archive: what was asked and what came.

    `same_as` is an earlier one that left with the same body, or whose body still stood.
    """

    id: int
    url: str
    final_url: str | None
    fetched_at: str
    status: int
    source: str | None = None
    mime: str | None = None
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    request: tuple[tuple[str, str], ...] | None = None  # None: not on file
    rights: str | None = None  # JSON
    wire_digest: str | None = None
    completeness: str = "whole"
    rendered: bool = False
    digest: str | None = None  # sha256 of the body
    body: bytes = field(default=b"", repr=False)
    same_as: Exchange | None = None


def chosen(
    connection: sqlite3.Connection,
    path: Path,
    where: str | None = None,
    sources: Sequence[str] = (),
    since: str | None = None,
) -> array[int]:
    """Ids of the articles for which all of this holds, the oldest first.

    `where` is an SQL condition on `articles`, `since` a year, month or day: published then or later, or where no day is
    known, first seen. Raises ConfigError where the condition is none, StoreError where the archive cannot be read.
    """
    conditions, values = ["true"], list[Any]()
    if sources:
        conditions.append(f"articles.source_id IN ({', '.join('?' * len(sources))})")
        values += sources
    if since:
        wider = [since[:length] for length in (4, 7) if length < len(since)]  # what is known of a date may be less
        conditions.append(
            f"(published_at >= ? OR published_at IN ({', '.join('?' * len(wider))})"
            " OR (published_at IS NULL AND first_seen_at >= ?))"
        )
        values += [since, *wider, since]
    if where:
        conditions.append(f"({where}\n)")  # a comment at its end does not reach further
    sql = f"SELECT articles.id FROM articles WHERE {' AND '.join(conditions)} ORDER BY articles.id"
    try:
        return array("q", (row[0] for row in connection.execute(sql, values)))
    except sqlite3.Error as problem:
        if where and getattr(problem, "sqlite_errorname", "SQLITE_ERROR") == "SQLITE_ERROR":
            told = f"--where {where!r}: {problem}; it is a condition on columns of articles"
            raise ConfigError(told) from None
        raise explain(path, problem) from problem


def articles(
    connection: sqlite3.Connection, path: Path, ids: Sequence[int], *, noted: bool = False
) -> Iterator[dict[str, Any]]:
    """Each article: its columns, JSON read, and what other tables say of it.

    That is `source_name`; `addresses`, each with url and kind; `captured_at` and `payload_digest` of the page it was
    read from; `first_title`, the title it had at first where it has another now. With `noted`, readers' own
    `reader_tags`, and `notes`, each with author, made_at, edited_at and text.
    """
    for few in handfuls(ids, HANDFUL):
        with explained(path):
            rows = connection.execute(_ARTICLES, (json.dumps(few),)).fetchall()
            written = notes.of_articles(connection, few) if noted else {}
        for row in rows:
            article = dict(row)
            if noted:
                article |= _noted(written.get(row["id"], []))
            for name in _JSON:
                try:
                    article[name] = json.loads(row[name])
                except ValueError:
                    told = f"{path}: article {row['id']}: its {name} are no JSON; `tearsheet verify` says what is wrong"
                    raise StoreError(told) from None
            yield article


def _noted(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    remarks = [{name: row[name] for name in _OF_NOTE} for row in rows if row["tag"] is None]
    return {"reader_tags": [row["tag"] for row in rows if row["tag"]], "notes": remarks}


class Captures:
    """The captures of articles, each once. `bodiless` counts those left out since their body is gone."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection, self._path = connection, path
        with explained(path):
            captures, payloads = connection.execute(
                "SELECT (SELECT coalesce(max(id), 0) FROM captures), (SELECT coalesce(max(id), 0) FROM payloads)"
            ).fetchone()
        self._seen = bytearray(captures // 8 + 1)  # a bit for each capture
        self._first = array("q", bytes(8 * (payloads + 1)))  # of each payload, the capture it left with
        self.bodiless = 0

    def of(self, article_id: int) -> Iterator[Exchange]:
        """What was captured of an article and has not left yet, the oldest first."""
        with explained(self._path):
            rows = self._connection.execute(_CAPTURES, {"id": article_id}).fetchall()
        standing: dict[str, Exchange] = {}
        for row in rows:
            if self._is_new(row["id"]):
                kept = self._kept(row, standing)
                if kept is not None:
                    yield kept

    def _is_new(self, capture_id: int) -> bool:
        place, bit = divmod(capture_id, 8)
        if place >= len(self._seen) or self._seen[place] >> bit & 1:  # one that came after the export began
            return False
        self._seen[place] |= 1 << bit
        return True

    def _kept(self, row: sqlite3.Row, standing: dict[str, Exchange]) -> Exchange | None:
        if row["outcome"] == "forgotten" or row["codec"] in _GONE:
            self.bodiless += 1
            return None
        with explained(self._path):
            body = body_of(self._connection, row["payload_id"])
        first = self._first_with(row["id"], row["payload_id"]) if body else None
        if row["status"] == 304:
            first = first or standing.get(row["urlkey"])
        kept = _from_row(row, body or b"", first)
        if body:
            standing[row["urlkey"]] = kept.same_as or kept
        return kept

    def _first_with(self, capture_id: int, payload_id: int) -> Exchange | None:
        """The capture that this body left with; None where it leaves now."""
        if payload_id >= len(self._first):
            return None
        if not self._first[payload_id]:
            self._first[payload_id] = capture_id
            return None
        with explained(self._path):
            row = self._connection.execute(
                "SELECT captures.*, payloads.digest FROM captures JOIN payloads ON payloads.id = payload_id"
                " WHERE captures.id = ?",
                (self._first[payload_id],),
            ).fetchone()
        return None if row is None or row["outcome"] == "forgotten" else _from_row(row, b"", None)


def _from_row(row: sqlite3.Row, body: bytes, same_as: Exchange | None) -> Exchange:
    names = ("id", "url", "final_url", "fetched_at", "status", "mime", "rights", "wire_digest", "completeness")
    request = None if row["request"] is None else _pairs(row["request"])
    return Exchange(
        **{name: row[name] for name in names},
        source=row["source_id"],
        headers=_pairs(row["headers"]),
        request=request,
        rendered=bool(row["rendered"]),
        digest=row["digest"],
        body=body,
        same_as=same_as,
    )


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    return tuple((str(name), str(value)) for name, value in json.loads(text))
