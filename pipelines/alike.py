"""Whether two texts are one story, told from the texts themselves, and what each has that the other lacks.

- *exact*: the same words in the same order, at least eight of them.
- *near*: half of all their shingles, or more, are common to both.
- *contains*: less than half, but a good part of the shorter text stands in the longer one: 60 %; or 45 %, which is
  what hard editing leaves, where both are of like length (15 % of all shingles are common).

Less than forty common shingles may be one long sentence, which two stories can share: such short texts are alike only
if 70 % of all shingles, and twenty, are common. Texts that a template made are told apart by what changes in it: where
most of the figures, or most of the names, that stand between the same words differ, they are two reports in one form
and not alike, however many words they share.

Within one outlet standing text is common: biographies, appeals, recurring introductions. There an exact text counts
from forty words on (below that only under the same headline), a near one from 80 % of common shingles on and only
if not both have a paragraph of their own, and a text that stands in another counts as standing text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property

from pipelines.fingerprint import shingle_list
from pipelines.lines import spaceless, words

NEAR = 0.5  # share of all shingles
NEAR_WITHIN = 0.8  # the same, in one outlet
CONTAINED = 0.6  # share of the shorter text
_EDITED = 0.45, 0.15  # shares of the shorter text and of all shingles that hard editing leaves
_SENTENCE = 40  # common shingles that are more than one sentence
_FEWEST, _NEAR_SHORT = 20, 0.7  # common shingles and share of all, where they may be one
_FEWEST_WORDS, _FEWEST_WORDS_WITHIN = 8, 40
_FEWEST_SWAPPED = 12  # shingles that differ in figures or names only: some three or four of these
_KEPT = 0.5  # share of a paragraph's shingles from which it stands in the other text
_OWN_WORDS = 4  # a line of less is no paragraph of anyone's own
_BEGINNING = 10_000  # characters of a text that has as many words as it takes, if it ever has
_LETTER = re.compile(r"[^\W_]")  # or figure: a line with one has a word
_WITHIN_SENTENCE = re.compile(r"(?<=[\w,;] )[^\W\d_][\w’'-]*")
_FIGURE = re.compile(r"\d")


@dataclass(frozen=True)
class Text:
    """A clean text made ready to be compared with others, as far as it comes to that: equal ones are told at once."""

    text: str = field(repr=False)

    @cached_property
    def by_character(self) -> bool:
        """Whether it is in a script without spaces."""
        return spaceless(self.text)

    @cached_property
    def shingles(self) -> frozenset[str]:
        """All its rows of words, or of characters."""
        return frozenset(shingle_list(self.text, by_character=self.by_character))


@dataclass(frozen=True, slots=True)
class Likeness:
    """How two texts are alike: exact, near or contains, and the share of all their shingles common to both."""

    kind: str
    score: float


@dataclass(frozen=True, slots=True)
class Copied:
    """What a copy made of its original, in shares of their shingles and in paragraphs."""

    of_own: float  # share of the copy that stands in the original
    of_head: float  # share of the original that stands in the copy
    kept: tuple[str, ...] = field(repr=False)  # paragraphs of the copy that stand in the original, at least half
    added: tuple[str, ...] = field(repr=False)  # the others
    cut: tuple[str, ...] = field(repr=False)  # paragraphs of the original that the copy lacks


def alike(one: Text, other: Text, *, one_outlet: bool = False, same_title: bool = False) -> Likeness | None:
    """How two texts are alike, or None. The order of the two makes no difference."""
    if one == other or (one.shingles == other.shingles and words(one.text) == words(other.text)):
        return Likeness("exact", 1.0) if _long_enough(one.text, one_outlet and not same_title) else None
    common = len(one.shingles & other.shingles)
    shorter = min(len(one.shingles), len(other.shingles))
    score = common / (len(one.shingles) + len(other.shingles) - common)
    if common < _FEWEST or (common < _SENTENCE and score < _NEAR_SHORT) or not _much_of(common / shorter, score):
        return None
    if one_outlet and (score < NEAR_WITHIN or _both_have_own(one, other)):
        return None
    if _one_template(one, other):
        return None
    return Likeness("near" if score >= NEAR else "contains", score)


def copied(head: Text, copy: Text) -> Copied:
    """What `copy` took from `head`, left out and added."""
    if head == copy:
        return Copied(of_own=1.0, of_head=1.0, kept=tuple(_paragraphs(copy)), added=(), cut=())
    common = len(head.shingles & copy.shingles)
    stands_in_head, stands_in_copy = _standing_in(head), _standing_in(copy)
    own = [(one, stands_in_head(one)) for one in _paragraphs(copy)]
    return Copied(
        of_own=common / len(copy.shingles),
        of_head=common / len(head.shingles),
        kept=tuple(one for one, stands in own if stands),
        added=tuple(one for one, stands in own if not stands),
        cut=tuple(one for one in _paragraphs(head) if not stands_in_copy(one)),
    )


def _much_of(share: float, score: float) -> bool:
    return share >= CONTAINED or (share >= _EDITED[0] and score >= _EDITED[1])


def _long_enough(text: str, strictly: bool) -> bool:
    text = text[:_BEGINNING]
    found = words(text)
    count = sum(map(len, found)) // 2 if spaceless(text) else len(found)
    return count >= (_FEWEST_WORDS_WITHIN if strictly else _FEWEST_WORDS)


def _paragraphs(text: Text) -> list[str]:
    return [line.strip() for line in text.text.split("\n") if _LETTER.search(line)]


def _standing_in(text: Text) -> Callable[[str], bool]:
    """A test whether a paragraph stands in the text, at least half of it."""
    lines = {tuple(words(line)) for line in _paragraphs(text)}

    def stands(paragraph: str) -> bool:
        if tuple(words(paragraph)) in lines:
            return True
        runs = set(shingle_list(paragraph, by_character=text.by_character))
        return len(runs & text.shingles) >= _KEPT * len(runs)

    return stands


def _both_have_own(one: Text, other: Text) -> bool:
    """Whether each has a paragraph that the other lacks: what they share is then standing text."""
    found = copied(one, other)
    return any(map(_is_own, found.added)) and any(map(_is_own, found.cut))


def _is_own(paragraph: str) -> bool:
    return len(words(paragraph)) >= _OWN_WORDS or spaceless(paragraph)


def _one_template(one: Text, other: Text) -> bool:
    """Whether what stands between the same words differs, in figures or in names, more often than not."""
    common, left, right = one.shingles & other.shingles, one.shingles - other.shingles, other.shingles - one.shingles
    if min(len(left), len(right)) < _FEWEST_SWAPPED:
        return False
    for names in (frozenset[str](), _names_in(one) | _names_in(other)):
        same = _places(common, names)
        swapped = (_places(left, names) & _places(right, names)) - same
        if len(swapped) >= _FEWEST_SWAPPED and len(swapped) > len(same):
            return True
    return False


def _names_in(text: Text) -> frozenset[str]:
    """Words that are written like names within a sentence, folded."""
    return frozenset(one.casefold() for one in _WITHIN_SENTENCE.findall(text.text) if one[0].isupper())


def _places(shingles: Iterable[str], names: frozenset[str]) -> set[str]:
    """Shingles with their figures and these names left open, where more than one word is left."""
    found = set()
    for shingle in shingles:
        if names or _FIGURE.search(shingle):
            pieces = shingle.split(" ") if " " in shingle else list(shingle)
            place = ["#" if one in names or _FIGURE.search(one) else one for one in pieces]
            if 0 < place.count("#") < len(place) - 1:
                found.add(" ".join(place))
    return found
