"""A clean text and its ledger as paragraphs to read, with the cuts folded in their places, a part at a time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

PART = 40_000  # characters of a text that a page shows at once

_ROOM = PART // 4  # characters before the end of a part in which it may end
_HEAD = 80  # characters that a cross-head has at most
_FEW = 3  # cuts in one place that are folded each by itself

Cut = Mapping[str, Any]  # a ledger row


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a paragraph; `cut` is the ledger row that took it out, `first` where that cut begins."""

    text: str
    cut: Cut | None = None
    first: bool = False


@dataclass(slots=True)
class Paragraph:
    """Pieces that stand on one line of the page."""

    pieces: list[Piece] = field(default_factory=list)
    head: bool = False  # a cross-head, by its looks

    @property
    def text(self) -> str:
        """The paragraph as one string."""
        return "".join(piece.text for piece in self.pieces)

    @property
    def cut(self) -> bool:
        """Whether all of it was taken out."""
        return all(piece.cut for piece in self.pieces)

    @property
    def mixed(self) -> bool:
        """Whether something was taken out in the middle of it."""
        return any(piece.cut for piece in self.pieces)


@dataclass(slots=True)
class Fold:
    """Cuts that stood in one place between two paragraphs; each with its lines."""

    cuts: list[tuple[Cut, list[str]]] = field(default_factory=list)

    @property
    def many(self) -> bool:
        """Whether they are so many that one fold holds them all."""
        return len(self.cuts) > _FEW

    @property
    def chars(self) -> int:
        """Characters of all of them."""
        return sum(cut["stop"] - cut["start"] for cut, _ in self.cuts)

    def add(self, pieces: Sequence[Piece]) -> None:
        """One more line that was taken out, perhaps by several cuts."""
        for piece in pieces:
            if piece.cut is None:
                continue
            if self.cuts and self.cuts[-1][0] is piece.cut:
                self.cuts[-1][1].append(piece.text)
            else:
                self.cuts.append((piece.cut, [piece.text]))


def parts(length: int) -> int:
    """How many parts a text of so many characters is shown in."""
    return max(1, round(length / PART))


def stretch(number: int, length: int) -> tuple[int, int]:
    """Where the characters begin and end that tell which ones are part `number` of a text; the first is 1."""
    last = number >= parts(length)
    return max(0, (number - 1) * PART - _ROOM), length if last else number * PART


def part_of(window: str, number: int, length: int) -> tuple[int, str]:
    """Where a part begins in the text, and its characters, whole paragraphs if possible; `window` is its stretch."""
    start, stop = stretch(number, length)
    first = 0 if number <= 1 else _seam(window[: (number - 1) * PART - start])
    last = len(window) if stop >= length else _seam(window)
    return start + first, window[first:last]


def _seam(text: str) -> int:
    """Where the characters before the end of a part are best parted: behind a paragraph, a sentence or a word."""
    low = max(0, len(text) - _ROOM)
    return next((at + len(mark) for mark in ("\n", ". ", "。", " ") if (at := text.rfind(mark, low)) >= 0), len(text))


def placed(cuts: Iterable[Cut]) -> Iterator[tuple[int, Cut]]:
    """Where in the clean text each cut was; rows with start and stop, sorted."""
    kept = position = 0
    for cut in cuts:
        kept += max(0, cut["start"] - position)
        position = cut["stop"]
        yield kept, cut


def folded(text: str, cuts: Iterable[tuple[int, Cut]]) -> list[Paragraph | Fold]:
    """What a reader sees: paragraphs, and between them what was cut there; `cuts` with their text, as `placed`."""
    found: list[Paragraph | Fold] = []
    for one in _paragraphs(text, cuts):
        if not one.cut:
            found.append(one)
            continue
        if not (found and isinstance(found[-1], Fold)):
            found.append(Fold())
        last = found[-1]
        assert isinstance(last, Fold)
        last.add(one.pieces)
    return found


def paragraphs(text: str, cuts: Iterable[Cut] = ()) -> list[Paragraph]:
    """The text's paragraphs; given `cuts` (rows with start, stop, text; sorted), with those in place."""
    return _paragraphs(text, placed(cuts))


def _paragraphs(text: str, cuts: Iterable[tuple[int, Cut]]) -> list[Paragraph]:
    found = [Paragraph()]
    for piece in _pieces(text, cuts):
        first = piece.first
        for position, line in enumerate(re.split(r"\n+", piece.text)):
            if position and found[-1].pieces:
                found.append(Paragraph())
            if line.strip() or (line and found[-1].pieces):
                found[-1].pieces.append(Piece(line, piece.cut, first))
                first = False
    found = [one for one in found if one.pieces]
    stay = [one for one in found if not one.cut]
    for one, after in pairwise(stay[1:]):  # the first is none
        one.head = _looks_like_a_head(one.text, after.text)
    return found


def _pieces(text: str, cuts: Iterable[tuple[int, Cut]]) -> Iterator[Piece]:
    kept = 0  # how far the clean text has been given out
    for place, cut in cuts:
        yield Piece(text[kept:place])
        yield Piece(cut["text"], cut, first=True)
        kept = max(kept, place)
    yield Piece(text[kept:])


def _looks_like_a_head(text: str, after: str) -> bool:
    bare = text.strip()
    return (
        len(bare) <= _HEAD
        and len(after) > len(bare)
        and bare[:1] not in "-–—•*\"'“„«‘"
        and (bare[-1:].isalnum() or bare[-1:] in "?’")
        and bool(re.search(r"\w", bare))
    )
