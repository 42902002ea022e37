"""Hosts that give trouble: dead, mute, dripping, endless, overloaded, and one that cannot say what it allows."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

from tests.hostile.prose import page, title
from tests.newsroom.server import Port
from tests.press.pages import Answer
from tests.press.server import Handler, Log

#: What each does, by its name.
TROUBLES = {
    "dead": "refuses every connection",
    "mute": "takes connections and never answers",
    "drip": "sends its articles byte by byte",
    "maze": "a sitemap index of indexes, for ever",
    "busy": "429 with Retry-After for all pages but one",
    "closed": "503 for robots.txt",
}
PAUSE = 3600  # seconds that the busy host asks for
_MEMBERS = 20  # of each index of the maze
_SECONDS = 1.0  # between two bytes that drip


class TroubleHandler(Handler):
    """What a host with trouble answers."""

    server: TroublePort

    def respond(self) -> None:
        """Send it, slowly or never."""
        if self.server.slug == "mute":
            self.log(time.monotonic(), 0)
            self.server.stopping.wait()
            self.close_connection = True
        elif self.server.slug == "drip" and self.path.startswith("/story/"):
            self._drip(page(self.path).encode())
        else:
            super().respond()

    def answer(self) -> Answer:
        slug, base = self.server.slug, self.server.base
        match slug, self.path.strip("/").split("/"):
            case "closed", ["robots.txt"]:
                return Answer(status=503, mime="text/plain", body=b"Later, please.")
            case "maze", ["robots.txt"]:
                return Answer(mime="text/plain", body=f"User-agent: *\nSitemap: {base}/maze.xml\n".encode())
            case "maze", [*_, name] if name.endswith(".xml"):
                return _index(base + self.path.removesuffix(".xml"))
            case _, ["robots.txt"]:
                return Answer(status=404, mime="text/plain")
            case _, [""]:
                link = "" if slug == "maze" else '<link rel="alternate" type="application/rss+xml" href="/feed">'
                return Answer(
                    body=f"<html><head><title>{slug}</title>{link}</head><body><h1>{slug}</h1></body>".encode()
                )
            case _, ["feed"]:
                return _feed(slug, base)
            case _, ["story", number]:
                if slug == "busy" and number != "1":
                    return Answer(status=429, headers=(("Retry-After", str(PAUSE)),))
                return Answer(body=page(f"{slug} {number}").encode())
        return Answer(status=404)

    def _drip(self, body: bytes) -> None:
        self.log(time.monotonic(), 200)
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        for number in range(len(body)):
            self.wfile.write(body[number : number + 1])
            if self.server.stopping.wait(_SECONDS):
                return


class TroublePort(Port):
    """One host with trouble; the dead one holds a port on which nobody listens."""

    def __init__(self, slug: str, host: str, log: Log) -> None:
        super().__init__(0, TroubleHandler, host)
        self.slug, self.log, self.stopping = slug, log, threading.Event()
        if slug == "dead":
            self.socket.close()
            self.socket = socket.socket()
            self.socket.bind((host, self.server_port))

    def start(self) -> None:
        if self.slug != "dead":
            super().start()

    def stop(self) -> None:
        self.stopping.set()
        super().stop()


def _feed(slug: str, base: str) -> Answer:
    items = "".join(
        f"<item><title>{title(f'{slug} {n}')}</title><link>{base}/story/{n}</link></item>" for n in range(1, 13)
    )
    text = f'<rss version="2.0"><channel><title>{slug}</title>{items}</channel></rss>'
    return Answer(mime="application/rss+xml", body=text.encode())


def _index(stem: str) -> Answer:
    rows = "".join(f"<sitemap><loc>{stem}-{n}.xml</loc></sitemap>" for n in range(_MEMBERS))
    return Answer(mime="application/xml", body=f"<sitemapindex>{rows}</sitemapindex>".encode())


def ports(hosts: Iterator[str], log: Log) -> list[TroublePort]:
    """A server for each trouble."""
    return [TroublePort(slug, host, log) for slug, host in zip(TROUBLES, hosts, strict=False)]
