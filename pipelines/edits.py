"""What kind of change an edit is, told by stated rules in order; the first that fits names it.

headline    the headline has other words
standfirst  the standfirst has
correction  a note came, or got other words, by which the outlet says that it corrected or updated the text
number      within a sentence that stays: figures, number words, days or months differ
quote       the words stand between quotation marks
name        within a sentence that stays: capitalised words differ that open no sentence; where all nouns have capitals,
            two of them in a row. Scripts without capitals have no names here
addition    whole sentences or lines came
deletion    whole sentences or lines went
typo        one word became another by a letter or two; a word said twice is said once; words were joined or parted
wording     the rest
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from pipelines.diffs import Change, changes
from pipelines.wording import Words, same_words

_LONGEST = 500  # characters of what is told of one change
_MOST = 100  # changes that are told of one edit
_NOUNS_HAVE_CAPITALS = ("de", "lb")
#: What stands between quotation marks, to the end of the line where the closing one is missing.
QUOTED = re.compile(
    r"“[^“”\n]*[”\"]?|„[^„“”\"\n]*[“”\"]?|«[^«»\n]*»?|»[^«»\n]*«|‹[^‹›\n]*›|「[^」\n]*」?|『[^』\n]*』?|”[^”\n]*”"
    r"|(?<!\d)\"[^\"\n]*\"?|(?<!\w)‘(?=\w)(?:[^’\n]|’(?=\w))*’(?!\w)|(?<!\w)'(?=\w)(?:[^'\n]|'(?=\w))*'(?!\w)"
)
_SENTENCE = re.compile(r"(?<=[.!?。！？؟।\n])[\s\"'“”„«»‘’「」()\[\]*_–—-]*")


class Prose(NamedTuple):
    """What readers see of an article."""

    title: str | None
    description: str | None
    text: str


class Edit(NamedTuple):
    """One change: its kind, the words that went and the words that came; None: none."""

    kind: str
    before: str | None
    after: str | None


def edits(old: Prose, new: Prose, language: str | None = None) -> list[Edit]:
    """What was edited, in the order of reading, at most a hundred changes; words are clipped at 500 characters."""
    found = [
        Edit(kind, *map(_clipped, pair))
        for kind, pair in (
            ("headline", (old.title, new.title)),
            ("standfirst", (old.description, new.description)),
        )
        if not same_words(*pair)
    ]
    for one in changes(old.text, new.text)[: _MOST - len(found)]:
        gone, came = old.text[one.start : one.stop], new.text[one.new_start : one.new_stop]
        found.append(Edit(_kind(old.text, new.text, one, language), _clipped(gone), _clipped(came)))
    return found


def _clipped(words: str | None) -> str | None:
    words = " ".join((words or "").split())
    return (words if len(words) <= _LONGEST else words[: _LONGEST - 1] + "…") or None


class _Place(NamedTuple):
    """Changed words among the words of their lines."""

    words: Words
    first: int  # number of the first changed word
    stop: int

    @classmethod
    def of(cls, text: str, start: int, stop: int) -> _Place:
        begin, end = text.rfind("\n", 0, start) + 1, text.find("\n", stop)
        words = Words.of(text, begin, end if end >= 0 else len(text))
        first = sum(place < start for place, _ in words.spans)
        return cls(words, first, first + sum(start <= place < stop for place, _ in words.spans[first:]))

    def line(self) -> str:
        """The lines as they are, from their first word."""
        return self.words.text[self.words.spans[0][0] : self.words.spans[-1][1]] if self.words.spans else ""

    def raw(self, number: int) -> str:
        start, stop = self.words.spans[number]
        return self.words.text[start:stop]

    def is_whole(self) -> bool:
        """Whether the words are sentences or lines, from beginning to end."""
        return (
            self.first < self.stop and self.words.starts_sentence(self.first) and self.words.starts_sentence(self.stop)
        )


def _kind(old: str, new: str, one: Change, language: str | None) -> str:
    before, after = _Place.of(old, one.start, one.stop), _Place.of(new, one.new_start, one.new_stop)
    sides = [side for side in (before, after) if side.first < side.stop]
    if after in sides and _is_note(after):
        return "correction"
    whole = len(sides) == 1 and sides[0].is_whole()
    if not whole and _numbers(before, language) != _numbers(after, language):
        return "number"
    if any(_is_quoted(side, within=whole) for side in sides):
        return "quote"
    if whole:
        return "addition" if sides == [after] else "deletion"
    if _names(before, language) != _names(after, language):
        return "name"
    return "typo" if _is_typo(before, after) else "wording"


def _is_note(place: _Place) -> bool:
    """Whether the words are, or stand in, a note by which an outlet corrects itself."""
    pattern = _notes()
    if pattern.match(place.line()):
        return True
    if place.words.starts_sentence(place.first) and pattern.match(place.words.text, place.words.spans[place.first][0]):
        return True
    start, stop = place.words.spans[place.first][0], place.words.spans[place.stop - 1][1]
    # from before the words: brackets and quotes may stand in front of a sentence
    text = place.words.text
    return any(pattern.match(text, at.end(), stop) for at in _SENTENCE.finditer(text, start, stop))


@cache
def _notes() -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{one['pattern']})" for one in _table("corrections")["language"]), re.IGNORECASE)


def _numbers(place: _Place, language: str | None) -> Counter[str]:
    spelt = _number_words().get(language or "", frozenset())
    days = _days()
    return Counter(
        key
        for number, key in enumerate(place.words.keys[place.first : place.stop], place.first)
        if key[-1:].isdecimal() or key in spelt or (key in days and _has_capital(place.raw(number)))
    )


@cache
def _number_words() -> dict[str, frozenset[str]]:
    return {language: frozenset(words.split()) for language, words in _table("numbers").items()}


@cache
def _days() -> frozenset[str]:
    """Days of the week and months; those of languages that write them small are words like others."""
    months = (name for language in _table("months").values() for names in language for name in names)
    return frozenset(name for name in (*months, *_table("labels")["weekdays"]) if len(name) > 2)


def _is_quoted(place: _Place, *, within: bool) -> bool:
    """Whether one of the words is quoted; with `within`, whether all are, and more words before or after them."""
    if not place.words.spans:
        return False
    first, last = place.words.spans[place.first][0], place.words.spans[place.stop - 1][1]
    line = place.words.text.rfind("\n", 0, first) + 1
    for found in QUOTED.finditer(place.words.text, line, place.words.spans[-1][1] + 1):
        start, stop = found.start() + 1, found.end() - 1
        if within:
            inner = place.words.text[start:first] + place.words.text[last:stop]
            if start <= first and last <= stop and any(map(str.isalnum, inner)):
                return True
        elif any(start <= at < stop for at, _ in place.words.spans[place.first : place.stop]):
            return True
    return False


def _has_capital(word: str) -> bool:
    return word[:1].isupper() or word[:1].istitle()


def _names(place: _Place, language: str | None) -> Counter[str]:
    if all(map(_has_capital, (place.raw(n) for n in range(len(place.words.keys))))):
        return Counter()  # a line of capitals tells nothing
    days = _days()
    return Counter(
        key
        for number, key in enumerate(place.words.keys[place.first : place.stop], place.first)
        if key not in days and _is_name(place, number, nouns=language in _NOUNS_HAVE_CAPITALS)
    )


def _is_name(place: _Place, number: int, *, nouns: bool) -> bool:
    if not _has_capital(place.raw(number)) or len(place.raw(number)) < 2:
        return False
    opens = place.words.starts_sentence(number)
    beside = _runs_on(place, number) or (not opens and number > 0 and _runs_on(place, number - 1))
    if opens:  # `Jon Smith said`, but not `The Times said`
        return beside and place.words.keys[number] not in _small_words(place)
    return beside or not nouns


def _runs_on(place: _Place, number: int) -> bool:
    """Whether a capitalised word is followed by another, with no more than space between them."""
    if number + 1 >= len(place.words.keys) or not _has_capital(place.raw(number)):
        return False
    between = place.words.text[place.words.spans[number][1] : place.words.spans[number + 1][0]]
    return between.strip(".") == " " and _has_capital(place.raw(number + 1))


def _small_words(place: _Place) -> set[str]:
    """Words that the text also writes without a capital."""
    return {word for word in re.findall(r"\b[^\W\d_]+\b", place.words.text) if word.islower()}


def _is_typo(before: _Place, after: _Place) -> bool:
    gone, came = before.words.keys[before.first : before.stop], after.words.keys[after.first : after.stop]
    if "".join(gone) == "".join(came):
        return True
    if not gone or not came:
        place = before if gone else after
        return _is_said_twice(place)
    if len(gone) != 1 or len(came) != 1:
        return False
    length, distance = max(len(gone[0]), len(came[0])), _distance(gone[0], came[0])
    swapped = length > 2 and sorted(gone[0]) == sorted(came[0])
    return swapped or distance <= (2 if length >= 9 else 1 if length >= 4 else 0)


def _is_said_twice(place: _Place) -> bool:
    """Whether the one word that came or went stands beside itself."""
    keys, at = place.words.keys, place.first
    return place.stop - at == 1 and keys[at] in (keys[at - 1] if at else None, *keys[at + 1 : at + 2])


def _distance(one: str, other: str) -> int:
    """Letters to add, drop or replace, or 3 where that is plain without counting."""
    if abs(len(one) - len(other)) > 2 or max(len(one), len(other)) > 40:
        return 3
    row = list(range(len(other) + 1))
    for n, letter in enumerate(one, 1):
        corner, row[0] = row[0], n
        for m, another in enumerate(other, 1):
            corner, row[m] = row[m], min(row[m] + 1, row[m - 1] + 1, corner + (letter != another))
    return row[-1]


def examples() -> Iterator[tuple[str, str, bool]]:
    """Language, line and whether it is a note, of every example that the patterns have to prove themselves by."""
    for one in _table("corrections")["language"]:
        yield from ((one["code"], line, True) for line in one["note"])
        yield from ((one["code"], line, False) for line in one["news"])


def _table(name: str) -> dict[str, Any]:
    table: dict[str, Any] = tomllib.loads(files("pipelines").joinpath(f"data/{name}.toml").read_text(encoding="utf-8"))
    return table
