"""The front page, the search page, and the way to Datasette's own index."""

from __future__ import annotations

from typing import Any

from datasette import Response
from datasette.views.index import IndexView

from pipelines.explore import search as searching
from pipelines.explore.compat import archive_for, archive_of, title_of
from pipelines.explore.questions import questions
from pipelines.explore.words import without_overrides

_PAGES = 50  # as far as one can leaf through results
_SUMMARY = """
SELECT (SELECT count(*) FROM articles) AS articles,
       (SELECT count(*) FROM sources WHERE EXISTS (SELECT 1 FROM articles WHERE source_id = sources.id)) AS sources,
       (SELECT min(published_at) FROM articles) AS since,
       (SELECT max(published_at) FROM articles) AS until,
       (SELECT count(*) FROM revisions) AS revisions,
       (SELECT count(*) FROM captures WHERE outcome IS NULL) AS pending
"""
_RUN = "SELECT kind, started_at, finished_at, reason FROM runs ORDER BY id DESC LIMIT 1"
_NEWEST = """
SELECT articles.id, articles.title, articles.url, articles.description, articles.source_id,
       sources.name AS source_name, articles.published_at, articles.published_precision, articles.agency,
       articles.first_seen_at, articles.language
FROM articles LEFT JOIN sources ON sources.id = articles.source_id ORDER BY articles.id DESC LIMIT 12
"""
_SOURCES = """
SELECT id, name, homepage, language, (SELECT count(*) FROM articles WHERE source_id = sources.id) AS articles
FROM sources WHERE retired_at IS NULL OR articles > 0 ORDER BY articles DESC, id LIMIT 60
"""


async def index(datasette: Any, request: Any, send: Any) -> Any:
    """Datasette's own index of databases and tables."""
    return await IndexView.as_view(datasette)(request, send)


async def front(datasette: Any, request: Any, send: Any) -> Any:
    """What is in the archive; where none is served, Datasette's index."""
    if await archive_of(datasette) is None:
        return await index(datasette, request, send)
    db = await archive_for(datasette, request, "articles")
    context = {
        "archive": db.name,
        "summary": (await db.execute(_SUMMARY)).first(),
        "run": (await db.execute(_RUN)).first(),
        "newest": (await db.execute(_NEWEST)).rows,
        "sources": (await db.execute(_SOURCES)).rows,
        "questions": questions(),
    }
    return await render(datasette, request, "front", context)


async def search(datasette: Any, request: Any) -> Any:
    """Ranked results with passages; whatever is typed, an answer."""
    db = await archive_for(datasette, request, "articles")
    query = searching.tidy(request.args.get("q") or "")
    source = request.args.get("source") or ""
    newest = request.args.get("sort") == "newest"
    typed = request.args.get("page") or "1"
    page = min(int(typed), _PAGES) if typed.isascii() and typed.isdigit() and len(typed) < 5 else 1
    found = await searching.find(db, query, source=source, newest=newest, page=max(page, 1))
    context = {
        "archive": db.name,
        "query": query,
        "source": source,
        "newest": newest,
        "page": max(page, 1),
        "last": page >= _PAGES,
        "found": found,
        "most": searching.MOST,
        "sources": (await db.execute(_SOURCES)).rows,
    }
    return await render(datasette, request, "search", context)


async def render(datasette: Any, request: Any, name: str, context: dict[str, Any], status: int = 200) -> Any:
    """One of our templates as a response, without the marks by which one text could reorder another."""
    context["site"] = await title_of(datasette)
    body = await datasette.render_template(f"tearsheet/{name}.html", context, request=request, view_name=name)
    return Response.html(without_overrides(body), status=status)
