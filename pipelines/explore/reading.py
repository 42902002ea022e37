"""A clean text and its ledger as paragraphs to read, with the cuts in their places where wanted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

_HEAD = 80  # characters that a cross-head has at most


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a paragraph; `cut` is the ledger row that took it out, `first` where that cut begins."""

    text: str
    cut: Mapping[str, Any] | None = None
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


def paragraphs(text: str, cuts: Iterable[Mapping[str, Any]] = ()) -> list[Paragraph]:
    """The text's paragraphs; given `cuts` (rows with start, stop, text; sorted), with those in place."""
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
    for one, after in pairwise(found):
        one.head = not one.cut and _looks_like_a_head(one.text, after.text)
    if found:
        found[0].head = False
    return found


def _pieces(text: str, cuts: Iterable[Mapping[str, Any]]) -> Iterator[Piece]:
    kept = 0  # how far the clean text has been given out
    position = 0  # the same place in the text before the cuts
    for cut in cuts:
        step = max(0, cut["start"] - position)
        yield Piece(text[kept : kept + step])
        yield Piece(cut["text"], cut, first=True)
        kept += step
        position = cut["stop"]
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
