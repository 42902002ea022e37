"""The archive as readers see it: search, articles with their ledger, and captures to be read again."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, replace
from pathlib import Path
from types import TracebackType
from typing import Any

from sqlite_utils.utils import sqlite3

from pipelines.errors import DamagedError, StoreError
from pipelines.store import blocks, continuations, extractions, figures, ledger, tallies
from pipelines.store import search as fts
from pipelines.store.blocks import Repeated
from pipelines.store.extractions import Shown
from pipelines.store.faults import explained
from pipelines.store.opening import open_archive as open_archive
from pipelines.store.payloads import HAS_BODY, body_of
from pipelines.store.querying import Query, parse
from pipelines.store.rows import capture_from_row, clean, key_of
from pipelines.types import Capture, Readable, restore
from pipelines.unreadable import Unreadable

_JSON = ("authors", "tags", "captions", "links", "claims")
_COUNTED = ("sources", "feeds", "entries", "captures", "payloads", "articles", "revisions", "removals", "failures")


class Archive:
    """An archive opened for reading, also while the writer is at work. Raises StoreError where it cannot be read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.db = open_archive(path)

    def search(
        self,
        query: str | Query,
        *,
        source: str | None = None,
        newest: bool = False,
        limit: int = 20,
        marks: tuple[str, str] = ("", ""),
    ) -> list[dict[str, Any]]:
        """Articles for a query, best or newest first: id, source_id, published_at, title, url, a snippet of the text.

        What is typed is read as `store.querying` says, and is never wrong; `marks` stand around the words found.
        """
        asked = parse(query, source=source) if isinstance(query, str) else query
        with explained(self.path):
            return fts.search(self._connection, asked, newest=newest, limit=limit, marks=marks)

    def article(self, ref: str) -> dict[str, Any] | None:
        """The article with this id, address (any it was seen at) or digest (its first digits); None if unknown."""
        ref = clean(ref).strip()
        for where, values in _readings(ref):
            rows = self._rows(f"SELECT * FROM articles WHERE {where} ORDER BY id LIMIT 1", values)
            if rows:
                return {**rows[0], **{name: json.loads(rows[0][name]) for name in _JSON}}
        return None

    def ledger(self, article_id: int) -> list[dict[str, Any]]:
        """Every cut of an article in order, with its rule and reason."""
        return self._rows(
            "SELECT n, zone, rule_id, why, origin, start, stop, text FROM ledger WHERE article_id = ? ORDER BY n",
            (article_id,),
        )

    def extracted(self, article_id: int) -> str:
        """The text before any cut."""
        rows = self._rows("SELECT text FROM articles WHERE id = ?", (article_id,))
        if not rows:
            raise StoreError(f"{self.path}: there is no article {article_id}")
        with explained(self.path):
            removals = ledger.removals_of(self._connection, article_id)
        return restore(rows[0]["text"], removals)

    def payload(self, capture_id: int) -> bytes | None:
        """The bytes a capture brought; None if it brought none."""
        return self._body(self._capture_row(capture_id)["payload_id"])

    def capture(self, capture_id: int) -> Capture:
        """A capture as it was kept."""
        row = self._capture_row(capture_id)
        with explained(self.path):
            further = continuations.pages_of(self._connection, capture_id)
        pages = tuple(capture_from_row(one, self._body(one["payload_id"]) or b"") for one in further)
        return replace(capture_from_row(row, self._body(row["payload_id"]) or b""), pages=pages)

    def pending(self) -> Iterator[tuple[int, Capture]]:
        """Captures that wait to be read, oldest first."""
        return self.captures("outcome IS NULL")

    def captures(self, where: str = "", params: Sequence[Any] = ()) -> Iterator[tuple[int, Capture]]:
        """Captures of pages for which the SQL condition `where` holds, oldest first."""
        for capture_id in self._ids(where or "true", params):
            if self._has_body(capture_id):  # what is pruned or forgotten cannot be read again, and stays as it was read
                yield capture_id, self._readable(capture_id)

    def again(
        self, where: str, params: Sequence[Any], base_for: Callable[[str | None], str]
    ) -> Iterator[tuple[int, Readable]]:
        """Like `captures`; where an extraction by the base of its source is kept, that instead of the page."""
        for capture_id in self._ids(where, params):
            with explained(self.path):
                found = extractions.extracted(self._connection, capture_id)
            if found is not None and found[0] == base_for(found[1].capture.source):
                yield capture_id, found[1]
            elif self._has_body(capture_id):
                yield capture_id, self._readable(capture_id)

    # what sources repeat

    def latest(self, source: str, limit: int) -> list[Shown]:
        """What the pages of a source's latest articles showed, newest first."""
        with explained(self.path):
            return extractions.latest(self._connection, source, limit)

    def repeated(self, source: str) -> list[Repeated]:
        """The lines known to be repeated by a source, the commonest first."""
        with explained(self.path):
            return blocks.of_source(self._connection, source)

    def repeating(self) -> list[str]:
        """The sources of which repeated lines are known."""
        with explained(self.path):
            return blocks.sources(self._connection)

    def lesson_changes(self, one: str, other: str) -> set[str] | None:
        """Ids of the rules that only one of two recipes has in its lesson, or in another zone; None: not known."""
        with explained(self.path):
            return ledger.lesson_changes(self._connection, one, other)

    def recipes_in_use(self) -> list[tuple[str, str | None, int]]:
        """Each recipe that made articles, with the source of those and their number."""
        with explained(self.path):
            return extractions.recipes_in_use(self._connection)

    # runs

    def changed(self, run_id: int) -> list[str]:
        """The sources of which a run wrote articles."""
        with explained(self.path):
            return tallies.changed(self._connection, run_id)

    def run_report(self, run_id: int) -> list[dict[str, Any]]:
        """What a run did: one row per source that it touched."""
        with explained(self.path):
            return tallies.report(self._connection, run_id)

    # health

    def followed(self) -> list[str]:
        """The sources that are followed and were asked at least once."""
        with explained(self.path):
            return figures.followed(self._connection)

    def figures(self, sources: Sequence[str], now: int) -> Iterator[figures.Figures]:
        """What the health of each source is told by; `now` in seconds since 1970."""
        with explained(self.path):
            yield from figures.read(self._connection, sources, now)

    def counts(self) -> dict[str, int]:
        """Rows of the main tables, entries that are queued, captures that wait to be read."""
        parts = [f"(SELECT count(*) FROM {table}) AS {table}" for table in _COUNTED]
        parts.append("(SELECT count(*) FROM entries WHERE state = 'queued') AS queued")
        parts.append(f"(SELECT count(*) FROM captures WHERE outcome IS NULL AND {HAS_BODY}) AS pending")
        return self._rows(f"SELECT {', '.join(parts)}")[0]

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        self.db.close()

    def __enter__(self) -> Archive:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _readable(self, capture_id: int) -> Capture:
        """A capture as it was kept; one damaged page is no reason to read none of the others."""
        try:
            return self.capture(capture_id)
        except DamagedError as problem:
            bare = capture_from_row(self._capture_row(capture_id), b"")
            known = {one.name: getattr(bare, one.name) for one in fields(bare)}
            return Unreadable(**known, why=str(problem))

    def _ids(self, where: str, params: Sequence[Any]) -> list[int]:
        """The ids at once, then one short read each: a long one would keep the writer's log from being merged."""
        rows = self._rows(
            f"SELECT id FROM captures WHERE payload_id IS NOT NULL AND +feed_id IS NULL AND ({where}) ORDER BY id",
            params,
        )
        return [row["id"] for row in rows]

    def _has_body(self, capture_id: int) -> bool:
        return bool(self._rows(f"SELECT 1 FROM captures WHERE id = ? AND {HAS_BODY}", (capture_id,)))

    def _capture_row(self, capture_id: int) -> sqlite3.Row:
        with explained(self.path):
            row: sqlite3.Row | None = self._connection.execute(
                "SELECT * FROM captures WHERE id = ?", (capture_id,)
            ).fetchone()
        if row is None:
            raise StoreError(f"{self.path}: there is no capture {capture_id}")
        return row

    def _body(self, payload_id: int | None) -> bytes | None:
        with explained(self.path):
            return body_of(self._connection, payload_id)

    def _rows(self, sql: str, params: Sequence[Any] = ()) -> list[dict[str, Any]]:
        with explained(self.path):
            return [dict(row) for row in self._connection.execute(sql, params).fetchall()]

    @property
    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection = self.db.conn
        return connection


def _readings(ref: str) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """What a reference may mean, the likeliest first, as SQL conditions."""
    if re.fullmatch(r"[0-9]{1,18}", ref):
        yield "id = ?", (int(ref),)
    if re.fullmatch(r"[0-9a-fA-F]{6,64}", ref):
        yield "digest >= ? AND digest < ?", (ref.lower(), ref.lower() + "g")
    if re.search(r"[:./]", ref):
        key = key_of(ref if re.match(r"urn:|[a-z]+://", ref) else f"https://{ref}")
        yield "urlkey = ?", (key,)
        yield "id IN (SELECT article_id FROM addresses WHERE urlkey = ?)", (key,)
