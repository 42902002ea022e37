"""A browser without a network: Chromium runs a page's scripts, and all they ask for is answered by somebody else.

scrapy-playwright keeps the browser, its contexts and pages. Its own requests are none of our business: a browser
follows redirects, frames and sockets past any filter, so here it has nowhere to send them.
"""

from __future__ import annotations

import asyncio
import os
import re
import resource
import shutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

from playwright.async_api import BrowserContext, Page, Route
from playwright.async_api import Error as PlaywrightError
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy_playwright.handler import ScrapyPlaywrightDownloadHandler
from scrapy_playwright.provider import PlaywrightBrowserProvider

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
_COMMANDS = ("chrom", "headless")  # of its processes, as Linux calls them
_NOWHERE = "http://nowhere.invalid:80"
_MOST_MEMORY = 1024**3  # bytes of data of one process of the browser, so of one page
_MOST_HEAP = 512  # MiB of a page's scripts
_PATIENCE = 10.0  # seconds for what the browser does at once or never
_FLAGS = (
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-quic",
    "--blink-settings=imagesEnabled=false",
    f"--js-flags=--max-old-space-size={_MOST_HEAP}",
)
#: What a page has to do without: connections that are no requests, so nobody could answer them, and dialogs.
_WITHOUT = """
for (const name of ['RTCPeerConnection', 'webkitRTCPeerConnection', 'WebTransport']) delete globalThis[name];
for (const name of ['alert', 'confirm', 'prompt', 'print']) globalThis[name] = () => null;
"""


class BrowserError(Exception):
    """The browser cannot be started; the message says why."""


class BrowserLostError(Exception):
    """The browser ended under a page, perhaps because of another one."""


def reason(problem: Exception) -> str:
    """What Playwright says of a problem, in one line and without the name of its own method."""
    first = next((line.strip() for line in str(problem).splitlines() if line.strip()), type(problem).__name__)
    return re.sub(r"^\w+\.\w+: ", "", first)


class Browser:
    """Starts with the first page, and anew when it has crashed or answers no more."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._agent = crawler.settings["USER_AGENT"]
        self._handler: Any = None
        self._starting = asyncio.Lock()
        self._ending: set[asyncio.Future[None]] = set()
        self._numbers = count()

    @asynccontextmanager
    async def page(self, url: str, answer: Callable[[Route], Awaitable[None]]) -> AsyncIterator[Page]:
        """A blank page at `url` whose further requests all go to `answer`. It has a context of its own, without
        cookies, and both are gone afterwards. Raises BrowserError and BrowserLostError."""
        async with self._starting:
            handler = self._handler or await self._started()
        page = await self._blank(handler, url)
        try:
            try:
                await page.unroute_all()
                await page.route("**", _ending(answer))
                yield page
            finally:
                await self._closed(handler, page.context)
        except PlaywrightError as problem:
            if handler is not self._handler:
                raise BrowserLostError from problem
            raise

    async def close(self) -> None:
        """End the browser."""
        if self._handler:
            self._discard(self._handler)
        await asyncio.gather(*self._ending)

    def _discard(self, handler: Any) -> None:
        """Leave a browser to its end; the next page starts another."""
        if handler is self._handler:
            self._handler = None
            self._ending = {asyncio.ensure_future(_ended(handler)), *(one for one in self._ending if not one.done())}

    async def _started(self) -> Any:
        handler = ScrapyPlaywrightDownloadHandler(self._crawler)
        handler.config.target_closed_max_retries = 0
        handler.config.launch_options = _options()
        handler.browser_provider = PlaywrightBrowserProvider(handler.config)
        self._handler = handler
        try:
            await handler.browser_provider.start()
            handler.browser = await handler.browser_provider.launch_browser()
        except Exception as problem:
            self._discard(handler)
            raise BrowserError(reason(problem)) from problem
        handler.browser.on("disconnected", lambda _: self._discard(handler))
        _bound_memory()
        return handler

    async def _blank(self, handler: Any, url: str) -> Page:
        meta = {
            "playwright": True,
            "playwright_include_page": True,
            "playwright_context": str(next(self._numbers)),
            "playwright_context_kwargs": {
                "user_agent": self._agent,
                "accept_downloads": False,
                "service_workers": "block",
            },
            "playwright_page_init_callback": _prepare,
            "playwright_page_goto_kwargs": {"wait_until": "commit"},
        }
        request = Request(url, meta=meta)
        try:
            await asyncio.wait_for(handler.download_request(request), _PATIENCE)
        except (TimeoutError, PlaywrightError) as problem:
            self._discard(handler)  # a browser that cannot show an empty page is of no further use
            raise BrowserLostError from problem
        page: Page = request.meta["playwright_page"]
        return page

    async def _closed(self, handler: Any, context: BrowserContext) -> None:
        try:
            await asyncio.wait_for(context.close(), _PATIENCE)
        except (TimeoutError, PlaywrightError):
            self._discard(handler)


async def _prepare(page: Page, _: Request) -> None:
    """Give a page a blank document, and close whatever else it opens."""

    async def blank(route: Route) -> None:
        await route.fulfill(content_type="text/html", body="")

    async def gone(popup: Page) -> None:
        with suppress(PlaywrightError):
            await popup.close()

    context = page.context
    await context.add_init_script(_WITHOUT)
    await context.route_web_socket("**", lambda socket: socket.close())
    context.on("page", gone)
    await page.route("**", _ending(blank))


def _ending(answer: Callable[[Route], Awaitable[None]]) -> Callable[[Route], Awaitable[None]]:
    """An answer that comes to an end where it fails, as when the page or the browser is gone: Playwright would wait
    for it for ever."""

    async def ending(route: Route) -> None:
        try:
            await answer(route)
        except PlaywrightError:
            with suppress(PlaywrightError):
                await route.fallback()

    return ending


def _options() -> dict[str, Any]:
    """How the browser is started: an installed one where there is one, else Playwright's own."""
    program = next(filter(None, map(shutil.which, _PROGRAMS)), None)
    return {
        "args": [*_FLAGS],
        "proxy": {"server": _NOWHERE},
        "ignore_default_args": ["--disable-popup-blocking"],
        "chromium_sandbox": not _is_root(),  # Chromium refuses to start as root with it
        "handle_sigint": False,
        "handle_sigterm": False,
        "handle_sighup": False,
        **({"executable_path": program} if program else {}),
    }


def _is_root() -> bool:
    return os.geteuid() == 0


async def _ended(handler: Any) -> None:
    for end in (handler.close, handler.browser_provider.close):  # the first stops half-way where the browser is dead
        with suppress(Exception):
            await asyncio.wait_for(end(), _PATIENCE)


def _bound_memory() -> None:
    """Let no process of the browser take more than a page needs; those to come inherit it. Only Linux can."""
    if sys.platform != "linux":
        return
    for process in _descendants(os.getpid()):
        with suppress(OSError):
            if (Path("/proc") / str(process) / "comm").read_text().startswith(_COMMANDS):
                resource.prlimit(process, resource.RLIMIT_DATA, (_MOST_MEMORY, _MOST_MEMORY))


def _descendants(process: int) -> Iterator[int]:
    children = (Path("/proc") / str(process) / "task").glob("*/children")
    for child in [int(one) for path in children for one in path.read_text().split()]:
        yield child
        with suppress(OSError):
            yield from _descendants(child)
