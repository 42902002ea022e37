"""The figures by which the health of sources is told, read by indexes only."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlite_utils.utils import sqlite3

from pipelines.store.health import Finding, open_of, seconds
from pipelines.store.rows import stamp

DAY = 86_400  # seconds
WINDOW = 63 * DAY  # how far back articles are looked at: the present week and eight before it
_RUNS = 35 * DAY, 3000  # how far back runs are looked at, and how many at most
_MOST_ARTICLES = 6000  # of one source
_FEWEST_TIMES = 40  # times of articles that tell a rhythm, however far back they lie
LATEST = 20  # addresses of a source whose fate is looked at
SAMPLE = 12  # articles whose texts are compared


class Shape(NamedTuple):
    """What the health of a source asks of an article."""

    at: int  # seconds: when it was published, or seen where no day is known
    length: int  # characters
    removed: int  # characters cut off
    dated: bool
    authored: bool
    standfirst: bool


class Crawled(NamedTuple):
    """What one crawl did for a source."""

    at: int
    found: int = 0
    fetched: int = 0
    articles: int = 0
    rejected: Mapping[str, int] = {}

    @property
    def read(self) -> int:
        """Pages that were read."""
        return self.articles + sum(self.rejected.values())


class Fate(NamedTuple):
    """What became of an address."""

    state: str
    found_at: int
    reason: str


class Polled(NamedTuple):
    """A feed as its last check left it; `problem` is what that check complained of."""

    id: int
    url: str
    kind: str
    status: int
    failures: int
    worked_at: int | None
    problem: str
    given: bool  # named in the sources file


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """All that the health of one source is told by. Times are seconds since 1970."""

    source: str
    homepage: str | None = None
    since: int | None = None  # its first capture
    last_success_at: int | None = None
    articles: int = 0
    shapes: Sequence[Shape] = ()  # of the last nine weeks, oldest first
    older: Sequence[int] = ()  # times of articles before these, where they are few
    copies: int = 0  # of the newest twelve articles, the most that share one text
    days: Sequence[int] = ()  # on which something of it was fetched, days since 1970
    crawls: Sequence[Crawled] = ()  # of the last five weeks, oldest first
    fates: Sequence[Fate] = ()  # of its newest addresses that do not wait, newest first
    queued: int = 0  # addresses that may be fetched now
    waiting_at: int | None = None  # when the newest of those that wait was found
    feeds: Sequence[Polled] = ()
    open: Sequence[Finding] = ()


def followed(connection: sqlite3.Connection) -> list[str]:
    """The sources that are followed and were asked at least once."""
    rows = connection.execute(
        "SELECT id FROM sources WHERE retired_at IS NULL"
        " AND EXISTS (SELECT 1 FROM feeds WHERE source_id = sources.id AND checked_at IS NOT NULL) ORDER BY id"
    )
    return [source for (source,) in rows]


def read(connection: sqlite3.Connection, sources: Sequence[str], now: int) -> Iterator[Figures]:
    """The figures of each source, one at a time."""
    crawls = _crawls(connection, sources, now)
    for source in sources:
        feeds = _feeds(connection, source)
        shapes = _shapes(connection, source, now)
        yield Figures(
            source=source,
            homepage=_one(connection, "SELECT homepage FROM sources WHERE id = ?", source),
            since=seconds(_one(connection, "SELECT min(fetched_at) FROM captures WHERE source_id = ?", source)),
            last_success_at=max((feed.worked_at for feed in feeds if feed.worked_at), default=None),
            articles=_one(connection, "SELECT count(*) FROM articles WHERE source_id = ?", source),
            shapes=shapes,
            older=_older(connection, source, shapes, now),
            copies=_copies(connection, source),
            days=_days(connection, source, now),
            crawls=crawls.get(source, ()),
            fates=_fates(connection, source),
            queued=_one(
                connection,
                "SELECT count(*) FROM entries WHERE source_id = ? AND state = 'queued' AND coalesce(due_at, '') <= ?",
                source,
                stamp(datetime.fromtimestamp(now, UTC)),
            ),
            waiting_at=seconds(
                _one(
                    connection,
                    "SELECT found_at FROM entries WHERE source_id = ? AND state = 'queued' ORDER BY id DESC LIMIT 1",
                    source,
                )
            ),
            feeds=feeds,
            open=open_of(connection, source),
        )


def _shapes(connection: sqlite3.Connection, source: str, now: int) -> list[Shape]:
    """Read from the index alone: the expressions are its columns, word for word."""
    rows = connection.execute(
        "SELECT id >> 20, length(text), removed_chars, published_from IS NULL, authors = '[]', description IS NULL"
        " FROM articles WHERE source_id = ? AND id >= ? AND id < ? ORDER BY id DESC LIMIT ?",
        (source, max(0, now - WINDOW) << 20, (now + 1) << 20, _MOST_ARTICLES),
    ).fetchall()
    return [
        Shape(at, length, removed, not no_date, not no_author, not no_standfirst)
        for at, length, removed, no_date, no_author, no_standfirst in reversed(rows)
    ]


def _older(connection: sqlite3.Connection, source: str, shapes: Sequence[Shape], now: int) -> list[int]:
    missing = _FEWEST_TIMES - len(shapes)
    if missing <= 0:
        return []
    rows = connection.execute(
        "SELECT id >> 20 FROM articles WHERE source_id = ? AND id < ? ORDER BY id DESC LIMIT ?",
        (source, max(0, now - WINDOW) << 20, missing),
    ).fetchall()
    return [at for (at,) in reversed(rows)]


def _copies(connection: sqlite3.Connection, source: str) -> int:
    rows = connection.execute(
        "SELECT digest FROM articles WHERE source_id = ? ORDER BY id DESC LIMIT ?", (source, SAMPLE)
    )
    return max(Counter(digest for (digest,) in rows).values(), default=0)


def _days(connection: sqlite3.Connection, source: str, now: int) -> list[int]:
    """One step of the index for each day, not one for each capture."""
    rows = connection.execute(
        "WITH RECURSIVE day(at) AS (SELECT min(fetched_at) FROM captures WHERE source_id = :source"
        " AND fetched_at >= :start UNION ALL SELECT (SELECT min(fetched_at) FROM captures WHERE source_id = :source"
        " AND fetched_at >= date(day.at, '+1 day')) FROM day WHERE day.at IS NOT NULL)"
        " SELECT at FROM day WHERE at IS NOT NULL",
        {"source": source, "start": stamp(datetime.fromtimestamp(now - WINDOW, UTC))},
    )
    return [(seconds(at) or 0) // DAY for (at,) in rows]


def _crawls(connection: sqlite3.Connection, sources: Sequence[str], now: int) -> dict[str, list[Crawled]]:
    """One step of the index for each run and source, however many others a run asked."""
    span, most = _RUNS
    found: defaultdict[str, list[Crawled]] = defaultdict(list)
    for source, started_at, listed, fetched, articles, rejected in connection.execute(
        "SELECT tallies.source_id, run.started_at, sum(n) FILTER (WHERE what = 'found'),"
        " sum(n) FILTER (WHERE what = 'fetched'), sum(n) FILTER (WHERE what IN ('new', 'revised')),"
        " json_group_object(substr(what, length('rejected:') + 1), n) FILTER (WHERE what LIKE 'rejected:%')"
        " FROM (SELECT id, kind, started_at FROM runs ORDER BY id DESC LIMIT ?) AS run"
        " CROSS JOIN json_each(?) AS asked CROSS JOIN tallies"
        " ON tallies.run_id = run.id AND tallies.source_id = asked.value"
        " WHERE run.kind = 'crawl' AND run.started_at >= ? GROUP BY run.id, tallies.source_id ORDER BY run.id",
        (most, json.dumps(list(sources)), stamp(datetime.fromtimestamp(now - span, UTC))),
    ):
        reasons = json.loads(rejected) if rejected != "{}" else {}
        found[source].append(Crawled(seconds(started_at) or 0, listed or 0, fetched or 0, articles or 0, reasons))
    return found


def _fates(connection: sqlite3.Connection, source: str) -> list[Fate]:
    """Of the newest addresses: each state is one range of the index, newest last."""
    newest = (
        "SELECT * FROM (SELECT id, state, found_at, reason FROM entries WHERE source_id = :source AND state = '{}'"
        " ORDER BY id DESC LIMIT :most)"
    )
    union = " UNION ALL ".join(newest.format(state) for state in ("refused", "failed", "fetched"))
    rows = connection.execute(f"{union} ORDER BY id DESC LIMIT :most", {"source": source, "most": LATEST})
    return [Fate(row["state"], seconds(row["found_at"]) or 0, row["reason"] or "") for row in rows]


def _feeds(connection: sqlite3.Connection, source: str) -> list[Polled]:
    config = json.loads(_one(connection, "SELECT config FROM sources WHERE id = ?", source) or "{}")
    named = {url for name in ("feeds", "sitemaps", "sections") for url in config.get(name, ())}
    found = []
    for row in connection.execute(
        "SELECT id, url, kind, status, failures, iif(failures = 0, checked_at, (SELECT max(fetched_at) FROM captures"
        " WHERE feed_id = feeds.id)) AS worked_at,"
        " iif(failures = 0, NULL, (SELECT error || iif(coalesce(detail, '') = '', '', ', ' || detail) FROM failures"
        " WHERE url = feeds.url ORDER BY id DESC LIMIT 1)) AS problem"
        " FROM feeds WHERE source_id = ? AND checked_at IS NOT NULL ORDER BY id",
        (source,),
    ):
        worked_at, given = seconds(row["worked_at"]), row["url"] in named
        found.append(
            Polled(
                row["id"], row["url"], row["kind"], row["status"] or 0, row["failures"], worked_at,
                row["problem"] or "", given,
            )
        )  # fmt: skip
    return found


def _one(connection: sqlite3.Connection, sql: str, *values: Any) -> Any:
    row = connection.execute(sql, values).fetchone()
    return row[0] if row else None
