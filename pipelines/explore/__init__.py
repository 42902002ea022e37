"""The Datasette plugin: a front page, search, a page per article, saved questions, and manners.

Hooks only, and no import of Datasette before it calls one: the questions can be read without it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
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
def prepare_connection(conn: Any, datasette: Any) -> None:
    """The SQL functions of the archive, for every query, and what a query may take."""
    from pipelines.explore import limits
    from pipelines.explore.terms import terms_of
    from pipelines.store.functions import register

    register(conn)
    limits.guard(conn, public=terms_of(datasette).public)


@hookimpl
def register_routes() -> list[tuple[str, Callable[..., Any]]]:
    """Our pages. Datasette's own index stays at /-/."""
    from pipelines.explore import (
        article,
        asking,
        captures,
        changes,
        citing,
        desk,
        digests,
        front,
        noting,
        removals,
        search,
        source,
        story,
        watches,
    )

    return [
        (r"/(?P<format>)$", front.page),
        (r"/-/(?P<format>)$", front.index),
        (r"/-/search(?:\.(?P<format>json|csv|atom))?$", search.page),
        (r"/-/article/(?P<id>\d{1,19})$", article.page),
        (r"/-/article/(?P<id>\d{1,19})\.(?P<form>txt|bib|csl\.json)$", citing.citation),
        (r"/-/article/(?P<id>\d{1,19})/notes$", noting.write),
        (r"/-/digest/(?P<digest>[0-9a-fA-F]{1,64})$", digests.page),
        (r"/-/digest/(?P<digest>[0-9a-fA-F]{1,64})\.txt$", digests.text),
        (r"/-/capture/(?P<id>\d{1,19})$", captures.source),
        (r"/-/source/(?P<id>.+)$", source.page),
        (r"/-/story/(?P<id>\d{1,19})$", story.page),
        (r"/-/changes(?:\.(?P<format>atom))?$", changes.page),
        (r"/-/removals$", removals.page),
        (r"/-/removals/(?P<rule>.+)$", removals.rule),
        (r"/-/question/(?P<name>[^/]+)$", asking.page),
        (r"/-/questions$", asking.listed),
        (r"/-/sign-in$", desk.page),
        (r"/-/watches$", watches.index),
        (r"/-/watch/(?P<name>[a-z0-9][a-z0-9_-]{0,63})$", watches.page),
        (r"/-/watch/(?P<name>[a-z0-9][a-z0-9_-]{0,63})\.atom$", watches.feed),
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
    from pipelines.explore.terms import terms_of

    links = [
        {"href": datasette.urls.instance(), "label": "Front page"},
        {"href": datasette.urls.path("/-/search"), "label": "Search the archive"},
    ]
    private = [] if terms_of(datasette).public else [{"href": datasette.urls.path("/-/watches"), "label": "Watches"}]
    return [*links, *private]


@hookimpl
def render_cell(row: Any, value: Any, column: str, table: str | None, database: str, datasette: Any) -> Any:
    """Titles and article ids in tables lead to the article's page, rules to what they cut."""
    from pipelines.explore import cells, compat

    if not compat.known(datasette.databases[database]):
        return None
    return cells.rendered(row, value, column, table, datasette)


@hookimpl(optionalhook=True)
def permission_allowed(datasette: Any, actor: Any, action: str, resource: Any) -> bool | None:
    """Who may annotate (0.65)."""
    from pipelines.explore import permits

    return permits.allowed(datasette, actor, resource) if action == permits.ACTION else None


@hookimpl(optionalhook=True)
def register_actions() -> list[Any]:
    """The action `annotate` (1.0)."""
    from pipelines.explore import permits

    return permits.actions()


@hookimpl(optionalhook=True)
def permission_resources_sql(datasette: Any, action: str) -> Any:
    """Who may annotate (1.0)."""
    from pipelines.explore import permits

    return permits.rule(datasette) if action == permits.ACTION else None


@hookimpl(hookwrapper=True)
def handle_exception(request: Any, exception: Exception) -> Iterator[None]:
    """What a reader asked for and cannot be, told as that, and not as a fault."""
    from pipelines.explore import mishaps

    answer = mishaps.told(request, exception)
    outcome: Any = yield
    if answer is not None:
        outcome.force_result([answer])


@hookimpl
def asgi_wrapper(datasette: Any) -> Callable[[Any], Any]:
    """Security headers, and tables that open with the columns one reads."""
    from pipelines.explore import doorman

    return doorman.wrapper(datasette)
