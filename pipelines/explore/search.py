"""Full-text search: what a reader typed as a query that always runs, best or newest first."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from datasette.database import QueryInterrupted
from datasette.utils.sqlite import sqlite3

from pipelines.explore.words import END, HIT
from pipelines.store.search import as_words

SIZE = 20  # results on a page
MOST = 1000  # hits that are counted
_LONGEST = 400  # characters of a query
_OPERATORS = frozenset(("AND", "OR", "NOT", "NEAR"))
_BEST = "AND rank MATCH 'bm25(10.0, 5.0, 1.0)' ORDER BY rank"
_NEWEST = "ORDER BY articles_fts.rowid DESC"
_COUNT = f"""
SELECT count(*) FROM (
    SELECT 1 FROM articles_fts {{join}} WHERE articles_fts MATCH :query {{source}} LIMIT {MOST + 1}
)
"""
_HITS = f"""
SELECT articles.id, articles.source_id, sources.name AS source_name, articles.published_at,
       articles.published_precision, articles.language,
       coalesce(highlight(articles_fts, 0, char({ord(HIT)}), char({ord(END)})), articles.url) AS title,
       snippet(articles_fts, 2, char({ord(HIT)}), char({ord(END)}), '…', 36) AS passage
FROM articles_fts JOIN articles ON articles.id = articles_fts.rowid
LEFT JOIN sources ON sources.id = articles.source_id
WHERE articles_fts MATCH :query {{source}} {{order}} LIMIT {SIZE + 1} OFFSET :skip
"""


@dataclass(slots=True, kw_only=True)
class Found:
    """A page of results. `hint` tells the reader what was done with a query that could not be run as typed."""

    hits: list[Any] = field(default_factory=list)
    more: bool = False
    total: int | None = None  # MOST + 1: more than were counted; None: not counted
    hint: str = ""


def literal(query: str) -> str:
    """The words of a query, each taken as it stands; operators are none of them."""
    return as_words(" ".join(word for word in query.split() if word not in _OPERATORS))


def tidy(query: str) -> str:
    """What was typed, without control characters, in a length that makes sense."""
    return re.sub(r"[\x00-\x1f\x7f]+", " ", query).strip()[:_LONGEST]


async def find(db: Any, query: str, *, source: str = "", newest: bool = False, page: int = 1) -> Found:
    """The hits of a query. Never raises for what a reader may type: it says in `hint` what was done instead."""
    if not query:
        return Found()
    try:
        return await _ranked(db, query, source, newest, page)
    except sqlite3.OperationalError:
        words = literal(query)
    if not words:
        return Found(hint="There is no word in this. Type a word to look for.")
    found = await _ranked(db, words, source, newest, page)
    found.hint = "This is no complete search expression, so all its words were looked for as they stand."
    return found


async def _ranked(db: Any, query: str, source: str, newest: bool, page: int) -> Found:
    try:
        return await _run(db, query, source, _NEWEST if newest else _BEST, page)
    except QueryInterrupted:
        hint = "Too many articles match to rank them in time. Add a word"
    if newest:
        return Found(hint=f"{hint}.")
    try:
        found = await _run(db, query, source, _NEWEST, page)
    except QueryInterrupted:
        return Found(hint=f"{hint}.")
    found.hint = f"{hint}; until then, here are the newest."
    return found


async def _run(db: Any, query: str, source: str, order: str, page: int) -> Found:
    params = {"query": query, "source": source, "skip": (page - 1) * SIZE}
    only = "AND articles.source_id = :source" if source else ""
    rows = list((await db.execute(_HITS.format(source=only, order=order), params)).rows)
    return Found(hits=rows[:SIZE], more=len(rows) > SIZE, total=await _count(db, only, params))


async def _count(db: Any, only: str, params: dict[str, Any]) -> int | None:
    join = "JOIN articles ON articles.id = articles_fts.rowid" if only else ""
    try:
        return int((await db.execute(_COUNT.format(join=join, source=only), params)).first()[0])
    except QueryInterrupted:
        return None
