"""When a reader was here last, as a cookie tells it: the newest capture of then, so that what came since can be told.

A visit lasts as long as its pages are half an hour apart at most: to load one again, or to come back to it from an
article, does not end it. The cookie holds three numbers and nothing of the reader.
"""

from __future__ import annotations

import re
from typing import NamedTuple

COOKIE = "tearsheet_visit"
YEAR = 365 * 86400  # seconds that a browser keeps it
_PAUSE = 30 * 60  # seconds after which a visit has ended
_TOLD = re.compile(r"(\d{1,18})-(\d{1,18})-(\d{1,12})")


class Visit(NamedTuple):
    """`since` is the newest capture when the visit before ended, `newest` that of this one; `at` in seconds."""

    since: int
    newest: int
    at: int

    def cookie(self) -> str:
        """The value of the cookie."""
        return "-".join(map(str, self))


def visited(cookie: str | None, newest: int, now: int) -> Visit | None:
    """The visit that a cookie tells of, gone on or begun anew; None where it tells of none.

    `newest` is the newest capture at present. A cookie from another archive, or from the future, tells of none.
    """
    match = _TOLD.fullmatch(cookie or "")
    if match is None:
        return None
    before = Visit(*map(int, match.groups()))
    if before.at > now or not before.since <= before.newest <= newest:
        return None
    ended = now - before.at > _PAUSE
    return Visit(before.newest if ended else before.since, newest, now)
