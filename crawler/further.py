"""The further pages of an article: fetched one after the other, as each names the next, before anything is kept."""

from __future__ import annotations

from dataclasses import replace

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response

from crawler.captures import capture_of, passing
from crawler.middlewares.refusal import RefusedError
from pipelines.paging import next_page
from pipelines.types import Capture

_MOST = 20  # pages of one article
_MOST_BYTES = 16 * 1024**2  # of all of them


class BrokenOffError(Exception):
    """A further page did not come, and may well come later; the message says why."""


async def with_pages(crawler: Crawler, first: Capture) -> Capture:
    """The capture with its further pages. Raises BrokenOffError."""
    pages: list[Capture] = []
    seen = {first.final_url or first.url}
    last, size = first, len(first.body)
    while len(pages) < _MOST - 1 and size < _MOST_BYTES and last.status == 200 and not last.rendered:
        here = last.final_url or last.url
        url = next_page(last.body, first.final_url or first.url, here, len(pages) + 2)
        if url is None or url in seen:
            break
        seen.add(url)
        response = await _fetched(crawler, url)
        if response is None or response.status != 200 or "truncated" in response.flags:
            break
        last = capture_of(response, url, first.source or "")
        pages.append(last)
        size += len(last.body)
    return replace(first, pages=tuple(pages)) if pages else first


async def _fetched(crawler: Crawler, url: str) -> Response | None:
    assert crawler.engine is not None
    try:
        response = await crawler.engine.download_async(Request(url, dont_filter=True))
    except RefusedError:
        return None
    except Exception as problem:
        raise BrokenOffError(f"{url[:200]}: {problem or type(problem).__name__}") from problem
    if passing(response.status):
        raise BrokenOffError(f"{url[:200]}: status {response.status}")
    return response
