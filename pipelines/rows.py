"""The lines that `strip` judges: blocks of the extraction, split where furniture was glued to a line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

from pipelines.marks import form_of
from pipelines.reading import Reader
from pipelines.types import Block, Claim, Extraction, Rule

#: The first letter of a line joined to another without a space: a capital behind a small letter, figure, closing mark.
_JOIN = re.compile(r"[©A-ZÀ-ÖØ-ÞА-ЯЁ](?<=[\w.!?…'’\"”»)\]].)(?<![A-ZÀ-ÖØ-ÞА-ЯЁ].)")
_GLUED_TAIL = 250  # characters at the end of a line in which a join is looked for


@dataclass(slots=True)
class Row:
    """A line under judgement; `cut` is (zone, rule, claims) once it is to go."""

    start: int
    stop: int
    text: str
    tag: str = "p"
    linked: float = 0.0  # share of its characters within links
    odds: float = 0.0  # log-odds that it is furniture; none are known of a part of a block
    form: str = ""  # what a lesson knows it by
    target: str = ""  # where its first link leads
    cut: tuple[str, Rule, tuple[Claim, ...]] | None = None

    def go(self, zone: str, rule: Rule, claims: Iterable[Claim] = ()) -> None:
        """Mark the line as cut."""
        self.cut = (zone, rule, tuple(claims))


def rows_of(extraction: Extraction, reader: Reader) -> list[Row]:
    """The lines of an extraction, in order."""
    return [row for block in extraction.blocks for row in _split(extraction.text, block, reader)]


def pieces_of(text: str, block: Block) -> Iterator[str]:
    """Every line that a block may be read as, whatever the rules are, but the one its marks hold."""
    line = text[block.start : block.stop]
    if (places := _places(line)) or block.links:
        for start, stop in combinations((0, *places, len(line)), 2):
            yield line[start:stop]


def _split(text: str, block: Block, reader: Reader) -> Iterator[Row]:
    start = block.start
    for join in _joins(text[block.start : block.stop], reader):
        yield _row(text, block, start, block.start + join)
        start = block.start + join
    yield _row(text, block, start, block.stop)


def _row(text: str, block: Block, start: int, stop: int) -> Row:
    linked = sum(min(link.stop, stop) - max(link.start, start) for link in block.links if link.start < stop > start)
    line = text[start:stop]
    if (start, stop) != (block.start, block.stop):
        return Row(start, stop, line, block.tag, max(0, linked) / max(1, stop - start), form=line)
    form = form_of(line, [(link.start - start, link.stop - start) for link in block.links])
    target = block.links[0].url if block.links else ""
    return Row(start, stop, line, block.tag, max(0, linked) / max(1, stop - start), block.odds, form, target)


def _joins(line: str, reader: Reader) -> list[int]:
    """Where furniture was glued on: a join is one when all that follows it, up to the next join, is furniture."""
    found: list[int] = []
    stop = len(line)
    for place in reversed(_places(line)):
        piece = line[place:stop]
        if reader.read(piece, "tail"):
            found.append(place)
            stop = place
    return found[::-1]


def _places(line: str) -> list[int]:
    return [match.start() for match in _JOIN.finditer(line, max(0, len(line) - _GLUED_TAIL)) if match.start()]
