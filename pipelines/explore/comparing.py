"""Two texts of an article side by side, or as one with its edits: paragraphs that changed, word by word."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from pipelines.diffs import Change, changes

_MOST_SHOWN = 30_000  # characters of one comparison that a page shows

_BREAK = re.compile(r"\n+")
_MARKS = re.compile(r"[^\w\s]*[^\S\n]*(?=\n|$)")

Line = list["Words"]


class Words(NamedTuple):
    """Words of a line: " " stayed, "-" went, "+" came."""

    sign: str
    text: str


@dataclass(slots=True)
class Row:
    """Lines that belong together, as they were, as they became, and both in one."""

    old: list[Line] = field(default_factory=lambda: [[]])
    new: list[Line] = field(default_factory=lambda: [[]])
    both: list[Line] = field(default_factory=lambda: [[]])

    @property
    def changed(self) -> bool:
        """Whether any word of them went or came."""
        return any(
            words.sign != " " and words.text.strip()
            for lines in (self.old, self.new)
            for line in lines
            for words in line
        )

    @property
    def blank(self) -> bool:
        """Whether there is no word."""
        return not any(words.text.strip() for lines in (self.old, self.new) for line in lines for words in line)

    def size(self) -> int:
        """Characters of both."""
        return sum(len(words.text) for line in self.both for words in line)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two texts tell apart: rows that changed with one beside them, numbers of paragraphs that stayed between."""

    title: Row | None
    description: Row | None
    rows: tuple[Row | int, ...]
    cut_short: bool  # there is more than a page shows

    @property
    def nothing(self) -> bool:
        """Whether their words are equal."""
        return self.title is None and self.description is None and not any(isinstance(one, Row) for one in self.rows)


Text = tuple[str | None, str | None, str]  # headline, standfirst, text


def compared(old: Text, new: Text) -> Comparison:
    """What was edited from one text to the other. It may take a moment where texts are long."""
    shown, cut_short = _bounded(_elided([row for row in rows(old[2], new[2]) if not row.blank]))
    return Comparison(_short(old[0], new[0]), _short(old[1], new[1]), tuple(shown), cut_short)


def _short(old: str | None, new: str | None) -> Row | None:
    """A headline or standfirst; None where its words stayed."""
    old, new = " ".join((old or "").split()), " ".join((new or "").split())
    found = [row for row in rows(old, new) if not row.blank]
    return found[0] if found and found[0].changed else None


def rows(old: str, new: str) -> list[Row]:
    """Both texts to the letter, cut into rows wherever lines of both begin."""
    found = _Rows()
    place = new_place = 0
    for start, stop, new_start, new_stop in (_grown(old, new, one) for one in changes(old, new)):
        found.stay(old[place:start], new[new_place:new_start])
        found.change(old[start:stop], new[new_start:new_stop])
        place, new_place = stop, new_stop
    found.stay(old[place:], new[new_place:])
    return [*found.done, found.row]


def _grown(old: str, new: str, one: Change) -> Change:
    """A change of whole lines with the full stops behind its words; one of words as it is."""
    start, stop, new_start, new_stop = one
    went, came = start < stop and _opens(old, start), new_start < new_stop and _opens(new, new_start)
    if went or start == stop:
        stop = _behind(old, stop)
        start = start if went else stop
    if came or new_start == new_stop:
        new_stop = _behind(new, new_stop)
        new_start = new_start if came else new_stop
    whole = (went or came) and (went or start == stop) and (came or new_start == new_stop)
    return Change(start, stop, new_start, new_stop) if whole else _apart(old, new, one)


def _apart(old: str, new: str, one: Change) -> Change:
    """Words that went or came in the middle of a line, with what set them apart from the word before."""
    start, stop, new_start, new_stop = one
    if new_start == new_stop and old[start - 1 : start].isspace() and not new[new_start - 1 : new_start].isspace():
        start = _back(old, start)
    elif start == stop and new[new_start - 1 : new_start].isspace() and not old[start - 1 : start].isspace():
        new_start = _back(new, new_start)
    return Change(start, stop, new_start, new_stop)


def _back(text: str, place: int) -> int:
    """Where the word before this place ends, or its line begins."""
    while place and not text[place - 1].isalnum() and text[place - 1] != "\n":
        place -= 1
    return place


def _opens(text: str, place: int) -> bool:
    """Whether no word stands before this place in its line."""
    return not any(map(str.isalnum, text[text.rfind("\n", 0, place) + 1 : place]))


def _behind(text: str, place: int) -> int:
    """The end of the line, where nothing but marks is left of it and words stand before; else the same place."""
    found = _MARKS.match(text, place)
    return found.end() if found and not _opens(text, place) else place


class _Rows:
    """Rows as they grow."""

    def __init__(self) -> None:
        self.done: list[Row] = []
        self.row = Row()

    def change(self, went: str, came: str) -> None:
        """Words that went and those that came in their place."""
        for sign, words, own in (("-", went, self.row.old), ("+", came, self.row.new)):
            if words and not _begun(own) and _begun(self.row.both):
                self.row.both.append([])
            for number, line in enumerate(words.split("\n")):
                if number:
                    own.append([])
                    self.row.both.append([])
                if line:
                    own[-1].append(Words(sign, line))
                    self.row.both[-1].append(Words(sign, line))

    def stay(self, old: str, new: str) -> None:
        """Words that both texts have, each with its own lines."""
        left, right = _BREAK.split(old), _BREAK.split(new)
        if len(left) == len(right) + 1 and not left[0] and not _begun(self.row.new):
            left = left[1:]  # a whole line went
            self._flush()
        elif len(right) == len(left) + 1 and not right[0] and not _begun(self.row.old):
            right = right[1:]
            self._flush()
        if len(left) == len(right):
            pairs = [([one], [other]) for one, other in zip(left, right, strict=True)]
        elif len(left) > 1 and len(right) > 1:
            pairs = [(left[:1], right[:1]), (left[1:-1], right[1:-1]), (left[-1:], right[-1:])]
        else:
            pairs = [(left, right)]
        for number, (one, other) in enumerate(pairs):
            if number:
                self._flush()
            _add(self.row.old, one)
            _add(self.row.new, other)
            _add(self.row.both, other)

    def _flush(self) -> None:
        self.done.append(self.row)
        self.row = Row()


def _begun(lines: Sequence[Line]) -> bool:
    """Whether the last line has a word already."""
    return any(words.text.strip() for words in lines[-1])


def _add(lines: list[Line], words: Sequence[str]) -> None:
    for number, line in enumerate(words):
        if number:
            lines.append([])
        if line:
            lines[-1].append(Words(" ", line))


def _elided(found: Sequence[Row]) -> Iterator[Row | int]:
    """The rows that changed with one on either side of them; of the others only how many."""
    near = {n + step for n, row in enumerate(found) if row.changed for step in (-1, 0, 1)}
    skipped = 0
    for number, row in enumerate(found):
        if number in near:
            yield from [skipped] if skipped else []
            yield row
            skipped = 0
        else:
            skipped += 1
    yield from [skipped] if skipped else []


def _bounded(every: Iterable[Row | int]) -> tuple[list[Row | int], bool]:
    found: list[Row | int] = []
    left = _MOST_SHOWN
    for row in every:
        if isinstance(row, Row):
            left -= row.size()
            if left < 0:
                return found, True
        found.append(row)
    return found, False
