"""Pages that only scripts make: what the server sent is handed to a browser, and what comes of it goes on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from itertools import count
from pathlib import Path
from typing import Any, Self

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http import HtmlResponse, Response

from crawler.middlewares.refusal import RefusedError
from crawler.origins import WITHIN_PAGE
from crawler.shelf import Shelf
from pipelines.errors import ConfigError
from pipelines.live import Run
from pipelines.types import Source

RENDER = "render"  # in a request's meta: the page is to pass through the browser
_SEATS = 2  # pages in the browser at once
_LONGEST_ANSWER = 10.0  # seconds for one request of a page


class RenderError(Exception):
    """A page could not be rendered; the message says why."""


def check_browser(path: Path, sources: Iterable[Source]) -> None:
    """Raises ConfigError where a source is to be rendered and nothing is installed that could."""
    for source in sources:
        if source.render:
            try:
                import scrapy_playwright.handler  # noqa: F401 (whether it can be)
            except ImportError as problem:
                raise ConfigError(
                    f"{path}: [source.{source.id}] render = true needs {problem.name or 'a browser'}, which is not"
                    ' installed; pip install "tearsheet[browser]"'
                ) from None
            return


class RenderMiddleware:
    """Stands where bodies are decoded, and redirects, refusals and robots.txt have been seen to.

    The browser itself reaches no network. What a page's scripts ask for is requested like any page: by address and
    by robots.txt, with our name, without cookies, and cut off where too long.
    """

    def __init__(self, crawler: Crawler) -> None:
        from crawler.browser import Browser  # needs the extra

        self._crawler = crawler
        self._browser = Browser(crawler)
        self._limit = crawler.settings.getint("TEARSHEET_BODY_LIMIT")
        self._seconds = crawler.settings.getfloat("DOWNLOAD_TIMEOUT")
        self._most_moves = crawler.settings.getint("REDIRECT_MAX_TIMES")
        self._seats = asyncio.Semaphore(_SEATS)
        self._shelf = Shelf()
        self._numbers = count()
        crawler.signals.connect(self._browser.close, signals.engine_stopped)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        if not any(source.render for source in getattr(crawler.spider, "chosen", ())):
            raise NotConfigured
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """What the server sends may be the same while its scripts show something new: it is never asked whether."""
        if request.meta.get(RENDER):
            for name in (b"If-None-Match", b"If-Modified-Since"):
                request.headers.pop(name, None)

    async def process_response(self, request: Request, response: Response) -> Response | Request:
        """A page as its scripts leave it, flagged as rendered; where they lead elsewhere, the request for that.
        Raises RenderError. What is no page, or not whole, stays as it came."""
        whole = not {"truncated", "damaged"} & set(response.flags)
        if not (request.meta.get(RENDER) and response.status == 200 and whole and isinstance(response, HtmlResponse)):
            return response
        async with self._seats:
            return await self._rendered(request, response)

    async def _rendered(self, request: Request, response: Response, *, again: bool = False) -> Response | Request:
        from playwright.async_api import Error as PlaywrightError

        from crawler.browser import BrowserError, BrowserLostError, reason
        from crawler.rendering import AT_ONCE, Rendering

        slot = f"rendering {next(self._numbers)}"
        slots = self._crawler.engine.downloader.per_slot_settings
        slots[slot] = {"delay": 0.0, "jitter": 0.0, "concurrency": AT_ONCE}
        ends = time.monotonic() + self._seconds

        async def fetch(asked: Request) -> Response:
            return await self._fetch(asked, slot, ends - time.monotonic())

        rendering = Rendering(response, fetch)
        try:
            async with self._browser.page(response.url, rendering.answer) as page:
                html = await rendering.read_off(page, self._limit + 1, self._seconds)
        except BrowserError as problem:
            self._hopeless(problem)
            raise RenderError(str(problem)) from None
        except BrowserLostError:
            if again:
                raise RenderError("the browser crashed, twice") from None
            return await self._rendered(request, response, again=True)  # it may have been another page's doing
        except TimeoutError:
            raise RenderError(f"its scripts did not end within {self._seconds:g} seconds") from None
        except PlaywrightError as problem:
            raise RenderError(f"the browser gave up: {reason(problem)}") from None
        finally:
            slots.pop(slot, None)
        return self._moved(request, rendering.elsewhere) if rendering.elsewhere else self._page(response, html)

    async def _fetch(self, asked: Request, slot: str, left: float) -> Response:
        """What a page's script asks for. Raises what the crawl raises for pages, and RefusedError for half a file."""
        if kept := self._shelf.get(asked):
            return kept
        meta: dict[str, Any] = {
            WITHIN_PAGE: True,
            "download_slot": slot,
            "download_timeout": min(max(left, 0.1), _LONGEST_ANSWER),
            "autothrottle_dont_adjust_delay": True,
            "dont_retry": True,
        }
        response = await self._crawler.engine.download_async(asked.replace(meta=meta, dont_filter=True))
        if {"truncated", "damaged"} & set(response.flags):
            raise RefusedError("not whole")
        self._shelf.put(asked, response)
        return response

    def _moved(self, request: Request, url: str) -> Request:
        """A script that leads elsewhere is a redirect: the new address has to be allowed like any other."""
        led = [*request.meta.get("redirect_urls", ()), request.url]
        if len(led) > self._most_moves:
            raise RefusedError("is led on by scripts again and again")
        meta = {key: value for key, value in request.meta.items() if key not in ("download_slot", "download_latency")}
        return request.replace(url=url, meta={**meta, "redirect_urls": led, "redirect_times": len(led)})

    def _page(self, response: Response, html: str) -> Response:
        body = html.encode("utf-8", errors="replace")
        cut = ["truncated"] if len(body) > self._limit else []
        return HtmlResponse(
            url=response.url,
            status=response.status,
            headers=response.headers,
            body=body[: self._limit],
            encoding="utf-8",
            flags=[*response.flags, "rendered", *cut],
            request=response.request,
            certificate=response.certificate,
            ip_address=response.ip_address,
            protocol=response.protocol,
        )

    def _hopeless(self, problem: Exception) -> None:
        """Without a browser nothing more can be rendered: the crawl ends, and says what is missing."""
        Run.of(self._crawler).stop(
            ConfigError(
                f"the browser does not start ({problem}); install Chromium, or run `playwright install chromium`"
            )
        )
