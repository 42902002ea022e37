"""What was extracted of the page behind each article, kept so that it can be stripped again without that page."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlite_utils.utils import sqlite3

from pipelines.store import ledger
from pipelines.store.rows import capture_from_row
from pipelines.types import Article, Extracted, restore

#: Captures whose articles another recipe made; takes a JSON array of [recipe, source] pairs.
STALE = (
    "id IN (SELECT capture_id FROM articles JOIN json_each(?) AS pair"
    " ON recipe_id = pair.value ->> 0 AND source_id IS pair.value ->> 1)"
)
#: Of those, the ones that can be stripped again; takes a JSON array of [recipe, source, base].
TO_STRIP = (
    "id IN (SELECT capture_id FROM articles JOIN json_each(?) AS pair"
    " ON recipe_id = pair.value ->> 0 AND source_id IS pair.value ->> 1"
    " JOIN extractions ON article_id = articles.id AND base = pair.value ->> 2)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What an article's page showed, for learning: its packed extraction, and what it is recognised by."""

    article_id: int
    first_seen_at: str
    digest: str
    bands: frozenset[tuple[int, int]]
    packed: bytes = field(repr=False)


def put(connection: sqlite3.Connection, article_id: int, article: Article) -> None:
    """Keep the extraction of an article; one that was made without any has none."""
    if not article.packed:
        connection.execute("DELETE FROM extractions WHERE article_id = ?", (article_id,))
        return
    connection.execute(
        "INSERT INTO extractions (article_id, base, packed) VALUES (?, ?, ?) ON CONFLICT DO UPDATE"
        " SET base = excluded.base, packed = excluded.packed WHERE packed <> excluded.packed OR base <> excluded.base",
        (article_id, article.base, article.packed),
    )


def extracted(connection: sqlite3.Connection, capture_id: int) -> tuple[str, Extracted] | None:
    """What was extracted of the capture that an article rests on, and by which base; None where that was not kept."""
    row = connection.execute(
        "SELECT captures.*, articles.id AS article_id, articles.text, base, packed FROM articles"
        " JOIN captures ON captures.id = capture_id JOIN extractions ON article_id = articles.id WHERE capture_id = ?",
        (capture_id,),
    ).fetchone()
    if row is None:
        return None
    text = restore(row["text"], ledger.removals_of(connection, row["article_id"]))
    return row["base"], Extracted(capture=capture_from_row(row, b""), text=text, packed=row["packed"])


def latest(connection: sqlite3.Connection, source: str, limit: int) -> list[Shown]:
    """What the pages of a source's latest articles showed, newest first."""
    rows = connection.execute(
        "SELECT articles.id, first_seen_at, digest, packed FROM articles JOIN extractions ON article_id = articles.id"
        " WHERE source_id = ? ORDER BY articles.id DESC LIMIT ?",
        (source, limit),
    ).fetchall()
    return [
        Shown(
            article_id=row["id"],
            first_seen_at=row["first_seen_at"],
            digest=row["digest"],
            bands=_bands(connection, row["id"]),
            packed=row["packed"],
        )
        for row in rows
    ]


def _bands(connection: sqlite3.Connection, article_id: int) -> frozenset[tuple[int, int]]:
    rows = connection.execute(
        "SELECT band, value FROM bands WHERE article_id = ? AND band < ?", (article_id, ledger.SKETCH)
    )
    return frozenset((band, value) for band, value in rows)


def recipes_in_use(connection: sqlite3.Connection) -> list[tuple[str, str | None, int]]:
    """Each recipe that made articles, with the source of those and their number."""
    rows = connection.execute("SELECT recipe_id, source_id, count(*) FROM articles GROUP BY 1, 2")
    return [(recipe, source, count) for recipe, source, count in rows]
