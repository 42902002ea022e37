"""What of a body is kept: content codings undone strictly, cut off at the limit, and marked where not whole.

It stands in for Scrapy's compression middleware, which takes cut-off pages for whole ones and guesses the encoding
of bytes that are still compressed.
"""

from __future__ import annotations

import hashlib
from typing import Self

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.exceptions import StopDownload
from scrapy.http import Headers, Response
from scrapy.responsetypes import responsetypes

from pipelines.decode import ACCEPTED, decode

WIRE = "wire_digest"  # in a request's meta: sha256 of the body that came last, its content codings still on
_RECEIVED = "bytes_received"
#: Nothing of these can be read; the headers are enough.
_NEVER_READ = (b"video/", b"audio/", b"image/", b"font/")
#: What tells the kind of a body that is no longer coded.
_TELLING = (b"Content-Type", b"Content-Disposition")


class BodyMiddleware:
    """Caps, decodes and marks bodies. A response that is not whole has the flag `truncated` or `damaged`."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._limit = crawler.settings.getint("TEARSHEET_BODY_LIMIT")
        crawler.signals.connect(self.headers_received, signals.headers_received)
        crawler.signals.connect(self.bytes_received, signals.bytes_received)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def headers_received(self, headers: Headers) -> None:
        """Stops a download that nobody can read."""
        if (headers.get(b"Content-Type") or b"").lower().startswith(_NEVER_READ):
            raise StopDownload(fail=False)

    def bytes_received(self, data: bytes, request: Request) -> None:
        """Stops a download that is over the limit; what came is kept."""
        received = request.meta.get(_RECEIVED, 0) + len(data)
        request.meta[_RECEIVED] = received
        if received > self._limit_of(request):
            raise StopDownload(fail=False)

    def process_request(self, request: Request) -> None:
        """Asks for the codings that we can undo."""
        request.headers.setdefault(b"Accept-Encoding", ACCEPTED)
        request.meta.pop(_RECEIVED, None)

    def process_response(self, request: Request, response: Response) -> Response | Request:
        """The response with its body decoded; a request where a damaged one is worth another try."""
        request.meta[WIRE] = hashlib.sha256(response.body).hexdigest() if response.body else None
        stopped = "download_stopped" in response.flags
        codings = [
            part.strip().lower()
            for value in response.headers.getlist(b"Content-Encoding")
            for part in value.decode("latin-1").split(",")
        ]
        limit = self._limit_of(request)
        decoded = decode(response.body, codings, limit)
        state = "truncated" if stopped else decoded.completeness
        if "dataloss" in response.flags and state == "whole":
            state = "damaged"
        if state == "damaged" and (again := self._again(request)):
            return again
        if state == "whole" and decoded.body is response.body:
            return response
        # a new object rather than replace(), which would look for the encoding of the old bytes
        telling = {name: value for name in _TELLING if (value := response.headers.get(name))}
        kind = responsetypes.from_args(headers=telling, url=response.url, body=decoded.body)
        return kind(
            url=response.url,
            status=response.status,
            headers=response.headers,
            body=decoded.body,
            flags=[*response.flags, *([] if state == "whole" else [state])],
            request=response.request,
            certificate=response.certificate,
            ip_address=response.ip_address,
            protocol=response.protocol,
        )

    def _limit_of(self, request: Request) -> int:
        return int(request.meta.get("body_limit", self._limit))

    def _again(self, request: Request) -> Request | None:
        spider = self._crawler.spider
        assert spider is not None
        return get_retry_request(request, spider=spider, reason="damaged body", give_up_log_level="DEBUG")
