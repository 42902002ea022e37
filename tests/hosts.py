"""A host that answers as it is told, and remembers who asked for what and when."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.crawls import source, sources
from tests.newsroom.server import Port

WORDS = (
    "harbour", "council", "bridge", "school", "market", "ferry", "winter", "garden", "engine", "letter", "window",
    "mountain", "river", "theatre",
)  # fmt: skip


def page(name: str, said: str = "") -> bytes:
    """A page with an article of its own."""
    text = "".join(
        f"<p>The {one} of {name} was opened {n} years ago, and the {WORDS[n - 3]} beside it is older still, "
        f"say those who keep the {WORDS[n - 7]} and write about it every spring. {said}</p>"
        for n, one in enumerate(WORDS)
    )
    return f"<html><head><title>{name}</title></head><body><article><h1>{name}</h1>{text}</article></body>".encode()


class Host(Port):
    """A host: path → (status, headers, body), or a function that gives it. It has no robots.txt unless told."""

    def __init__(self, address: str = "127.0.0.1") -> None:
        super().__init__(0, _Handler, address)
        self.answers: dict[str, Any] = {"/robots.txt": (404, {}, b"")}
        self.asked: list[tuple[str, datetime, dict[str, str]]] = []
        self.stopping = threading.Event()

    def page(self, path: str, said: str = "", **headers: str) -> None:
        """An article at an address."""
        self.answers[path] = (200, {"Content-Type": "text/html", **headers}, page(path.strip("/"), said))

    def feed(self, *paths: str, at: str = "/feed", **headers: str) -> None:
        """A feed that lists these addresses, the newest first."""
        items = "".join(f"<item><title>{path}</title><link>{self.base}{path}</link></item>" for path in paths)
        body = f'<rss version="2.0"><channel><title>x</title>{items}</channel></rss>'
        self.answers[at] = (200, {"Content-Type": "application/rss+xml", **headers}, body.encode())

    def robots(self, text: str, status: int = 200, **headers: str) -> None:
        """A robots.txt."""
        self.answers["/robots.txt"] = (status, {"Content-Type": "text/plain", **headers}, text.encode())

    def times(self, path: str) -> int:
        """How often an address was asked for."""
        return sum(one == path for one, _, _ in self.asked)

    def last(self, path: str) -> dict[str, str]:
        """The headers of the last request for an address."""
        return [headers for one, _, headers in self.asked if one == path][-1]

    def sources(self, **archive: str) -> str:
        """A sources file with one source, `paper`, that has the feed."""
        return sources(source("paper", feeds=f'["{self.base}/feed"]'), **archive)

    def stop(self) -> None:
        self.stopping.set()
        super().stop()


class _Handler(BaseHTTPRequestHandler):
    server: Host
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self.server.asked.append((self.path, datetime.now(UTC), dict(self.headers)))
        answer = self.server.answers.get(self.path, (404, {}, b"nothing here"))
        status, headers, body = answer() if isinstance(answer, Callable) else answer  # type: ignore[arg-type]
        if headers.get("ETag") and headers["ETag"] == self.headers.get("If-None-Match"):
            status, body = 304, b""
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing on stderr."""
