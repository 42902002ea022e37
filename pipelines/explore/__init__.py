"""The Datasette plugin: a front page, search, a page per article, saved questions, and manners.

Hooks only, and no import of Datasette before it calls one: the questions can be read without it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from pluggy import HookimplMarker

hookimpl = HookimplMarker("datasette")


@hookimpl
def startup(datasette: Any) -> Callable[[], Awaitable[None]]:
    """Settings that a metadata file cannot hold, and the questions where Datasette stores them (1.0)."""
    from pipelines.explore import compat

    async def prepare() -> None:
        await compat.prepare(datasette)

    return prepare


@hookimpl(optionalhook=True)
def canned_queries(datasette: Any, database: str) -> Callable[[], Awaitable[dict[str, Any]]]:
    """The questions, where they are asked for on every page (0.65)."""
    from pipelines.explore import compat

    async def queries() -> dict[str, Any]:
        return await compat.canned(datasette, database)

    return queries


@hookimpl
def prepare_connection(conn: Any) -> None:
    """The SQL functions of the archive, for every query."""
    from pipelines.store.functions import register

    register(conn)


@hookimpl
def register_routes() -> list[tuple[str, Callable[..., Any]]]:
    """Our pages. Datasette's own index stays at /-/."""
    from pipelines.explore import article, pages

    return [
        (r"/(?P<format>)$", pages.front),
        (r"/-/(?P<format>)$", pages.index),
        (r"/-/search$", pages.search),
        (r"/-/article/(?P<id>\d{1,19})$", article.page),
        (r"/-/capture/(?P<id>\d{1,19})$", article.source),
    ]


@hookimpl
def prepare_jinja2_environment(env: Any) -> None:
    """Filters that put dates, addresses and foreign text into safe words."""
    from pipelines.explore import words

    env.filters.update(words.FILTERS)


@hookimpl
def extra_css_urls() -> list[str]:
    """One style sheet for our pages and, lightly, for Datasette's."""
    return ["/-/static-plugins/tearsheet/tearsheet.css"]


@hookimpl
def menu_links(datasette: Any) -> list[dict[str, str]]:
    """The way back from Datasette's pages to ours."""
    return [
        {"href": datasette.urls.instance(), "label": "Front page"},
        {"href": datasette.urls.path("/-/search"), "label": "Search the archive"},
    ]


@hookimpl
def render_cell(row: Any, value: Any, column: str, table: str | None, database: str, datasette: Any) -> Any:
    """Titles and article ids in tables lead to the article's page, rules to what they cut."""
    from pipelines.explore import cells, compat

    if not compat.known(datasette.databases[database]):
        return None
    return cells.rendered(row, value, column, table, database, datasette)


@hookimpl
def asgi_wrapper(datasette: Any) -> Callable[[Any], Any]:
    """Security headers, and tables that open with the columns one reads."""
    from pipelines.explore import doorman

    return doorman.wrapper(datasette)
