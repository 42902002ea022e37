"""What is wrong with sources, as events with a beginning and an end; and how each source was when last looked at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlite_utils.utils import sqlite3

from pipelines.store.rows import clean, stamp, to_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that is wrong with a source. Times are seconds; `began_at` is the best that is known."""

    kind: str
    detail: str
    feed_id: int | None = None
    value: float | None = None
    usual: float | None = None
    began_at: int | None = None
    found_at: int | None = None  # when a crawl first saw it; None: now

    @property
    def key(self) -> tuple[str, int | None]:
        """What tells it from the other findings of its source."""
        return self.kind, self.feed_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a source is: the columns of its row in `vitals`, and what is wrong."""

    source: str
    vitals: Mapping[str, Any] = field(default_factory=dict)
    findings: Sequence[Finding] = ()


def put(connection: sqlite3.Connection, looks: Iterable[Look], at: str) -> dict[str, list[dict[str, str]]]:
    """Write down how sources are; returns the findings that `began` and those that `ended`, with their source."""
    changes: dict[str, list[dict[str, str]]] = {"began": [], "ended": []}
    for look in looks:
        names, marks = ", ".join(look.vitals), ", ?" * len(look.vitals)
        connection.execute(
            f"INSERT OR REPLACE INTO vitals (source_id, looked_at, {names}) VALUES (?, ?{marks})",
            (look.source, at, *(to_json(one) if isinstance(one, Mapping) else one for one in look.vitals.values())),
        )
        before = {row["key"]: row for row in _open_rows(connection, look.source)}
        present = {f"{one.kind} {one.feed_id or 0}": one for one in look.findings}
        for key, one in present.items():
            if key in before:
                connection.execute(
                    "UPDATE findings SET seen_at = ?, detail = ?, value = ? WHERE id = ?",
                    (at, clean(one.detail), one.value, before[key]["id"]),
                )
            else:
                _begin(connection, look.source, one, at)
                changes["began"].append({"source": look.source, "kind": one.kind, "detail": clean(one.detail)})
        for key in before.keys() - present.keys():
            row = before[key]
            connection.execute("UPDATE findings SET ended_at = ? WHERE id = ?", (at, row["id"]))
            changes["ended"].append({"source": look.source, "kind": row["kind"], "detail": row["detail"]})
    connection.execute(
        "UPDATE findings SET ended_at = ? WHERE ended_at IS NULL"
        " AND source_id IN (SELECT id FROM sources WHERE retired_at IS NOT NULL)",
        (at,),
    )
    return changes


def _begin(connection: sqlite3.Connection, source: str, one: Finding, at: str) -> None:
    began_at = at if one.began_at is None else min(at, stamp(datetime.fromtimestamp(one.began_at, UTC)))
    connection.execute(
        "INSERT INTO findings (source_id, feed_id, kind, detail, value, usual, began_at, found_at, seen_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (source, one.feed_id, one.kind, clean(one.detail), one.value, one.usual, began_at, at, at),
    )


def _open_rows(connection: sqlite3.Connection, source: str) -> list[sqlite3.Row]:
    rows: list[sqlite3.Row] = connection.execute(
        "SELECT *, kind || ' ' || coalesce(feed_id, 0) AS key FROM findings WHERE source_id = ? AND ended_at IS NULL"
        " ORDER BY id",
        (source,),
    ).fetchall()
    return rows


def open_of(connection: sqlite3.Connection, source: str) -> list[Finding]:
    """The findings of a source that have not ended."""
    return [
        Finding(
            kind=row["kind"],
            detail=row["detail"],
            feed_id=row["feed_id"],
            value=row["value"],
            usual=row["usual"],
            began_at=seconds(row["began_at"]),
            found_at=seconds(row["found_at"]),
        )
        for row in _open_rows(connection, source)
    ]


def seconds(time: str | None) -> int | None:
    """A time of the archive in seconds since 1970; one without a zone is taken for UTC."""
    if not time:
        return None
    moment = datetime.fromisoformat(time)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
