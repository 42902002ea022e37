"""Captures and articles made by hand, for the tests of the store."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pipelines.store.archive import Archive
from pipelines.store.writer import Kept, Writer
from pipelines.types import Article, Capture, Entry, Feed, Fetched, Fingerprint, Removal
from pipelines.urls import urlkey

START = datetime(2024, 5, 1, 12, tzinfo=UTC)
URL = "https://paper.example/2024/story"
FEED = Feed(source="paper", url="https://paper.example/feed")


def capture(url: str = URL, *, hours: float = 0, **values: Any) -> Capture:
    """A page of the source `paper`, fetched `hours` after noon on the first of May 2024."""
    given = {
        "source": "paper",
        "body": f"<p>{url} {hours}".encode(errors="replace"),
        "entry": Entry(url=url, source="paper"),
    }
    return Capture(url=url, fetched_at=START + timedelta(hours=hours), **{**given, **values})


def article(url: str = URL, text: str = "The words of the story.", **values: Any) -> Article:
    """An article of the source `paper`."""
    digest = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
    given = {
        "urlkey": urlkey(url),
        "source": "paper",
        "title": "A story",
        "published_at": "2024-05-01T10:00:00Z",
        "published_precision": "second",
        "word_count": len(text.split()),
        "fingerprint": Fingerprint(digest=digest, bands=(1, -2, 3)),
        "recipe": "recipe-1",
    }
    return Article(url=url, text=text, **{**given, **values})


def cut(start: int, text: str, rule: str = "tail.share", zone: str = "tail") -> Removal:
    """A removal of `text`, which began at `start` of the extracted text."""
    return Removal(start=start, stop=start + len(text), zone=zone, rule=rule, text=text)


def put(writer: Writer, page: Capture, read_as: Any, run_id: int | None = None) -> tuple[int, str]:
    """Keep a capture and store what it was read as: (capture id, result)."""
    kept = writer.keep(Fetched(capture=page), run_id)
    return kept.capture_id, writer.store(kept.capture_id, page, read_as, run_id)


def contents(writer: Writer) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, to compare two states of an archive."""
    names = [name for name in writer.db.table_names() if not name.startswith("articles_fts")]
    return {name: [tuple(row) for row in writer.db.execute(f"SELECT * FROM {name}")] for name in names}


def rows(path: Path, sql: str, *params: Any) -> list[tuple[Any, ...]]:
    """What a reader sees."""
    with Archive(path) as archive:
        return [tuple(row) for row in archive.db.execute(sql, params).fetchall()]


def check_whole(writer: Writer) -> None:
    """Assert what SQLite itself can say of the file: pages, foreign keys, and the index against the texts."""
    assert [tuple(row) for row in writer.db.execute("PRAGMA integrity_check")] == [("ok",)]
    assert writer.db.execute("PRAGMA foreign_key_check").fetchall() == []
    writer.db.execute("INSERT INTO articles_fts (articles_fts, rank) VALUES ('integrity-check', 1)")


def poll(writer: Writer, *entries: Entry, hours: float = 0, run_id: int | None = None, **values: Any) -> Kept:
    """Keep one check of the feed."""
    page = Capture(
        url=FEED.url,
        fetched_at=START + timedelta(hours=hours),
        source="paper",
        **{"body": repr(entries).encode(), **values},
    )
    return writer.keep(Fetched(capture=page, feed=FEED, entries=entries), run_id)
