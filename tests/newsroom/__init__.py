"""A small real web site of five invented news outlets, with the right answers beside it.

    with Newsroom() as newsroom:
        for outlet in newsroom.outlets:
            print(outlet.base, [article.title for article in outlet.articles])

Each outlet is served over HTTP on its own port of 127.0.0.1. Nothing but the standard library is needed.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import TracebackType

from tests.newsroom.pages import other_pages, section_pages, shown
from tests.newsroom.server import OutletPort, PortTakenError, Request, RequestLog
from tests.newsroom.truth import EDITIONS, Article, Desk, desks

__all__ = ["Article", "Change", "Newsroom", "Outlet", "PortTakenError", "Request", "RequestLog"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """One outlet as it is served now: where, how its articles can be found, and what is true of each."""

    name: str
    slug: str  # also its source id in `Newsroom.sources_toml`
    base: str  # http://127.0.0.1:port, without a slash at the end
    language: str
    means: tuple[str, ...]  # rss | atom | news-sitemap | sections
    articles: tuple[Article, ...] = field(repr=False)  # newest first, with absolute addresses
    others: tuple[str, ...] = field(default=(), repr=False)  # pages that are no articles: sections, about, tags …
    disallowed: tuple[str, ...] = ()  # addresses that a feed lists and robots.txt forbids


@dataclass(frozen=True, slots=True)
class Change:
    """What the second edition changed: one article was edited, one is new."""

    edited: Article
    added: Article


class Newsroom:
    """The servers of all outlets; a context manager. `first_port` 0 takes free ports, else five in a row.

    Raises PortTakenError when a fixed port is in use.
    """

    def __init__(self, first_port: int = 0, edition: int = 1) -> None:
        self.log = RequestLog()
        self.edition = edition
        self._ports: list[OutletPort] = []
        try:
            for number, desk in enumerate(desks(edition)):
                port = first_port + number if first_port else 0
                self._ports.append(OutletPort(port, desk.slug, self.log, edition))
        except OSError:
            self.close()
            raise

    def __enter__(self) -> Newsroom:
        for port in self._ports:
            port.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Stop serving and free the ports."""
        for port in self._ports:
            port.stop()

    @property
    def outlets(self) -> list[Outlet]:
        """The outlets in the current edition."""
        return [_outlet(desk, port.base) for desk, port in zip(desks(self.edition), self._ports, strict=True)]

    def __getitem__(self, slug: str) -> Outlet:
        return next(outlet for outlet in self.outlets if outlet.slug == slug)

    def next_edition(self) -> Change:
        """Bring out the second edition: one article edited, one added, every other byte as before."""
        assert self.edition < len(EDITIONS), "there is no further edition"
        before = {article.url: article for outlet in self.outlets for article in outlet.articles}
        self.edition += 1
        for port in self._ports:
            port.edition = self.edition
        now = [article for outlet in self.outlets for article in outlet.articles]
        (added,) = (one for one in now if one.url not in before)
        (edited,) = (one for one in now if one.url in before and one.body != before[one.url].body)
        return Change(edited, added)

    def sources_toml(self) -> str:
        """A sources file that follows every outlet, one line each."""
        tables = [f'[source.{port.outlet}]\nhomepage = "{port.base}/"\n' for port in self._ports]
        return "\n".join(['[archive]\nallow_private_networks = ["127.0.0.1"]\ndelay = 0\n', *tables])


def _outlet(desk: Desk, base: str) -> Outlet:
    listed = [page["path"] for page in desk.pages if page.get("listed")]
    others = ["/", *(path for part in desk.sections for path in section_pages(desk, part)), *other_pages(desk)]
    return Outlet(
        name=desk.name,
        slug=desk.slug,
        base=base,
        language=desk.language,
        means=desk.means,
        articles=tuple(_absolute(article, desk, base) for article in desk.articles),
        others=tuple(base + path for path in others if path not in listed),
        disallowed=tuple(base + path for path in listed),
    )


def _absolute(article: Article, desk: Desk, base: str) -> Article:
    furniture, fields_shown = shown(article, desk)
    return replace(
        article,
        url=base + article.url,
        image=base + article.image if article.image else None,
        links=tuple(base + one if one.startswith("/") else one for one in article.links),
        furniture=furniture,
        fields_shown=fields_shown,
    )
