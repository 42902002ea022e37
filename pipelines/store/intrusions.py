"""Texts that come in the place of an article and are none of its edits: notices that work is done on the site, checks
whether a browser asks, requests for consent, answered with 200 at every address.

Nothing in such a text says so, but that it shares almost nothing with the article, headline included, and stands at
other addresses of its source too. What those show is known when a crawl is over; until then it waits to be read.
"""

from __future__ import annotations

from sqlite_utils.utils import sqlite3

from pipelines.alike import Text
from pipelines.lines import key
from pipelines.store.rows import key_of
from pipelines.types import Article, Capture, Reason, Reject

_LITTLE = 0.05  # share of the shorter text's shingles
_LOOKED_AT = 50  # captures of one body, at other addresses
#: The article of which an address shows the text of record.
_HELD = (
    "SELECT * FROM articles WHERE id IN (SELECT id FROM articles WHERE urlkey = :key UNION SELECT articles.id"
    " FROM captures JOIN articles ON articles.capture_id = captures.id WHERE captures.urlkey = :key)"
    " AND capture_id <> :id"
    " AND NOT EXISTS (SELECT 1 FROM revisions WHERE article_id = articles.id AND capture_id = :id)"
    " AND NOT EXISTS (SELECT 1 FROM returns WHERE article_id = articles.id AND capture_id = :id) LIMIT 1"
)


def intrusion(
    connection: sqlite3.Connection, capture_id: int, capture: Capture, article: Article, run_id: int | None
) -> Reject | bool:
    """What a text is that may be none of the article at its address: why it is not, True where it is to be read again
    when this crawl is over, False where it is taken for what it says."""
    asked = key_of(capture.url)
    if asked != key_of(capture.final_url or capture.url):
        return False
    known = connection.execute(_HELD, {"key": asked, "id": capture_id}).fetchone()
    if known is None or not _is_unlike(connection, known, article):
        return False
    if _stands_elsewhere(connection, capture_id, known, article):
        return Reject(Reason.BLOCKED, f"other pages of its source show the same: {article.title or 'no headline'}")
    row = connection.execute(
        "SELECT 1 FROM captures JOIN runs ON runs.id = run_id WHERE captures.id = ? AND run_id = ? AND kind = 'crawl'",
        (capture_id, run_id),
    ).fetchone()
    return row is not None


def _is_unlike(connection: sqlite3.Connection, known: sqlite3.Row, article: Article) -> bool:
    """Whether a text has neither headline nor words of any that the article has or had."""
    new = Text(article.text)
    earlier = connection.execute("SELECT title, text FROM revisions WHERE article_id = ?", (known["id"],))
    for row in (known, *earlier):
        old = Text(row["text"])
        common = len(old.shingles & new.shingles)
        if key(row["title"] or "") == key(article.title or "") or common > _LITTLE * min(
            len(old.shingles), len(new.shingles)
        ):
            return False
    return True


def _stands_elsewhere(connection: sqlite3.Connection, capture_id: int, known: sqlite3.Row, article: Article) -> bool:
    """Whether another article of the source has this very text, or another of its addresses showed this very page."""
    text = connection.execute(
        "SELECT 1 FROM articles WHERE digest = ? AND source_id IS ? AND id <> ? LIMIT 1",
        (article.fingerprint.digest, known["source_id"], known["id"]),
    ).fetchone()
    if text is not None:
        return True
    pages = connection.execute(
        "SELECT other.urlkey, other.url, other.final_url FROM captures AS mine JOIN captures AS other"
        " ON other.payload_id = mine.payload_id AND other.source_id IS mine.source_id AND other.urlkey <> mine.urlkey"
        " WHERE mine.id = ? LIMIT ?",
        (capture_id, _LOOKED_AT),
    ).fetchall()
    mine = {
        row["urlkey"] for row in connection.execute("SELECT urlkey FROM addresses WHERE article_id = ?", (known["id"],))
    }
    return any(mine.isdisjoint((row["urlkey"], key_of(row["final_url"] or row["url"]))) for row in pages)
