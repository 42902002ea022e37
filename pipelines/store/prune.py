"""Keeping by rules: bodies that are older than a source keeps them go, and texts between the first and the latest.

What a page was read as stays, and so do digests and seals. A body that is still to be read, or that failed and waits to
be tried again, never goes; neither does one that a younger capture shares.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlite_utils.utils import sqlite3

from pipelines.config import ALWAYS, Config
from pipelines.store import changes
from pipelines.store.held import Held
from pipelines.store.rows import stamp
from pipelines.types import Source

_STEP = 500  # rows looked at in one short read, and of one transaction

#: Bodies among a stretch of payloads; parameters: limits (JSON: source → time), otherwise, low, high.
_BODIES = (
    "SELECT payloads.id, length(body) AS size,"
    " (SELECT min(source_id) FROM captures WHERE payload_id = payloads.id) AS source_id FROM payloads"
    " WHERE payloads.id > :low AND payloads.id <= :high AND length(body) > 0"
    " AND EXISTS (SELECT 1 FROM captures WHERE payload_id = payloads.id)"
    " AND NOT EXISTS (SELECT 1 FROM captures WHERE payload_id = payloads.id AND (outcome IS NULL OR outcome = 'failed'"
    " OR fetched_at >= coalesce(:limits ->> source_id, :otherwise)))"
)
#: Whether a payload is still needed once some revisions are gone.
_NEEDED = (
    "SELECT 1 FROM captures WHERE payload_id = :id AND (outcome IS NULL OR outcome = 'failed'"
    " OR EXISTS (SELECT 1 FROM articles WHERE capture_id = captures.id)"
    " OR EXISTS (SELECT 1 FROM revisions WHERE capture_id = captures.id))"
)


@dataclass(frozen=True, slots=True)
class Rules:
    """What is kept: by source, and of the others."""

    limits: Mapping[str, str]  # a body fetched before this time goes; '': none does
    otherwise: str
    revisions: Mapping[str, int]  # latest ones kept beside the first
    revisions_otherwise: int

    @classmethod
    def of(cls, config: Config, sources: Iterable[Source], now: datetime) -> Rules:
        """The rules of a sources file, as they stand at a time."""
        own = list(sources)
        return cls(
            {one.id: _limit(one.keep_bodies, now) for one in own if one.keep_bodies is not None},
            _limit(config.keep_bodies, now),
            {one.id: one.keep_revisions for one in own if one.keep_revisions is not None},
            config.keep_revisions,
        )

    @property
    def drop_bodies(self) -> bool:
        """Whether any body may go by its age."""
        return bool(self.otherwise or any(self.limits.values()))

    @property
    def drop_revisions(self) -> bool:
        """Whether any revision may go."""
        return min([self.revisions_otherwise, *self.revisions.values()]) < ALWAYS


@dataclass(frozen=True, slots=True)
class Part:
    """Something that goes: a body, or a revision with what its page alone needs."""

    source_id: str | None
    size: int  # bytes that are stored
    payload_id: int | None = None
    article_id: int | None = None
    n: int | None = None


def find(
    connection: sqlite3.Connection, rules: Rules, done: Callable[[int], object] = lambda _: None
) -> Iterator[Part]:
    """What goes by these rules, by short reads; `done` hears of every row looked at."""
    if rules.drop_bodies:
        for low, high in _steps(connection, "payloads"):
            values = {"limits": json.dumps(dict(rules.limits)), "otherwise": rules.otherwise, "low": low, "high": high}
            for row in connection.execute(_BODIES, values).fetchall():
                yield Part(row["source_id"], row["size"], payload_id=row["id"])
            done(high - low)
    if rules.drop_revisions:
        yield from _revisions(connection, rules)


def prune(held: Held, parts: Iterable[Part]) -> None:
    """Take these out, many in one transaction."""
    batch: list[Part] = []
    for one in parts:
        batch.append(one)
        if len(batch) == _STEP:
            _prune(held, batch)
            batch = []
    _prune(held, batch)


def rows_of(connection: sqlite3.Connection) -> int:
    """How many rows `find` looks at."""
    (last,) = connection.execute("SELECT coalesce(max(id), 0) FROM payloads").fetchone()
    return int(last)


def _limit(keep: float, now: datetime) -> str:
    return "" if keep >= ALWAYS else stamp(now - timedelta(seconds=keep))


def _steps(connection: sqlite3.Connection, table: str) -> Iterator[tuple[int, int]]:
    (last,) = connection.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()
    for low in range(0, last, _STEP):
        yield low, min(low + _STEP, last)


def _revisions(connection: sqlite3.Connection, rules: Rules) -> Iterator[Part]:
    """Of each article with more of them than are kept, those between the first and the latest."""
    last = -1
    while rows := connection.execute(
        "SELECT article_id, count(*) AS total FROM revisions WHERE article_id > ? GROUP BY article_id"
        " ORDER BY article_id LIMIT ?",
        (last, _STEP),
    ).fetchall():
        last = rows[-1]["article_id"]
        for article_id, total in rows:
            (source,) = connection.execute("SELECT source_id FROM articles WHERE id = ?", (article_id,)).fetchone()
            kept = rules.revisions.get(source, rules.revisions_otherwise)
            if total > kept + 1:
                found = connection.execute(
                    "SELECT n, length(CAST(text AS BLOB)) AS size FROM (SELECT * FROM revisions WHERE article_id = :id"
                    " ORDER BY n LIMIT :most OFFSET 1) WHERE n NOT IN"  # but the one whose words are shown again
                    " (SELECT n FROM returns WHERE article_id = :id AND seen_until IS NULL)",
                    {"id": article_id, "most": total - kept - 1},
                ).fetchall()
                yield from (Part(source, one["size"], article_id=article_id, n=one["n"]) for one in found)


def _prune(held: Held, parts: Iterable[Part]) -> None:
    with held.transaction() as connection:
        for one in parts:
            if one.payload_id is not None:
                _drop_body(connection, one.payload_id)
            else:
                _drop_revision(connection, one)


def _drop_body(connection: sqlite3.Connection, payload_id: int) -> None:
    connection.execute(
        "UPDATE payloads SET codec = 'pruned', dictionary_id = NULL, body = x'' WHERE id = ?", (payload_id,)
    )


def _drop_revision(connection: sqlite3.Connection, part: Part) -> None:
    """A revision goes with its body, which would bring it back when it is read again."""
    assert part.article_id is not None
    key = (part.article_id, part.n)
    row = connection.execute(
        "DELETE FROM revisions WHERE article_id = ? AND n = ? RETURNING"
        " (SELECT payload_id FROM captures WHERE id = capture_id) AS payload_id",
        key,
    ).fetchone()
    connection.execute("DELETE FROM returns WHERE article_id = ? AND n = ?", key)
    changes.rebuild(connection, key[0])
    if row and row["payload_id"] is not None and not connection.execute(_NEEDED, {"id": row["payload_id"]}).fetchone():
        _drop_body(connection, row["payload_id"])
