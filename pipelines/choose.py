"""How one value is chosen among the claims for a field. Each function states its rule; none looks beyond its claims."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from pipelines.dates import Moment, comparable, moment_of
from pipelines.lines import fold, key, word_count
from pipelines.rules import agency_names
from pipelines.types import Claim

_TITLE_ORDER = (
    "text",
    "page:h1",
    "jsonld",
    "microdata",
    "meta:og:title",
    "feed",
    "meta:twitter:title",
    "meta:title",
    "meta",
)
_DATE_ORDER = ("jsonld", "meta", "microdata", "page:time", "rule", "feed", "news", "sitemap", "dateline", "url")
_PARTING = re.compile(r"\s+[|–—»·•:-]\s+|\s*\|\s*")
_NO_PERSON = re.compile(
    r"^(?:staff|admin|administrator|editors?|editorial|newsroom|news ?desk|redaktion|redaction|rédaction|redacción|"
    r"redazione|redação|agency|agencies|agenturen|webdesk|web ?desk|desk|team|unknown|guest|correspondent|reporter)\b|"
    r"\b(?:news ?desk|web ?desk|staff(?: writer| reporter)?|bureau|editorial (?:board|team|staff)|newsroom|"
    r"correspondents?|reporters?|online|redaktion|rédaction|redacción)$|https?://|www\.|@|\.(?:com|org|net|de|at|co)\b",
    re.IGNORECASE,
)
_ROLE = re.compile(
    r"\s*[,|–—(/]\s*(?:\w+\s){0,3}(?:reporter|correspondent|editor|writer|journalist|columnist|author|staff|contributor|"
    r"redakteur(?:in)?|journaliste|redactor[a]?|for [A-Z].*|[A-Z]{2,}|in [A-Z]\w+).*$",
    re.IGNORECASE,
)  # fmt: skip
_BY = re.compile(r"^(?:by|von|par|por|di|door|af|av|text|autor(?:in)?|от|автор|بقلم|كتب|作者)\b\s*:?\s*", re.IGNORECASE)


def rank(claim: Claim, order: Sequence[str]) -> int:
    """Place of a claim's origin in an order of trust; unknown origins come last."""
    for n, origin in enumerate(order):
        if claim.origin == origin or claim.origin.startswith(origin + ":"):
            return n
    return len(order)


def of(claims: Iterable[Claim], field: str) -> list[Claim]:
    """The claims for one field."""
    return [claim for claim in claims if claim.field == field and claim.value not in (None, "")]


def best_title(claims: Sequence[Claim], site_names: Iterable[str]) -> Claim | None:
    """The headline: what most readers of the page agree on, the shown one first, without the site's name."""
    sites = {key(name) for name in site_names if name} | {key(str(claim.value)) for claim in of(claims, "site")}
    candidates = of(claims, "title")
    whole = {key(str(claim.value)) for claim in candidates}
    cleaned = [Claim("title", _without_site(str(one.value), sites, whole), one.origin) for one in candidates]
    cleaned = [one for one in cleaned if one.value and key(one.value) not in sites]
    votes = Counter(key(one.value) for one in cleaned)
    cleaned.sort(key=lambda one: (-votes[key(one.value)], rank(one, _TITLE_ORDER)))
    shown = [one for one in cleaned if one.origin in ("text", "page:h1")]
    # a headline on the page that others contain, or that contains them, is what a reader saw
    for one in shown:
        mates = sum(key(one.value) in other or other in key(one.value) for other in votes.elements()) - 1
        if mates >= 2 or (mates and word_count(one.value) >= 3):
            return one
    return cleaned[0] if cleaned else None


def _without_site(title: str, sites: set[str], whole: set[str]) -> str:
    """The title without a closing or opening part that names the site, or that no other claim has."""
    while parts := list(_PARTING.finditer(title)):
        tail, head = parts[-1], parts[0]
        last, first = key(title[tail.end() :]), key(title[: head.start()])
        if last in sites or key(title[: tail.start()]) in whole:
            title = title[: tail.start()]
        elif first in sites or key(title[head.end() :]) in whole:
            title = title[head.end() :]
        else:
            return title
    return title


def best_moment(claims: Sequence[Claim], field: str, seen: datetime, zone: str | None) -> tuple[Moment, Claim] | None:
    """The time with the most trusted origin that does not lie after the capture, in the finest form of its day.

    A published time that equals the time of the last change yields to an earlier one of another day.
    """
    moments = []
    for claim in of(claims, field):
        moment = moment_of(claim.value, zone)
        if moment and moment.precision != "partial" and comparable(moment.value) <= seen + timedelta(days=1):
            moments.append((rank(claim, _DATE_ORDER), moment, claim))
    if not moments:
        return None
    moments.sort(key=lambda one: one[0])
    _, moment, claim = moments[0]
    if field == "published_at":
        changed = {m.value for one in of(claims, "modified_at") if (m := moment_of(one.value, zone))}
        earlier = [one for one in moments if one[1].day < moment.day and one[0] < len(_DATE_ORDER)]
        if moment.value in changed and earlier:
            _, moment, claim = earlier[0]
    for _, other, mate in moments:
        finer = (other.precision in ("minute", "second"), other.value.endswith("Z"))
        if finer > (moment.precision in ("minute", "second"), moment.value.endswith("Z")) and _same_day(moment, other):
            moment, claim = other, mate
    return moment, claim


def _same_day(one: Moment, other: Moment) -> bool:
    """Whether two moments may be the same: equal as far as the coarser goes, zones aside."""
    if len(one.value) < 10:
        return other.value.startswith(one.value)
    apart = abs(comparable(one.value) - comparable(other.value))
    return apart <= timedelta(hours=14 if "T" in one.value else 38)


def people(claims: Sequence[Claim], others: Iterable[str]) -> tuple[str, ...]:
    """The authors of the most trusted origin that names any: people, not sites, roles or agencies."""
    barred = {key(name) for name in (*others, *agency_names()) if name}
    order = ("rule", "jsonld", "microdata", "meta", "page:byline", "text", "feed")
    found: dict[int, list[str]] = {}
    for claim in of(claims, "authors"):
        for name in _names(str(claim.value)):
            if key(name) not in barred and not _NO_PERSON.search(name) and _is_name(name):
                names = found.setdefault(rank(claim, order), [])
                if key(name) not in map(key, names):
                    names.append(name)
    return tuple(found[min(found)]) if found else ()


def _names(text: str) -> list[str]:
    text = _BY.sub("", text.strip())
    parts = re.split(r"\s*[,;|]\s*|\s+(?:and|und|et|y|e|&|и|و)\s+", text)
    return [_ROLE.sub("", _BY.sub("", part)).strip(" .,-–—|") for part in parts if part.strip()]


def _is_name(name: str) -> bool:
    if not name or len(name) > 60 or len(name.split()) > 5 or re.search(r"\d|[?!:/]", name):
        return False
    return name[0] != name[0].lower() or (not name.isascii() and len(name) > 1)


def agency_in(claims: Sequence[Claim]) -> str | None:
    """The agency a rule or the opening read, or the one a byline names, under its usual name."""
    for claim in of(claims, "agency"):
        return agency_names().get(str(claim.value), str(claim.value))
    for claim in (*of(claims, "authors"), *of(claims, "credit")):
        for name in _names(str(claim.value)) or [str(claim.value)]:
            if name in agency_names():
                return agency_names()[name]
    return None


def distinct(values: Iterable[object]) -> tuple[str, ...]:
    """Texts once each, in order, letter case aside."""
    seen: dict[str, str] = {}
    for value in values:
        text = str(value).strip()
        if text:
            seen.setdefault(fold(text), text)
    return tuple(seen.values())
