"""Articles over several pages: which address goes on where another ends, and one article out of several.

Each page is read by itself, its furniture cut off where it stands; then texts and ledgers are laid end to end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from html import unescape
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from pipelines.fingerprint import fingerprint, shingle_list
from pipelines.lines import spaceless, word_count
from pipelines.types import Article, Removal, kept, restore
from pipelines.urls import absolute, urlkey

_TAG = re.compile(rb"<(?:link|a)\b[^>]{1,2000}>", re.IGNORECASE)
_NEXT = re.compile(rb"""\brel\s*=\s*(?:["'][^"']*\bnext\b[^"']*["']|next\b)""", re.IGNORECASE)
_HREF = re.compile(rb"""\bhref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_PARAMETER = re.compile(r"^(?:page|p|pg|paged|pageno|page_?num(?:ber)?|seite|pagina|pag|sida|strona|sayfa)$", re.I)
#: A page's number at the end of a path: /2, /page/2, /page-2, -2.html, _2.html, ,2.html
_IN_PATH = re.compile(
    r"(?:/(?:page|seite|pagina|pag)[/-]?|[/_,.-](?:p|page|seite|pagina)?-?)(\d{1,2})(?=(?:\.\w{2,5})?/?$)", re.I
)
_SAME = 0.5  # share of a page's shingles that the pages before it hold: it is the same text under another number
_STANDFIRST = "structure.standfirst"


def next_page(body: bytes, first: str, seen: str, n: int) -> str | None:
    """The address of page `n` of the article that began at `first`, as the page at `seen` names it (rel=next).

    Blogs name the next *article* in the same way: an address counts only if it is the first one with `n` in it.
    """
    for tag in _TAG.findall(body):
        if not _NEXT.search(tag) or not (href := _HREF.search(tag)):
            continue
        given = next(one for one in href.groups() if one is not None)
        url = absolute(seen, unescape(given.decode("utf-8", errors="replace")))
        if url and _is_page(url, first, n):
            return url
    return None


def _is_page(url: str, first: str, n: int) -> bool:
    try:
        wanted = urlkey(first)
        return any(urlkey(one) == wanted for one in _without(url, n))
    except ValueError:
        return False


def _without(url: str, n: int) -> Iterable[str]:
    """What the address of a first page may be, going by that of page `n`."""
    parts = urlsplit(url)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    rest = [(name, value) for name, value in pairs if not (_PARAMETER.match(name) and value == str(n))]
    if len(rest) < len(pairs):
        yield urlunsplit(parts._replace(query=urlencode(rest)))
        first = [(name, "1" if (name, value) not in rest else value) for name, value in pairs]
        yield urlunsplit(parts._replace(query=urlencode(first)))
    if (match := _IN_PATH.search(parts.path)) and int(match[1]) == n:
        yield urlunsplit(parts._replace(path=parts.path[: match.start()] + parts.path[match.end() :]))
        yield urlunsplit(parts._replace(path=parts.path[: match.start(1)] + "1" + parts.path[match.end(1) :]))


def join(first: Article, others: Iterable[Article]) -> Article:
    """One article: the fields of the first page, and the texts of all; a page that only repeats others is left out."""
    joined = first
    for other in others:
        ours, theirs = _runs(joined.text), _runs(other.text)
        if len(ours & theirs) > _SAME * len(theirs):
            continue
        joined = _laid(joined, other)
    if joined is first:
        return first
    text = joined.text
    return replace(joined, word_count=word_count(text), fingerprint=fingerprint(text), packed=b"", base="")


def _runs(text: str) -> set[str]:
    return set(shingle_list(text, by_character=spaceless(text)))


def _laid(one: Article, other: Article) -> Article:
    other = _without_standfirst(other, one.description)
    by = len(restore(one.text, one.removals)) + 1
    moved = tuple(
        Removal(
            start=cut.start + by, stop=cut.stop + by, zone=cut.zone, rule=cut.rule, text=cut.text, claims=cut.claims
        )
        for cut in other.removals
    )
    return replace(
        one,
        text=f"{one.text}\n{other.text}",
        removals=(*one.removals, *moved),
        captions=tuple(dict.fromkeys((*one.captions, *other.captions))),
        links=tuple(dict.fromkeys((*one.links, *other.links))),
    )


def _without_standfirst(page: Article, description: str | None) -> Article:
    """A further page has none: what looks like one is where its text begins, unless it repeats the article's."""
    whole = restore(page.text, page.removals)
    cuts = tuple(cut for cut in page.removals if cut.rule != _STANDFIRST or cut.text.strip() == description)
    return page if len(cuts) == len(page.removals) else replace(page, text=kept(whole, cuts), removals=cuts)
