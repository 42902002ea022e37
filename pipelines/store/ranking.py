"""The best of a bounded number of hits first: BM25 by what is rare, and where nothing is, by where the words stand.

FTS5 counts every hit of every word before it weighs the first one, so words that stand nearly everywhere are left out
of the sum: they would add next to nothing to it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from sqlite_utils.utils import sqlite3

from pipelines.store.expression import All, Any, Near, Node, Term, Without, terms
from pipelines.store.matching import PIECES, WORDS, index_of, plain_term
from pipelines.store.passages import Finder
from pipelines.store.scripts import WORD, folded, is_spaceless
from pipelines.store.streams import short_rows

_AFFORDED = 300_000  # hits that are counted for one ranking
_SAMPLE = 200  # hits by which is told how common a term is
_PHRASE = 3  # times as long as a hit of a word takes a look at where its words stand
_PLACES = (("title", 8.0), ("description", 3.0))  # columns in which other terms count, and what for
_TITLES = """
SELECT id, substr(title, 1, 500), substr(description, 1, 2000) FROM articles
WHERE id IN (SELECT value FROM json_each(?))
"""


def ranked(connection: sqlite3.Connection, tree: Node | None, ids: Sequence[int]) -> list[int]:
    """The ids (in falling order), best first; of equals the newest."""
    if tree is None or len(ids) < 2:
        return list(ids)
    scores = dict.fromkeys(ids, 0.0)
    left = _AFFORDED
    every = list(dict.fromkeys(terms(tree)))
    weighed: set[Term] = set()
    for index in (WORDS, PIECES):
        common = {term: _cost(connection, index, term) for term in every if _is_rankable(term, index)}
        rare: set[Term] = set()
        for term in sorted(common, key=lambda one: common[one]):
            if common[term] <= left:
                left -= common[term]
                rare.add(term)
        if wanted := _only(tree, rare):
            _weigh(connection, index, wanted, scores)
            weighed |= rare
    if len(weighed) < len(every):
        _place(connection, [term for term in every if term not in weighed], scores)
    return sorted(ids, key=lambda one: (-scores[one], -one))


def _is_rankable(term: Term, index: str) -> bool:
    """Whether the index can weigh it: it reads all that a beginning begins before it says a word of it."""
    if index_of(term) != index or term.prefix:
        return False
    return index == WORDS or (len(term.text) > 2 and is_spaceless(term.text))


def _cost(connection: sqlite3.Connection, index: str, term: Term) -> int:
    """About how many hits are read to count a term; of a phrase all places of its rarest word."""
    words = WORD.findall(folded(term.text)) if index == WORDS else []
    if len(words) < 2:
        return _frequency(connection, index, term)
    return _PHRASE * min(_frequency(connection, index, replace(term, text=word)) for word in words)


def _frequency(connection: sqlite3.Connection, index: str, term: Term) -> int:
    """About how many articles a term stands in: counted, or told by how soon the newest of them come."""
    sql = f"SELECT rowid FROM {index} WHERE {index} MATCH ? ORDER BY rowid DESC LIMIT {_SAMPLE}"
    rows = short_rows(connection, sql, (plain_term(term),)).fetchall()
    if len(rows) < _SAMPLE:
        return len(rows)
    first, last = connection.execute("SELECT (SELECT min(id) FROM articles), (SELECT max(id) FROM articles)").fetchone()
    return int(_SAMPLE * max((last - first) / max(last - rows[-1][0], 1), 1))


def _only(node: Node, wanted: set[Term]) -> str:
    """The expression with these terms alone: what it finds holds at least all hits of the whole; '' where none is."""
    match node:
        case Term():
            return plain_term(node) if node in wanted else ""
        case Near():
            return " OR ".join(plain_term(term) for term in node.terms if term in wanted)
        case All():
            parts = [part for one in node.parts if (part := _only(one, wanted))]
            return " AND ".join(f"({part})" for part in parts)
        case Any():
            parts = [part for one in node.parts if (part := _only(one, wanted))]
            return " OR ".join(f"({part})" for part in parts)
        case Without():
            return _only(node.kept, wanted)


def _weigh(connection: sqlite3.Connection, index: str, wanted: str, scores: dict[int, float]) -> None:
    rows = short_rows(
        connection,
        f"SELECT rowid, rank FROM {index} WHERE {index} MATCH :wanted AND rowid BETWEEN :first AND :last"
        " AND +rowid IN (SELECT value FROM json_each(:ids))",
        {"wanted": wanted, "first": min(scores), "last": max(scores), "ids": json.dumps(list(scores))},
    )
    for article_id, rank in rows:
        scores[article_id] -= rank


def _place(connection: sqlite3.Connection, some: list[Term], scores: dict[int, float]) -> None:
    """The other terms count where they stand in title or standfirst."""
    finder = Finder(All(tuple(some)))
    for article_id, *texts in short_rows(connection, _TITLES, (json.dumps(list(scores)),)):
        for (column, weight), text in zip(_PLACES, texts, strict=True):
            if text:
                scores[article_id] += weight * finder.count(text, column)
