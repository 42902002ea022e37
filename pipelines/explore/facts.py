"""What is known of an article, each fact with where it was read and what else was said of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipelines.explore.words import date, origin

MOST = 100  # values of a list, and claims of a field, that a page shows
_LONGEST = 400  # characters of one value
_ON_TOP = ("title", "description")  # stand above the text anyway
_TELLING = 8  # characters from which a part tells the whole
_TIMES = ("published_at", "modified_at")

#: The facts in their order, and what they are called.
_NAMES = {
    "published_at": "Published",
    "modified_at": "Modified",
    "authors": "Authors",
    "agency": "Agency",
    "dateline": "Dateline",
    "credit": "Credit",
    "section": "Section",
    "tags": "Tags",
    "language": "Language",
    "title": "Headline",
    "description": "Standfirst",
    "captions": "Captions",
    "image": "Image",
    "url": "Address",
}
#: What else pages say, and what it is called.
_OTHERS = {
    "site": "Name of the site",
    "site_id": "Account of the site",
    "type": "Kind of page",
    "caption_credit": "Credit of a picture",
    "paywalled": "For subscribers",
    "truncated": "Text breaks off",
    "published_precision": "Precision of the date",
}


@dataclass(frozen=True, slots=True)
class Claim:
    """What one part of a page says of a field; `taken` where the article has it from there, or the same."""

    value: str
    origin: str
    taken: bool


@dataclass(frozen=True, slots=True)
class Fact:
    """One field: its values in words, and all that was said of it."""

    field: str
    name: str
    values: tuple[str, ...]
    claims: tuple[Claim, ...] = ()
    left_out: int = 0  # values and claims that are more than a page shows
    links: bool = False  # whether the values are addresses

    @property
    def first(self) -> str:
        """Where it was read, in words; empty where nothing says so."""
        return next((one.origin for one in self.claims if one.taken), "")

    @property
    def others(self) -> int:
        """How many claims say something else."""
        return sum(not one.taken for one in self.claims)

    @property
    def settled(self) -> bool:
        """Whether there is nothing to unfold: one claim, or the same words from one place."""
        return len(self.claims) <= 1


def facts(article: Mapping[str, Any]) -> list[Fact]:
    """The facts of an article (a row whose JSON was read) that has any, in the order of the page."""
    said = _by_field(article["claims"])
    return [fact for name in _NAMES if (fact := _fact(article, name, said.get(name, []))) is not None]


def others(article: Mapping[str, Any]) -> list[Fact]:
    """What the page says beside them: fields that the article has no value for, and kinds that it has no column for."""
    said = _by_field(article["claims"])
    there = {one.field for one in facts(article)}
    return [_unused(name, claims) for name, claims in sorted(said.items()) if name not in there][:MOST]


def _unused(name: str, claims: Sequence[tuple[Any, str]]) -> Fact:
    few = tuple(Claim(_shown(value), origin(told), taken=False) for value, told in claims[:MOST])
    label = _OTHERS.get(name) or _NAMES.get(name) or _clipped(name)
    return Fact(name, label, (), few, max(0, len(claims) - MOST))


def _fact(article: Mapping[str, Any], name: str, claims: Sequence[tuple[Any, str]]) -> Fact | None:
    held = article[name]
    values = held if isinstance(held, list) else [held] if held else []
    if not values or (name in _ON_TOP and not claims):
        return None
    taken = _taken(values, claims, article["published_from"] if name == "published_at" else None)
    found = [Claim(_shown(value), origin(at), one) for (value, at), one in zip(claims, taken, strict=True)]
    if name == "published_at" and not found and article["published_from"]:
        found = [Claim(_shown(held), origin(article["published_from"]), taken=True)]
    found = list(dict.fromkeys(sorted(found, key=lambda one: not one.taken)))
    return Fact(
        name,
        _NAMES[name],
        tuple(_value(article, name, one) for one in values[:MOST]),
        tuple(found[:MOST]),
        max(0, len(values) - MOST) + max(0, len(found) - MOST),
        links=name in ("image", "url"),
    )


def _value(article: Mapping[str, Any], name: str, value: Any) -> str:
    if name in _TIMES:
        return date(str(value), article["published_precision"] if name == "published_at" else None)
    return _shown(value)


def _taken(values: Sequence[Any], claims: Sequence[tuple[Any, str]], told: str | None) -> list[bool]:
    """Which claims are, or agree with, what the article has; where it is on file, the one place that it was read in."""
    agree = [any(_agree(one, said) for one in values for said in _each(claim)) for claim, _ in claims]
    if told is None:
        return agree
    there = [at == told for _, at in claims]
    both = [one and other for one, other in zip(agree, there, strict=True)]
    return both if any(both) else there


def _each(claim: Any) -> Sequence[Any]:
    return claim if isinstance(claim, list) else [claim]


def _agree(value: Any, said: Any) -> bool:
    """Whether both say the same: the same words or moment, or one is a part of the other and long enough to tell."""
    one, other = _plain(value), _plain(said)
    if one == other:
        return True
    if min(len(one), len(other)) >= _TELLING and not one[:4].isdecimal():
        return one in other or other in one
    moment = _moment(value)
    return moment is not None and moment == _moment(said)


def _moment(value: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return found if found.tzinfo else None


def _plain(value: Any) -> str:
    return " ".join(str(value)[:_LONGEST].split()).casefold()


def _by_field(claims: Iterable[Any]) -> dict[str, list[tuple[Any, str]]]:
    """Values and origins by field, in the order they were claimed; what somebody broke by hand is left out."""
    found: dict[str, list[tuple[Any, str]]] = {}
    for claim in claims:
        if isinstance(claim, dict) and {"field", "value", "origin"} <= claim.keys():
            found.setdefault(str(claim["field"]), []).append((claim["value"], str(claim["origin"])))
    return found


def _shown(value: Any) -> str:
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return _clipped(", ".join(value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return _clipped(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _clipped(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
