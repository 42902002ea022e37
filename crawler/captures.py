"""A response as a capture, and what a failed request has to say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from scrapy.http import Headers, Response

from crawler.middlewares.bodies import WIRE
from pipelines.headers import harmless, kept, moment_in, text_of
from pipelines.types import Capture, Entry

_LONGEST_WAIT = timedelta(days=7)
#: Answers that speak of the moment, not of the page.
_PASSING = {408, 425, 429}
_OVERLOADED = {429, 503}


def capture_of(response: Response, url: str, source: str, entry: Entry | None = None) -> Capture:
    """What came when `url` was asked for."""
    content_type = response.headers.get(b"Content-Type") or b""
    completeness = next((one for one in ("truncated", "damaged") if one in response.flags), "whole")
    return Capture(
        url=url,
        final_url=response.url,
        source=source,
        fetched_at=datetime.now(UTC),
        status=response.status,
        headers=tuple(kept(_pairs(response.headers))),
        request=harmless(kept(_pairs(response.request.headers))) if response.request else (),
        wire_digest=response.request.meta.get(WIRE) if response.request else None,
        mime=text_of(content_type).partition(";")[0].strip().lower() or None,
        body=response.body,
        completeness=completeness,
        rendered="rendered" in response.flags,
        entry=entry,
    )


def _pairs(headers: Headers) -> Iterator[tuple[bytes, bytes]]:
    return ((name, one) for name, values in headers.items() for one in values)


def passing(status: int) -> bool:
    """Whether a status means that the same request may well succeed later."""
    return status in _PASSING or status >= 500


def retry_at(response: Response | None, tries: int) -> str:
    """When to ask again (ISO 8601, UTC): as the host says in Retry-After, else later each time."""
    asked = asked_to_wait(response) if response else None
    wait = min(timedelta(minutes=15 * 4**tries), _LONGEST_WAIT) if asked is None else asked
    return (datetime.now(UTC) + wait).strftime("%Y-%m-%dT%H:%M:%SZ")


def asked_to_wait(response: Response) -> timedelta | None:
    """How long an overloaded host asks us to wait, a week at most; None where it does not say."""
    said = text_of(response.headers.get(b"Retry-After") or b"").strip()
    if response.status not in _OVERLOADED or not said:
        return None
    try:
        # isdecimal() alone would take digits of every script
        wait = (
            timedelta(seconds=int(said[:9]))
            if said.isascii() and said.isdecimal()
            else moment_in(said) - datetime.now(UTC)
        )
    except (ValueError, OverflowError):
        return None
    return max(timedelta(0), min(wait, _LONGEST_WAIT))
