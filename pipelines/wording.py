"""The words of a text, in any script, and what they are compared by.

White space, punctuation, letter case and the shape of quotes make no words. A question mark does, for it makes a claim
a question; so do signs of currency, per cent and degree.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

#: Scripts that write no spaces: each character is a word.
_SPACELESS = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
#: Characters that belong to a word beside letters and digits: marks, joiners, soft hyphens.
_MARKS = (
    "\u00ad\u0300-\u036f\u0483-\u0489\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed"
    "\u0900-\u0963\u0966-\u0dff\u200b-\u200d\u2060"
)
#: Marks that stand with the character before them, in such scripts.
_BOUND = "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece\u102b-\u103e\u17b4-\u17d3"
_SIGNS = "?؟？%‰°$€£¥₽₹₺₩₴"  # that mean something by themselves
_ASKING = "?؟"
_NUMBER = rf"(?:(?<!\w)[-−](?=\d))?\d++(?:[.,:]\d++)*+(?!(?![{_SPACELESS}])[^\W\d_])"
_WORDS = re.compile(rf"{_NUMBER}|[\w{_MARKS}]+|[{_SIGNS}]")
_WORDS_SPACELESS = re.compile(rf"{_NUMBER}|[{_SPACELESS}][{_BOUND}]*|(?:(?![{_SPACELESS}])[\w{_MARKS}])+|[{_SIGNS}]")
_HAS_SPACELESS = re.compile(f"[{_SPACELESS}]")
_SILENT = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_END = re.compile(r"[.!?…。！？؟।॥۔\n]")
_TITLES = frozenset(("prof", "capt", "hon", "pres", "mme", "sra", "gov", "sen", "no", "nr", "vs", "ca"))


class Words(NamedTuple):
    """The words of a stretch of a text: what each is compared by, and where it stands in the whole."""

    text: str
    keys: list[str]
    spans: list[tuple[int, int]]

    @classmethod
    def of(cls, text: str, start: int = 0, stop: int | None = None) -> Words:
        """Those between two offsets."""
        stop = len(text) if stop is None else stop
        pattern = _WORDS_SPACELESS if _HAS_SPACELESS.search(text, start, stop) else _WORDS
        keys: list[str] = []
        spans: list[tuple[int, int]] = []
        for found in pattern.finditer(text, start, stop):
            if key := key_of(found[0]):
                keys.append(key)
                spans.append(found.span())
        return cls(text, keys, spans)

    def starts_sentence(self, number: int) -> bool:
        """Whether a word, by its number, opens a sentence or a line, as far as punctuation tells."""
        if number == 0 or number >= len(self.keys):
            return True
        start, stop = self.spans[number - 1]
        if self.keys[number - 1] in _ASKING:
            return True
        between = self.text[stop : self.spans[number][0]]
        if not _END.search(between):
            return False
        return not between.startswith(". ") or not _abbreviated(self.text[start:stop])


def _abbreviated(word: str) -> bool:
    """Whether a full stop after the word ends no sentence: `Mr.`, `J.`, `Prof.`"""
    if word.casefold() in _TITLES:
        return True
    return word[:1].isupper() and (len(word) == 1 or (len(word) <= 3 and word[1:].islower()))


@lru_cache(maxsize=16384)
def key_of(word: str) -> str:
    """What a word is compared by: compatibility forms, case, digits of another script, soft hyphens are all one."""
    if word.isascii():
        return word.casefold()
    word = unicodedata.normalize("NFKC", _SILENT.sub("", word)).casefold().replace("−", "-")
    return "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in word)


def same_words(one: str | None, other: str | None) -> bool:
    """Whether two texts have equal words in the same order."""
    return one == other or Words.of(one or "").keys == Words.of(other or "").keys
