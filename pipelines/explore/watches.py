"""Watches: their list, the page and feed of each, and the forms by which they come and go.

What a watch calls is never set here: whoever reads the archive may not run programs on its machine.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from datasette import NotFound, Response

from pipelines.errors import StoreError
from pipelines.explore import atom
from pipelines.explore.compat import archive_for
from pipelines.explore.pages import render
from pipelines.explore.permits import ensure_annotate, may_annotate
from pipelines.explore.terms import terms_of
from pipelines.explore.words import END, HIT
from pipelines.store import search, watches
from pipelines.store.querying import LONGEST

_SIZE = 20  # hits on a page
_PAGES = 500  # as far as one can leaf
_FED = 50  # hits in a feed
_TABLES = ("articles", "watches", "hits")


async def index(datasette: Any, request: Any) -> Any:
    """Every watch; a POST adds one."""
    db = await _private(datasette, request)
    if request.method != "POST":
        return await _list(datasette, request, db)
    await ensure_annotate(datasette, request, db)
    asked = await request.post_vars()
    name, problem = await asyncio.to_thread(_add, Path(db.path), asked)
    if problem:
        return await _list(datasette, request, db, problem, 400, asked)
    return Response.redirect(datasette.urls.path(f"/-/watch/{name}"), status=303)


async def page(datasette: Any, request: Any) -> Any:
    """One watch and its hits, the newest first; a POST removes it."""
    db = await _private(datasette, request)
    name = request.url_vars["name"]
    if request.method == "POST":
        await ensure_annotate(datasette, request, db)
        await request.post_vars()
        if problem := await asyncio.to_thread(_remove, Path(db.path), name):
            return await _list(datasette, request, db, problem, 409)
        return Response.redirect(datasette.urls.path("/-/watches"), status=303)
    number = request.args.get("page") or "1"
    at = min(max(int(number), 1), _PAGES) if re.fullmatch("[0-9]{1,4}", number) else 1
    skip = (at - 1) * _SIZE
    watch, rows = await db.execute_fn(lambda connection: _read(connection, name, _SIZE + 1, skip, (HIT, END)))
    if watch is None:
        return await _list(datasette, request, db, f"There is no watch {name!r}.", 404)
    context = {
        "archive": db.name,
        "watch": watch,
        "hits": rows[:_SIZE],
        "page": at,
        "more": len(rows) > _SIZE and at < _PAGES,
        "may": await may_annotate(datasette, request, db),
    }
    return await render(datasette, request, "watch", context)


async def feed(datasette: Any, request: Any) -> Any:
    """The latest hits of a watch as Atom."""
    db = await _private(datasette, request)
    name = request.url_vars["name"]
    watch, rows = await db.execute_fn(lambda connection: _read(connection, name, _FED, 0, ("", "")))
    if watch is None:
        raise NotFound(f"There is no watch {name!r}")
    page = datasette.urls.path(f"/-/watch/{name}")
    return atom.feed(datasette, request, rows, title=f"Watch: {name}", name=f"watch:{name}", page=page)


async def _private(datasette: Any, request: Any) -> Any:
    """The archive, for a reader who may see what is watched for: never where it is served to everybody."""
    if terms_of(datasette).public:
        raise NotFound("Watches are not public")
    return await archive_for(datasette, request, *_TABLES)


async def _list(
    datasette: Any, request: Any, db: Any, problem: str = "", status: int = 200, asked: Mapping[str, str] | None = None
) -> Any:
    context = {
        "archive": db.name,
        "watches": await db.execute_fn(watches.all_of),
        "may": await may_annotate(datasette, request, db),
        "problem": problem,
        "asked": asked,
        "longest": LONGEST,
    }
    return await render(datasette, request, "watches", context, status)


def _read(
    connection: Any, name: str, limit: int, skip: int, marks: tuple[str, str]
) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    """A watch and some of its hits, as a search shows them."""
    watch = watches.get(connection, name)
    if watch is None:
        return None, []
    rows = {row["id"]: dict(row) for row in watches.seen(connection, watch["id"], limit, skip)}
    return watch, [
        rows[one["id"]] | one for one in search.hits(connection, search.parse(watch["query"]), list(rows), marks)
    ]


def _add(path: Path, asked: Mapping[str, str]) -> tuple[str, str]:
    """The name of the new watch, and what keeps it from being one."""
    query = search.parse(asked.get("q", ""))
    if query.hint or not query:
        return "", query.hint or "Say what to look for."
    name = asked.get("name", "").strip() or watches.name_for(asked.get("q", ""))
    if not re.fullmatch(watches.NAME, name):
        return "", "Give it a name of small letters, digits, - and _."
    try:
        with watches.watching(path) as connection:
            added = watches.add(connection, name, search.typed(query))
    except StoreError as problem:
        return "", f"Nothing was written: {problem}"
    return name, "" if added else f"There is a watch {name} already. Give this one another name."


def _remove(path: Path, name: str) -> str:
    """Take a watch away; why that could not be."""
    try:
        with watches.watching(path) as connection:
            watches.remove(connection, name)
    except StoreError as problem:
        return f"Nothing was written: {problem}"
    return ""
