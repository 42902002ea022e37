"""HTTP for the press: validators that are honest or lie, and a log of every request as it came in."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.utils import format_datetime, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.newsroom.server import Port
from tests.newsroom.truth import EDITIONS
from tests.press.outlets import KINDS, Page, site
from tests.press.pages import Answer

_CONDITIONAL = ("If-None-Match", "If-Modified-Since")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request."""

    time: float  # seconds on the monotonic clock, when it came
    host: str  # the outlet or the trouble
    path: str
    status: int
    headers: dict[str, str] = field(repr=False)

    @property
    def conditional(self) -> bool:
        return any(name in self.headers for name in _CONDITIONAL)


class Log:
    """Every request in the order they came; safe to read while servers write."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked: list[Asked] = []

    def add(self, one: Asked) -> None:
        with self._lock:
            self._asked.append(one)

    def take(self) -> list[Asked]:
        """What was asked since this was called last."""
        with self._lock:
            taken, self._asked = self._asked, []
        return sorted(taken, key=lambda one: one.time)

    def __iter__(self) -> Iterator[Asked]:
        with self._lock:
            return iter(sorted(self._asked, key=lambda one: one.time))

    def __len__(self) -> int:
        with self._lock:
            return len(self._asked)


class Handler(BaseHTTPRequestHandler):
    """GET, logged with what was answered."""

    protocol_version = "HTTP/1.1"
    server_version = "press"
    sys_version = ""
    disable_nagle_algorithm = True
    timeout = 60
    server: Any

    def do_GET(self) -> None:
        self.respond()

    def respond(self) -> None:
        """Send the answer."""
        came = time.monotonic()
        answer = self.answer()
        self.send_response(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        if answer.status != 304:
            self.send_header("Content-Type", answer.mime)
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        # logged before the last byte leaves, so that a client who has the answer finds it in the log
        self.log(came, answer.status)
        if answer.status != 304:
            self.wfile.write(answer.body)

    def answer(self) -> Answer:
        raise NotImplementedError

    def log(self, came: float, status: int) -> None:
        """Write a request down."""
        asked = Asked(time=came, host=self.server.slug, path=self.path, status=status, headers=dict(self.headers))
        self.server.log.add(asked)

    def log_message(self, *_: object) -> None:
        """Nothing on stderr."""


class OutletHandler(Handler):
    """A page of the outlet in its present edition."""

    server: OutletPort

    def answer(self) -> Answer:
        port = self.server
        path, now = self.path, site(port.slug, port.edition, port.base)
        plain = path.partition("?")[0]
        # a query that makes no page of its own makes no difference, but for one in the middle of others
        key = next((one for one in (path, path.partition("&")[0], plain) if one in now), "")
        found = _made(now[key], port.visit(key))
        if found.status != 200:
            return found
        sent = self._validators(key, found)
        return Answer(status=304 if self._known(sent) else 200, mime=found.mime, body=found.body, headers=sent)

    def _validators(self, key: str, found: Answer) -> tuple[tuple[str, str], ...]:
        match KINDS[self.server.slug].tags:
            case "honest":
                return (("ETag", f'"{hashlib.sha256(found.body).hexdigest()[:16]}"'),)
            case "new":
                return (("ETag", f'"{time.monotonic_ns()}"'),)
            case "same":
                return (("ETag", '"v1"'),)
            case "date":
                port = self.server
                first = site(port.slug, 1, port.base).get(key)
                when = EDITIONS[0 if isinstance(first, Answer) and first.body == found.body else 1]
                return (("Last-Modified", format_datetime(when, usegmt=True)),)
        return ()

    def _known(self, sent: tuple[tuple[str, str], ...]) -> bool:
        """Whether the client has this version; a tag that is the same for everything is answered in full."""
        said = dict(sent)
        if KINDS[self.server.slug].tags == "same":
            return False
        if tag := said.get("ETag"):
            return self.headers.get("If-None-Match") == tag
        since, when = self.headers.get("If-Modified-Since"), said.get("Last-Modified")
        return bool(since and when and parsedate_to_datetime(since) >= parsedate_to_datetime(when))


class OutletPort(Port):
    """One outlet on an address of its own."""

    def __init__(self, slug: str, host: str, log: Log) -> None:
        super().__init__(0, OutletHandler, host)
        self.slug, self.log, self.edition = slug, log, 1
        self._visits: Counter[str] = Counter()

    def visit(self, path: str) -> int:
        """How often a page was asked for before."""
        self._visits[path] += 1
        return self._visits[path] - 1


def _made(page: Page, visit: int) -> Answer:
    return page if isinstance(page, Answer) else page(visit)
