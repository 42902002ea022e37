"""The page of one source: how it is, what it brings, repeats and leaves out, and with whom it shares stories.

A verdict on a line that the source repeats is written down as `tearsheet rules verdict` does it.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import quote, unquote, urlencode

from datasette import Response

from pipelines.errors import StoreError
from pipelines.explore.charts import Bar, Rank, bars, ranks
from pipelines.explore.compat import archive_for
from pipelines.explore.outlets import DAY, day_of, days_until, health_of
from pipelines.explore.pages import render
from pipelines.explore.permits import ensure_annotate, may_annotate
from pipelines.explore.rejects import rejects_of
from pipelines.explore.words import day
from pipelines.marks import hex_of
from pipelines.store.writer import Writer

_DAYS = 56  # of the chart
_LATEST = 300  # articles that shares and lengths are told of
_SHARED = 1000  # articles whose stories are looked at
_LINES = 30  # that a source repeats
_ALL_LINES = 500
_FINDINGS = 20
_WAIT = 2  # seconds for whoever writes to the archive
_LENGTHS = (0, 500, 1000, 2000, 4000, 8000, 16000)  # characters: where the next bar begins
_VERDICTS = ("furniture", "content", "none")
_SOURCE = "SELECT id, name, homepage, language, country, timezone, retired_at FROM sources WHERE id = ?"
_COUNT = "SELECT count(*) FROM articles WHERE source_id = ?"
_VOLUME = """
SELECT (id >> 20) / 86400 AS day, count(*) FROM articles WHERE source_id = :source AND id >= :since GROUP BY 1
"""
_SHAPES = """
SELECT length(text), removed_chars, published_from IS NULL, authors = '[]', description IS NULL
FROM articles WHERE source_id = ? ORDER BY id DESC LIMIT ?
"""
_AGENCIES = "SELECT agency FROM articles WHERE source_id = ? ORDER BY id DESC LIMIT ?"
_NEWEST = """
SELECT id, title, language, published_at, published_precision, first_seen_at FROM articles
WHERE source_id = ? ORDER BY id DESC LIMIT 10
"""
_FEEDS = """
SELECT kind, url, checked_at, status, listed, fresh, failures, interval FROM feeds
WHERE source_id = ? ORDER BY failures > 0 DESC, checked_at IS NULL, fresh DESC, id LIMIT 60
"""
_FOUND = "SELECT * FROM findings WHERE source_id = ? ORDER BY ended_at IS NOT NULL, began_at DESC LIMIT ?"
_BLOCKS = """
SELECT digest, verdict, origin, zone, articles, looked_at, text FROM blocks
WHERE source_id = ? ORDER BY verdict IS NULL, articles DESC, digest LIMIT ?
"""
_LINE = "SELECT digest FROM blocks WHERE source_id = ? AND digest = ?"
_CARRIES = """
SELECT head.source_id AS id, sources.name, count(*) AS stories, round(100 * avg(of_own)) AS percent
FROM (SELECT id FROM articles WHERE source_id = :source ORDER BY id DESC LIMIT :most) AS own
JOIN clusters ON clusters.article_id = own.id AND clusters.head_id <> own.id
JOIN articles AS head ON head.id = clusters.head_id AND head.source_id <> :source
LEFT JOIN sources ON sources.id = head.source_id
LEFT JOIN copies ON copies.article_id = own.id AND copies.head_id = clusters.head_id
GROUP BY 1 ORDER BY stories DESC, 1 LIMIT 10
"""
_CARRIED = """
SELECT other.source_id AS id, sources.name, count(DISTINCT own.id) AS stories, round(100 * avg(of_own)) AS percent
FROM (SELECT id FROM articles WHERE source_id = :source ORDER BY id DESC LIMIT :most) AS own
JOIN clusters ON clusters.head_id = own.id AND clusters.article_id <> own.id
JOIN articles AS other ON other.id = clusters.article_id AND other.source_id <> :source
LEFT JOIN sources ON sources.id = other.source_id
LEFT JOIN copies ON copies.article_id = other.id AND copies.head_id = own.id
GROUP BY 1 ORDER BY stories DESC, 1 LIMIT 10
"""


async def page(datasette: Any, request: Any) -> Any:
    """The source; a POST of `digest` and `verdict` decides a line that it repeats."""
    db = await archive_for(datasette, request, "articles", "sources")
    name = unquote(request.url_vars["id"])
    if request.method == "POST":
        return await _decide(datasette, request, db, name)
    return await _shown(datasette, request, db, name)


async def _shown(datasette: Any, request: Any, db: Any, name: str, problem: str = "") -> Any:
    every = bool(request.args.get("lines"))
    found = await db.execute_fn(lambda connection: _read(connection, name, _ALL_LINES if every else _LINES))
    if found is None:
        context = {"archive": db.name, "what": "source", "id": name}
        return await render(datasette, request, "missing", context, status=404)
    context = {
        "archive": db.name,
        "every": every,
        "problem": problem,
        "decided": request.args.get("decided"),
        "may": bool(found["lines"]) and await may_annotate(datasette, request, db),
        "volume": _volume(datasette, name, found.pop("days"), found["newest"]),
        "lengths": _lengths(found["shapes"]),
        "figures": _figures(found.pop("shapes"), found["agencies"].total()),
        "agencies": found.pop("agencies").most_common(6),
        "carries": _ranked(datasette, found.pop("carries"), "Whose stories it carries"),
        "carried": _ranked(datasette, found.pop("carried"), "Who carries its stories"),
        "shared": _SHARED,
        **found,
    }
    return await render(datasette, request, "source", context, status=409 if problem else 200)


async def _decide(datasette: Any, request: Any, db: Any, name: str) -> Any:
    """Write a person's verdict on a line down and show the page again, or say on it who holds the archive."""
    await ensure_annotate(datasette, request, db)
    asked = await request.post_vars()
    digest, verdict = asked.get("digest", ""), asked.get("verdict", "")
    number = int.from_bytes(bytes.fromhex(digest), signed=True) if re.fullmatch("[0-9a-f]{16}", digest) else 0
    known = (await db.execute(_LINE, (name, number))).first()
    if known is None or verdict not in _VERDICTS:
        return await _shown(datasette, request, db, name, "This line is not known any more; look at the list again.")
    try:
        await asyncio.to_thread(_write, Path(db.path), name, number, None if verdict == "none" else verdict)
    except StoreError as problem:
        return await _shown(datasette, request, db, name, f"Nothing was written: {problem}")
    where = f"/-/source/{quote(name, safe='')}?{urlencode({'decided': digest})}#furniture"
    return Response.redirect(datasette.urls.path(where), status=303)


def _write(path: Path, source: str, digest: int, verdict: str | None) -> None:
    with Writer.open(path, wait=_WAIT) as writer:
        writer.decide(source, digest, verdict)


def _read(connection: Any, name: str, lines: int) -> dict[str, Any] | None:
    source = connection.execute(_SOURCE, (name,)).fetchone()
    if source is None:
        return None
    newest = connection.execute(_NEWEST, (name,)).fetchall()
    since = (day_of(newest[0]["id"]) - _DAYS + 1) * DAY << 20 if newest else 0
    shared = {"source": name, "most": _SHARED}
    blocks = connection.execute(_BLOCKS, (name, lines + 1)).fetchall()
    return {
        "source": source,
        "health": health_of(connection, name)[0],
        "articles": connection.execute(_COUNT, (name,)).fetchone()[0],
        "newest": newest,
        "days": dict(map(tuple, connection.execute(_VOLUME, {"source": name, "since": since}))) if newest else {},
        "shapes": connection.execute(_SHAPES, (name, _LATEST)).fetchall(),
        "agencies": Counter(agency for (agency,) in connection.execute(_AGENCIES, (name, _LATEST)) if agency),
        "feeds": connection.execute(_FEEDS, (name,)).fetchall(),
        "findings": connection.execute(_FOUND, (name, _FINDINGS)).fetchall(),
        "lines": [{**dict(row), "hex": hex_of(row["digest"])} for row in blocks[:lines]],
        "more_lines": len(blocks) > lines,
        "rejects": rejects_of(connection, name),
        "carries": connection.execute(_CARRIES, shared).fetchall(),
        "carried": connection.execute(_CARRIED, shared).fetchall(),
    }


def _volume(datasette: Any, name: str, counts: dict[int, int], newest: Sequence[Any]) -> Any:
    """Articles per day until the newest one; a single day tells nothing."""
    if len(counts) < 2:
        return ""
    last = day_of(newest[0]["id"])
    rows = [
        Bar(
            label=day(one),
            parts=[("articles", counts.get(number, 0))],
            href=datasette.urls.path(f"/-/search?{urlencode({'source': name, 'since': one, 'until': one})}"),
            short=day(one)[:-5],
        )
        for number, one in enumerate(days_until(last, _DAYS), last - _DAYS + 1)
    ]
    return bars(rows, title=f"Articles per day in the eight weeks until {rows[-1].label}", unit="articles")


def _lengths(shapes: Sequence[Any]) -> Any:
    """How long its texts are."""
    rows = []
    for start, stop in zip(_LENGTHS, (*_LENGTHS[1:], None), strict=True):
        n = sum(start <= one[0] and (stop is None or one[0] < stop) for one in shapes)
        label = f"{start:,} characters and more" if stop is None else f"{start:,} to {stop:,} characters"
        rows.append(Bar(label=label, parts=[("articles", n)], short=f"{start:,}+"))
    return bars(rows, title="How long its texts are, in characters", unit="articles") if len(shapes) > 1 else ""


def _figures(shapes: Sequence[Any], agencies: int) -> dict[str, Any] | None:
    """Shares of the latest articles in percent, and the length in the middle."""
    if not shapes:
        return None
    count = len(shapes)

    def percent(n: int) -> int:
        return round(100 * n / count)

    return {
        "count": count,
        "length": round(median(one[0] for one in shapes)),
        "cut": round(100 * median(one[1] / max(1, one[0] + one[1]) for one in shapes)),
        "dated": percent(sum(not one[2] for one in shapes)),
        "authored": percent(sum(not one[3] for one in shapes)),
        "standfirst": percent(sum(not one[4] for one in shapes)),
        "agency": percent(agencies),
    }


def _ranked(datasette: Any, rows: Sequence[Any], title: str) -> Any:
    found = [
        Rank(
            label=row["name"] or row["id"],
            value=row["stories"],
            href=datasette.urls.path(f"/-/source/{quote(row['id'], safe='')}"),
            note="" if row["percent"] is None else f"({row['percent']:.0f} % copied)",
        )
        for row in rows
        if row["id"] is not None
    ]
    return ranks(found, title=title, unit="stories")
