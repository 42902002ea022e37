"""Full-text search: one for the command line, the explorer, watches and saved questions.

Two indexes are asked. `articles_fts` knows words; `articles_trigrams` knows any three characters in a row, for scripts
without spaces and for pieces of titles. Which one finds a term is told by its script, and `streams.py` joins what they
give, the newest first. A common word has more hits than can be ranked while somebody waits: the newest are, and the
answer says so.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlite_utils.utils import sqlite3

from pipelines.store import passages as showing
from pipelines.store.matching import Plan
from pipelines.store.querying import Query as Query
from pipelines.store.querying import parse as parse
from pipelines.store.querying import typed as typed
from pipelines.store.ranking import ranked
from pipelines.store.streams import Listed, newest, short_rows

MOST = 2000  # newest matches that are ranked and counted by facet
_READ = 120_000  # ids that one search reads at most
_COUNTED = 10_000
#: A name that is longer tells nothing apart: it is text that went astray.
_FACTS = """
SELECT id, source_id, language, iif(length(agency) <= 300, agency, NULL) AS agency,
       iif(length(section) <= 300, section, NULL) AS section, published_at, first_seen_at
FROM articles WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id DESC
"""
#: Of a span of more articles than that only the first are looked at: a search is to be answered at once.
_STRAYS = """
SELECT id FROM (
    SELECT id FROM articles WHERE published_at >= :since AND published_at < :until LIMIT 100000
) WHERE id NOT BETWEEN :first AND :last LIMIT 10000
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches:
    """The newest articles that match, as facts for counting: id, source_id, language, agency, section, dates.

    `more`: there may be others, all of them older. `looked_to` is the id above which every article was looked at, where
    a search ended since it had read enough; None where it did not. `hints` are what a reader should know.
    """

    facts: list[Any] = field(default_factory=list, repr=False)
    more: bool = False
    looked_to: int | None = None
    hints: tuple[str, ...] = ()

    @property
    def ids(self) -> list[int]:
        """The newest first."""
        return [row["id"] for row in self.facts]


def matches(connection: sqlite3.Connection, query: Query, *, most: int = MOST) -> Matches:
    """The newest articles that match a query, `most` of them at most; a query that asks nothing matches nothing."""
    if not query:
        return Matches(hints=query.hints)
    plan = Plan(connection, query, budget=_READ)
    ids, looked_to = newest(plan.stream(), plan.last, most + 1)
    if strays := _strays(connection, query):
        ids = sorted({*ids, *matching(connection, query, strays)}, reverse=True)
    facts = _dated(_facts(connection, ids[:most]), query)
    full = len(ids) > most
    return Matches(
        facts=facts,
        more=full or looked_to is not None,
        looked_to=None if full else looked_to,
        hints=(*query.hints, *plan.hints),
    )


def best(connection: sqlite3.Connection, query: Query, found: Matches) -> list[int]:
    """The ids of what was found, best first."""
    return ranked(connection, query.tree, found.ids)


def hits(
    connection: sqlite3.Connection, query: Query, ids: Sequence[int], marks: tuple[str, str] = ("", "")
) -> list[dict[str, Any]]:
    """These articles in their order: what a list shows of each, with marks around what was found."""
    return showing.hits(connection, query.tree, ids, marks)


def search(
    connection: sqlite3.Connection,
    query: Query,
    *,
    newest: bool = False,
    limit: int = 20,
    marks: tuple[str, str] = ("", ""),
) -> list[dict[str, Any]]:
    """Articles for a query, best or newest first: id, source_id, published_at, title, url and a snippet of the text."""
    found = matches(connection, query, most=max(limit, MOST))
    ids = (found.ids if newest else best(connection, query, found))[:limit]
    names = ("id", "source_id", "published_at", "plain_title", "url", "passage")
    return [
        dict(zip(("id", "source_id", "published_at", "title", "url", "snippet"), map(row.get, names), strict=True))
        for row in hits(connection, query, ids, marks)
    ]


def matching(connection: sqlite3.Connection, query: Query, among: Iterable[int]) -> list[int]:
    """Which of these articles match, in falling order; each is looked at."""
    among = set(among)
    if not query or not among:
        return []
    undated = replace(query, since=None, until=None)  # dates are compared below
    plan = Plan(connection, undated, budget=None, first=min(among), last=max(among), among=Listed(among))
    ids, _ = newest(plan.stream(), plan.last, len(among))
    return [row["id"] for row in _dated(_facts(connection, ids), query)]


def count(connection: sqlite3.Connection, query: Query) -> int:
    """How many articles match; counted to ten thousand."""
    return len(matches(connection, query, most=_COUNTED).facts)


def passages(
    connection: sqlite3.Connection, query: Query, ids: Sequence[int], marks: tuple[str, str] = ("", "")
) -> dict[int, str]:
    """Of each of these articles a passage that shows what was looked for."""
    return {row["id"]: row["passage"] for row in hits(connection, query, ids, marks)}


def _strays(connection: sqlite3.Connection, query: Query) -> list[int]:
    """Articles of the dates asked for whose id tells another time: their date was corrected since it was given."""
    if not query.since and not query.until:
        return []
    first, last = query.span()
    rows = connection.execute(
        _STRAYS, {"since": query.since or "", "until": f"{query.until or ''}~", "first": first, "last": last}
    )
    return [row[0] for row in rows]


def _facts(connection: sqlite3.Connection, ids: Sequence[int]) -> list[dict[str, Any]]:
    cursor = short_rows(connection, _FACTS, (json.dumps(list(ids)),))
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _dated(facts: list[dict[str, Any]], query: Query) -> list[dict[str, Any]]:
    """Without those whose date was found to be another since their id was given."""
    if not query.since and not query.until:
        return facts
    return [row for row in facts if _within(row["published_at"] or row["first_seen_at"], query.since, query.until)]


def _within(moment: str, since: str | None, until: str | None) -> bool:
    """Whether a date, as far as it is known, may lie between two others."""
    return (not since or moment[: len(since)] >= since[: len(moment)]) and (
        not until or moment[: len(until)] <= until[: len(moment)]
    )
