"""Which cuts are odd, told from each other: those that a reader of the ledger should look at first. Pure.

A cut is odd that has two points or more of these:

1.5  its rule cut nothing else so far
1.5  it is five times as long as its rule's cuts usually are, and has 150 characters or more
1    its rule is rare at this source: at most one in a hundred of the source's cuts
1    it reads like a sentence of the article: ten words or more, an end, and a figure or a quotation in it
1    most of its words stand in no other cut of its source
0.5  it stood inside the text, and not at an edge

What was moved to a field (a date, a byline) is no furniture, and can be odd only by its rule or its length. What is
still to be read in the article, such as the second of two equal paragraphs, is not odd.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

#: What the page says of it; the numbers are those below.
REASONS = {
    "only": "the only cut of its rule",
    "long": "long for its rule",
    "rare": "a rule that is rare at this source",
    "sentence": "reads like a sentence of the article",
    "new": "words that no other cut of this source has",
    "inside": "inside the text",
}
_POINTS = {"only": 1.5, "long": 1.5, "rare": 1.0, "sentence": 1.0, "new": 1.0, "inside": 0.5}
_ENOUGH = 2.0
_TIMES, _CHARACTERS = 5, 150
_FEW = 5  # cuts of a rule below which it has no usual length
_MANY = 100  # cuts of a source from which a share of them says something
_SENTENCE, _NEW_WORDS = 10, 5  # words
_TRIES = 4  # candidates for one place
_WORD = re.compile(r"[^\W\d_]{3,}")
_END = re.compile(r"[.!?。！？؟।…][\"'”’»)\]]*\s*$")
_TELLING = re.compile(r"\d|[“„«「『\"][^“”„«»「」『』\"\n]{12,}")


@dataclass(frozen=True, slots=True)
class Odd:
    """A cut and why it is odd, as keys of REASONS."""

    cut: Mapping[str, Any]
    reasons: tuple[str, ...]

    @property
    def points(self) -> float:
        """How odd it is."""
        return _points(self.reasons)


def oddest(
    cuts: Sequence[Mapping[str, Any]], totals: Mapping[str, int], stays: Callable[[Mapping[str, Any]], bool], most: int
) -> list[Odd]:
    """The oddest of these ledger rows (source_id, rule_id, zone, text), the odder first, at most `most`.

    `totals` says how many cuts of each rule are known in all, `stays` whether the words of a cut can still be read in
    its article; it is asked of few. Of cuts with the same words only the first is told.
    """
    ledger = _Ledger(cuts)
    found = [Odd(cut, ledger.reasons(cut, totals)) for cut in cuts]
    ranked = sorted((one for one in found if one.points >= _ENOUGH), key=lambda one: -one.points)
    kept: dict[tuple[str, ...], Odd] = {}
    for one in ranked[: most * _TRIES]:
        words = tuple(_words(one.cut["text"]))[:40]
        if words not in kept and not stays(one.cut):
            kept[words] = one
    return list(kept.values())[:most]


def _points(reasons: Iterable[str]) -> float:
    return sum(_POINTS[one] for one in reasons)


def _words(text: str) -> list[str]:
    return [one.casefold() for one in _WORD.findall(text[:4000])]


class _Ledger:
    """What is usual among some cuts."""

    def __init__(self, cuts: Sequence[Mapping[str, Any]]) -> None:
        lengths: defaultdict[str, list[int]] = defaultdict(list)
        self._texts: defaultdict[str | None, list[str]] = defaultdict(list)
        self._of_rule: Counter[tuple[str | None, str]] = Counter()
        self._words: dict[str | None, Counter[str]] = {}  # of a source, once they are asked for
        for cut in cuts:
            lengths[cut["rule_id"]].append(len(cut["text"].strip()))
            self._texts[cut["source_id"]].append(cut["text"])
            self._of_rule[cut["source_id"], cut["rule_id"]] += 1
        self._usual = {rule: median(found) for rule, found in lengths.items() if len(found) >= _FEW}

    def reasons(self, cut: Mapping[str, Any], totals: Mapping[str, int]) -> tuple[str, ...]:
        """What is odd about one of them; words are looked at only where they can make it odd enough."""
        source, rule, text = cut["source_id"], cut["rule_id"], cut["text"].strip()
        found = []
        if totals.get(rule) == 1:
            found.append("only")
        if len(text) >= max(_CHARACTERS, _TIMES * self._usual.get(rule, len(text))):
            found.append("long")
        if cut["zone"] == "field":
            return tuple(found)
        many = len(self._texts[source]) >= _MANY
        if many and self._of_rule[source, rule] * 100 <= len(self._texts[source]):
            found.append("rare")
        if _END.search(text[-8:]) and _TELLING.search(text) and len(_words(text)) >= _SENTENCE:
            found.append("sentence")
        if many and _points(found) + _POINTS["new"] + _POINTS["inside"] >= _ENOUGH and self._are_new(source, text):
            found.append("new")
        if cut["zone"] == "body":
            found.append("inside")
        return tuple(found)

    def _are_new(self, source: str | None, text: str) -> bool:
        words = set(_words(text))
        if len(words) < _NEW_WORDS:
            return False
        if source not in self._words:
            self._words[source] = Counter(word for one in self._texts[source] for word in set(_words(one)))
        return 2 * sum(self._words[source][one] <= 1 for one in words) > len(words)
