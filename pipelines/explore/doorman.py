"""Between the network and Datasette: security headers, and tables that open with the columns one reads."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode

from pipelines.explore.compat import archive_of, is_archive

_Asgi = Callable[[Any, Any, Any], Awaitable[None]]

_COMMON = "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
_OURS = f"default-src 'self'; {_COMMON}"
#: Datasette's pages bring scripts and styles within the page, and pictures as data.
_THEIRS = f"default-src 'self' 'unsafe-inline'; img-src 'self' data:; {_COMMON}"
_SOURCE = "default-src 'none'; sandbox; frame-ancestors 'none'"
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
)
#: What a table shows when it is opened; `?_all=on` shows every column. Without the long ones it is fast, too.
_COLUMNS = {
    "articles": "source_id published_at title agency section language word_count removed_chars",
    "captures": "source_id url fetched_at status mime completeness outcome payload_id",
    "entries": "source_id url title published_at found_at state tries reason",
    "feeds": "source_id kind url checked_at status listed fresh failures",
    "history": "article_id n source_id title seen_from seen_until",
    "hosts": "verdict fetched_at delay retry_at reason",
    "payloads": "digest codec size",
    "removals": "zone rule_id text",
    "revisions": "title seen_from seen_until capture_id",
}


def wrapper(datasette: Any) -> Callable[[_Asgi], _Asgi]:
    """The middleware; where no archive is served it changes nothing."""

    def wrap(app: _Asgi) -> _Asgi:
        async def handle(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] != "http" or await archive_of(datasette) is None:
                await app(scope, receive, send)
                return
            path = "/" + scope["path"].removeprefix(datasette.setting("base_url"))
            policy = _policy(path)

            async def send_safely(message: Any) -> None:
                if message["type"] == "http.response.start":
                    message = {**message, "headers": _with_headers(message["headers"], policy)}
                await send(message)

            await app(await _with_columns(datasette, scope, path), receive, send_safely)

        return handle

    return wrap


def _policy(path: str) -> str:
    if path == "/" or re.match(r"/-/(search|article/)", path):
        return _OURS
    return _SOURCE if path.startswith("/-/capture/") else _THEIRS


def _with_headers(headers: Any, policy: str) -> list[tuple[bytes, bytes]]:
    kept = []
    for name, value in headers:
        if name.lower() == b"location":
            value = value.replace(b"\\", b"%5C")  # browsers read /\host as //host
        kept.append((name, value))
    there = {name.lower() for name, _ in kept}
    ours = ((b"content-security-policy", policy.encode()), *_HEADERS)
    return kept + [(name, value) for name, value in ours if name not in there]


async def _with_columns(datasette: Any, scope: Any, path: str) -> Any:
    """The request as if it had named the columns to show, when it is for one of our tables and names none."""
    database, _, table = path[1:].partition("/")
    columns = _COLUMNS.get(table)
    args = parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
    if not columns or {"_col", "_nocol", "_all"} & {name for name, _ in args}:
        return scope
    found = [db for db in datasette.databases.values() if db.route == database]
    if not found or not await is_archive(found[0]):
        return scope
    args += [("_col", column) for column in columns.split()]
    return {**scope, "query_string": urlencode(args).encode()}
