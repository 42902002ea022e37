"""Furniture at either end of a text that no rule names: told by the odds of its lines together.

From the end, and from the start, the stretch goes whose log-odds add up highest. It ends where a line is clearly text,
and a stretch that would take much of the article is none: then the reader, not the edge, is in doubt.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pipelines.lines import SHORTEST, ends_sentence, word_count
from pipelines.rows import Row
from pipelines.rules import structure as by

_TEXT = -1.5  # log-odds from which down a line is clearly text
_ALONE = 3.0  # log-odds from which a line is furniture wherever it stands
_MOST = 0.3  # share of the characters that a stretch may take
_FEWEST = 2  # lines a text must have


def judge_edges(rows: Sequence[Row]) -> None:
    """Mark the furniture at both ends; rows are those still kept, in order."""
    if len(rows) < _FEWEST:
        return
    odds = [_odds(row, told) for row, told in zip(rows, _announced(rows), strict=True)]
    lengths = [row.stop - row.start for row in rows]
    tail = _stretch(odds[:0:-1], lengths[:0:-1], sum(lengths))
    left = len(rows) - tail
    head = _stretch(odds[: left - 1], lengths, sum(lengths))
    gone = {n for n in range(len(rows)) if n < head or n >= left or odds[n] >= _ALONE}
    if gone and not _is_text(row.text for n, row in enumerate(rows) if n not in gone):
        return
    for n in sorted(gone):
        rows[n].go("lead" if n < head else "tail" if n >= left else "body", by.UNLIKELY)


def _is_text(lines: Iterable[str]) -> bool:
    """Whether enough is left; of less, too little is known to judge any line."""
    words = 0
    return any((words := words + word_count(line)) >= SHORTEST for line in lines)


def _odds(row: Row, announced: bool) -> float:
    """A quotation is another's words, not the site's, and what the text announces is its own."""
    if announced and row.odds < _ALONE:
        return min(row.odds, _TEXT)
    return min(row.odds, 0.0) if row.tag == "quote" else row.odds


def _stretch(odds: Sequence[float], lengths: Sequence[int], whole: int) -> int:
    """How many lines from the edge add up highest."""
    best = total = 0.0
    count = 0
    for n, one in enumerate(odds, 1):
        if one <= _TEXT:
            break
        total += one
        if total > best:
            best, count = total, n
    return count if sum(lengths[:count]) <= _MOST * whole else 0


def _announced(rows: Sequence[Row]) -> list[bool]:
    """Which rows a line of the text announces by the colon it ends with: all items of a list, or a line, and the next
    one where that is no sentence but a name or a date above it."""
    found = [False] * len(rows)
    for n, row in enumerate(rows):
        if not row.text.endswith((":", "：")) or row.odds >= 0:
            continue
        stop = n + 1
        while row.tag != "li" and stop < len(rows) and rows[stop].tag == "li":
            stop += 1
        if stop == n + 1 < len(rows):
            stop += 1 if ends_sentence(rows[stop].text) else 2
        for i in range(n + 1, min(stop, len(rows))):
            found[i] = True
    return found
