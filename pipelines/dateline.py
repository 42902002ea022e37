"""How a news text opens: place, date and agency before the first sentence. The text keeps its opening.

MOSCOW, November 14. /TASS/. Moscow and …      LONDON (Reuters) - The …      Berlin (dpa) – Die …
PARIS, May 3 (AFP) — The …                     القاهرة (رويترز) - قال …      新华社北京5月3日电 …
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from pipelines.dates import Moment, date_pattern, find_moments
from pipelines.rules import agency_names

_HEAD = 160  # no opening is longer
_NO_NAMES = frozenset(
    ("BREAKING", "UPDATE", "UPDATED", "EXCLUSIVE", "ANALYSIS", "OPINION", "VIDEO", "WATCH", "LIVE", "LISTEN", "PHOTOS",
     "COLUMN", "EDITORIAL", "INTERVIEW", "FACTBOX", "EXPLAINER", "CORRECTION", "NOTE", "COMMENT", "REVIEW")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Opening:
    """What an opening says; `place` as written, `agency` under its usual name, `moment` often without a year."""

    place: str | None = None
    agency: str | None = None
    moment: Moment | None = None


@cache
def _places() -> frozenset[str]:
    text = files("pipelines").joinpath("data/places.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if not line.startswith("#"))


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    spellings = "|".join(sorted(map(re.escape, agency_names()), key=len, reverse=True))
    agency = rf"(?P<agency>{spellings})(?:[/,;+ -]{{1,3}}(?:{spellings}))*"
    place = r"(?P<place>[^\W\d_][\w.'’-]*(?:[ /,-]{1,2}[^\W\d_a-z][\w.'’-]*){0,5}?)"
    date = rf"(?:[,\s]{{1,3}}(?P<date>(?i:{date_pattern()})|\d{{1,2}}\b))?"
    dash = r"\s*(?:[-–—:.]|--)+\s*"
    return (
        # place and date are optional before a known agency in brackets or slashes
        re.compile(rf"(?:{place}{date}[.,:;-]?\s*)?[(/\[【（]\s?{agency}\s?[)/\]】）]{dash}?"),
        # an unknown name in brackets counts only between a place and a dash
        re.compile(
            rf"{place}{date}[.,]?\s*[(/\[]\s?(?P<name>[^\W\d_][\w .&'’-]{{1,30}})\s?[)/\]](?:\s*[-–—:]+\s+|(?<=/)\.\s)"
        ),
        re.compile(rf"(?P<agency>{spellings})(?P<place>\w{{2,8}}?)(?P<date>\d{{1,2}}月\d{{1,2}}日)电"),
        re.compile(rf"{place}\s*/\s*{agency}\s*[-–—:/]\s*"),
        re.compile(rf"{agency}\s*[-–—:]\s+"),
        re.compile(rf"{place}{date}\s*(?:[-–—]+|:|\.)\s+(?=\S)"),
    )


def read_opening(text: str, language: str | None = None) -> Opening | None:
    """The opening of an article's first paragraph, or None where it has none."""
    head = text[:_HEAD]
    *known, bare = _patterns()
    for pattern in known:
        match = pattern.match(head)
        if match:
            parts = match.groupdict()
            agency = agency_names().get(parts.get("agency") or "") or parts.get("name")
            place = parts.get("place")
            if place and not _placelike(place):
                continue
            return Opening(place, agency, _moment(parts.get("date"), language))
    match = bare.match(head)
    return _bare(match, language) if match else None


def _bare(match: re.Match[str], language: str | None) -> Opening | None:
    """`NAME –`: a place if it is one; else, all in capitals before a dash, the name of who reports."""
    place, moment = match["place"], _moment(match["date"], language)
    dashed = bool(re.search(r"[-–—]\s*$", match[0]))
    if place.isupper() and (moment is not None or (dashed and _known(place))):
        return Opening(place, None, moment)
    if _known(place) and (moment is not None or dashed or match[0].rstrip().endswith(":")):
        return Opening(place, None, moment)
    words = place.split()
    if dashed and place.isupper() and len(place) >= 3 and len(words) <= 3 and not _NO_NAMES.intersection(words):
        return Opening(None, agency_names().get(place, place), moment)
    return None


def _placelike(place: str) -> bool:
    """Before an agency almost anything short is a place; a sentence is not."""
    return place.isupper() or _known(place) or len(place.split()) <= 3


def _known(place: str) -> bool:
    parts = [part.strip(" .") for part in re.split(r"[,/]", unicodedata.normalize("NFKC", place).casefold())]
    return any(part in _places() or (n and f", {part}" in _places()) for n, part in enumerate(parts))


def _moment(text: str | None, language: str | None) -> Moment | None:
    found = next(find_moments(text or "", language=language), None)
    return found.moment if found else None
