"""The front page: what is in the archive, the newest stories, how the sources are, and what to ask."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from datasette import Forbidden
from datasette.views.index import IndexView

from pipelines.explore.charts import Bar, bars
from pipelines.explore.compat import archive_for, archive_of
from pipelines.explore.headlines import told
from pipelines.explore.outlets import day_number, days_until, health_of
from pipelines.explore.pages import render
from pipelines.explore.questions import questions_beside
from pipelines.explore.terms import terms_of
from pipelines.explore.words import day
from pipelines.store.payloads import HAS_BODY

_STORIES = 15
_LOOKED_AT = 300  # newest articles that are gathered into stories
_MEMBERS = 200  # articles of a story whose outlets are counted
_SOURCES = 12
_DAYS = 28  # of the chart
_EDITS = 400  # newest edits among which changed headlines are looked for
_HEADLINES = 5
_SUMMARY = f"""
SELECT (SELECT count(*) FROM articles) AS articles,
       (SELECT count(*) FROM sources WHERE EXISTS (SELECT 1 FROM articles WHERE source_id = sources.id)) AS sources,
       (SELECT count(*) FROM sources WHERE retired_at IS NULL) AS followed,
       (SELECT min(published_at) FROM articles) AS since,
       (SELECT max(published_at) FROM articles) AS until,
       (SELECT count(*) FROM revisions) AS revisions,
       (SELECT count(*) FROM captures WHERE outcome IS NULL AND {HAS_BODY}) AS pending,
       (SELECT fetched_at FROM captures ORDER BY id DESC LIMIT 1) AS looked_at
"""
_RUN = "SELECT id, kind, started_at, finished_at, reason FROM runs WHERE kind <> 'process' ORDER BY id DESC LIMIT 1"
_BROUGHT = "SELECT what, sum(n) FROM tallies WHERE run_id = ? GROUP BY what"
_PUBLISHED = "SELECT count(*) FROM articles WHERE published_at >= ? AND published_at < ? || '~'"
_NEWEST = """
SELECT articles.id, coalesce(clusters.head_id, articles.id) AS head_id
FROM articles LEFT JOIN clusters ON clusters.article_id = articles.id ORDER BY articles.id DESC LIMIT :most
"""
_HEAD = """
SELECT articles.id, articles.title, articles.url, articles.description, articles.source_id, articles.language,
       sources.name AS source_name, articles.published_at, articles.published_precision, articles.first_seen_at
FROM articles LEFT JOIN sources ON sources.id = articles.source_id WHERE articles.id = ?
"""
_CARRIED = f"""
SELECT count(*) AS articles, count(DISTINCT source_id) AS outlets, max(article_id) AS latest FROM (
    SELECT article_id, source_id FROM clusters JOIN articles ON articles.id = clusters.article_id
    WHERE head_id = ? LIMIT {_MEMBERS}
)
"""
_HEADLINE_EDITS = """
SELECT changes.article_id, changes.n, changes.before, changes.after, seen_until AS seen_at, articles.source_id,
       sources.name AS source_name, articles.language
FROM (SELECT article_id, n, seen_until FROM revisions ORDER BY seen_until DESC LIMIT :edits) AS edit
CROSS JOIN changes ON changes.article_id = edit.article_id AND changes.n = edit.n AND changes.kind = 'headline'
JOIN articles ON articles.id = edit.article_id LEFT JOIN sources ON sources.id = articles.source_id
ORDER BY seen_until DESC LIMIT :most
"""
_WATCHES = """
SELECT name, (SELECT max(seen_at) FROM hits WHERE watch_id = watches.id) AS hit_at FROM watches ORDER BY name LIMIT 30
"""


async def index(datasette: Any, request: Any, send: Any) -> Any:
    """Datasette's own index of databases and tables."""
    return await IndexView.as_view(datasette)(request, send)


async def page(datasette: Any, request: Any, send: Any) -> Any:
    """What is in the archive; where none is served, Datasette's index."""
    if await archive_of(datasette) is None:
        return await index(datasette, request, send)
    db = await archive_for(datasette, request, "articles")
    found = await db.execute_fn(_read)
    for edit in found["edits"]:
        edit["told"] = told(edit["before"], edit["after"])
    context = {
        "archive": db.name,
        "questions": questions_beside(db.path)[0],
        "watches": await _watches(datasette, request),
        "members": _MEMBERS,
        "chart": _chart(datasette, found.pop("growth")),
        **found,
    }
    return await render(datasette, request, "front", context)


async def _watches(datasette: Any, request: Any) -> list[Any]:
    """What is watched for, for a reader who may see that: it is nothing for the public."""
    if terms_of(datasette).public:
        return []
    try:
        db = await archive_for(datasette, request, "watches", "hits")
    except Forbidden:
        return []
    return list((await db.execute(_WATCHES)).rows)


def _read(connection: Any) -> dict[str, Any]:
    summary = connection.execute(_SUMMARY).fetchone()
    run = connection.execute(_RUN).fetchone()
    edits = connection.execute(_HEADLINE_EDITS, {"edits": _EDITS, "most": _HEADLINES})
    sources = health_of(connection)
    return {
        "summary": summary,
        "run": run,
        "brought": dict(map(tuple, connection.execute(_BROUGHT, (run["id"],)))) if run else {},
        "growth": _growth(connection, summary["until"], summary["looked_at"]),
        "stories": _stories(connection),
        "sources": sources[:_SOURCES],
        "more_sources": len(sources) - _SOURCES,
        "ill": sum(one["wrong"] for one in sources),
        "edits": [dict(one) for one in edits],
    }


def _stories(connection: Any) -> list[dict[str, Any]]:
    """The newest stories: a story is as new as the last article that joined it."""
    heads = dict.fromkeys(head for _, head in connection.execute(_NEWEST, {"most": _LOOKED_AT}))
    found = []
    for head in list(heads)[:_STORIES]:
        row = connection.execute(_HEAD, (head,)).fetchone()
        if row is not None:
            found.append({**dict(row), "carried": connection.execute(_CARRIED, (head,)).fetchone()})
    return found


def _growth(connection: Any, until: str | None, looked_at: str | None) -> dict[str, int]:
    """How many articles were published on each of the last days; none can be newer than the last page fetched."""
    ends = [one for one in (day_number(until or ""), day_number(looked_at or "")) if one is not None]
    if not ends:
        return {}
    days = days_until(min(ends), _DAYS)
    return {one: connection.execute(_PUBLISHED, (one, one)).fetchone()[0] for one in days}


def _chart(datasette: Any, growth: dict[str, int]) -> Any:
    """Articles per day; a single day is no growth."""
    if sum(map(bool, growth.values())) < 2:
        return ""
    rows = [
        Bar(
            label=day(one),
            parts=[("articles", n)],
            href=datasette.urls.path(f"/-/search?{urlencode({'since': one, 'until': one})}"),
            short=day(one)[:-5],
        )
        for one, n in growth.items()
    ]
    return bars(rows, title=f"Published in the four weeks until {rows[-1].label}", unit="articles")
