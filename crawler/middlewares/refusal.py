"""Why a request never reaches the network."""

from __future__ import annotations

from scrapy.exceptions import CannotResolveHostError, DownloadConnectionRefusedError, IgnoreRequest

#: Where a response's meta says until when its host is left alone (ISO 8601, UTC).
HELD = "held_until"
#: Nobody answered at all: the host is down, or we are.
UNREACHED = (CannotResolveHostError, DownloadConnectionRefusedError)


class RefusedError(IgnoreRequest):
    """The request must not be made, now or later; the message is the plain reason."""


class CircleError(IgnoreRequest):
    """The answer leads to an address that led to it."""


class NotNowError(IgnoreRequest):
    """The request must not be made before `retry_at` (ISO 8601, UTC)."""

    def __init__(self, reason: str, retry_at: str) -> None:
        super().__init__(reason)
        self.retry_at = retry_at
