"""Scripts and style sheets that pages of an outlet share, kept while a crawl runs so that it is asked for them once."""

from __future__ import annotations

from collections import OrderedDict

from scrapy import Request
from scrapy.http import Response

_MOST_BYTES = 32 * 1024**2
_KEPT = (b"javascript", b"ecmascript", b"text/css", b"application/wasm")
_NOT_KEPT = (b"no-store", b"private", b"no-cache")


class Shelf:
    """Holds some megabytes of responses; those not asked for the longest make room."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Response] = OrderedDict()
        self._bytes = 0

    def get(self, request: Request) -> Response | None:
        """What this very address gave before."""
        if request.method != "GET" or request.url not in self._kept:
            return None
        self._kept.move_to_end(request.url)
        return self._kept[request.url]

    def put(self, request: Request, response: Response) -> None:
        """Keep a response that is the same for every page, as far as can be told."""
        kind = (response.headers.get(b"Content-Type") or b"").lower()
        said = b",".join(response.headers.getlist(b"Cache-Control")).lower()
        shared = any(one in kind for one in _KEPT) and not any(one in said for one in _NOT_KEPT)
        if request.method != "GET" or response.status != 200 or not shared or request.url in self._kept:
            return
        self._kept[request.url] = response
        self._bytes += len(response.body)
        while self._bytes > _MOST_BYTES:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= len(oldest.body)
