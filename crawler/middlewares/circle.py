"""Redirects that lead back to an address of their own chain: it would say the same again, for we keep no cookies."""

from __future__ import annotations

from scrapy import Request
from scrapy.http import Response

from crawler.middlewares.refusal import CircleError


class CircleMiddleware:
    """Ends such a chain before anything is asked twice."""

    def process_response(self, request: Request, response: Response) -> Response:
        """Raises CircleError."""
        where = response.headers.get(b"Location")
        if where is None or not 300 <= response.status < 400:
            return response
        try:
            target = response.urljoin(where.decode("latin-1")).partition("#")[0]
        except ValueError:
            return response
        if target in (request.url, *request.meta.get("redirect_urls", ())):
            raise CircleError("leads to itself; it may want cookies")
        return response
