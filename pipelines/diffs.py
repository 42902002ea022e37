"""Which words changed between two texts, and both shown as one.

Lines are aligned first, then the words of those that were edited. Every step draws on one budget, so that no pair of
texts takes long: what is left when it is spent counts as replaced.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from pipelines.align import Budget, Region, aligned
from pipelines.wording import Words

_LINE = re.compile(r"[^\n]*\S[^\n]*")
_FOLLOWS = re.compile(r"[^\w\s]*\s*")
_ALIKE = 0.4  # share of words in common from which two lines are one, edited
_FLOWED = 0.7  # share of changed words from which lines were only broken elsewhere
_SLIDE = 60  # words by which an addition may slide to the start of its sentence


class Change(NamedTuple):
    """Words that went and words that came in their place: spans of the two texts, one of which may be empty."""

    start: int
    stop: int
    new_start: int
    new_stop: int


def changes(old: str, new: str) -> list[Change]:
    """What was edited from one text to the other, in the order of reading; nothing where their words are equal."""
    budget = Budget()
    left, right = ([found.span() for found in _LINE.finditer(text)] for text in (old, new))
    found: list[Change] = []
    regions = aligned([old[a:b].strip() for a, b in left], [new[a:b].strip() for a, b in right], budget)
    for a, a_stop, b, b_stop in regions:
        lines, others = left[a:a_stop], right[b:b_stop]
        place, other_place = _place(left, a, old), _place(right, b, new)
        if budget.take(sum(q - p for p, q in (*lines, *others))):
            found += _edited(_Side.of(old, lines, place), _Side.of(new, others, other_place), budget)
        else:
            end, other_end = lines[-1][1] if lines else place, others[-1][1] if others else other_place
            found.append(Change(place, end, other_place, other_end))
    return found


def _place(lines: Sequence[tuple[int, int]], number: int, text: str) -> int:
    return lines[number][0] if number < len(lines) else len(text)


class _Side(NamedTuple):
    """One side of a stretch that changed: its words, and between which of them each line stands."""

    words: Words
    lines: list[tuple[int, int]]
    place: int  # in the text, should there be none

    @classmethod
    def of(cls, text: str, spans: Sequence[tuple[int, int]], place: int) -> _Side:
        words = Words(text, [], [])
        lines = []
        for start, stop in spans:
            line, first = Words.of(text, start, stop), len(words.keys)
            words.keys.extend(line.keys)
            words.spans.extend(line.spans)
            if line.keys:
                lines.append((first, len(words.keys)))
        return cls(words, lines, place)

    def span(self, first: int, stop: int) -> tuple[int, int]:
        """Where words stand in the text."""
        spans = self.words.spans
        if first < stop:
            return spans[first][0], spans[stop - 1][1]
        place = spans[first][0] if first < len(spans) else spans[-1][1] if spans else self.place
        return place, place

    def keys(self) -> list[str]:
        return [" ".join(self.words.keys[first:stop]) for first, stop in self.lines]


def _edited(old: _Side, new: _Side, budget: Budget) -> Iterator[Change]:
    """What changed in a stretch of lines."""
    if old.words.keys == new.words.keys:
        return
    by_line: list[Region] = []
    for a, a_stop, b, b_stop in aligned(old.keys(), new.keys(), budget):
        for p, p_stop, q, q_stop in _paired(old, new, old.lines[a:a_stop], new.lines[b:b_stop], budget):
            first, stop = _words_in(old, a + p, a + p_stop)
            other, other_stop = _words_in(new, b + q, b + q_stop)
            by_line += _within(old.words, new.words, Region(first, stop, other, other_stop), budget)
    found = by_line
    if len(old.lines) != len(new.lines) and old.lines and new.lines:
        flat = _within(old.words, new.words, Region(0, len(old.words.keys), 0, len(new.words.keys)), budget)
        found = flat if sum(map(_size, flat)) < _FLOWED * sum(map(_size, by_line)) else by_line
    for a, a_stop, b, b_stop in found:
        yield Change(*old.span(a, a_stop), *new.span(b, b_stop))


def _words_in(side: _Side, first: int, stop: int) -> tuple[int, int]:
    begin = side.lines[first][0] if first < len(side.lines) else len(side.words.keys)
    return begin, side.lines[stop - 1][1] if stop > first else begin


def _paired(
    old: _Side, new: _Side, lines: Sequence[tuple[int, int]], others: Sequence[tuple[int, int]], budget: Budget
) -> Iterator[Region]:
    """Which of these lines are the same, edited; each of the rest went or came. In the order of reading."""
    pairs = _alike([_bag(old, one) for one in lines], [_bag(new, one) for one in others], budget)
    i = j = 0
    for p, q in [*pairs, (len(lines), len(others))]:
        yield from (Region(n, n + 1, j, j) for n in range(i, p))
        yield from (Region(p, p, n, n + 1) for n in range(j, q))
        if p < len(lines) and q < len(others):
            yield Region(p, p + 1, q, q + 1)
        i, j = p + 1, q + 1


def _bag(side: _Side, line: tuple[int, int]) -> Counter[str]:
    """What tells a line: its words, or where each is a character, pairs of them."""
    words = side.words.keys[slice(*line)]
    if sum(map(len, words)) < 1.2 * len(words):
        words = [one + other for one, other in pairwise(words)] or words
    return Counter(words)


def _alike(lines: Sequence[Counter[str]], others: Sequence[Counter[str]], budget: Budget) -> list[tuple[int, int]]:
    """The pairs of lines, in order, that have most words in common; those at one place where there are too many."""
    if len(lines) == len(others) == 1:
        return [(0, 0)]
    cost = sum(map(len, lines)) * len(others) + sum(map(len, others)) * len(lines)
    if not budget.take(cost // 4):
        return [(n, n) for n in range(min(len(lines), len(others)))]
    like = [[score if (score := _likeness(one, other)) >= _ALIKE else 0.0 for other in others] for one in lines]
    best = [[0.0] * (len(others) + 1) for _ in range(len(lines) + 1)]
    for i in range(len(lines) - 1, -1, -1):
        for j in range(len(others) - 1, -1, -1):
            best[i][j] = max(like[i][j] and like[i][j] + best[i + 1][j + 1], best[i + 1][j], best[i][j + 1])
    pairs, i, j = [], 0, 0
    while i < len(lines) and j < len(others):
        if best[i][j] == best[i + 1][j]:
            i += 1
        elif best[i][j] == best[i][j + 1]:
            j += 1
        else:
            pairs.append((i, j))
            i, j = i + 1, j + 1
    return pairs


def _likeness(one: Counter[str], other: Counter[str]) -> float:
    return 2 * (one & other).total() / ((one.total() + other.total()) or 1)


def _within(old: Words, new: Words, region: Region, budget: Budget) -> list[Region]:
    """The words that changed between two stretches, without islands of words that stayed by chance."""
    a, a_stop, b, b_stop = region
    if a == a_stop or b == b_stop:
        return [region]
    found: list[Region] = []
    for p, q, r, s in aligned(old.keys[a:a_stop], new.keys[b:b_stop], budget):
        low = (found[-1].a_stop, found[-1].b_stop) if found else (a, b)
        found.append(_slid(old, new, Region(p + a, q + a, r + b, s + b), low))
    return _merged(found)


def _slid(old: Words, new: Words, found: Region, low: tuple[int, int]) -> Region:
    """An addition or a deletion moved to where a sentence starts, where the words before it allow that."""
    a, a_stop, b, b_stop = found
    if (a == a_stop) == (b == b_stop):
        return found
    words, first, stop = (old, a, a_stop) if b == b_stop else (new, b, b_stop)
    for step in range(min(_SLIDE, a - low[0], b - low[1]) + 1):
        if words.starts_sentence(first - step):
            return Region(a - step, a_stop - step, b - step, b_stop - step)
        if words.keys[first - step - 1] != words.keys[stop - step - 1]:
            break
    return found


def _merged(found: Sequence[Region]) -> list[Region]:
    """Changes with fewer words between them than either has are one."""
    merged: list[Region] = []
    for one in found:
        last = merged[-1] if merged else None
        if last and one.a - last.a_stop < min(_size(last), _size(one)):
            merged[-1] = Region(last.a, one.a_stop, last.b, one.b_stop)
        else:
            merged.append(one)
    return merged


def _size(region: Region) -> int:
    return max(region.a_stop - region.a, region.b_stop - region.b)


def pieces(old: str, new: str) -> Iterator[tuple[str, str]]:
    """The new text with what went in its place: (" ", words that stayed), ("-", that went), ("+", that came)."""
    place = 0
    for start, stop, new_start, new_stop in changes(old, new):
        yield " ", new[place:new_start]
        if start < stop:
            yield "-", old[start:stop] if new_start < new_stop else _with_room(old, start, stop)
        if new_start < new_stop:
            yield "+", new[new_start:new_stop]
        place = new_stop
    yield " ", new[place:]


def _with_room(text: str, start: int, stop: int) -> str:
    """Words that went without others in their place, with what set them apart from those that stayed."""
    line = text.rfind("\n", 0, start) + 1
    follows = _FOLLOWS.match(text, stop)
    after = follows[0] if follows else ""
    if not any(map(str.isalnum, text[line:start])):
        return text[line:stop] + after
    if "\n" in after or stop + len(after) == len(text):
        lead = start
        while lead > line and not (text[lead - 1].isalnum() or text[lead - 1] in ".!?"):
            lead -= 1
        return text[lead:stop]
    return text[start:stop] + after


def diff_words(old: str, new: str, mark: Callable[[str, str], str] | None = None) -> str:
    """The new text with [-words that went-]{+words that came+}, or each as `mark(sign, words)` writes it."""
    written = mark or (lambda sign, words: f"[-{words}-]" if sign == "-" else f"{{+{words}+}}")
    parts = []
    for sign, words in pieces(old, new):
        bare = words.strip()
        if sign == " " or not bare:
            parts.append(words)
        else:
            lead = len(words) - len(words.lstrip())
            parts += (words[:lead], written(sign, bare), words[lead + len(bare) :])
    return "".join(parts)


def diff_html(old: str, new: str) -> str:
    """The same as HTML: <del>words that went</del><ins>words that came</ins>, all else escaped."""
    return "".join(_element(sign, html.escape(words)) for sign, words in pieces(old, new) if words)


def _element(sign: str, words: str) -> str:
    return {"-": f"<del>{words}</del>", "+": f"<ins>{words}</ins>"}.get(sign, words)
