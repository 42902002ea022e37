"""What is left of a page to learn its source's furniture from: a digest of every line, shown or kept."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from itertools import pairwise

from pipelines.dates import month_numbers
from pipelines.lines import fold, word_count

_FIGURES = re.compile(r"\d+")
_LETTERS = re.compile(r"[^\W_]+")
_ASCII = bytes(ord(one.lower() if one.isalnum() else " ") for one in map(chr, range(128))).ljust(256)
#: Scripts without spaces join whole sentences to a figure, so there only the figure itself gives way.
_SPACELESS = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_ENDS = 20  # words at either end of a line that are looked at: two lines alike in both are one
_LONG = 12  # words
_LABELLED = 240  # characters of a line that is a label and a link
_DIGEST = re.compile(r"\.([0-9a-f]{16})$")
_DAY, _NUMBER = "D", "0"  # what stands for any month or weekday, and for any figure; folded words hold no capitals


@dataclass(frozen=True, slots=True)
class Marks:
    """The digests of a page's visible lines, and of the lines its extraction kept, each in order."""

    shown: tuple[int, ...]
    kept: tuple[int, ...]


def marks_of(shown_lines: Iterable[str], kept_lines: Iterable[str]) -> Marks:
    """The marks of a page. A text that was never a page shows what it keeps."""
    return Marks(tuple(map(digest_of, shown_lines)), tuple(map(digest_of, kept_lines)))


def form_of(text: str, links: Sequence[tuple[int, int]]) -> str:
    """A line as a lesson knows it: behind a label, a link may lead anywhere (`Also today: …`). Links are spans."""
    if not links or len(text) > _LABELLED:
        return text
    linked = sum(stop - start for start, stop in links)
    if not (0.3 * len(text) <= linked < 0.95 * len(text)):
        return text
    parts, position = [], 0
    for start, stop in links:
        parts += [text[position:start], _NUMBER]
        position = stop
    return " ".join((*parts, text[position:])) if word_count(text[: links[0][0]]) else text


@lru_cache(maxsize=8192)  # the pages of a site show the same lines again and again
def digest_of(text: str) -> int:
    """Signed 64 bits that lines share which differ only in case, spacing, punctuation, figures and dates."""
    if len(text) > 4 * _ENDS and len(parts := text.split()) > 2 * _ENDS:
        text = " ".join((*parts[:_ENDS], *parts[-_ENDS:]))
    words = _words(text) or [fold(text)]
    form = " ".join(words)
    length = len(words)
    if not "".join(words).isalpha() or not _days().isdisjoint(words):
        marks = _marks(words)
        form, length = " ".join(marks), len(marks)
    digest = hashlib.blake2b(form.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, signed=True) & ~1 | (length >= _LONG or _spaceless_words(form) >= _LONG)


def _marks(words: list[str]) -> list[str]:
    """What stands for the words where some are figures or days."""
    marks = [_mark(word) for word in words]
    if set(marks) == {_NUMBER}:  # figures are not alike in being figures
        return words
    return [mark for before, mark in pairwise(("", *marks)) if mark != before or mark not in (_DAY, _NUMBER)]


def is_long(digest: int) -> bool:
    """Whether the line has as many words as running text has: the last bit tells."""
    return bool(digest & 1)


def _spaceless_words(form: str) -> int:
    """The words of a line in a script without spaces; 0 for others, whose marks are their words."""
    return 0 if form.isascii() or len(form) < 2 * _LONG or not _SPACELESS.search(form) else word_count(form)


def _words(text: str) -> list[str]:
    """The words of a line, folded, without any punctuation."""
    if text.isascii():  # most lines of most pages
        return text.encode().translate(_ASCII).decode().split()
    return _LETTERS.findall(fold(text))


@lru_cache(maxsize=8192)
def _mark(word: str) -> str:
    if word in _days():
        return _DAY
    if not _FIGURES.search(word):
        return word
    return _FIGURES.sub(_NUMBER, word) if _SPACELESS.search(word) else _NUMBER


def hex_of(digest: int) -> str:
    """The digest as the sixteen hex digits that end the id of a learned rule."""
    return digest.to_bytes(8, signed=True).hex()


def digest_in(rule_id: str) -> int | None:
    """The digest that ends the id of a rule for one line; None for the id of a pattern."""
    found = _DIGEST.search(rule_id)
    return int.from_bytes(bytes.fromhex(found[1]), signed=True) if found else None


@cache
def _days() -> frozenset[str]:
    """The names of months and weekdays. Short ones in Latin letters are words too (do, la, so, to)."""
    labels = tomllib.loads(files("pipelines").joinpath("data/labels.toml").read_text(encoding="utf-8"))
    names = {word for name in (*month_numbers(), *labels["weekdays"]) for word in _words(name)}
    return frozenset(name for name in names if len(name) > 2 or name > "\u0250") | {"am", "pm"}
