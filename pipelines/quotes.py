"""Where a text quotes a person: sentences in which the name stands beside quotation marks or a word for saying.

quoted      the person's name, a quotation, and a word for saying or a colon between them
reported    the name and such a word, without a quotation

An article names a person in full once, and by the last name after that. What a sentence says of somebody else's words
about the person is told apart by where the name stands: outside the quotation, and not as another's attribute
(`Delgado’s lawyer said`). Languages are data (data/speech.toml).
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib.resources import files
from itertools import islice
from typing import NamedTuple

from pipelines.edits import QUOTED

_LONGEST = 1000  # characters of a sentence that are told
_LONGEST_PARAGRAPH = 20_000  # characters that are looked at
_NEAR = 120  # characters between a name and a word for saying, quotations aside
_MENTIONS = 5  # of a name in a sentence that are looked at
_SHORT = 8  # characters, fewer in scripts without spaces: a quotation that is a name or a word, and nobody's speech
_END = re.compile(r"[.!?؟।…]+[\x00\"'”’»)\]]*(?=\s|$)|[。！？]+[」』”’\"]*")
_DASH = re.compile(r"\s*[—–-]+\s*\w")
_ANOTHERS = re.compile(r"['’]s?(?:\s|$)")
_THEN_SAYS = re.compile(r"[^\w\x00]*[:：][^\w\x00]*\x00")
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_FILLER = "\x00"
_FILLERS = re.compile("\x00+")


class Quote(NamedTuple):
    """A sentence: `speech` is quoted or reported."""

    speech: str
    sentence: str


def quotes(text: str, person: str, language: str | None = None) -> list[Quote]:
    """The sentences of a text in which a person is quoted, in the order of reading; none for a name without a letter.

    `person` is a name as a reader types it; case and accents make no difference.
    """
    name = _name_pattern(" ".join(_folded(person).split()))
    if name is None:
        return []
    found: list[Quote] = []
    for paragraph in text.split("\n"):
        paragraph = paragraph[:_LONGEST_PARAGRAPH]
        if name.search(_folded(paragraph)):
            found += _of_paragraph(paragraph, name, _speech(language))
    return found


def _of_paragraph(paragraph: str, name: re.Pattern[str], speech: re.Pattern[str]) -> Iterator[Quote]:
    bare = _without_quotations(paragraph)
    folded = _folded(bare)
    spoken = bool(_DASH.match(paragraph))  # what is said in a novel's manner, behind a dash
    last: Quote | None = None
    for start, stop in _sentences(bare):
        sentence = " ".join(paragraph[start:stop].split())[:_LONGEST]
        part = _FILLERS.sub(_FILLER, folded[start:stop])
        quotation = _FILLER in part
        if last is not None and quotation and not re.search(r"\w", part.replace(_FILLER, "")):
            last = Quote(last.speech, f"{last.sentence} {sentence}"[:_LONGEST])  # the quotation goes on
            continue
        if last is not None:
            yield last
            last = None
        if any(_says(part, match, speech) for match in islice(name.finditer(part), _MENTIONS)):
            last = Quote("quoted" if quotation or spoken else "reported", sentence)
    if last is not None:
        yield last


def _says(sentence: str, name: re.Match[str], speech: re.Pattern[str]) -> bool:
    """Whether the name in a folded sentence is that of who speaks there."""
    if _ANOTHERS.match(sentence, name.end()):
        return False
    if _THEN_SAYS.match(sentence, name.end()):
        return True
    start = max(name.start() - _NEAR, 0)
    return bool(speech.search(sentence, start, name.start()) or speech.search(sentence, name.end(), name.end() + _NEAR))


def _without_quotations(paragraph: str) -> str:
    """The paragraph, of the same length, with the characters of what is quoted replaced by a filler."""
    least = _SHORT // 2 if _UNSPACED.search(paragraph) else _SHORT

    def hidden(match: re.Match[str]) -> str:
        said = match[0]
        if len(said) - 2 < least:
            return said
        ends = len(said) > 2 and said[-2] == "." and re.match(r"\s+[^\W\d_a-zà-ÿ]", paragraph[match.end() :])
        return _FILLER * (len(said) - 2) + ("." if ends else _FILLER) + _FILLER

    return QUOTED.sub(hidden, paragraph)


def _sentences(bare: str) -> Iterator[tuple[int, int]]:
    start = 0
    for match in _END.finditer(bare):
        yield start, match.end()
        start = match.end()
    if bare[start:].strip():
        yield start, len(bare)


@lru_cache(maxsize=64)
def _name_pattern(person: str) -> re.Pattern[str] | None:
    """The folded name, or its last word; None for what is no name."""
    words = re.findall(r"\w[\w'’-]*", person)
    if not any(len(word) > 1 for word in words):
        return None
    whole = r"[\s\x00]+".join(map(re.escape, words))
    if _UNSPACED.search(person):
        return re.compile(whole)
    last = rf"|{re.escape(words[-1])}" if len(words) > 1 and len(words[-1]) > 2 else ""
    return re.compile(rf"(?<!\w)(?:{whole}{last})(?!\w)")


@cache
def languages() -> dict[str, dict[str, object]]:
    """The entries of data/speech.toml by the code of their language."""
    listed = tomllib.loads(files("pipelines").joinpath("data/speech.toml").read_text(encoding="utf-8"))["language"]
    return {one["code"]: one for one in listed}


@lru_cache(maxsize=64)
def _speech(language: str | None) -> re.Pattern[str]:
    """What stands beside a speaker in a language; of any language where it is not known."""
    known = languages()
    code = (language or "").lower().partition("-")[0]
    chosen = [known[code]] if code in known else list(known.values())
    parts = []
    for one in chosen:
        words = _folded(f"{one['said']}|{one['by']}")
        parts.append(rf"(?:{words})" if one.get("spaces") is False else rf"(?<!\w)(?:{words})(?!\w)")
    return re.compile("|".join(parts))


class _Folds(dict[int, str]):
    def __missing__(self, code: int) -> str:
        char = chr(code)
        plain = char if "\uac00" <= char <= "\ud7a3" else unicodedata.normalize("NFD", char)[0].lower()
        self[code] = plain if len(plain) == 1 else char
        return self[code]


_FOLDS = _Folds()


def _folded(text: str) -> str:
    """Text without accents and capitals, of the same length."""
    return text.translate(_FOLDS)
