"""Whether two readings of a page show other words, or only other furniture around equal ones.

Words decide (wording.py). Beside that, a line makes no difference that the other page shows too, where it was cut there
as furniture or moved into a field; nor does, at the ends of the text, a count that goes up and down or a line that says
when the page was updated.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from pipelines.edits import Prose
from pipelines.wording import Words, same_words

_FIGURE = re.compile(r"\d[\d.,:]*")
_LABEL = 6  # words of a line that may be a label
_SHORT = 16  # characters of one in a script without spaces
_COUNTER = 5  # words of a line that may be a counter: `12 readers like this`


def same_prose(old: Prose, new: Prose, cut_then: Iterable[str] = (), cut_now: Iterable[str] = ()) -> bool:
    """Whether nothing that readers see as the article got other words.

    `cut_then` and `cut_now` are what was cut from each of the two pages.
    """
    if not same_words(old.title, new.title):
        return False
    before, after = _lines(old.text), _lines(new.text)
    heads = _lines(f"{old.title or ''}\n{old.description or ''}"), _lines(f"{new.title or ''}\n{new.description or ''}")
    then, now = {*_lines("\n".join(cut_then)), *heads[0]}, {*_lines("\n".join(cut_now)), *heads[1]}
    if not same_words(old.description, new.description):
        if not (now | {*after} >= {*_lines(old.description or "")}):
            return False
        if not (then | {*before} >= {*_lines(new.description or "")}):
            return False
    only_then, only_now = (
        now.difference(after),
        then.difference(before),
    )  # lines that the other page has, but not as text
    left = [line for line in before if line not in only_then]
    right = [line for line in after if line not in only_now]
    _drop_labels(left)
    _drop_labels(right)
    _drop_counters(left, right)
    return " ".join(left) == " ".join(right)


def _lines(text: str) -> list[str]:
    """The words of each line."""
    return [words for line in text.split("\n") if (words := " ".join(Words.of(line).keys))]


def _drop_labels(lines: list[str]) -> None:
    """Take from both ends the lines that only say when the page was updated, as long as others stay."""
    for end in (0, -1):
        while len(lines) > 1 and _is_label(lines[end]):
            lines.pop(end)


def _is_label(line: str) -> bool:
    words = line.split(" ", _LABEL)
    if len(words) <= _LABEL and words[0] in _labels():
        return True
    return len(line) <= 2 * _SHORT and line.replace(" ", "").startswith(_spaceless_labels())


@cache
def _labels() -> frozenset[str]:
    table = tomllib.loads(files("pipelines").joinpath("data/labels.toml").read_text(encoding="utf-8"))
    return frozenset(table["modified"])


@cache
def _spaceless_labels() -> tuple[str, ...]:
    return tuple(one for one in _labels() if len(Words.of(one).keys) == len(one) > 1)


def _drop_counters(left: list[str], right: list[str]) -> None:
    """Take from both ends of both texts what differs in its figures only and is too short to be more than a count."""
    for end in (0, -1):
        while left and right and left[end] != right[end] and _masked(left[end]) == _masked(right[end]) is not None:
            left.pop(end)
            right.pop(end)


def _masked(line: str) -> str | None:
    """A short line without its figures; None where it has none, or is no short line."""
    if line.count(" ") >= _COUNTER or not _FIGURE.search(line):
        return None
    return _FIGURE.sub("#", line)
