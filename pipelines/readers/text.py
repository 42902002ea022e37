"""Plain text files: the bytes are the page, and the digest is their address."""

from __future__ import annotations

from datetime import datetime

from pipelines.types import Capture, Entry
from pipelines.urls import urn_for


def text_capture(body: bytes, at: datetime, source: str | None = None, name: str | None = None) -> Capture:
    """A text that has no address of its own. `name` is that of its file."""
    url = urn_for(body)
    entry = Entry(url=url, kind="import", via=name)
    return Capture(url=url, fetched_at=at, body=body, source=source, mime="text/plain", entry=entry)
