"""A web server that means harm: one path for each trap, and a feed with each trap between two good articles.

    with Hostile() as site:
        crawl(site["slow-page"].feed)       # good, trap, good
        assert not site.leaked

Only 127.0.0.1 is meant to be fetched; what the redirects aim at says INTERNAL-SECRET and should never be asked.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections import Counter
from dataclasses import dataclass
from types import TracebackType

from tests.hostile.prose import paragraphs, title
from tests.hostile.server import HostileHandler, SecretHandler
from tests.hostile.traps import BAD_LINKS, Trap, Visit, traps
from tests.newsroom.server import Port, RequestLog

__all__ = ["BAD_LINKS", "Door", "Hostile"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """The addresses of one trap, and what must become of it (see `Trap.expect`)."""

    name: str
    expect: str
    url: str
    feed: str  # RSS: a good article, the trap, another good article
    homepage: str  # a page that names the feed
    good: tuple[str, str]  # addresses of the two good articles
    title: str  # of the article in the trap, if there is one to read
    body: tuple[str, ...]  # its paragraphs


class Hostile:
    """The hostile server; a context manager.

    `robots`: allow, forbid, error (500), slow (no answer), endless, or spelled (it names private sitemaps).
    """

    def __init__(self, robots: str = "allow") -> None:
        self.robots = robots
        self.log = RequestLog()
        self.visits: Counter[str] = Counter()  # by path, counted as a request comes in
        self.stopping = threading.Event()
        self.traps: dict[str, Trap] = traps()
        self._port = _Site(self)
        self._secrets = [port for host in ("127.0.0.2", "::1") if (port := _secret(host, self))]

    def __enter__(self) -> Hostile:
        for port in (self._port, *self._secrets):
            port.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stopping.set()
        for port in (self._port, *self._secrets):
            port.stop()

    @property
    def base(self) -> str:
        return self._port.base

    @property
    def leaked(self) -> list[str]:
        """Paths of the secret listeners that were asked for; always to be empty."""
        return [one.path for one in self.log.of("secret")]

    def __getitem__(self, name: str) -> Door:
        trap = self.traps[name]
        return Door(
            name=name,
            expect=trap.expect,
            url=f"{self.base}/trap/{name}",
            feed=f"{self.base}/feed/{name}.xml",
            homepage=f"{self.base}/home/{name}/",
            good=(f"{self.base}/good/{name}/1", f"{self.base}/good/{name}/2"),
            title=title(name),
            body=paragraphs(name) if trap.body is None else trap.body,
        )

    def visit(self, path: str) -> Visit:
        """Count a visit, and say what the trap behind it may know."""
        before = self.visits[path]
        self.visits[path] += 1
        ports = {port.server_name: port.server_port for port in self._secrets}
        return Visit(before, ports.get("127.0.0.2", 80), ports.get("::1", 80), self.stopping)


class _Site(Port):
    def __init__(self, site: Hostile, handler: type = HostileHandler, host: str = "127.0.0.1") -> None:
        self.site = site
        super().__init__(0, handler, host)


class _Site6(_Site):
    address_family = socket.AF_INET6


def _secret(host: str, site: Hostile) -> _Site | None:
    """A listener at an address that must not be reached; None where the machine has no such address."""
    with contextlib.suppress(OSError):
        return (_Site6 if ":" in host else _Site)(site, SecretHandler, host)
    return None
