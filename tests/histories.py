"""Histories of sources, made up: times by a rhythm, articles with all they need, and crawls every half day."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from pipelines.health import examine
from pipelines.store.figures import DAY, WINDOW, Figures, Shape
from pipelines.store.health import Finding

HOUR = 3600
START = 1_700_000_000 // DAY * DAY  # a Tuesday, midnight


def by_chance(a_day: float) -> Callable[[random.Random, int], list[int]]:
    """So many articles a day at any time, none knowing of the other."""

    def times(rng: random.Random, days: int) -> list[int]:
        found, at = [], 0.0
        while (at := at + rng.expovariate(a_day / DAY)) < days * DAY:
            found.append(int(at))
        return found

    return times


def on_working_days(a_day: int) -> Callable[[random.Random, int], list[int]]:
    """About so many articles between eight and six, and none at weekends."""

    def times(rng: random.Random, days: int) -> list[int]:
        return sorted(
            n * DAY + 8 * HOUR + int(rng.random() * 10 * HOUR)
            for n in range(days)
            if n % 7 < 5
            for _ in range(round(a_day * rng.uniform(0.7, 1.3)))
        )

    return times


def every(step: int, jitter: int = 0, batch: int = 1) -> Callable[[random.Random, int], list[int]]:
    """`batch` articles at once, every so many seconds."""

    def times(rng: random.Random, days: int) -> list[int]:
        starts = (n * step + int(rng.random() * jitter) for n in range(days * DAY // step))
        return sorted(start + 60 * k for start in starts for k in range(batch))

    return times


RHYTHMS = {
    "a wire": by_chance(30),
    "a paper": by_chance(8),
    "a blog": by_chance(0.7),
    "an office": on_working_days(12),
    "a small office": on_working_days(3),
    "a daily letter": every(DAY, HOUR),
    "all at midnight": every(DAY, 0, 20),
    "a weekly": every(7 * DAY, 6 * HOUR, 9),
    "a monthly": every(30 * DAY, 2 * DAY),
}


def history(rhythm: str, days: int, seed: int = 0, **shares: float) -> list[Shape]:
    """The articles of a source; `shares` of them have a date, an author, a standfirst."""
    rng = random.Random(f"{rhythm} {seed}")
    has = {"dated": 0.97, "authored": 0.9, "standfirst": 0.6, **shares}
    return [
        Shape(START + at, int(rng.lognormvariate(8, 0.6)), 150, *(rng.random() < share for share in has.values()))
        for at in RHYTHMS[rhythm](rng, days)
    ]


def figures(shapes: Sequence[Shape], now: int, open_: Sequence[Finding] = (), since: int = START) -> Figures:
    """What a crawl of this moment sees of them."""
    seen = [one for one in shapes if now - WINDOW <= one.at <= now]
    older = [one.at for one in shapes if one.at < now - WINDOW]
    return Figures(
        source="paper",
        since=since,
        last_success_at=now,
        articles=len(older) + len(seen),
        shapes=seen,
        older=older[-max(0, 40 - len(seen)) :] if len(seen) < 40 else (),
        days=range(max(since, now - WINDOW) // DAY, now // DAY + 1),
        open=open_,
    )


def crawled(shapes: Sequence[Shape], first: int, last: int) -> Iterator[tuple[float, str, Finding]]:
    """Crawls twice a day, from day to day: (day, "began" or "ended", finding)."""
    open_: dict[tuple[str, int | None], Finding] = {}
    for half in range(2 * first, 2 * last):
        now = START + half * DAY // 2
        found = {one.key: one for one in examine(figures(shapes, now, list(open_.values())), now).findings}
        for key, one in found.items():
            if key not in open_:
                yield half / 2, "began", one
        for key in open_.keys() - found.keys():
            yield half / 2, "ended", open_[key]
        open_ = {key: replace(one, found_at=open_[key].found_at if key in open_ else now) for key, one in found.items()}
