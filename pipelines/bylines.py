"""What lines near the headline say in words: who wrote the article and when, where no machine-readable field does."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from pipelines.daterow import read_labelled
from pipelines.dates import Found, find_moments, moment_of
from pipelines.lines import key, likeness
from pipelines.page import Line, Page
from pipelines.people import byline_words
from pipelines.titles import says_title
from pipelines.types import Claim

_ABOVE, _BELOW = 4, 14  # lines around the headline
_LONGEST = 120  # characters
_LITTLE = 5  # words beside a date: a name, a place, a label
_WORDS = re.compile(r"[^\W\d_]{2,}")
_LABELS = frozenset("AaFfYyАа")  # first letters of the words for an author
_AUTHOR_PAGE = re.compile(
    r"/(?:authors?|autor(?:en|es|i)?|auteurs?|autore|journalist(?:e|en)?s?|reporters?|forfatter)/[^/?#]{4,}"
)
_NEARLY = 0.6  # likeness of an h1 and a title that are two wordings of one headline
_STATE = re.compile(
    r"[\"'](?:datePublished|date_?published|published_?(?:at|date|time|on)?|publish(?:ing)?_?date|first_?published\w*|"
    r"pub_?date)[\"']\s*:\s*[\"'](\d{4}-\d\d-\d\d[^\"']{0,20})[\"']",
    re.IGNORECASE,
)


@cache
def _byline() -> re.Pattern[str]:
    by, particles, among = ("|".join(byline_words()[name]) for name in ("by", "particles", "among"))
    capital = r"(?-i:[^\W\d_a-zà-öø-ÿ])[\w.'’-]*"
    name = rf"{capital}(?:\s(?:(?:{particles})\s){{0,2}}{capital}){{1,4}}"
    joint = rf"(?:\s*[,;&/]\s*|\s(?:{among}|{'|'.join(byline_words()['between'])})\s)"
    return re.compile(
        rf"(?:{by})(?:\s*[:：]|(?=\s))\s*(?P<names>{name}(?:{joint}{name}){{0,5}})(?:\W.*)?", re.IGNORECASE
    )


def head_claims(page: Page, made: Sequence[Claim]) -> Iterator[Claim]:
    """Bylines near the headline; a date only where nothing that was claimed so far holds one."""
    lines = page.lines()
    at = _headline(page, made)
    above = [] if at is None else lines[max(0, at - _ABOVE) : at]
    below = [] if at is None else lines[at : at + _BELOW + 1]
    yield from _bylines(lines, [*above, *below])
    if not any(claim.field == "published_at" for claim in made):
        yield from _date(page, lines, above, below)


def _headline(page: Page, made: Sequence[Claim]) -> int | None:
    """The line that is the headline: the `h1` that a title of the page repeats, or comes near to; any line that does,
    where the page has no such `h1`; else its first `h1`."""
    lines, shown = page.lines(), set(page.elements("h1"))
    titles = {key(str(claim.value)) for claim in made if claim.field == "title" and claim.origin != "page:h1"}
    heads = [n for n, line in enumerate(lines) if line.element in shown] if shown else []
    told = next((n for n in heads if key(lines[n].text) in titles), None)
    if told is None:
        told = next((n for n in heads if any(likeness(lines[n].text, one) > _NEARLY for one in titles)), None)
    if told is None:
        free = (n for n, line in enumerate(lines) if line.element.tag not in ("li", "a", "option"))
        told = next((n for n in free if says_title(lines[n].text, titles)), None)
    return heads[0] if told is None and heads else told


def _bylines(lines: Sequence[Line], head: Sequence[Line]) -> Iterator[Claim]:
    """What a line near the headline names after a word like "by" or links to; else the one author the page labels."""
    for line in head:
        if len(line.text) <= _LONGEST:
            if match := _byline().fullmatch(line.text):
                yield Claim("authors", match["names"], "page:byline")
            if linked := [line.text[start:stop] for start, stop, href in line.links if _AUTHOR_PAGE.search(href)]:
                yield Claim("authors", ", ".join(linked), "page:byline")
    labelled = {
        match["names"]
        for line in lines
        if line.text[0] in _LABELS and len(line.text) <= _LONGEST and (match := _byline().fullmatch(line.text))
    }
    if len(labelled) == 1:
        yield Claim("authors", labelled.pop(), "page:byline")


def _date(page: Page, lines: Sequence[Line], above: Sequence[Line], below: Sequence[Line]) -> Iterator[Claim]:
    """A time element, a date near the headline, the one date that has a label, or the page's own state."""
    language = page.tree.get("lang")
    for element in page.elements("time"):
        stamp = moment_of(element.get("datetime"))
        if stamp and stamp.precision in ("minute", "second"):
            yield Claim("published_at", element.get("datetime"), "page:time")
            return
        if found := _whole(element.get("title") or element.text_content(), language):
            yield Claim("published_at", found.moment.claim, "page:time")
            return
    # links name author and section; above the headline they lead to other articles
    for text in (*(one.text for one in above if not one.linked), *map(_unlinked, below)):
        if len(text) <= _LONGEST:
            found = _whole(text, language)
            if found and len(_WORDS.findall(text[: found.start] + " " + text[found.stop :])) <= _LITTLE:
                yield Claim("published_at", found.moment.claim, "page:date")
                return
    rows = (read_labelled(line.text, language) for line in lines)
    labelled = {row.published.claim for row in rows if row and row.published}
    if len(labelled) == 1:
        yield Claim("published_at", labelled.pop(), "page:date")
        return
    for script in page.elements("script"):
        if script.text and (match := _STATE.search(script.text)):
            yield Claim("published_at", match[1], "page:state")
            return


def _unlinked(line: Line) -> str:
    """A line without the words of its links; nothing of one that is mostly links."""
    text = line.text
    for start, stop, _ in reversed(line.links):
        text = f"{text[:start]} {text[stop:]}"
    return text if line.linked < 2 * len(text.strip()) else ""


def _whole(text: str, language: str | None) -> Found | None:
    """The first date in a text, unless its year is missing."""
    found = next(find_moments(text, language=language), None)
    return found if found and found.moment.precision != "partial" else None
