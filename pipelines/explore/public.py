"""The door that is open to everybody: which pages there are, and how much of the server one may have at a time."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl

from datasette import Response

_Asgi = Callable[[Any, Any, Any], Awaitable[None]]

ROBOTS = "User-agent: *\nDisallow: /\n"
_OURS = re.compile(r"/-/(?:search|article|digest|source|story|changes|removals|questions?)(?:[/.]|$)")
_FILES = ("/-/static/", "/-/static-plugins/", "/favicon.ico")
_TABLES = re.compile(r"(?:/(?!-)[^/.]+){1,3}(?:\.(?:json|csv))?")  # a database, a table or question of it, a row
_SQL = frozenset(("sql", "_where"))
_LONGEST = 4096  # bytes of a query string

#: Requests of a kind that are worked on at a time: Datasette's tables, full-text search, our other pages.
_LANES = {"tables": 2, "search": 3, "pages": 8}
_WAITING = 64  # requests of a kind that wait for their turn, of all clients
_WAITING_EACH = 16  # of one client
_PATIENCE = 20.0  # seconds that one waits
_CHUNK = 64 * 1024  # bytes that are handed to a connection at a time
_ON_THE_WAY = 96 * 1024**2  # bytes of answers that readers have yet to take
_SMALL = 128 * 1024  # bytes of an answer that is handed over in any case
_SLOWEST = 60.0  # seconds that a reader may take for an answer


class Gate:
    """Holds the server's work for everybody within bounds."""

    def __init__(self) -> None:
        self._lanes = {name: asyncio.Semaphore(places) for name, places in _LANES.items()}
        self._waiting: dict[str, Counter[str]] = {name: Counter() for name in _LANES}  # how many of each client
        self._on_the_way = 0

    async def serve(self, app: _Asgi, scope: Any, receive: Any, send: Any, path: str) -> None:
        """Let the app answer when it is this request's turn, and hand the answer over as fast as it is taken."""
        outbox = _Outbox()
        async with self._turn(_lane(path), (scope.get("client") or ("",))[0]) as admitted:
            if admitted:
                await app(scope, receive, outbox.take)
        if not admitted or (outbox.size > _SMALL and self._on_the_way + outbox.size > _ON_THE_WAY):
            outbox = _Outbox()
            busy = Response.text("Too much is asked of this server just now. Try again in a minute.\n", status=503)
            await busy.asgi_send(outbox.take)
        self._on_the_way += outbox.size
        try:
            async with asyncio.timeout(_SLOWEST):
                await outbox.hand_over(send)
        except TimeoutError:
            return  # the server closes what is left unfinished
        finally:
            self._on_the_way -= outbox.size

    @asynccontextmanager
    async def _turn(self, lane: str, client: str) -> AsyncIterator[bool]:
        places, waiting = self._lanes[lane], self._waiting[lane]
        if waiting.total() >= _WAITING or waiting[client] >= _WAITING_EACH:
            yield False
            return
        waiting[client] += 1
        try:
            async with asyncio.timeout(_PATIENCE):
                await places.acquire()
        except TimeoutError:
            yield False
            return
        finally:
            waiting[client] -= 1
            if not waiting[client]:
                del waiting[client]
        try:
            yield True
        finally:
            places.release()


class _Outbox:
    """An answer that is complete before its reader gets any of it."""

    def __init__(self) -> None:
        self._start: Any = None
        self._parts: list[bytes] = []
        self.size = 0

    async def take(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self._start = message
        elif message["type"] == "http.response.body":
            body = message.get("body", b"")
            self._parts.append(body)
            self.size += len(body)

    async def hand_over(self, send: Any) -> None:
        await send(self._start)
        self._parts.reverse()
        while self._parts:
            part = memoryview(self._parts.pop())
            for position in range(0, len(part), _CHUNK):
                chunk = bytes(part[position : position + _CHUNK])
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def refused(scope: Any, path: str) -> Any | None:
    """The answer to what is not there for everybody; None for what is."""
    if scope["method"] not in ("GET", "HEAD"):
        return Response.text("This archive can only be read here.\n", status=405, headers={"allow": "GET, HEAD"})
    query = scope.get("query_string", b"")
    if len(query) > _LONGEST:
        return Response.text("This address is too long.\n", status=414)
    there = path in ("/", "/-/") or path.startswith(_FILES) or _OURS.match(path) or _TABLES.fullmatch(path)
    if not there:
        return Response.text("There is no such page.\n", status=404)
    if path.startswith("/-/question/"):
        return None  # whose parameters may have any name
    if _SQL & {name for name, _ in parse_qsl(query.decode("latin-1"), keep_blank_values=True)}:
        return Response.text("SQL is off here. The questions on the front page work.\n", status=403)
    return None


def unbounded(path: str) -> bool:
    """Whether answering costs next to nothing."""
    return path.startswith(_FILES)


def _lane(path: str) -> str:
    if path.startswith("/-/search"):
        return "search"
    return "pages" if path == "/" or _OURS.match(path) else "tables"
