"""A second small web site of our own: eight invented outlets whose furniture no rule file could know.

    with Kiosk() as kiosk:
        for outlet in kiosk.outlets:
            print(outlet.base, [article.furniture for article in outlet.articles])

What each outlet repeats stands in plain paragraphs, lists and spans among the paragraphs of its articles, so that
nothing but the repetition tells it from text. And some true text repeats as well, which must stay.
"""

from __future__ import annotations

from dataclasses import replace

from tests.kiosk.leftovers import leftovers
from tests.kiosk.site import site
from tests.kiosk.stands import stands
from tests.newsroom import Newsroom, Outlet, RequestLog
from tests.newsroom.server import OutletHandler, OutletPort
from tests.newsroom.site import Resource
from tests.newsroom.truth import EDITIONS

__all__ = ["Kiosk", "leftovers"]


class Kiosk(Newsroom):
    """The servers of the kiosk's outlets on free ports; a newsroom that brings out one edition only."""

    def __init__(self) -> None:
        self.log = RequestLog()
        self.edition = len(EDITIONS)  # the last
        self._ports: list[OutletPort] = [_Port(0, desk.slug, self.log) for desk in stands()]

    @property
    def outlets(self) -> list[Outlet]:
        """The outlets, each with the truth about its articles, newest first."""
        return [
            Outlet(
                name=desk.name,
                slug=desk.slug,
                base=port.base,
                language=desk.language,
                means=desk.means,
                articles=tuple(replace(one, url=port.base + one.url) for one in desk.articles),
                others=(f"{port.base}/", *(port.base + page["path"] for page in desk.pages)),
            )
            for desk, port in zip(stands(), self._ports, strict=True)
        ]


class _Handler(OutletHandler):
    """Answers as the newsroom's outlets do, from the pages of the kiosk."""

    def _resource(self) -> Resource:
        found = site(self.server.outlet, self.server.base)
        return found.get(self.path.split("?")[0], found[""])


class _Port(OutletPort):
    """One outlet of the kiosk on its port."""

    def __init__(self, port: int, outlet: str, log: RequestLog) -> None:
        super().__init__(port, outlet, log)
        self.RequestHandlerClass = _Handler
