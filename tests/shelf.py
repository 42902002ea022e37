"""An archive filled by hand, row by row, for tests of what reads it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import zstandard
from sqlite_utils import Database

from pipelines.store.migrations import migrations

RULES = {
    "share-counts": ("lead", "shipped", "Counters of shares and readers change with every visit."),
    "related-headlines": ("tail", "shipped", "Headlines of other articles after the text."),
    "copyright-footer": ("tail", "shipped", "The same legal line stands under every article."),
    "dateline": ("field", "shipped", "Place and agency open the text; they become columns."),
    "learned-9f2c": ("body", "learned", "Stands on 34 of 40 pages of this source."),
}


def open_shelf(path: Path) -> Database:
    """An empty archive at `path`, with rules, a recipe and a finished run."""
    db = Database(path)
    migrations.apply(db)
    for name, (zone, origin, why) in RULES.items():
        insert(db, "rules", id=name, zone=zone, origin=origin, why=why)
    insert(db, "recipes", id="5f1d8a0c9b7e4321", version="1", rules="0" * 64, made_at="2026-11-01T00:00:00Z")
    run = {"started_at": "2026-11-20T06:00:00Z", "finished_at": "2026-11-20T06:04:11Z", "reason": "finished"}
    insert(db, "runs", id=1, kind="crawl", version="0.1.0", **run)
    return db


def insert(db: Database, table: str, **row: Any) -> None:
    """One row; lists and dicts become JSON."""
    values = [json.dumps(one, ensure_ascii=False) if isinstance(one, (list, dict)) else one for one in row.values()]
    names, marks = ", ".join(row), ", ".join("?" * len(row))
    with db.conn:
        db.conn.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", values)


def add_source(db: Database, name: str, title: str, **row: Any) -> None:
    """A followed outlet."""
    insert(db, "sources", id=name, name=title, homepage=f"https://{name}.example/", **row)


def add_capture(db: Database, source: str | None, url: str, body: bytes, **row: Any) -> int:
    """A fetched page with its payload; its id."""
    digest = hashlib.sha256(body).hexdigest()
    number = db.execute("SELECT count(*) + 1 FROM captures").fetchone()[0]
    if not db.execute("SELECT 1 FROM payloads WHERE digest = ?", [digest]).fetchone():
        insert(db, "payloads", digest=digest, codec="zstd", size=len(body), body=zstandard.compress(body))
    payload = db.execute("SELECT id FROM payloads WHERE digest = ?", [digest]).fetchone()[0]
    facts = {"fetched_at": "2026-11-20T06:01:00Z", "status": 200, "mime": "text/html", "outcome": "article"} | row
    insert(db, "captures", id=number, source_id=source, run_id=1, url=url, urlkey=url, payload_id=payload, **facts)
    return int(number)


def add_article(
    db: Database,
    number: int,
    source: str | None,
    title: str | None,
    text: str,
    *,
    cuts: tuple[tuple[str, str, str], ...] = (),
    body: bytes = b"<!doctype html><p>page</p>",
    **row: Any,
) -> int:
    """An article with its capture; `cuts` are (rule, where: before | after | inside, text). Its id."""
    url = row.pop("url", f"https://{source}.example/news/{number}")
    capture = add_capture(db, source, url, body)
    removals = _removals(text, cuts)
    facts = {
        "first_seen_at": "2026-11-20T06:01:00Z",
        "word_count": len(text.split()),
        "removed_chars": sum(len(cut[3]) for cut in removals),
        "digest": hashlib.sha256(text.encode()).hexdigest(),
        "recipe_id": "5f1d8a0c9b7e4321",
    } | row
    insert(db, "articles", id=number, source_id=source, capture_id=capture, url=url, urlkey=url, title=title,
           text=text, **facts)  # fmt: skip
    for n, (start, stop, rule, cut) in enumerate(removals, 1):
        insert(db, "removals", article_id=number, n=n, start=start, stop=stop, zone=RULES[rule][0], rule_id=rule,
               text=cut)  # fmt: skip
    return number


def _removals(text: str, cuts: tuple[tuple[str, str, str], ...]) -> list[tuple[int, int, str, str]]:
    """Spans in the text as it was before the cuts; one `inside` stands after the first paragraph."""
    spans: list[tuple[int, int, str, str]] = []
    middle = text.find("\n\n") if "\n\n" in text else len(text)
    shift = 0
    for where, place in (("before", 0), ("inside", middle), ("after", len(text))):
        for rule, at, line in cuts:
            if at == where:
                cut = f"{line}\n\n" if at == "before" else f"\n\n{line}"
                spans.append((place + shift, place + shift + len(cut), rule, cut))
                shift += len(cut)
    return spans
