"""Full-text search: FTS5's own language where the query speaks it, plain words where it does not."""

from __future__ import annotations

import re
from typing import Any

from sqlite_utils.utils import sqlite3

from pipelines.store.rows import same_length

_LONGEST = 1000  # characters of a query that are looked at; thousands of terms take seconds
_SNIPPET = 24  # words
_SQL = (
    "SELECT articles.id, articles.source_id, articles.published_at, articles.title, articles.url,"
    f" snippet(articles_fts, 2, :start, :stop, '…', {_SNIPPET}) AS snippet"
    " FROM articles_fts JOIN articles ON articles.id = articles_fts.rowid"
    " WHERE articles_fts MATCH :query"
)


def search(
    connection: sqlite3.Connection, query: str, *, source: str | None, limit: int, marks: tuple[str, str]
) -> list[dict[str, Any]]:
    """Articles for a query, best first; a query that says nothing finds nothing."""
    query = same_length(query).replace("\ufffd", " ")[:_LONGEST].strip()
    if not query:
        return []
    values = {"source": source, "limit": limit, "start": marks[0], "stop": marks[1]}
    sql = _SQL + (" AND articles.source_id = :source" if source else "") + " ORDER BY rank LIMIT :limit"
    try:
        rows = connection.execute(sql, {**values, "query": query}).fetchall()
    except sqlite3.OperationalError:
        words = as_words(query)
        rows = connection.execute(sql, {**values, "query": words}).fetchall() if words else []
    return [dict(row) for row in rows]


def as_words(query: str) -> str:
    """A query that FTS5 cannot misread: every word quoted, all of them wanted."""
    words = (word.replace('"', "") for word in query.split())
    return " ".join(f'"{word}"' for word in words if re.search(r"[^\W_]", word))
