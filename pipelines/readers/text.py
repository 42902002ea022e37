"""Plain text files: the bytes are the page, and the digest is their address."""

from __future__ import annotations

from datetime import datetime

from pipelines.types import Capture
from pipelines.urls import urn_for


def text_capture(body: bytes, at: datetime, source: str | None = None) -> Capture:
    """A text that has no address of its own."""
    return Capture(url=urn_for(body), fetched_at=at, body=body, source=source, mime="text/plain")
