"""The dictionaries that bodies of a source are compressed with: never changed, only followed by others.

A row holds the content of a dictionary as a zstd frame: it is markup, and takes a fifth that way.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import zstandard
from sqlite_utils.utils import sqlite3

from pipelines.store.rows import now

_LEVEL = 19
_MOST = 16 * 1024**2  # bytes of a content; what says that it is more is damaged
_PAGE = 1000  # rows read at a time: long reads would keep the writer's log from being merged
_AMONG = 8  # bodies looked through for each page: there are feeds, too
#: A page that came whole and was an article, and whose bytes are here.
_WHOLE = (
    "+feed_id IS NULL AND +outcome = 'article' AND status = 200 AND completeness = 'whole'"
    " AND EXISTS (SELECT 1 FROM payloads WHERE payloads.id = payload_id AND codec = 'zstd')"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dictionary:
    """A dictionary but for its content."""

    id: int
    pages: int  # it was made from


def newest(connection: sqlite3.Connection, source: str | None) -> int | None:
    """The id of the dictionary that new bodies of a source are compressed with."""
    row = connection.execute(
        "SELECT id FROM dictionaries WHERE source_id = ? ORDER BY n DESC LIMIT 1", (source,)
    ).fetchone()
    return None if row is None else int(row[0])


def in_use(connection: sqlite3.Connection, source: str) -> Dictionary | None:
    """The newest dictionary of a source."""
    row = connection.execute(
        "SELECT id, pages FROM dictionaries WHERE source_id = ? ORDER BY n DESC LIMIT 1", (source,)
    ).fetchone()
    return None if row is None else Dictionary(id=row[0], pages=row[1])


def digest_of(connection: sqlite3.Connection, dictionary_id: int) -> str:
    """The digest of a dictionary. Raises ValueError where it is missing."""
    row = connection.execute("SELECT digest FROM dictionaries WHERE id = ?", (dictionary_id,)).fetchone()
    if row is None:
        raise ValueError(f"dictionary {dictionary_id} is missing")
    return str(row[0])


def body_of(connection: sqlite3.Connection, dictionary_id: int) -> bytes:
    """A dictionary as it is stored. Raises ValueError where it is missing or damaged."""
    row = connection.execute("SELECT digest, body FROM dictionaries WHERE id = ?", (dictionary_id,)).fetchone()
    if row is None:
        raise ValueError(f"dictionary {dictionary_id} is missing")
    if hashlib.sha256(row[1]).hexdigest() != row[0]:
        raise ValueError(f"dictionary {dictionary_id} is damaged")
    return bytes(row[1])


def packed(content: bytes) -> bytes:
    """The content of a dictionary as it is stored."""
    return zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True).compress(content)


def unpacked(body: bytes) -> bytes:
    """The content of a stored dictionary. Raises ValueError where it is damaged."""
    try:
        if not 0 <= zstandard.frame_content_size(body) <= _MOST:
            raise ValueError("the dictionary's size is wrong")
        return zstandard.ZstdDecompressor().decompress(body)
    except zstandard.ZstdError as problem:
        raise ValueError(f"the dictionary is damaged: {problem}") from None


def content_of(connection: sqlite3.Connection, dictionary_id: int) -> bytes | None:
    """The content of a dictionary, None where it is missing or damaged."""
    try:
        return unpacked(body_of(connection, dictionary_id))
    except ValueError:
        return None


def put(connection: sqlite3.Connection, source: str, content: bytes, pages: int) -> int:
    """Follow the dictionaries of a source by another, made from so many pages; its id."""
    (n,) = connection.execute(
        "SELECT 1 + coalesce(max(n), 0) FROM dictionaries WHERE source_id = ?", (source,)
    ).fetchone()
    body = packed(f"{source} {n}\0".encode() + content)  # two sources may share all that they repeat
    cursor = connection.execute(
        "INSERT INTO dictionaries (source_id, n, digest, pages, made_at, body) VALUES (?, ?, ?, ?, ?, ?)",
        (source, n, hashlib.sha256(body).hexdigest(), pages, now(), body),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def latest_pages(connection: sqlite3.Connection, source: str, most: int) -> list[int]:
    """Payloads of the articles of a source that came last, one of each address, newest first."""
    rows = connection.execute(
        f"SELECT urlkey, payload_id FROM captures WHERE source_id = ? AND {_WHOLE} ORDER BY fetched_at DESC LIMIT ?",
        (source, 2 * most),
    )
    pages: dict[str, int] = {}
    for key, payload_id in rows:
        if payload_id not in pages.values():
            pages.setdefault(key, payload_id)
    return list(pages.values())[:most]


def density(connection: sqlite3.Connection, dictionary_id: int, pages: int) -> tuple[float, float] | None:
    """What is left of a page's bytes, as a share, of the first and of the last that use a dictionary; None: too few."""
    found = []
    for order in ("", "DESC"):
        rows = connection.execute(
            "SELECT length(body), size FROM (SELECT id FROM payloads WHERE dictionary_id = ? AND size > 0"
            f" ORDER BY +id {order} LIMIT ?) JOIN payloads USING (id) WHERE EXISTS"
            " (SELECT 1 FROM captures WHERE payload_id = payloads.id AND outcome = 'article') LIMIT ?",
            (dictionary_id, _AMONG * pages, pages),
        ).fetchall()
        if len(rows) < pages:
            return None
        found.append(sum(packed for packed, _ in rows) / sum(size for _, size in rows))
    return found[0], found[1]


def articles_of(connection: sqlite3.Connection, source: str, run_id: int) -> tuple[int, int]:
    """How many articles a source has, and how many of them came since a run last came to its end."""
    (total,) = connection.execute("SELECT count(*) FROM articles WHERE source_id = ?", (source,)).fetchone()
    (fresh,) = connection.execute(
        "SELECT coalesce(sum(n), 0) FROM tallies WHERE source_id = ? AND what = 'new' AND run_id <= ?"
        " AND run_id > (SELECT coalesce(max(id), 0) FROM runs WHERE id < ? AND reason = 'finished')",
        (source, run_id, run_id),
    ).fetchone()
    return total, fresh


def titles(connection: sqlite3.Connection, source: str) -> Iterator[str]:
    """Every title that an article of a source has or had, or that it was listed with."""
    yield from _all(
        connection,
        "SELECT articles.id, articles.title, revisions.title FROM articles"
        " LEFT JOIN revisions ON article_id = articles.id WHERE source_id = ? AND articles.id > ?"
        " ORDER BY articles.id LIMIT ?",
        source,
    )
    for state in ("queued", "fetched", "refused", "failed"):
        yield from _all(
            connection,
            f"SELECT id, title FROM entries WHERE source_id = ? AND state = '{state}' AND id > ? ORDER BY id LIMIT ?",
            source,
        )


def _all(connection: sqlite3.Connection, sql: str, source: str) -> Iterator[str]:
    last = 0
    while rows := connection.execute(sql, (source, last, _PAGE)).fetchall():
        last = rows[-1][0]
        yield from (title for row in rows for title in tuple(row)[1:] if title)


def unshrunk(connection: sqlite3.Connection, after: tuple[int, int]) -> list[tuple[int, int, int]]:
    """Bodies stored before their source had a dictionary: (size, payload, dictionary), after (size, payload)."""
    rows = connection.execute(
        "SELECT size, payloads.id, (SELECT id FROM dictionaries WHERE source_id = captures.source_id"
        " ORDER BY n DESC LIMIT 1) FROM payloads JOIN captures ON payload_id = payloads.id"
        " WHERE dictionary_id IS NULL AND codec = 'zstd' AND (size, payloads.id) > (?, ?)"
        " AND source_id IN (SELECT source_id FROM dictionaries) ORDER BY size, payloads.id LIMIT ?",
        (*after, _PAGE),
    ).fetchall()
    return [(row[0], row[1], row[2]) for row in rows]
