"""What of an article is shown of a hit: the title and a passage of the text, with marks around what was found.

It is told by the text itself, in every script alike, and not by the index that found it.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlite_utils.utils import sqlite3

from pipelines.store.expression import Node, Term, terms
from pipelines.store.scripts import WORD, folded, is_spaceless

_LONGEST = 260  # characters of a passage
_BEFORE = 70  # of them before what was found
_READ = 200_000  # characters of a text that are looked through
_MOST = 500  # places of one term
_HITS = f"""
SELECT articles.id, articles.source_id, sources.name AS source_name, articles.published_at,
       articles.published_precision, articles.first_seen_at, articles.title, articles.url, articles.language,
       articles.agency, articles.section, articles.description, substr(articles.text, 1, {_READ}) AS text
FROM articles LEFT JOIN sources ON sources.id = articles.source_id
WHERE articles.id IN (SELECT value FROM json_each(?))
"""

Span = tuple[int, int, int]  # from, to, which term


@dataclass(frozen=True)
class Finder:
    """Finds the places of a query's terms in a text."""

    tree: Node | None

    @cached_property
    def _patterns(self) -> list[tuple[Term, re.Pattern[str]]]:
        found = ((term, _pattern(term)) for term in dict.fromkeys(terms(self.tree)))
        return [(term, re.compile(pattern)) for term, pattern in found if pattern]

    @cached_property
    def _openings(self) -> list[str]:
        """Of each pattern what it cannot do without: it is sought much faster."""
        return [_parts(term)[0] for term, _ in self._patterns]

    def count(self, text: str, column: str) -> int:
        """How many of its terms stand in the text of a column."""
        flat = folded(text)
        sought = zip(self._openings, self._patterns, strict=True)
        return sum(
            opening in flat and _concerns(term, column) and pattern.search(flat) is not None
            for opening, (term, pattern) in sought
        )

    def spans(self, text: str, column: str) -> list[Span]:
        """Where its terms stand in the (NFC) text of a column, in order; none reaches into another."""
        wanted = [(n, pattern) for n, (term, pattern) in enumerate(self._patterns) if _concerns(term, column)]
        if not wanted or not text:
            return []
        flat = folded(text)
        found = [(match.start(), match.end(), n) for n, pattern in wanted for match in _some(pattern, flat)]
        return list(_apart(sorted(found, key=lambda one: (one[0], -one[1]))))


def hits(
    connection: sqlite3.Connection, tree: Node | None, ids: Sequence[int], marks: tuple[str, str]
) -> list[dict[str, Any]]:
    """These articles in their order: what a list shows of each, `title` and `passage` with marks; `plain_title`."""
    finder = Finder(tree)
    rows = {row["id"]: row for row in _rows(connection, ids)}
    return [_hit(rows[one], finder, marks) for one in ids if one in rows]


def _rows(connection: sqlite3.Connection, ids: Sequence[int]) -> Iterator[dict[str, Any]]:
    cursor = connection.execute(_HITS, (json.dumps(list(ids)),))
    names = [column[0] for column in cursor.description]
    for row in cursor:
        yield dict(zip(names, row, strict=True))


def _hit(row: dict[str, Any], finder: Finder, marks: tuple[str, str]) -> dict[str, Any]:
    title = _composed(row["title"])
    return {
        **{name: value for name, value in row.items() if name != "text"},
        "plain_title": row["title"],
        "title": marked(title, finder.spans(title, "title"), marks) if row["title"] is not None else None,
        "passage": _passage(row, finder, marks),
    }


def _passage(row: dict[str, Any], finder: Finder, marks: tuple[str, str]) -> str:
    """Around the words found in the text, else in the standfirst; else how it begins."""
    columns = {name: _composed(row[name]) for name in ("text", "description")}
    for name, text in columns.items():
        if spans := finder.spans(text, name):
            return around(text, spans, marks)
    return around(columns["description"] or columns["text"], [], marks)


def _composed(text: str | None) -> str:
    return unicodedata.normalize("NFC", text or "")


def _pattern(term: Term) -> str:
    """What a term looks like in a folded text; empty where that cannot be told."""
    words = _parts(term)
    if is_spaceless(term.text) or term.within or not words:
        return "".join(map(re.escape, words))
    end = r"[^\W_]*" if term.prefix else r"(?![^\W_])"
    return r"(?<![^\W_])" + r"[\W_]+".join(map(re.escape, words)) + end


def _parts(term: Term) -> list[str]:
    """The words of a term, folded; the whole where it has none of its own."""
    flat = folded(_composed(term.text))
    return [flat] if is_spaceless(term.text) or term.within else WORD.findall(flat)


def _concerns(term: Term, column: str) -> bool:
    return not term.columns or column in term.columns


def _some(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    for n, match in enumerate(pattern.finditer(text)):
        if n == _MOST:
            return
        yield match


def _apart(spans: Iterable[Span]) -> Iterator[Span]:
    end = 0
    for span in spans:
        if span[0] >= end:
            yield span
            end = span[1]


def marked(text: str, spans: Sequence[Span], marks: tuple[str, str]) -> str:
    """The text in one line with marks around the spans."""
    parts, end = [], 0
    for start, stop, _ in spans:
        parts += [text[end:start], marks[0], text[start:stop], marks[1]]
        end = stop
    parts.append(text[end:])
    return re.sub(r"\s+", " ", "".join(parts)).strip()


def around(text: str, spans: Sequence[Span], marks: tuple[str, str]) -> str:
    """The passage that shows most of what was looked for, in one line; `…` where the text goes on."""
    start, stop = 0, len(text)
    if stop > _LONGEST:
        start = _start(text, _best(spans))
        stop = _stop(text, min(start + _LONGEST, len(text)))
    within = [(one - start, min(other, stop) - start, n) for one, other, n in spans if start <= one < stop]
    told = marked(text[start:stop], within, marks)
    return ("… " if start else "") + told + (" …" if stop < len(text) else "")


def _best(spans: Sequence[Span]) -> int:
    """Where the window begins in which most terms stand; the first of the best."""
    best, place = 0, spans[0][0] if spans else 0
    for n, (start, _, _) in enumerate(spans[:200]):
        terms_there = {one[2] for one in spans[n : n + 40] if one[1] <= start + _LONGEST - _BEFORE}
        if len(terms_there) > best:
            best, place = len(terms_there), start
    return place


def _start(text: str, place: int) -> int:
    """A little before the place, at the beginning of a line, a sentence or at least a word."""
    if place <= _BEFORE:
        return 0
    earliest = place - _BEFORE
    for pattern in (r"\n\s*", r"[.!?。！？]\s*", r"\s+"):
        found = list(re.finditer(pattern, text[earliest:place]))
        if found:
            return earliest + found[0].end()
    return earliest


def _stop(text: str, place: int) -> int:
    """The end of a word, a little before the place."""
    if place == len(text) or text[place].isspace():
        return place
    space = max(text.rfind(" ", place - 30, place), text.rfind("\n", place - 30, place))
    return space if space > 0 else place
