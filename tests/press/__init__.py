"""The press: the outlets of the kiosk as real web sites of every kind, and hosts that give trouble beside them.

    with Press() as press:
        project = Project(folder, press.sources_toml())
        project.crawl()
        print(press.log.take())     # every request: when, where, what, with which headers

Each outlet and each trouble is served at a loopback address of its own, as a crawler treats every host by itself. Where
the machine has only 127.0.0.1 (macOS), they share it, and `apart` is False.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count, repeat
from types import TracebackType

from pipelines.urls import urlkey
from tests.newsroom.truth import Article
from tests.press.outlets import EDITIONS, KINDS, issue
from tests.press.server import Asked, Log, OutletPort
from tests.press.troubles import TROUBLES, TroublePort, ports

__all__ = ["KINDS", "TROUBLES", "Asked", "Outlet", "Press"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """One outlet as it is served now."""

    slug: str
    base: str
    means: str
    articles: dict[str, Article] = field(repr=False)  # by urlkey of the canonical address, newest first

    def forbids(self, path: str) -> bool:
        """Whether its robots.txt forbids a path."""
        return re.match(KINDS[self.slug].forbidden, path) is not None


class Press:
    """The servers; a context manager."""

    def __init__(self) -> None:
        self.log = Log()
        self.edition = 1
        self.apart = _available("127.0.1.1")
        self._outlets = [OutletPort(slug, host, self.log) for slug, host in zip(KINDS, self._hosts(1), strict=False)]
        self._troubles: list[TroublePort] = ports(self._hosts(2), self.log)

    def __enter__(self) -> Press:
        for port in (*self._outlets, *self._troubles):
            port.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for port in (*self._outlets, *self._troubles):
            port.stop()

    @property
    def outlets(self) -> list[Outlet]:
        """The outlets in the present edition."""
        return [
            Outlet(
                slug=port.slug,
                base=port.base,
                means=KINDS[port.slug].means,
                articles={
                    urlkey(port.base + one.url): one for one in issue(port.slug, self.edition, port.base).articles
                },
            )
            for port in self._outlets
        ]

    def __getitem__(self, slug: str) -> Outlet:
        return next(one for one in self.outlets if one.slug == slug)

    def next_edition(self) -> tuple[dict[str, Article], dict[str, Article]]:
        """Bring out the second edition: five new articles and three edited ones, by urlkey."""
        before = {key: one for outlet in self.outlets for key, one in outlet.articles.items()}
        assert self.edition < EDITIONS
        self.edition += 1
        for port in self._outlets:
            port.edition = self.edition
        now = {key: one for outlet in self.outlets for key, one in outlet.articles.items()}
        new = {key: one for key, one in now.items() if key not in before}
        return new, {key: one for key, one in now.items() if key in before and before[key].body != one.body}

    def sources_toml(self, *, troubles: bool = False, **archive: str) -> str:
        """A sources file that follows every outlet from its homepage alone; with `troubles` the others too."""
        followed = [*self._outlets, *(self._troubles if troubles else ())]
        settings = {"allow_private_networks": '["127.0.0.0/16"]', "delay": "0", **archive}
        lines = ["[archive]", *(f"{name} = {value}" for name, value in settings.items())]
        return "\n".join([*lines, *(f'[source.{port.slug}]\nhomepage = "{port.base}/"' for port in followed)]) + "\n"

    def _hosts(self, block: int) -> Iterator[str]:
        return (f"127.0.{block}.{n}" for n in count(1)) if self.apart else repeat("127.0.0.1")


def _available(host: str) -> bool:
    with socket.socket() as one:
        try:
            one.bind((host, 0))
        except OSError:
            return False
    return True
