"""Furniture at either end of a text that no rule names: told by the odds of its lines together.

From the end, and from the start, the stretch goes whose log-odds add up highest. It ends where a line is clearly text,
and a stretch that would take much of the article is none: then the reader, not the edge, is in doubt.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.rows import Row
from pipelines.rules import structure as by

_TEXT = -1.5  # log-odds below which a line is clearly text
_ALONE = 3.0  # log-odds from which a line is furniture wherever it stands
_MOST = 0.3  # share of the characters that a stretch may take
_FEWEST = 2  # lines a text must have


def judge_edges(rows: Sequence[Row]) -> None:
    """Mark the furniture at both ends; rows are those still kept, in order."""
    if len(rows) < _FEWEST:
        return
    odds = [_odds(row) for row in rows]
    lengths = [row.stop - row.start for row in rows]
    tail = _stretch(odds[:0:-1], lengths[:0:-1], sum(lengths))
    left = len(rows) - tail
    head = _stretch(odds[: left - 1], lengths, sum(lengths))
    for n, row in enumerate(rows):
        if n < head or n >= left or odds[n] >= _ALONE:
            row.go("lead" if n < head else "tail" if n >= left else "body", by.UNLIKELY)


def _odds(row: Row) -> float:
    """A quotation is another's words, not the site's."""
    return min(row.odds, 0.0) if row.tag == "quote" else row.odds


def _stretch(odds: Sequence[float], lengths: Sequence[int], whole: int) -> int:
    """How many lines from the edge add up highest."""
    best = total = 0.0
    count = 0
    for n, one in enumerate(odds, 1):
        if one < _TEXT:
            break
        total += one
        if total > best:
            best, count = total, n
    return count if sum(lengths[:count]) <= _MOST * whole else 0
