"""HTTP headers as they are kept: of answers all up to a size, of requests only what is nobody's secret."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

#: Headers that say nothing of whoever asks, but for the name a crawl goes by. What else is sent may be a secret.
_HARMLESS = frozenset((
    "user-agent", "accept", "accept-language", "accept-encoding", "if-none-match", "if-modified-since", "referer",
    "cache-control", "pragma", "range", "dnt", "upgrade-insecure-requests",
))  # fmt: skip
_MOST = 64 * 1024  # bytes of names and values, in the order they came: more than any honest server sends


def kept(headers: Iterable[tuple[bytes, bytes]]) -> Iterator[tuple[str, str]]:
    """Names and values as text, up to a size."""
    left = _MOST
    for name, value in headers:
        left -= len(name) + len(value)
        if left < 0:
            return
        yield text_of(name), text_of(value)


def harmless(headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The headers of a request that may be kept, and leave with an export."""
    return tuple(one for one in headers if one[0].lower() in _HARMLESS)


def text_of(value: bytes) -> str:
    """A name or value as text: UTF-8 where it is, else byte by byte."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def moment_in(date: str) -> datetime:
    """An HTTP or mail date in UTC, which is also what one without a zone means. Raises ValueError, OverflowError."""
    moment = parsedate_to_datetime(date)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
