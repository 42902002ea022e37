"""A response as a capture, and what a failed request has to say."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from scrapy.http import Response

from pipelines.types import Capture, Entry

_LONGEST_WAIT = timedelta(days=7)
#: Answers that speak of the moment, not of the page.
_PASSING = {408, 425, 429}


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
        headers=tuple((_text(name), _text(one)) for name, values in response.headers.items() for one in values),
        mime=_text(content_type).partition(";")[0].strip().lower() or None,
        body=response.body,
        completeness=completeness,
        entry=entry,
    )


def passing(status: int) -> bool:
    """Whether a status means that the same request may well succeed later."""
    return status in _PASSING or status >= 500


def retry_at(response: Response | None, tries: int) -> str:
    """When to ask again (ISO 8601, UTC): as the host says in Retry-After, else later each time."""
    now = datetime.now(UTC)
    wait = timedelta(minutes=15 * 4**tries)
    said = _text(response.headers.get(b"Retry-After") or b"").strip() if response else ""
    if said.isdigit():
        wait = timedelta(seconds=int(said[:9]))
    elif said:
        with suppress(ValueError):
            wait = parsedate_to_datetime(said).astimezone(UTC) - now
    return (now + max(timedelta(0), min(wait, _LONGEST_WAIT))).strftime("%Y-%m-%dT%H:%M:%SZ")


def _text(value: bytes) -> str:
    """A header as text: UTF-8 where it is, else byte by byte."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")
