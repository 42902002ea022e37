"""An outlet's own archive: its pages by day or month, and which entries fall between two days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from urllib.parse import urljoin

from crawler.entries.shape import date_in
from pipelines.sources import MARKS
from pipelines.types import Entry

_USUAL = (
    "{year}/{month}/{day}/", "archive/{year}/{month}/{day}/", "archives/{year}/{month}/{day}/",
    "archive/{year}-{month}-{day}", "archiv/{year}/{month}/{day}", "archivo/{year}/{month}/{day}/",
    "{year}/{month}/", "archive/{year}/{month}/", "archives/{year}/{month}/", "archive/{year}-{month}",
    "sitemap-{year}-{month}.xml", "sitemaps/{year}-{month}.xml", "sitemap/{year}/{month}", "{year}/",
)  # fmt: skip


def days(since: str, until: str, today: date) -> tuple[date, date]:
    """The first and last day of what a person asks for: 2024, 2024-05 or 2024-05-03.

    Raises ValueError that names the place and the remedy.
    """
    first = _day(since, "since")
    last = today
    if until:
        last = _day(until, "until")
        if len(until) == 4:
            last = date(last.year, 12, 31)
        elif len(until) == 7:
            last = (last.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    if first > last:
        raise ValueError(f"since={since} is after until={until or last}")
    return first, last


def _day(text: str, name: str) -> date:
    try:
        return date.fromisoformat(text + {4: "-01-01", 7: "-01"}.get(len(text), ""))
    except ValueError:
        raise ValueError(f"{name}={text}: no day; write {name}=2024-05-03") from None


def usual(homepage: str) -> tuple[str, ...]:
    """Where outlets keep their archives, by day first."""
    return tuple(urljoin(homepage, ".") + one for one in _USUAL)


def pages(pattern: str, since: date, until: date) -> Iterator[str]:
    """The archive's addresses for all days from `since` to `until`, newest first, each once."""
    seen: set[str] = set()
    day = until
    while day >= since:
        url = pattern
        for mark, text in zip(
            MARKS, (f"{day:%Y}", f"{day:%m}", f"{day:%d}", str(day.month), str(day.day)), strict=True
        ):
            url = url.replace(mark, text)
        if url not in seen:
            seen.add(url)
            yield url
        day -= timedelta(days=1)


def is_between(entry: Entry, since: date, until: date, *, undated: bool) -> bool:
    """Whether an entry is of these days, by what is said of it, else by its address; `undated` where nothing tells.

    A month or year alone counts if any day of it is between.
    """
    said = entry.published_at or date_in(entry.url) or entry.modified_at or ""
    digits = "".join(char for char in said if char.isdigit())[:8]
    if len(digits) < 4:
        return undated
    return f"{since:%Y%m%d}"[: len(digits)] <= digits <= f"{until:%Y%m%d}"[: len(digits)]


def may_hold(url: str, since: date, until: date) -> bool:
    """Whether a sitemap may list pages of these days, going by a date in its address."""
    digits = date_in(url)[:8]
    return not digits or f"{since:%Y%m%d}"[: len(digits)] <= digits <= f"{until:%Y%m%d}"[: len(digits)]
