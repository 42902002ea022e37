"""Outlets with one habit each, for the tests of discovery: a server for each, which logs what it is asked for."""

from __future__ import annotations

import json
from collections.abc import Callable
from html import escape
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.newsroom.server import Port

_WORDS = (
    "harbour", "council", "bridge", "school", "market", "ferry", "winter", "garden", "engine", "letter", "window",
    "mountain", "river", "theatre", "orchard", "lantern", "meadow", "signal", "quarry", "violin", "anchor", "cellar",
)  # fmt: skip
Answer = tuple[int, dict[str, str], bytes]


def headline(n: int) -> str:
    """The headline of the article with this number: five words."""
    one, two, three = (_WORDS[(n * k + k) % len(_WORDS)] for k in (1, 5, 7))
    return f"Old {one} and {two} {three}"


def slug(n: int) -> str:
    """The headline as part of an address."""
    return headline(n).lower().replace(" ", "-")


def prose(n: int, paragraphs: int = 8) -> list[str]:
    """The paragraphs of an article: no two articles share one."""
    return [
        f"The {_WORDS[(n + k) % len(_WORDS)]} of number {n} was opened {k + 2} years ago, and the "
        f"{_WORDS[(n * 3 + k) % len(_WORDS)]} beside it is older still, say those who keep the "
        f"{_WORDS[(n * 7 + 2 * k) % len(_WORDS)]} of {headline(n)} and write about it every spring."
        for k in range(paragraphs)
    ]


def page(n: int, *, head: str = "", paragraphs: int = 8, title: str | None = None) -> bytes:
    """The page of an article."""
    text = "".join(f"<p>{one}</p>" for one in prose(n, paragraphs))
    name = escape(title or headline(n))
    return (
        f'<html lang="en"><head><title>{name}</title>{head}</head>'
        f"<body><article><h1>{name}</h1>{text}</article></body></html>"
    ).encode()


def links(*pairs: tuple[str, str], menu: str = "", head: str = "") -> bytes:
    """A page that lists others: (address, words) each, below a menu."""
    items = "".join(f'<li><h3><a href="{escape(url)}">{escape(text)}</a></h3></li>' for url, text in pairs)
    body = f"<body><nav>{menu}</nav><main><ul>{items}</ul></main></body>"
    return f'<html lang="en"><head>{head}</head>{body}</html>'.encode()


def rss(*items: tuple[str, str] | tuple[str, str, str], title: str = "x") -> bytes:
    """A feed: (address, headline, content if it is given whole) each, newest first."""
    said = "".join(
        f"<item><title>{escape(one[1])}</title><link>{escape(one[0])}</link>"
        + (f"<content:encoded>{escape(one[2])}</content:encoded>" if len(one) > 2 else "")
        + "</item>"
        for one in items
    )
    names = 'xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    return f'<rss version="2.0" {names}><channel><title>{title}</title>{said}</channel></rss>'.encode()


def announce(path: str, title: str = "The Paper") -> str:
    """The head of a homepage that announces a feed."""
    return f'<title>{title}</title><link rel="alternate" type="application/rss+xml" href="{path}">'


class Outlet(Port):
    """A host that answers as it is told: path → bytes of a page, an `Answer`, or a function of the query giving one.

    `rest` answers what no path does.
    """

    def __init__(self) -> None:
        super().__init__(0, _Handler)
        self.answers: dict[str, Any] = {}
        self.rest: Callable[[str], Any] | None = None
        self.asked: list[str] = []

    def times(self, *paths: str) -> list[int]:
        """How often each of these was asked for."""
        return [self.asked.count(one) for one in paths]

    def answer(self, target: str) -> Answer:
        """Status, headers and body for a path with its query."""
        self.asked.append(target)
        parts = urlsplit(target)
        given = self.answers.get(target, self.answers.get(parts.path))
        if given is None and self.rest is not None:
            given = self.rest(target)
        if callable(given):
            given = given(parse_qs(parts.query))
        if given is None:
            return 404, {}, b"nothing here"
        if isinstance(given, bytes):
            kind = "application/rss+xml" if given.startswith(b"<rss") else "text/html; charset=utf-8"
            return 200, {"Content-Type": kind}, given
        status, headers, body = given
        return status, headers, body


class _Handler(BaseHTTPRequestHandler):
    server: Outlet
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        status, headers, body = self.server.answer(self.path)
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing on stderr."""


class WebArchive(Outlet):
    """An index (CDX) and what it lists, replayed: `held` is (timestamp, address, status, type, body) each."""

    def __init__(self, *, dialect: str = "wayback", most: int = 4) -> None:
        super().__init__()
        self.held: list[tuple[str, str, int, str, bytes]] = []
        self.dialect = dialect
        self.most = most  # lines of one answer
        self.answers["/cdx/search/cdx"] = self.answers["/news/cdx"] = self._index
        self.rest = self._replay

    @property
    def index(self) -> str:
        """The address of the index."""
        return self.base + ("/cdx/search/cdx" if self.dialect == "wayback" else "/news/cdx")

    def _index(self, query: dict[str, list[str]]) -> Answer:
        start, stop, host = query["from"][0], query["to"][0], query["url"][0]
        names = {"wayback": ("statuscode", "mimetype"), "pywb": ("status", "mime")}[self.dialect]
        rows = []
        for at, url, status, kind, body in sorted(self.held, key=lambda one: (one[1], one[0])):
            row = {names[0]: str(status), names[1]: kind}
            filters = [one.split(":", 1) for one in query.get("filter", ())]
            fits = all(row.get(name) == value for name, value in filters)
            if fits and start <= at <= stop and host in url:
                rows.append((at, url, kind, str(status), f"D{hash(body) % 10**9}"))
        if self.dialect == "pywb":
            lines = [
                json.dumps(dict(zip(("timestamp", "url", *names[::-1], "digest"), row, strict=True))) for row in rows
            ]
            return 200, {"Content-Type": "text/x-ndjson"}, "\n".join(lines).encode()
        first = int(query.get("resumeKey", ["0"])[0])
        shown = rows[first : first + self.most]
        table: list[Any] = [["timestamp", "original", "mimetype", "statuscode", "digest"], *shown]
        if first + self.most < len(rows):
            table += [[], [str(first + self.most)]]
        return 200, {"Content-Type": "application/json"}, json.dumps(table if rows else []).encode()

    def _replay(self, target: str) -> Answer | None:
        root = "/web/" if self.dialect == "wayback" else "/news/"
        at, _, url = target.removeprefix(root).partition("id_/")
        for one in self.held:
            if one[:2] == (at, url):
                return one[2], {"Content-Type": one[3], "Memento-Datetime": at}, one[4]
        return None
