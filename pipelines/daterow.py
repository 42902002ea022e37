"""Date rows: lines of nothing but dates, times, figures, their labels and page tools, in any order and language.

Date :Friday, September 9th, 2016 | Time : 18:11 |ID: 37076 | Print      Stand: 5. Mai 2025, 10:11 Uhr
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from pipelines.dates import Moment, find_moments, month_numbers

_LONGEST = 140  # characters
_YEAR = re.compile(r"[1١۱][9٩۹]\d\d|[2٢۲][0٠۰]\d\d")  # a date row without a year is none; most lines end here
_WORD = re.compile(r"[^\W\d_]+(?:[.'’-][^\W\d_]+)*")
_NUMBERED = re.compile(r"\b(?:id|no|nr)\s*[.:#]?\s*(\d{3,})\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class DateRow:
    """What a date row says: each moment with whether its label calls it a change; and the article's number."""

    published: Moment | None
    modified: Moment | None
    number: str | None
    labelled: bool


@cache
def _labels() -> dict[str, frozenset[str]]:
    table = tomllib.loads(files("pipelines").joinpath("data/labels.toml").read_text(encoding="utf-8"))
    sets = {name: frozenset(words) for name, words in table.items()}
    return sets | {"all": frozenset().union(*sets.values()), "dating": sets["published"] | sets["modified"]}


def read_date_row(line: str, language: str | None = None, country: str | None = None) -> DateRow | None:
    """The row's facts, or None for a line that is no date row."""
    if not _may_be_row(line):
        return None
    found = sorted(find_moments(line, language=language, country=country), key=lambda one: one.start)
    found = [one for one in found if one.moment.precision != "partial"]
    if not found:
        return None
    labels = _labels()
    published = modified = None
    labelled = False
    position = 0
    for one in found:
        before = _words(line[position : one.start])
        if not all(word in labels["all"] for word in before):
            return None
        changed = any(word in labels["modified"] for word in before)
        labelled = labelled or changed or any(word in labels["published"] for word in before)
        if changed:
            modified = modified or one.moment
        else:
            published = published or one.moment
        position = one.stop
    if not all(word in labels["all"] for word in _words(line[position:])):
        return None
    number = _NUMBERED.search(line)
    return DateRow(published, modified, number[1] if number else None, labelled)


def read_labelled(line: str, language: str | None = None) -> DateRow | None:
    """The row's facts where a label tells what its date is of; None for other lines, most of them without a search."""
    if not _may_be_row(line) or _labels()["dating"].isdisjoint(_words(line)):
        return None
    row = read_date_row(line, language)
    return row if row and row.labelled else None


def _may_be_row(line: str) -> bool:
    return len(line) <= _LONGEST and _YEAR.search(line) is not None and _may_open(line)


def _may_open(line: str) -> bool:
    """Whether the line opens as a date row may, so that most lines need no search for dates."""
    first = _WORD.search(line)
    if first is None or first[0] > "\u0530" or any(char.isdecimal() for char in line[: first.end()]):
        return True
    word = first[0].casefold()
    return word in _labels()["all"] or word in month_numbers()


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]
