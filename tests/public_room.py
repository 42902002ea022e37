"""A snapshot that is as unkind to its server as one can be: many articles, long ones, much edited ones."""

from __future__ import annotations

import random
from pathlib import Path

from pipelines.store.snapshot import APPLICATION
from tests.shelf import add_source, open_shelf

_WORDS = 3000  # in the vocabulary
_SCRIPT = "<script>alert(1)</script> & "


def fat_snapshot(path: Path, *, articles: int, long: int, length: int) -> tuple[Path, list[int]]:
    """A snapshot of so many articles, `long` of them of `length` characters; the ids of those. Deterministic."""
    chance = random.Random(6)
    words = ["the", "and", *("".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=6)) for _ in range(_WORDS))]
    prose = [" ".join(chance.choices(words, k=320)) for _ in range(200)]
    endless = [_long(chance, prose, length) for _ in range(8)]
    db = open_shelf(path)
    db.conn.execute("PRAGMA synchronous = OFF")
    for name in ("post", "wire", "herald"):
        add_source(db, name, name.title())
    numbers = [n << 20 for n in range(1, articles + 1)]
    fat = numbers[:: articles // long][:long]
    with db.conn:
        db.conn.executemany(
            "INSERT INTO captures (id, source_id, url, urlkey, fetched_at, status, completeness, outcome)"
            " VALUES (?, 'post', ?, ?, '2026-11-20T06:00:00Z', 200, 'whole', 'article')",
            ((n, f"https://post.example/{n}", f"post{n}") for n in numbers),
        )
        db.conn.executemany(
            "INSERT INTO articles (id, source_id, capture_id, url, urlkey, title, published_at, published_precision,"
            " first_seen_at, word_count, removed_chars, digest, recipe_id, language, text)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, 'minute', '2026-11-20T06:00:00Z', 600, 0, ?, '5f1d8a0c9b7e4321', 'en', ?)",
            (
                (
                    n, ("post", "wire", "herald")[n % 3], n, f"https://post.example/{n}", f"post{n}",
                    f"the {chance.choice(words)} of {chance.choice(words)}",
                    f"2026-{1 + (n >> 20) % 11:02}-{1 + (n >> 20) % 28:02}T08:00:00Z", f"{n:064x}",
                    endless[i % 8] if n in among else f"{n} {chance.choice(prose)}",
                )
                for among in [set(fat)] for i, n in enumerate(numbers)
            ),
        )  # fmt: skip
        db.conn.executemany(
            "INSERT INTO revisions (article_id, n, capture_id, title, digest, seen_from, seen_until, text)"
            " VALUES (?, ?, ?, 'the title before', ?, '2026-11-19T06:00:00Z', ?, ?)",
            (
                (n, at, n, f"{n + at:064x}", f"2026-11-20T06:0{at}:00Z", chance.choice(endless))
                for n in fat[: len(fat) // 10] for at in range(1, 6)
            ),
        )  # fmt: skip
        db.conn.execute("DELETE FROM runs")
        db.conn.execute("ANALYZE")
        db.conn.execute(f"PRAGMA application_id = {APPLICATION}")
    db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.conn.execute("PRAGMA journal_mode = DELETE")
    db.close()
    return path, fat


def _long(chance: random.Random, prose: list[str], length: int) -> str:
    """A long text in paragraphs, with what grows most when it is escaped or drawn."""
    parts: list[str] = []
    size = 0
    while size < length:
        parts.append(chance.choice((chance.choice(prose), _SCRIPT * 40, "ферри 渡し船 🚢 " * 60)))
        size += len(parts[-1]) + 2
    return "\n\n".join(parts)
