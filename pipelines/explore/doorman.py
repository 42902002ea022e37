"""Between the network and Datasette: security headers, and tables that open with the columns one reads."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from datasette import Response

from pipelines.explore import desk, public
from pipelines.explore.compat import archive_of, is_archive
from pipelines.explore.terms import Terms, terms_of

_Asgi = Callable[[Any, Any, Any], Awaitable[None]]

_COMMON = "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
_OURS = f"default-src 'self'; {_COMMON}"
#: Datasette's pages bring scripts and styles within the page, and pictures as data.
_THEIRS = f"default-src 'self' 'unsafe-inline'; img-src 'self' data:; {_COMMON}"
_SOURCE = "default-src 'none'; sandbox; frame-ancestors 'none'"
#: Pages of ours: they bring neither scripts nor styles within the page.
_OUR_PAGES = re.compile(
    r"/-/(?:search|article|digest|source|story|changes|removals|questions?|watch|watches|sign-in)(?:[/.]|$)"
)
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),  # `no-referrer` would take the origin from our own forms
    (b"cross-origin-resource-policy", b"same-origin"),
)
_READING = ("GET", "HEAD", "OPTIONS")
_STRANGER = "This server answers to {} only. To reach it by another name, serve it with --password or --public.\n"
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
    gate = public.Gate()

    def wrap(app: _Asgi) -> _Asgi:
        async def handle(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] != "http" or await archive_of(datasette) is None:
                await app(scope, receive, send)
                return
            terms = terms_of(datasette)
            base = datasette.setting("base_url")
            path = _path(scope, base)
            kept = _Headers(path, base, served=terms != Terms())

            async def send_safely(message: Any) -> None:
                if message["type"] == "http.response.start":
                    message = {**message, "headers": kept.added_to(message["headers"])}
                await send(message)

            answer = _refused(datasette, terms, scope, path)
            if answer is not None:
                await answer.asgi_send(send_safely)
                return
            bare = {**scope, "path": unquote(path), "raw_path": path.encode()}  # 0.65 doubles a base_url that it finds
            asked = await _with_columns(datasette, bare, path)
            if terms.public and not public.unbounded(path):
                await gate.serve(app, asked, receive, send_safely, path)
            else:
                await app(asked, receive, send_safely)

        return handle

    return wrap


def _path(scope: Any, base: str) -> str:
    """The path as Datasette will read it: not decoded, without base_url."""
    raw: str = (scope.get("raw_path") or scope["path"].encode()).decode("ascii", "replace").partition("?")[0]
    return "/" + raw[len(base) :] if base != "/" and raw.startswith(base) else raw


def _refused(datasette: Any, terms: Terms, scope: Any, path: str) -> Any | None:
    """The answer to a request that goes no further."""
    headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
    host = headers.get(b"host", "")
    if terms.hosts and host and _name(host) not in terms.hosts:
        return Response.text(_STRANGER.format(" or ".join(sorted(terms.hosts))), status=421)
    if scope["method"] not in _READING and _foreign(headers, host):
        return Response.text("This form was sent from another site, so nothing was done.\n", status=403)
    if terms == Terms():
        return None
    if path == "/robots.txt":
        return Response.text(public.ROBOTS)
    return public.refused(scope, path) if terms.public else desk.refused(datasette, scope, path)


def _name(host: str) -> str:
    """A host without its port: names of IPv6 keep their brackets."""
    return re.sub(r":\d*$", "", host).lower()


def _foreign(headers: dict[bytes, str], host: str) -> bool:
    """Whether a browser says that another site made it send this. What is no browser says nothing."""
    if b"sec-fetch-site" in headers:
        return headers[b"sec-fetch-site"] not in ("same-origin", "none")
    origin = headers.get(b"origin")
    return origin is not None and urlsplit(origin).netloc.lower() != host.lower()


def _policy(path: str) -> str:
    if path.startswith("/-/capture/"):
        return _SOURCE
    return _OURS if path == "/" or _OUR_PAGES.match(path) else _THEIRS


class _Headers:
    """What is added to each answer for a path; `served` by `tearsheet serve`, no search engine is to keep it."""

    def __init__(self, path: str, base: str, *, served: bool) -> None:
        self._base = base.encode()
        self._ours = [(b"content-security-policy", _policy(path).encode()), *_HEADERS]
        if served:
            self._ours.append((b"x-robots-tag", b"noindex, nofollow"))

    def added_to(self, headers: Any) -> list[tuple[bytes, bytes]]:
        """The headers with ours; where the app has set one of them, its own stands."""
        kept = [(name, self._led(value) if name.lower() == b"location" else value) for name, value in headers]
        there = {name.lower() for name, _ in kept}
        return kept + [(name, value) for name, value in self._ours if name not in there]

    def _led(self, location: bytes) -> bytes:
        """Where a redirect leads, on this site: browsers read /\\host as //host."""
        location = re.sub(rb"^/+", b"/", location.replace(b"\\", b"%5C"))
        return self._base + location[1:] if location[:1] == b"/" and not location.startswith(self._base) else location


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
    sorts = [value for name, value in args if name in ("_sort", "_sort_desc") and value not in columns.split()]
    args += [("_col", column) for column in (*columns.split(), *sorts)]  # 0.65 sorts only by what it shows
    return {**scope, "query_string": urlencode(args).encode()}
