"""Datasette over one archive as `tearsheet serve` runs it, in this process, on the terms that were chosen."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from datasette.app import DEFAULT_SETTINGS
from datasette.utils import BadMetadataError, parse_metadata
from datasette.utils.sqlite import sqlite3

from pipelines.errors import ConfigError
from pipelines.explore import compat, limits
from pipelines.explore.terms import Terms, serve_on
from pipelines.store.snapshot import PUBLIC

#: What everybody may have of Datasette. Nobody changes it on the command line.
_FOR_EVERYBODY = {
    "default_allow_sql": False,
    "allow_download": False,
    "allow_csv_stream": False,
    "allow_facet": False,
    "suggest_facets": False,
    "default_page_size": 50,
    "max_returned_rows": 100,
    "sql_time_limit_ms": 1000,
    "facet_time_limit_ms": 100,
    "max_csv_mb": 8,
    "truncate_cells_html": 300,
    "num_sql_threads": 12,
    "default_cache_ttl": 60,
    "trace_debug": False,
    "template_debug": False,
}
_USUAL = "archive"  # the database that the metadata which comes with Tearsheet speaks of
_VIEWS = ("edits", "history", "ledger", "pages", "recent", "syndication")  # that say something of a snapshot
_CONNECTIONS = 512  # of everybody's, at a time
_TURN = 0.001  # seconds that a thread computes before others may: a page must not wait for the diffs of six others
_LEAVING = 5  # seconds that answers under way have when the server is asked to stop


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """What is served and how. `metadata` is that of Datasette, `settings` its settings by name."""

    path: Path
    terms: Terms
    metadata: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    secret: str | None = None  # for cookies; None: a new one, so that logins end with the process


def settings_of(pairs: Mapping[str, str], *, public: bool) -> dict[str, Any]:
    """Settings as they were typed. Raises ConfigError for one that Datasette does not know, or that stands fixed."""
    found: dict[str, Any] = {}
    for name, typed in pairs.items():
        if name not in DEFAULT_SETTINGS:
            raise ConfigError(f"--setting {name}: is no setting of Datasette's; `datasette --help-settings` lists them")
        if public and name in _FOR_EVERYBODY:
            raise ConfigError(f"--setting {name}: stands fixed under --public")
        found[name] = _typed(name, typed)
    base = found.get("base_url")
    if base is not None and not (base.startswith("/") and base.endswith("/")):
        raise ConfigError(f"--setting base_url {base}: write a path that begins and ends with /, such as /news/")
    return found


def _typed(name: str, typed: str) -> Any:
    usual = DEFAULT_SETTINGS[name]
    if isinstance(usual, bool):
        if typed.lower() not in ("on", "off", "true", "false", "1", "0"):
            raise ConfigError(f"--setting {name} {typed}: is on or off")
        return typed.lower() in ("on", "true", "1")
    if isinstance(usual, int):
        if not (typed.isascii() and typed.isdigit()):
            raise ConfigError(f"--setting {name} {typed}: is a number")
        return int(typed)
    return typed


def metadata_of(place: str, text: str) -> dict[str, Any]:
    """Datasette's metadata from YAML or JSON. Raises ConfigError, which names `place`, for what is neither."""
    try:
        found = parse_metadata(text)
    except BadMetadataError as problem:
        raise ConfigError(f"{place}: cannot be read ({problem})") from None
    if not isinstance(found, dict):
        raise ConfigError(f"{place}: holds nothing by name; delete it to use the one that comes with Tearsheet")
    return found


def datasette_for(serving: Serving) -> Any:
    """Datasette over the archive, not yet started."""
    public = serving.terms.public
    name = serving.path.stem
    metadata = _fitted(serving.metadata, name)
    if public:
        _keep_at_home(metadata, serving.path, name)
    made = compat.datasette_of(
        str(serving.path),
        immutable=public,
        metadata=metadata,
        settings={**(_FOR_EVERYBODY if public else {}), **serving.settings},
        secret=serving.secret,
    )
    serve_on(made, serving.terms)
    if public:
        limits.bound_time(made.databases[name])
    return made


def run(serving: Serving, door: socket.socket, ready: Callable[[], None]) -> None:
    """Serve until SIGINT or SIGTERM; `ready` is called when the first page can be asked for."""
    datasette = datasette_for(serving)
    sys.setswitchinterval(_TURN)
    config = uvicorn.Config(
        datasette.app(),
        log_level="warning",
        access_log=False,
        server_header=False,
        limit_concurrency=_CONNECTIONS if serving.terms.public else None,
        timeout_graceful_shutdown=_LEAVING,
    )
    asyncio.run(_run(datasette, uvicorn.Server(config), door, ready))


async def _run(datasette: Any, server: uvicorn.Server, door: socket.socket, ready: Callable[[], None]) -> None:
    await compat.start(datasette)
    door.listen(_CONNECTIONS)
    ready()
    await server.serve(sockets=[door])


def _fitted(metadata: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Metadata of an archive of any name: where there are none for it, those of `archive` hold."""
    fitted = deepcopy(dict(metadata))
    databases = fitted.setdefault("databases", {}) or {}
    if name not in databases and _USUAL in databases:
        databases[name] = databases.pop(_USUAL)
    fitted["databases"] = databases
    return fitted


def _keep_at_home(metadata: dict[str, Any], path: Path, name: str) -> None:
    """Close the tables of which nothing is public, and drop facets that no index answers."""
    with sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True) as connection:
        there = connection.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')").fetchall()
        indexed = {
            (table, column)
            for table, column in connection.execute(
                "SELECT tables.name, columns.name FROM sqlite_master AS tables"
                " JOIN pragma_index_list(tables.name) AS indexes"
                " JOIN pragma_index_info(indexes.name) AS columns"
                " WHERE tables.type = 'table' AND columns.seqno = 0"
            )
        }
    connection.close()
    database = metadata["databases"].setdefault(name, {})
    for given in ("allow_sql", "permissions"):  # to the readers of the archive itself
        database.pop(given, None)
        metadata.pop(given, None)
    tables = database.setdefault("tables", {})
    for (table,) in there:
        known = tables.setdefault(table, {})
        if table not in PUBLIC and table not in _VIEWS:
            known["allow"] = False
        known["facets"] = [one for one in known.get("facets") or () if (table, one) in indexed]
