"""Articles as citations: what a reader needs to find the page again, and to prove what it said and when."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from pipelines.exports.plain import address, json_line, one_line
from pipelines.urls import host_of

Row = Mapping[str, Any]

#: Languages in which the family name comes first, or a name is not split at its blanks.
_UNSPLIT = {"hu", "vi", "ja", "zh", "ko", "th", "id", "is"}
_PARTICLES = {"van", "von", "de", "der", "den", "del", "della", "di", "da", "dos", "du", "la", "le", "ter", "ten", "zu"}
_PARTICLES |= {"bin", "ibn", "ben", "el", "al", "y"}
_PATRONYMIC = re.compile(r"\w+(?:вич|вна|ична)")
_SUFFIX = re.compile(r"(?:Jr|Sr)\.?|I{2,3}|IV")
_INITIAL = re.compile(r"(?:\w\.-?)+|[A-ZА-ЯЁ]")
#: Words that no person is called.
_OFFICE = re.compile(
    r"(?i)staff|desk|team|news|newsroom|press|agency|agencies|service|editors?|editorial|board|reporters?|redaktion|"
    r"rédaction|redacción|redazione|correspondents?|media|online|times|post|today|sport|reuters"
)
_NAME = re.compile(r"[^\W\d_][\w'’ʼ.-]*")
_SPLIT_SCRIPTS = re.compile(r"[A-Za-zÀ-ɏͰ-ϿЀ-ԯḀ-ỿ'’ʼ.\- ]+")


@dataclass(frozen=True, slots=True)
class Name:
    """A person's name in parts, or whole in `literal` where it is not sure which part is which."""

    given: str = ""
    particle: str = ""
    family: str = ""
    suffix: str = ""
    literal: str = ""


def name_of(author: str, language: str | None = None) -> Name:
    """The parts of a name, as far as they are sure."""
    author = one_line(author)
    if author.count(",") == 1 and not _SUFFIX.fullmatch(author.partition(",")[2].strip()):
        family, given = (part.strip() for part in author.split(","))
        return Name(given=given, family=family) if _written_as_name([family, given]) else Name(literal=author)
    words = author.replace(",", "").split()
    if (language or "")[:2] in _UNSPLIT or not _SPLIT_SCRIPTS.fullmatch(author) or not _written_as_name(words):
        return Name(literal=author)
    suffix = words.pop() if len(words) > 2 and _SUFFIX.fullmatch(words[-1]) else ""
    first = next((n for n, word in enumerate(words) if n and word.lower() in _PARTICLES and word.islower()), None)
    if first is not None and first < len(words) - 1:
        after = next(n for n in range(first, len(words)) if not words[n].islower())
        if len(words) - after == 1:
            given, particle = " ".join(words[:first]), " ".join(words[first:after])
            return Name(given=given, particle=particle, family=words[after], suffix=suffix)
        return Name(literal=author)
    middle = words[1:-1]
    if len(words) < 2 or not all(_INITIAL.fullmatch(word) or _PATRONYMIC.fullmatch(word) for word in middle):
        return Name(literal=author)
    return Name(given=" ".join(words[:-1]), family=words[-1], suffix=suffix)


def _written_as_name(words: list[str]) -> bool:
    """Whether these are words of a person's name, each with a capital or a particle."""
    parts = [part for word in words for part in word.split()]
    return all(
        _NAME.fullmatch(word)
        and not _OFFICE.fullmatch(word)
        and (word.lower() in _PARTICLES or word[0].isupper())
        and not (len(word) > 1 and word.isupper() and "." not in word and not _SUFFIX.fullmatch(word))
        for word in parts
    ) and any(word[0].isupper() for word in parts)


def key_of(article: Row) -> str:
    """A key that is this article's alone, and the same in every export."""
    source = re.sub(r"[^a-z0-9]+", "", (article["source_id"] or "").lower())
    return f"{source or 'article'}{(article['published_at'] or '')[:4]}-{_base36(article['id'])}"


def _base36(number: int) -> str:
    digits = ""
    rest = abs(number)
    while rest:
        rest, digit = divmod(rest, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return ("n" if number < 0 else "") + (digits or "0")


def day_of(moment: str | None) -> tuple[int, ...]:
    """What is known of the day: year, month and day, or fewer of them."""
    found = re.match(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?", moment or "")
    return tuple(int(part) for part in found.groups() if part) if found else ()


def names_of(article: Row) -> list[Name]:
    """Who wrote it: persons, else the agency that it rests on."""
    persons = [name_of(author, article["language"]) for author in article["authors"] if one_line(author)]
    return persons or ([Name(literal=one_line(article["agency"]))] if article["agency"] else [])


def outlet_of(article: Row) -> str:
    """The outlet's name, else its host, else the outlet that the text credits; empty where none is known."""
    return one_line(article["source_name"] or host_of(article["url"]) or article["credit"])


def note_of(article: Row) -> str:
    """When the page was captured, and the digest that the text can be told by."""
    return f"Captured {article['captured_at']}; SHA-256 of the text {article['digest']}"


def write_csl(articles: Iterable[Row], out: BinaryIO) -> None:
    """CSL-JSON, one array, as Zotero, pandoc and other citation programs read it."""
    before = "[\n"
    for article in articles:
        out.write((before + json_line(csl_of(article))).encode())
        before = ",\n"
    out.write(b"[]\n" if before == "[\n" else b"\n]\n")


def csl_of(article: Row) -> dict[str, Any]:
    """One article in CSL-JSON."""
    own = {"captured_at": article["captured_at"], "text_sha256": article["digest"]}
    item = {
        "id": key_of(article),
        "type": "article-newspaper",
        "title": one_line(article["title"]),
        "author": [_csl_name(name) for name in names_of(article)],
        "container-title": outlet_of(article),
        "issued": _csl_date(article["published_at"]),
        "accessed": _csl_date(article["captured_at"]),
        "URL": address(article["url"]),
        "section": one_line(article["section"]),
        "language": article["language"],
        "abstract": one_line(article["description"]),
        "note": note_of(article),
        "custom": {"id": article["id"], **own, "page_sha256": article["payload_digest"]},
    }
    return {name: value for name, value in item.items() if value}


def _csl_date(moment: str | None) -> dict[str, Any] | None:
    return {"date-parts": [list(day)]} if (day := day_of(moment)) else None


def _csl_name(name: Name) -> dict[str, str]:
    parts = {"given": name.given, "non-dropping-particle": name.particle, "family": name.family, "suffix": name.suffix}
    return {"literal": name.literal} if name.literal else {part: value for part, value in parts.items() if value}
