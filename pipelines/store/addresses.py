"""`addresses`: every address an article was seen at, and which of them is its own."""

from __future__ import annotations

from collections.abc import Iterable

from sqlite_utils.utils import sqlite3

from pipelines.store import parameters
from pipelines.store.rows import clean, key_of
from pipelines.types import Capture
from pipelines.urls import plain_form


def put(
    connection: sqlite3.Connection, article_id: int, capture: Capture, url: str, source: str | None, *, own: bool
) -> None:
    """Write down where a capture shows an article: at `url`, which is the article's `own` address or just another."""
    entry = capture.entry.url if capture.entry else None
    _put(connection, article_id, [url, *filter(None, (capture.url, capture.final_url, entry))], source)
    if own:
        name_own(connection, article_id, url)


def name_own(connection: sqlite3.Connection, article_id: int, url: str) -> None:
    """Say which of an article's addresses is its own."""
    for (other,) in connection.execute(
        "SELECT url FROM addresses WHERE article_id = ? AND kind = 'canonical' AND url <> ?", (article_id, url)
    ).fetchall():
        connection.execute(
            "UPDATE addresses SET kind = ? WHERE article_id = ? AND url = ?", (_kind(other), article_id, other)
        )
    connection.execute("UPDATE addresses SET kind = 'canonical' WHERE article_id = ? AND url = ?", (article_id, url))


def _put(connection: sqlite3.Connection, article_id: int, urls: Iterable[str], source: str | None) -> None:
    urls = dict.fromkeys(map(clean, urls))
    idle = parameters.idle(connection, source) if any("?" in url for url in urls) else ()
    keys = {url: parameters.without(key_of(url), idle) for url in urls}
    connection.executemany(
        "INSERT INTO addresses (article_id, url, urlkey, kind) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [(article_id, url, key, _kind(url)) for url, key in keys.items()],
    )
    if any("?" in key for key in keys.values()):
        parameters.learn(connection, source, article_id)


def _kind(url: str) -> str:
    """What an address is beside the canonical one: another form of the page, or just another."""
    return plain_form(url)[0] or "seen"
