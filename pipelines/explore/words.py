"""Dates, origins, addresses and foreign text in words that are safe to show: the template filters."""

from __future__ import annotations

import re
from typing import Any

from markupsafe import Markup, escape

_MONTHS = ("January", "February", "March", "April", "May", "June",
           "July", "August", "September", "October", "November", "December")  # fmt: skip
_TIME = re.compile(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?(?:T(\d\d:\d\d)(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?")
#: Marks that force a direction on what follows them; the plain ones, which only hint, may stay.
_FORCED = re.compile("[\u202a-\u202e\u2066-\u2069]")
_ORIGINS = {
    "jsonld": "the page's JSON-LD",
    "meta": "the page's meta tags",
    "microdata": "the page's microdata",
    "feed": "the outlet's feed",
    "import": "the file it was imported from",
    "sitemap": "the outlet's sitemap",
    "url": "the address",
    "text": "the text",
    "dateline": "the opening of the text",
    "news": "the outlet's news sitemap",
    "section": "a section page of the outlet",
}
_ZONES = {
    "lead": "before the text",
    "body": "inside the text",
    "tail": "after the text",
    "edge": "at the edges of the text",
    "any": "anywhere",
    "field": "moved to a field",
}
_RULES_OF = {"shipped": "comes with Tearsheet", "yours": "is your own", "learned": "was learned from one source"}
HIT, END = "\x02", "\x03"  # around what a search found; no stored text holds them


def date(value: str | None, precision: str | None = None) -> str:
    """`15 November 2017, time unknown`: what is known of a moment, and what is not."""
    match = _TIME.fullmatch(value or "")
    if not match or not 1 <= int(match[2] or 1) <= 12:
        return value or "unknown"
    year, month, day, clock, zone = match.groups()
    if not month or precision == "year":
        return f"{year}, day unknown"
    name = _MONTHS[int(month) - 1]
    if not day or precision == "month":
        return f"{name} {year}, day unknown"
    told = f"{int(day)} {name} {year}"
    if not clock or precision == "day":
        return f"{told}, time unknown"
    return f"{told}, {clock} " + ("UTC" if zone == "Z" else zone or "(time zone unknown)")


def day(value: str | None) -> str:
    """`15 Nov 2017`: the day only, for lists."""
    match = _TIME.fullmatch(value or "")
    if not match or not 1 <= int(match[2] or 1) <= 12:
        return value or ""
    year, month, number = match[1], match[2], match[3]
    return " ".join(part for part in (number and str(int(number)), month and _MONTHS[int(month) - 1][:3], year) if part)


def origin(value: str | None) -> str:
    """Where a claim was read, in words."""
    kind, _, name = (value or "").partition(":")
    if kind == "rule":
        return f"the text, by rule {name}"
    if kind == "page":
        return f"the page ({name})"
    return _ORIGINS.get(kind, value or "unknown")


def zone(value: str) -> str:
    """Where a cut stood, in words."""
    return _ZONES.get(value, value)


def whose(origin: str) -> str:
    """Where a rule comes from, in words."""
    return _RULES_OF.get(origin, origin)


def web(value: Any) -> str | None:
    """An http(s) address that may be linked; None for anything else."""
    text = str(value or "")
    return text if re.fullmatch(r"https?://[^\s\x00-\x20\"'<>\\]+", text) else None


def tongue(value: str | None) -> str | None:
    """A language as HTML names it; None for what is no such name."""
    return value if re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,4}", value or "") else None


def lang(value: str | None) -> Markup:
    """The attribute that names a text's language, with a space before it; nothing where that is no language."""
    return Markup(' lang="{}"').format(tongue(value)) if tongue(value) else Markup("")


def without_overrides(value: str) -> str:
    """Text without marks that force a direction: `dir=auto` and <bdi> do what honest ones are for."""
    return _FORCED.sub("", value)


def marked(value: str | None) -> Markup:
    """A search result's text with what was found in <mark>."""
    text = str(escape(value or ""))
    text = re.sub(f"{HIT}([^{END}]*){END}", r"<mark>\1</mark>", text)
    return Markup(re.sub(f"[{HIT}{END}]", "", text))  # escaped above


def number(value: int | None) -> str:
    """`12,345`."""
    return f"{value or 0:,}"


def many(value: int | None, one: str, more: str | None = None) -> str:
    """`1 article`, `12,345 articles`."""
    return f"{number(value)} {one if value == 1 else more or one + 's'}"


FILTERS = {
    "date": date,
    "day": day,
    "origin": origin,
    "zone": zone,
    "whose": whose,
    "tongue": tongue,
    "web": web,
    "lang": lang,
    "marked": marked,
    "number": number,
    "many": many,
}
