"""One page in the browser: its document is the one that was fetched, what its scripts ask for comes through the
crawl's own door, and when they have come to rest the document is read off."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from urllib.parse import urldefrag

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page, Route
from playwright.async_api import Request as Asked
from scrapy import Request
from scrapy.http import Response

_WANTED = {"script", "stylesheet", "xhr", "fetch"}
_METHODS = {"GET", "HEAD", "POST"}
_MOST_ASKED = 300  # requests of one page
AT_ONCE = 6  # of these on their way, as in browsers
_QUIET = 0.5  # seconds without a request or a busy script, after which a page is taken to be done
_LONGEST_REST = 10.0  # seconds a page gets to come to rest; one that never does is taken as it stands then
#: Of the browser's or the server's connection, or said of a body that has been decoded.
_NOT_SENT = {"host", "cookie", "connection", "content-length", "accept-encoding"}
_NOT_PASSED = {
    "set-cookie",
    "connection",
    "content-length",
    "content-encoding",
    "transfer-encoding",
    "content-disposition",
}

#: Resolves when no script is busy.
_IDLE = "() => new Promise(done => requestIdleCallback(done))"
#: The document as it stands, with what open shadow roots show in place.
_READ_OFF = """limit => {
  const fill = root => {
    for (const host of root.querySelectorAll('*')) {
      if (!host.shadowRoot) continue;
      fill(host.shadowRoot);
      for (const slot of host.shadowRoot.querySelectorAll('slot')) slot.replaceWith(...slot.assignedNodes());
      host.replaceChildren(...host.shadowRoot.childNodes);
    }
  };
  fill(document);
  return ('<!DOCTYPE html>' + document.documentElement.outerHTML).slice(0, limit);
}"""


class Rendering:
    """A document and the answers to what it asks for. `fetch` raises for what may not or cannot be had."""

    def __init__(self, document: Response, fetch: Callable[[Request], Awaitable[Response]]) -> None:
        self.elsewhere: str | None = None  # where the page's scripts went on to
        self._document = document
        self._fetch = fetch
        self._shown = False
        self._over = False
        self._asked = 0
        self._open = 0
        self._lines = asyncio.Semaphore(AT_ONCE)

    async def read_off(self, page: Page, limit: int, seconds: float) -> str:
        """The document at rest, up to `limit` characters; of no use where the page went elsewhere. Raises
        TimeoutError where its scripts keep it busy for so many seconds; requests without end alone do not."""
        async with asyncio.timeout(seconds):
            try:
                await page.goto(self._document.url, wait_until="domcontentloaded", timeout=0)
            except PlaywrightError:
                if not self.elsewhere:
                    raise
            with suppress(TimeoutError):
                await asyncio.wait_for(self._rest(page), min(_LONGEST_REST, seconds / 2))
            self._over = True
            return await self._html(page, limit)

    async def _html(self, page: Page, limit: int) -> str:
        if self.elsewhere:
            return ""
        html = await page.evaluate(_READ_OFF, limit)
        return html[:limit] if isinstance(html, str) else ""  # the page may have its own idea of a string

    async def answer(self, route: Route) -> None:
        """Fulfil or abort one request of the page. Raises Playwright's Error where the page is gone, and its requests
        with it."""
        self._open += 1
        self._asked += 1
        try:
            if self._asked > _MOST_ASKED:
                await self._turn_off(route)
            elif route.request.is_navigation_request():
                await self._navigate(route)
            elif response := await self._had(route.request):
                await _give(route, response)
            else:
                await route.abort()
        finally:
            self._open -= 1

    async def _navigate(self, route: Route) -> None:
        asked = route.request
        if asked.frame.parent_frame:
            await route.abort()  # what stands in frames is of other pages
        elif not self._shown:
            self._shown = True
            await _give(route, self._document)
        else:
            if urldefrag(asked.url).url != urldefrag(self._document.url).url:
                self.elsewhere = asked.url
            await route.abort()

    async def _turn_off(self, route: Route) -> None:
        """From now on the page's requests come to nothing in the browser itself, and cost us nothing."""
        first = self._asked == _MOST_ASKED + 1
        await route.abort()
        if first:
            await route.request.frame.page.unroute_all()

    async def _had(self, asked: Asked) -> Response | None:
        if asked.resource_type not in _WANTED or asked.method not in _METHODS:
            return None
        headers = {name: value for name, value in asked.headers.items() if name not in _NOT_SENT}
        async with self._lines:
            if self._over:
                return None
            with suppress(Exception):  # refused, private, too slow, too long: to the page it is all the same
                request = Request(asked.url, method=asked.method, headers=headers, body=asked.post_data_buffer or b"")
                return await self._fetch(request)
        return None

    async def _rest(self, page: Page) -> None:
        """Returns when nothing has been asked for a while, nothing is on its way, and no script is busy."""
        quiet_since, asked = time.monotonic(), self._asked
        while not self.elsewhere and time.monotonic() - quiet_since < _QUIET:
            await asyncio.sleep(_QUIET / 5)
            with suppress(PlaywrightError):
                await page.evaluate(_IDLE)
            if self._open or self._asked != asked:
                quiet_since, asked = time.monotonic(), self._asked


async def _give(route: Route, response: Response) -> None:
    headers = {
        name.decode("latin-1"): b", ".join(values).decode("latin-1")
        for name, values in response.headers.items()
        if name.decode("latin-1").lower() not in _NOT_PASSED
    }
    await route.fulfill(status=response.status, headers=headers, body=response.body)
