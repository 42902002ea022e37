"""What differs between Datasette 0.65 and 1.0, and how our pages find the archive."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar, cast

from datasette import NotFound
from datasette.app import Datasette

from pipelines.explore.questions import questions_beside

T = TypeVar("T")

#: Setting, Datasette's value, ours. Suggested facets scan whole tables on every page; a table of full texts
#: is none to read. 0.65 has no place for settings beside `datasette archive.db -m metadata.yaml`.
_SETTINGS = (("suggest_facets", True, False), ("truncate_cells_html", 2048, 300))
_TABLES = frozenset(("articles", "articles_fts", "captures", "payloads", "removals", "rules"))


async def is_archive(db: Any) -> bool:
    """Whether a database that Datasette serves is one of ours; once it is, it stays so."""
    if not known(db):
        db.is_tearsheet = set(await db.table_names()) >= _TABLES
    return known(db)


def known(db: Any) -> bool:
    """Whether is_archive() has said yes; it is asked of every database at the start."""
    return bool(getattr(db, "is_tearsheet", False))


async def archive_of(datasette: Any) -> Any | None:
    """The archive that our pages show: the first one served, if any."""
    for name, db in datasette.databases.items():
        if not name.startswith("_") and await is_archive(db):
            return db
    return None


async def archive_for(datasette: Any, request: Any, *tables: str) -> Any:
    """The archive, for a reader who may see these tables. Raises NotFound or Forbidden."""
    db = await archive_of(datasette)
    if db is None:
        raise NotFound("No archive is served here")
    for table in tables:
        await _ensure_visible(datasette, request.actor, db.name, table)
    return db


async def _ensure_visible(datasette: Any, actor: Any, database: str, table: str) -> None:
    if hasattr(datasette, "ensure_permissions"):  # 0.65
        wanted = [("view-table", (database, table)), ("view-database", database), "view-instance"]
        await datasette.ensure_permissions(actor, wanted)
    else:
        from datasette.resources import TableResource

        await datasette.ensure_permission(
            action="view-table", resource=TableResource(database=database, table=table), actor=actor
        )


async def ensure_may_ask(datasette: Any, actor: Any, database: str, name: str) -> None:
    """Raise Forbidden for a reader who may not ask this question."""
    if hasattr(datasette, "ensure_permissions"):  # 0.65
        wanted = [("view-query", (database, name)), ("view-database", database), "view-instance"]
        await datasette.ensure_permissions(actor, wanted)
        return
    from datasette.resources import QueryResource

    await datasette.ensure_permission(
        action="view-query", resource=QueryResource(database=database, query=name), actor=actor
    )


async def write(db: Any, change: Callable[[Any], T]) -> T:
    """What `change` gives, which gets the connection that writes and begins and ends its own transaction there."""
    if "transaction" in inspect.signature(db.execute_write_fn).parameters:  # 1.0 would begin one
        return cast(T, await db.execute_write_fn(change, transaction=False))
    return cast(T, await db.execute_write_fn(change))


async def title_of(datasette: Any) -> str:
    """The title from metadata.yaml."""
    if hasattr(datasette, "get_instance_metadata"):  # 1.0
        found = (await datasette.get_instance_metadata()).get("title")
    else:
        found = datasette.metadata("title")
    return found or "News archive"


def datasette_of(path: str, *, immutable: bool, metadata: dict[str, Any], **options: Any) -> Any:
    """Datasette over one file; `permissions` are read where they stand in the metadata, as by 0.65."""
    if "config" in inspect.signature(Datasette.__init__).parameters and "permissions" in metadata:  # 1.0
        options["config"] = {"permissions": metadata["permissions"]}
    files, immutables = ([], [path]) if immutable else ([path], [])
    return Datasette(files, immutables=immutables, metadata=metadata, **options)


async def start(datasette: Any) -> None:
    """What Datasette does before its first page, done before anybody waits for one."""
    if hasattr(datasette, "_startup_sequence"):  # 1.0
        await datasette._startup_sequence()
        return
    for db in datasette.databases.values():
        if not db.is_mutable:
            await db.table_counts(limit=60 * 60 * 1000)
    await datasette.invoke_startup()


async def prepare(datasette: Any) -> None:
    """Before the first page: settings that nobody chose, and the questions stored (1.0)."""
    archives = [db for db in datasette.databases.values() if await is_archive(db)]
    for name, usual, ours in _SETTINGS if archives else ():
        if datasette.setting(name) == usual:
            datasette._settings[name] = ours
    if hasattr(datasette, "add_query"):
        for db in archives:
            for one in questions_beside(db.path)[0]:
                await datasette.add_query(
                    db.name,
                    one.name,
                    one.sql,
                    title=one.title,
                    description=one.help(),
                    parameters=one.params,
                    hide_sql=True,
                    is_trusted=True,
                    source="tearsheet",
                )


async def canned(datasette: Any, database: str) -> dict[str, Any]:
    """The questions as 0.65 wants them."""
    if not await is_archive(datasette.databases[database]):
        return {}
    return {
        one.name: {
            "sql": one.sql,
            "title": one.title,
            "description": one.help(),
            "params": list(one.params),
            "hide_sql": True,
        }
        for one in questions_beside(datasette.databases[database].path)[0]
    }
