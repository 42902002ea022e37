"""What a line of text looks like, in any script: folding, words, sentences, likeness."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import lru_cache

SHORTEST = 20  # words of an article; a page with fewer holds a notice, not news
_WORD = re.compile(r"[^\W_]++(?:['’ʼ-][^\W_]++)*+")
#: Scripts that write no spaces: a character counts as half a word.
_SPACELESS = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_CLOSERS = "\"'”’»›“)]}」』*\u200e\u200f"
_ENDS = ".!?…。！？؟۔।॥‥:;"
_SENTENCE_END = re.compile(r"(?<=[.!?…؟۔।])[\"'”’»)\]]*\s+|(?<=[。！？])[」』”’]*\s*")


def fold(text: str) -> str:
    """Text for comparing: compatibility forms, case and white space make no difference."""
    text = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return " ".join(text.split()).casefold()


@lru_cache(maxsize=4096)
def key(text: str) -> str:
    """Text for recognising again: words only, folded, quotes and punctuation aside."""
    return " ".join(words(text))


def words(text: str) -> list[str]:
    """The words of a text, folded, in order; whole texts go here, since `key` remembers what it was asked."""
    return _WORD.findall(fold(text).replace("’", "'"))


@lru_cache(maxsize=1024)
def word_count(text: str) -> int:
    """Words of a text; in scripts without spaces two characters count as one."""
    spaceless = 0 if text.isascii() else len(_SPACELESS.findall(text))
    if not spaceless:
        return len(_WORD.findall(text))
    return len(_WORD.findall(_SPACELESS.sub(" ", text))) + (spaceless + 1) // 2


def spaceless(text: str) -> bool:
    """Whether a text is in a script that writes no spaces, for the most part."""
    return _SPACELESS.search(text) is not None and word_count(text) > 3 * len(words(text))


def ends_sentence(text: str) -> bool:
    """Whether the line closes as a sentence does, quotes and brackets aside."""
    bare = text.rstrip().rstrip(_CLOSERS).rstrip()
    return bool(bare) and bare[-1] in _ENDS[:-2]


@lru_cache(maxsize=1024)
def is_prose(text: str) -> bool:
    """Whether the line is running text: a sentence of some length, or a long line without an end."""
    if text.count(" ") >= 40:
        return True
    count = word_count(text)
    return (count >= 8 and ends_sentence(text)) or count >= 30


@lru_cache(maxsize=1024)
def sentence_keys(text: str) -> tuple[str, ...]:
    """The sentences of a paragraph for recognising them again: white space and letter case make no difference."""
    return tuple(" ".join(one.split()).casefold() for one in sentences(text))


def sentences(text: str) -> list[str]:
    """The sentences of a paragraph, roughly, without their closing quotes."""
    return [one for one in _SENTENCE_END.split(text) if one]


def likeness(one: str, other: str) -> float:
    """Share of words two lines have in common, as a multiset, 0 to 1 (Dice)."""
    left, right = Counter(key(one).split()), Counter(key(other).split())
    total = left.total() + right.total()
    return 2 * (left & right).total() / total if total else 0.0
