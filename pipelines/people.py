"""Who wrote an article: people, and the agencies that bylines name beside or instead of them."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from typing import NamedTuple

from pipelines.lines import key
from pipelines.rules import agency_names
from pipelines.types import Claim

#: Origins of author claims, the most trusted first. What the page's data calls an organisation is never a person.
_TRUST = ("jsonld", "rule", "microdata", "meta", "page:byline", "text", "feed", "news", "import", "sitemap")
_SHOWN = ("rule", "microdata", "page:byline")  # what a reader of the page sees
_MOST = 6  # names of a byline that may complete another claim
_LONGEST, _WORDS = 60, 5  # characters and words of a name
_ADDRESS = re.compile(r"\(?\s*[\w.+-]+@[\w-]+(?:\.[\w-]+)+\s*\)?|\(?(?<![\w.])@\w+\)?")
_GLUED = re.compile(r"(?<=[a-zà-ÿ]{3})(?<!\bFitz)(?=[A-Z][a-z]).*$")  # `Jane BarlowTwitter`
_BRACKETED = re.compile(r"[(\[]([^()\[\]]+)[)\]]")
_NO_WORD = re.compile(r"[\d?!:/@]")
_SITE = r"https?:|www\.|\.(?:com|org|net|info|news|tv|co|eu|(?-i:[a-z]{2}))\b"


class _Patterns(NamedTuple):
    by: re.Pattern[str]
    pictured: re.Pattern[str]
    between: re.Pattern[str]
    among: re.Pattern[str]
    after: re.Pattern[str]
    before: re.Pattern[str]
    nobody: re.Pattern[str]


@cache
def byline_words() -> dict[str, list[str]]:
    """The lists of data/bylines.toml."""
    return dict(tomllib.loads(files("pipelines").joinpath("data/bylines.toml").read_text(encoding="utf-8")))


@cache
def _patterns() -> _Patterns:
    words = {name: "|".join(each) for name, each in byline_words().items()}
    offices, bodies = words["offices"], words["bodies"]
    return _Patterns(
        by=re.compile(rf"(?:{words['by']})(?:\s*[:：]|(?=\s))\s*|(?:作者|記者|记者)\s*", re.IGNORECASE),
        pictured=re.compile(rf"(?:{words['pictured']})\b", re.IGNORECASE),
        between=re.compile(
            rf"\s*[,;|/•·+]\s*(?:(?:{words['between']})\s+)?|\s+(?:{words['between']})\s+", re.IGNORECASE
        ),
        among=re.compile(rf"\s+(?:{words['among']})\s+", re.IGNORECASE),
        after=re.compile(
            rf"\s*[(\[–—].*$|\s+-+\s.*$|\s+(?:{words['after']})\s+[^\W\d_a-z].*$|"
            r"\s*(?:선임|수습|인턴)?\s?(?:기자|특파원)(?:\s.*)?$|\s*(?:記者|记者)$"
        ),
        before=re.compile(rf"(?:{offices}):?\s+(?-i:(?=[^\W\d_a-z]\S*\s[^\W\d_a-z]))", re.IGNORECASE),
        nobody=re.compile(rf"^(?:{bodies})\b|\b(?:{bodies}|{offices})$|(?:{words['papers']})$|{_SITE}", re.IGNORECASE),
    )


def people(claims: Sequence[Claim], others: Iterable[str]) -> tuple[str, ...]:
    """The authors of the most trusted origin that names any: people, not sites, roles, places or agencies.

    One byline on the page that has all of these and more completes them.
    """
    barred = _agencies().union(map(squeezed, others))
    found: dict[int, dict[str, str]] = {}
    bylines: list[dict[str, str]] = []
    for claim in claims:
        if claim.field == "authors" and claim.value and claim.origin != "jsonld:organisation":
            place, shown = _place(claim)
            read = persons_in(str(claim.value), shown=shown)
            names = {key(name): name for name in read if squeezed(name) not in barred}
            if names:
                found[place] = found.get(place, {}) | names
                bylines += [names] * shown
    best = found[min(found)] if found else {}
    for byline in bylines:
        if best.keys() < byline.keys() and len(byline) <= _MOST:
            best = byline | best
    return tuple(best.values())


def body_in(claims: Sequence[Claim]) -> str | None:
    """The outlet, desk or agency that stands where an author would, as written."""
    told = (str(one.value) for one in claims if one.field == "authors" and one.value)
    return next((text for text in told if not _is_tool(text)), None)


def _is_tool(text: str) -> bool:
    """Whether a line is for clicking: `View all posts`."""
    lists = byline_words()
    return any(word in lists["tools"] and word not in lists["shared"] for word in text.lower().split())


@cache
def _agencies() -> frozenset[str]:
    return frozenset(map(squeezed, agency_names()))


def _place(claim: Claim) -> tuple[int, bool]:
    """Where the claim's origin stands in the order of trust, and whether a reader of the page sees it."""
    origin = claim.origin if claim.origin.startswith("page:") else claim.origin.partition(":")[0]
    return _TRUST.index(origin) if origin in _TRUST else len(_TRUST), origin in _SHOWN


def agency_in(claims: Sequence[Claim]) -> str | None:
    """The agency a rule or the opening read, or the one a byline or a credit names, under its usual name."""
    known = agency_names()
    for claim in claims:
        if claim.field == "agency" and claim.value:
            return known.get(str(claim.value), str(claim.value))
    for field in ("authors", "credit"):
        for claim in claims:
            if claim.field == field and claim.value:
                text = str(claim.value)
                for name in (text, *_parts(text), *_BRACKETED.findall(text)):
                    if name in known:
                        return known[name]
    return None


def persons_in(text: str, *, shown: bool = False) -> Iterator[str]:
    """The people a byline names. One that is `shown` has capitals as names have, and tools of the page beside it."""
    if _patterns().pictured.match(text.strip()):
        return
    parts = _parts(text)
    single = [part for part in parts if part.isascii() and " " not in part]
    for name in parts:
        if _patterns().nobody.search(name):
            continue
        if name in single and len(parts) > 1 and len(single) < len(parts):
            continue  # a place, a desk or initials beside whole names
        if len(single) > 2:
            continue
        name = _without_agency(_GLUED.sub("", name) if shown else name)
        if _is_name(name) and (not shown or _is_written_as_name(name)):
            yield name


def _without_agency(name: str) -> str:
    """`Ada Holm Associated Press` → `Ada Holm`."""
    words = name.split()
    cuts = (n for n in range(2, len(words)) if " ".join(words[n:]) in agency_names())
    return " ".join(words[: next(cuts, len(words))])


@lru_cache(maxsize=512)
def _parts(text: str) -> tuple[str, ...]:
    """The names, roles and bodies of a byline, one by one."""
    patterns = _patterns()
    found = []
    for one in patterns.between.split(_unled(_ADDRESS.sub(" ", text))):
        sides = patterns.among.split(one)
        for part in sides if all(" " in side.strip() for side in sides) else [one]:
            if not patterns.nobody.search(part):
                part = patterns.after.sub("", _unled(part))
            if match := patterns.before.match(part):
                part = part[match.end() :]
            if part := " ".join(part.split()).strip(" .,:-–—|*'\"”“"):
                found.append(part)
    return tuple(found)


def _unled(text: str) -> str:
    """A byline without the words that lead it in."""
    text = text.strip()
    while match := _patterns().by.match(text):
        text = text[match.end() :]
    return text


def _is_name(name: str) -> bool:
    """Whether the words can be a name: few, without figures, and capitalised where there is only one."""
    words = name.split()
    if not words or len(name) > _LONGEST or len(words) > _WORDS or _NO_WORD.search(name):
        return False
    if len(words) > 1:
        return True
    return len(name) > 1 and (not name.isascii() or (name[0].isupper() and not name.isupper()))


def _is_written_as_name(name: str) -> bool:
    """Whether it is written as a name in a visible line is: two words or more, all but particles capitalised."""
    words = name.split()
    lists = byline_words()
    if any(word.lower() in lists["tools"] for word in words):
        return False
    if not any(char.lower() != char.upper() for char in name):  # a script without capitals
        return True
    capital = all(word[0] != word[0].lower() or word in lists["particles"] for word in words)
    return capital and len(words) > 1 and words[-1] not in lists["particles"]


@lru_cache(maxsize=4096)
def squeezed(name: str) -> str:
    """The letters of a name, accents and spaces aside: sites write their names in many ways."""
    plain = name if name.isascii() else unicodedata.normalize("NFKD", name)
    return "".join(filter(str.isalnum, plain.casefold())).replace("ı", "i")
