"""Two sequences laid side by side: which stretches of them differ. Bounded in time, whatever they hold.

What stands once in each is matched first (patience); between these, the fewest edits are looked for (Myers). A budget
of steps is shared by all looks at one pair of texts.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

_STEPS = 400_000
_MOST_EDITS = 400  # of one stretch, looked for one by one


class Region(NamedTuple):
    """Half open stretches of two sequences, by number."""

    a: int
    a_stop: int
    b: int
    b_stop: int


@dataclass(slots=True)
class Budget:
    """Steps that are left."""

    left: int = _STEPS

    def take(self, steps: int) -> bool:
        """Spend steps; False where they are not left."""
        self.left -= steps
        return self.left >= 0


def aligned(one: Sequence[str], other: Sequence[str], budget: Budget) -> list[Region]:
    """The stretches that differ, in order; neighbours are joined."""
    found: list[Region] = []
    waiting = [Region(0, len(one), 0, len(other))]
    while waiting:
        region = _trimmed(one, other, waiting.pop())
        if region.a == region.a_stop and region.b == region.b_stop:
            continue
        parts = _split(one, other, region, budget)
        if parts is None:
            found.append(region)
        else:
            waiting += reversed(parts)
    return _joined(found)


def _trimmed(one: Sequence[str], other: Sequence[str], region: Region) -> Region:
    """The region without what is equal at its ends."""
    a, a_stop, b, b_stop = region
    while a < a_stop and b < b_stop and one[a] == other[b]:
        a, b = a + 1, b + 1
    while a < a_stop and b < b_stop and one[a_stop - 1] == other[b_stop - 1]:
        a_stop, b_stop = a_stop - 1, b_stop - 1
    return Region(a, a_stop, b, b_stop)


def _split(one: Sequence[str], other: Sequence[str], region: Region, budget: Budget) -> list[Region] | None:
    """The smaller regions that are left between what stayed; None where nothing did."""
    a, a_stop, b, b_stop = region
    if a == a_stop or b == b_stop or not budget.take(a_stop - a + b_stop - b):
        return None
    anchors = _anchors(one, other, region) or _fewest_edits(one, other, region, budget)
    if not anchors:
        return None
    parts = []
    for p, q in anchors:
        parts.append(Region(a, p, b, q))
        a, b = p + 1, q + 1
    return [*parts, Region(a, a_stop, b, b_stop)]


def _anchors(one: Sequence[str], other: Sequence[str], region: Region) -> list[tuple[int, int]]:
    """What stands once on either side, the longest run of it that is in order on both."""
    a, a_stop, b, b_stop = region
    left, right = Counter(one[a:a_stop]), Counter(other[b:b_stop])
    places = {key: n for n, key in enumerate(other[b:b_stop], b) if right[key] == 1 and left[key] == 1}
    pairs = [(n, places[key]) for n, key in enumerate(one[a:a_stop], a) if key in places]
    return _longest_in_order(pairs)


def _longest_in_order(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest rising run of second numbers."""
    tops: list[int] = []  # the smallest number that ends a run of each length
    ends: list[int] = []  # which pair that is
    before: list[int] = []
    for n, (_, place) in enumerate(pairs):
        length = bisect_left(tops, place)
        before.append(ends[length - 1] if length else -1)
        tops[length : length + 1] = [place]
        ends[length : length + 1] = [n]
    run = []
    n = ends[-1] if ends else -1
    while n >= 0:
        run.append(pairs[n])
        n = before[n]
    return run[::-1]


def _fewest_edits(one: Sequence[str], other: Sequence[str], region: Region, budget: Budget) -> list[tuple[int, int]]:
    """What stays when as little as possible is edited; nothing where that takes too long to find."""
    a, a_stop, b, b_stop = region
    width, height = a_stop - a, b_stop - b
    reach = {1: 0}
    trace: list[dict[int, int]] = []
    for edits in range(min(width + height, _MOST_EDITS) + 1):
        if not budget.take(4 * edits + 4):
            return []
        trace.append(reach.copy())
        for k in range(-edits, edits + 1, 2):
            down = k == -edits or (k != edits and reach.get(k - 1, -1) < reach.get(k + 1, -1))
            x = reach.get(k + 1, 0) if down else reach.get(k - 1, 0) + 1
            y = x - k
            start = x
            while x < width and 0 <= y < height and one[a + x] == other[b + y]:
                x, y = x + 1, y + 1
            budget.take(x - start)
            reach[k] = x
            if x >= width and y >= height:
                return [(a + p, b + q) for p, q in _walked(trace, width, height)][::-1]
    return []


def _walked(trace: Sequence[dict[int, int]], x: int, y: int) -> Iterator[tuple[int, int]]:
    """The matches on the way that was found, from its end."""
    for edits in range(len(trace) - 1, -1, -1):
        reach = trace[edits]
        k = x - y
        down = k == -edits or (k != edits and reach.get(k - 1, -1) < reach.get(k + 1, -1))
        previous = k + 1 if down else k - 1
        start = reach.get(previous, 0)
        while x > start and y > start - previous:
            x, y = x - 1, y - 1
            yield x, y
        x, y = start, start - previous


def _joined(found: Sequence[Region]) -> list[Region]:
    """Regions that touch, as one."""
    joined: list[Region] = []
    for one in found:
        last = joined[-1] if joined else None
        if last and last.a_stop == one.a and last.b_stop == one.b:
            joined[-1] = Region(last.a, one.a_stop, last.b, one.b_stop)
        else:
            joined.append(one)
    return joined
