"""What crawls of the press come to: requests by kind, coverage, and what became of killed crawls; as tables."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from pipelines.urls import urlkey
from tests.crawls import Ended, Project
from tests.press import Asked, Outlet, Press

#: What the addresses of a listing's older pages end in: a day, a month, the number of a page.
_OLDER = re.compile(r"(?:/pagina)?(?:/\d+)+$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Crawl:
    """One crawl: how it ended, and every request it made."""

    ended: Ended
    log: list[Asked]

    def of(self, outlet: Outlet) -> list[Asked]:
        """The requests to an outlet."""
        return [one for one in self.log if one.host == outlet.slug]


def crawl(press: Press, project: Project, *arguments: str) -> Crawl:
    """A crawl to its end."""
    press.log.take()
    ended = project.crawl(*arguments)
    return Crawl(ended=ended, log=press.log.take())


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """The articles of an outlet that an archive lacks, and those that are none."""

    outlet: Outlet
    missing: list[str]
    false: list[str]


def coverage(press: Press, project: Project) -> list[Coverage]:
    """What an archive has of each outlet, by urlkey."""
    found = []
    for outlet in press.outlets:
        rows = project.rows("SELECT urlkey, url FROM articles WHERE source_id = ?", outlet.slug)
        stored = dict(rows)
        found.append(
            Coverage(
                outlet=outlet,
                missing=[one.url for key, one in outlet.articles.items() if key not in stored],
                false=[url for key, url in stored.items() if key not in outlet.articles],
            )
        )
    return found


def pages_of(project: Project, press: Press, log: Iterable[Asked]) -> list[str]:
    """The addresses that answered and are neither robots.txt nor a listing that the archive knows, nor an older page of
    one; where a crawler only tried whether there is something, as for the usual places of feeds, it fetched no page."""
    bases = {outlet.slug: outlet.base for outlet in press.outlets}
    listings = {urlkey(url) for (url,) in project.rows("SELECT url FROM feeds")}
    urls = [bases[one.host] + one.path for one in log if one.host in bases and _is_page(one)]
    return [url for url in urls if _OLDER.sub("", urlkey(url)) not in listings]


def _is_page(asked: Asked) -> bool:
    return asked.path != "/robots.txt" and asked.status not in (304, 404)


def gaps(log: Iterable[Asked]) -> list[float]:
    """Seconds between two requests to one host, over all hosts."""
    times: dict[str, list[float]] = {}
    for one in log:
        times.setdefault(one.host, []).append(one.time)
    return [later - sooner for moments in times.values() for sooner, later in pairwise(moments)]


def pace(log: Iterable[Asked], requests: int = 5) -> float:
    """The least average gap of so many requests in a row to one host: a busy server may note one of them late."""
    times = [one.time for one in log]
    spans = (later - sooner for sooner, later in zip(times, times[requests:], strict=False))
    return min(spans, default=float("inf")) / requests


def p95(values: Sequence[float]) -> float:
    """The value that nineteen of twenty stay below."""
    return sorted(values)[int(len(values) * 0.95)]


def requests_table(press: Press, crawls: Sequence[tuple[str, Crawl, list[str]]]) -> str:
    """Requests of several crawls by outlet: all, those answered 304, and pages, for each crawl."""
    head = ["outlet", "lists by"]
    for name, _, _ in crawls:
        head += [name, "304", "pages"]
    rows: list[list[Any]] = []
    for outlet in press.outlets:
        row: list[Any] = [outlet.slug, outlet.means]
        for _, one, pages in crawls:
            own = one.of(outlet)
            row += [len(own), sum(a.status == 304 for a in own), sum(url.startswith(outlet.base) for url in pages)]
        rows.append(row)
    rows.append(["all", "", *(sum(row[n] for row in rows) for n in range(2, len(head)))])
    return table(head, rows)


def coverage_table(found: Sequence[Coverage]) -> str:
    """Articles published, found and false, for each outlet."""
    rows: list[list[Any]] = [
        [one.outlet.slug, one.outlet.means, n := len(one.outlet.articles), n - len(one.missing), len(one.false)]
        for one in found
    ]
    rows.append(["all", "", *(sum(row[n] for row in rows) for n in range(2, 5))])
    return table(["outlet", "lists by", "articles", "found", "false"], rows)


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Rows under a head; numbers to the right."""
    cells = [list(head), *([str(one) for one in row] for row in rows)]
    numeric = [all(row[n].replace(".", "").isdigit() for row in cells[1:]) for n in range(len(head))]
    widths = [max(len(row[n]) for row in cells) for n in range(len(head))]
    return "\n".join(
        "  ".join(
            one.rjust(width) if right else one.ljust(width)
            for one, width, right in zip(row, widths, numeric, strict=True)
        ).rstrip()
        for row in cells
    )


def twice(log: Iterable[Asked]) -> dict[tuple[str, str], int]:
    """What was asked for more than once."""
    return {key: n for key, n in Counter((one.host, one.path) for one in log).items() if n > 1}
