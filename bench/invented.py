"""Invented articles of invented outlets, and copies of them as outlets make copies; the same ones for the same seed.

Sentences are those of real pages, recombined, or words drawn by Zipf's law. Each outlet has standing paragraphs that
stand under some of its articles: an appeal, a biography, a note on itself.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bench.corpus import sets
from pipelines.lines import sentences

OUTLETS = 50
EDITS = ("headline changed", "paragraphs cut", "furniture left in", "quote added", "mixed", "within a longer piece")
_STANDING = 4  # paragraphs that an outlet repeats
_VOCABULARY = 30_000


@dataclass(frozen=True, slots=True)
class Made:
    """An article; those of one `story` are copies of each other."""

    story: int
    outlet: int
    title: str
    paragraphs: tuple[str, ...]
    hours: float  # since the first
    edit: str | None = None  # what made a copy of it

    @property
    def text(self) -> str:
        """The clean text."""
        return "\n\n".join(self.paragraphs)


class Writers:
    """Writes articles; `folder` holds pages with known text to take sentences from."""

    def __init__(self, folder: Path | None = None, *, seed: int = 1) -> None:
        self._dice = random.Random(seed)
        self._pool = _sentences_of(folder) if folder else None
        words = [_word(self._dice) for _ in range(_VOCABULARY)]
        self._words, self._weights = words, _running([1 / (n + 2) for n in range(_VOCABULARY)])
        self._standing = [[self._paragraph() for _ in range(_STANDING)] for _ in range(OUTLETS)]

    def articles(self, count: int, *, first: int = 0) -> list[Made]:
        """Articles that have nothing to do with each other but their outlets' standing paragraphs."""
        return [self._article(first + n) for n in range(count)]

    def copy(self, original: Made, edit: str) -> Made:
        """The article as another outlet carries it some hours later."""
        dice, paragraphs = self._dice, list(original.paragraphs)
        outlet = dice.choice([n for n in range(OUTLETS) if n != original.outlet])
        paragraphs = [one for one in paragraphs if one not in self._standing[original.outlet]]
        if edit in ("paragraphs cut", "mixed"):
            leaving = dice.sample(range(len(paragraphs)), dice.randint(1, max(1, len(paragraphs) // 2)))
            paragraphs = [one for n, one in enumerate(paragraphs) if n not in leaving]
        if edit == "mixed":
            paragraphs = [self._subbed(one) for one in paragraphs]
        if edit in ("quote added", "mixed"):
            paragraphs.insert(dice.randint(1, len(paragraphs)), f"“{self._sentence()}” {self._sentence()}")
        if edit in ("furniture left in", "mixed"):
            paragraphs += [self._furniture() for _ in range(dice.randint(2, 6))]
            paragraphs += dice.sample(self._standing[outlet], 1)
        if edit == "within a longer piece":
            place, more = dice.randint(0, 3), [self._paragraph() for _ in range(dice.randint(5, 15))]
            paragraphs = more[:place] + paragraphs + more[place:]
        title = original.title if dice.random() < 0.3 else self._sentence()
        hours = original.hours + dice.expovariate(1 / 6) + 0.1
        return replace(original, outlet=outlet, title=title, paragraphs=tuple(paragraphs), hours=hours, edit=edit)

    def standing(self, outlet: int) -> str:
        """The standing paragraphs of an outlet as one text."""
        return "\n\n".join(self._standing[outlet])

    def _article(self, story: int) -> Made:
        dice, outlet = self._dice, self._dice.randrange(OUTLETS)
        paragraphs = [self._paragraph() for _ in range(max(3, int(dice.lognormvariate(2.2, 0.5))))]
        paragraphs += dice.sample(self._standing[outlet], dice.choice((0, 0, 1, 1, 2)))
        return Made(story, outlet, self._sentence(), tuple(paragraphs), dice.uniform(0, 8760))

    def _paragraph(self) -> str:
        return " ".join(self._sentence() for _ in range(self._dice.randint(1, 4)))

    def _sentence(self) -> str:
        if self._pool:
            return self._dice.choice(self._pool)
        found = self._drawn(self._dice.randint(7, 28))
        return " ".join(found).capitalize() + "."

    def _furniture(self) -> str:
        return " ".join(self._drawn(self._dice.randint(1, 8))).capitalize()

    def _subbed(self, paragraph: str) -> str:
        """The paragraph after a sub-editor: about two words in a hundred are others."""
        return " ".join(one if self._dice.random() > 0.02 else self._drawn(1)[0] for one in paragraph.split())

    def _drawn(self, count: int) -> list[str]:
        return self._dice.choices(self._words, cum_weights=self._weights, k=count)


def _sentences_of(folder: Path) -> list[str]:
    texts = [truth.text for truths in sets(folder).values() for truth in truths]
    found = {one for text in texts for line in text.split("\n") for one in sentences(line)}
    return sorted(one for one in found if 6 <= one.count(" ") <= 40 and one.isprintable())


def _word(dice: random.Random) -> str:
    return "".join(dice.choice("bcdfghklmnprstvz") + dice.choice("aeiou") for _ in range(dice.randint(1, 4)))


def _running(weights: Sequence[float]) -> list[float]:
    total, sums = 0.0, []
    for weight in weights:
        total += weight
        sums.append(total)
    return sums
