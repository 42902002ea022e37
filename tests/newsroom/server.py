"""HTTP for the newsroom: one threading server for each outlet, and a log of every request.

Also the ground on which the hostile test server stands (`Port`).
"""

from __future__ import annotations

import errno
import gzip
import hashlib
import re
import socket
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.newsroom.site import Resource, site

_GZIP_FROM = 300  # bytes; smaller bodies go out as they are


class PortTakenError(OSError):
    """A fixed port is in use; the message names it and the remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request as the server saw it, and what it answered."""

    time: datetime
    outlet: str
    method: str
    path: str
    status: int
    user_agent: str | None
    if_none_match: str | None
    if_modified_since: str | None
    sent: int  # bytes of the body on the wire


class RequestLog:
    """Every request in the order of its answer; safe to read while servers write."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: list[Request] = []

    def add(self, request: Request) -> None:
        with self._lock:
            self._requests.append(request)

    def clear(self) -> None:
        with self._lock:
            self._requests.clear()

    def of(self, outlet: str) -> list[Request]:
        """The requests to one outlet."""
        return [one for one in self if one.outlet == outlet]

    def __iter__(self) -> Iterator[Request]:
        with self._lock:
            return iter(self._requests.copy())

    def __len__(self) -> int:
        with self._lock:
            return len(self._requests)


class Port(ThreadingHTTPServer):
    """A server on one port of `host` (0: any free one); `stop` also hangs up on connections still open."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, port: int, handler: type[BaseHTTPRequestHandler], host: str = "127.0.0.1") -> None:
        self._open: set[socket.socket] = set()
        try:
            super().__init__((host, port), handler)
        except OSError as problem:
            if problem.errno != errno.EADDRINUSE:
                raise
            raise PortTakenError(
                f"port {port} on {host} is in use: stop the program that holds it, or choose another first port"
            ) from None
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)

    def server_bind(self) -> None:
        # the parent class asks the resolver for this host's name, which can take seconds
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    @property
    def base(self) -> str:
        return f"http://{self.server_name}:{self.server_port}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        if self._thread.is_alive():
            self.shutdown()
            self._thread.join()
        self.server_close()
        for one in self._open.copy():
            self.shutdown_request(one)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no news."""


class OutletPort(Port):
    """One outlet on its port."""

    def __init__(self, port: int, outlet: str, log: RequestLog, edition: int = 1) -> None:
        super().__init__(port, OutletHandler)
        self.outlet, self.log, self.edition = outlet, log, edition


@lru_cache(maxsize=2000)
def _packed(body: bytes) -> bytes:
    return gzip.compress(body, mtime=0)


class OutletHandler(BaseHTTPRequestHandler):
    """GET and HEAD with validators, conditional answers and gzip."""

    server: OutletPort
    protocol_version = "HTTP/1.1"
    server_version = "newsroom"
    sys_version = ""
    disable_nagle_algorithm = True
    timeout = 60

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def log_message(self, *_: object) -> None:
        """Requests go to the log of the newsroom, not to stderr."""

    def _answer(self, with_body: bool) -> None:
        resource = self._resource()
        body = resource.body
        zipped = (
            len(body) >= _GZIP_FROM
            and resource.mime.startswith(("text/", "application/rss", "application/atom", "application/xml"))
            and "gzip" in self.headers.get("Accept-Encoding", "")
        )
        tag = hashlib.sha256(body).hexdigest()[:16]
        status = 304 if resource.status == 200 and self._known(tag, resource.modified) else resource.status
        if zipped:
            body = _packed(body)
        self.send_response(status)
        if resource.status == 200:
            self.send_header("ETag", f'"{tag}-gz"' if zipped else f'"{tag}"')
            self.send_header("Last-Modified", format_datetime(resource.modified, usegmt=True))
            self.send_header("Vary", "Accept-Encoding")
        if resource.location:
            self.send_header("Location", resource.location)
        if status == 304:
            body = b""
        else:
            self.send_header("Content-Type", resource.mime)
            self.send_header("Content-Length", str(len(body)))
            if zipped:
                self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        sent = len(body) if with_body else 0
        # logged before the last byte leaves, so that a client who has the answer finds it in the log
        self._log(status, sent)
        if sent:
            self.wfile.write(body)

    def _resource(self) -> Resource:
        host = self.headers.get("Host") or ""
        base = f"http://{host}" if re.fullmatch(r"[A-Za-z0-9.-]+(:\d+)?", host) else self.server.base
        found = site(self.server.outlet, self.server.edition, base)
        return found.get(self.path.split("?")[0].split("#")[0] or "/", found[""])

    def _known(self, tag: str, modified: datetime) -> bool:
        """Whether the client has this version already; an entity tag outweighs a date."""
        tags = self.headers.get("If-None-Match")
        if tags is not None:
            return tags.strip() == "*" or f'"{tag}' in tags
        try:
            since = parsedate_to_datetime(self.headers.get("If-Modified-Since") or "")
        except ValueError:
            return False
        return (since if since.tzinfo else since.replace(tzinfo=UTC)) >= modified

    def _log(self, status: int, sent: int) -> None:
        self.server.log.add(
            Request(
                time=datetime.now(UTC),
                outlet=self.server.outlet,
                method=self.command,
                path=self.path,
                status=status,
                user_agent=self.headers.get("User-Agent"),
                if_none_match=self.headers.get("If-None-Match"),
                if_modified_since=self.headers.get("If-Modified-Since"),
                sent=sent,
            )
        )
