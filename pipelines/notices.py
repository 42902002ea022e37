"""Pages that stand in an article's place and say so: gone, kept from us, or for those who log in. Told by short pages
only, and by their headline or first lines: an article *about* such a page has more to say."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files

from pipelines.types import Reason, Reject

_MOST_WORDS = 80  # a page with more is no notice
_FEW_WORDS = 40  # below which its first lines are asked too; with more it may be an article's beginning
_LINES = 3
_LONGEST = 200  # characters of a line that is a notice


def notice(title: str | None, text: str, words: int) -> Reject | None:
    """Why a page of `words` words is no article although its outlet answered well; None where it may be one."""
    if words > _MOST_WORDS:
        return None
    lines = [title or "", *(text.split("\n\n")[:_LINES] if words < _FEW_WORDS else ())]
    for reason, pattern in _patterns():
        for line in lines:
            if len(line) <= _LONGEST and pattern.search(line.strip()):
                return Reject(reason, line.strip())
    return None


@cache
def _patterns() -> tuple[tuple[Reason, re.Pattern[str]], ...]:
    table = tomllib.loads(files("pipelines").joinpath("data/notices.toml").read_text(encoding="utf-8"))
    return tuple(
        (Reason(name), re.compile("|".join(f"(?:{one})" for one in patterns), re.IGNORECASE))
        for name, patterns in table.items()
    )
