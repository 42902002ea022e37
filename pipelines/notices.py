"""Pages that stand in an article's place and say so: gone, kept from us, or for those who log in. Told by the
headline or first lines of short pages: an article *about* such a page has more to say."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files

from pipelines.lines import fold
from pipelines.types import Claim, Reason, Reject

_MOST_WORDS = 80  # a page with more is no notice
_FEW_WORDS = 40  # below which its first lines are asked too; with more it may be an article's beginning
_LINES = 3
_LONGEST = 200  # characters of a line that is a notice
_SHORT_TITLE = 4  # words of a headline that may say so above teasers
_LISTED = ("feed", "news", "section", "import")  # origins of what a listing calls a page
_DATA = ("jsonld", "microdata", "meta:og:", "meta:twitter:")  # how origins begin of what a page says in its data


def notice(title: str | None, text: str, words: int, claims: Iterable[Claim] = ()) -> Reject | None:
    """Why a page of `words` words is no article although its outlet answered well; None where it may be one.

    A longer one is a notice only where `claims` show that what was asked for is called something else.
    """
    if words > _MOST_WORDS:
        return _in_its_place(title, [one for one in claims if one.field == "title"])
    lines = [title or "", *(text.split("\n\n")[:_LINES] if words < _FEW_WORDS else ())]
    for reason, pattern in _patterns():
        for line in lines:
            if len(line) <= _LONGEST and pattern.search(line.strip()):
                return Reject(reason, line.strip())
    return None


def _in_its_place(title: str | None, titles: Sequence[Claim]) -> Reject | None:
    """A page that is not found, with teasers of other stories below: its few words are not what its entry is called,
    and its own data have no other name for it."""
    if not title or len(title.split()) > _SHORT_TITLE or not _is_missing(title):
        return None
    called = [str(one.value) for one in titles if one.origin in _LISTED]
    data = [str(one.value) for one in titles if one.origin.startswith(_DATA)]
    if not called or any(fold(title) in fold(one) for one in called) or not all(map(_is_missing, data)):
        return None
    return Reject(Reason.NOT_FOUND, title)


def _is_missing(title: str) -> bool:
    return any(reason is Reason.NOT_FOUND and pattern.search(title) for reason, pattern in _patterns())


@cache
def _patterns() -> tuple[tuple[Reason, re.Pattern[str]], ...]:
    table = tomllib.loads(files("pipelines").joinpath("data/notices.toml").read_text(encoding="utf-8"))
    return tuple(
        (Reason(name), re.compile("|".join(f"(?:{one})" for one in patterns), re.IGNORECASE))
        for name, patterns in table.items()
    )
