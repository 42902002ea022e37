"""Reading stored captures again: what stands before it, and how far a run of it got."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlite_utils.utils import sqlite3

from pipelines.reprocess import Standing
from pipelines.store.held import Held


def standing(connection: sqlite3.Connection, capture_id: int) -> Standing:
    """What the archive holds of a capture."""
    capture = connection.execute("SELECT url, urlkey, outcome FROM captures WHERE id = ?", (capture_id,)).fetchone()
    row = connection.execute("SELECT * FROM articles WHERE capture_id = ? LIMIT 1", (capture_id,)).fetchone()
    if row is not None:
        cuts = connection.execute(
            "SELECT rule_id, sum(length(text)) FROM removals WHERE article_id = ? GROUP BY rule_id", (row["id"],)
        )
        return Standing(
            outcome=capture["outcome"], url=row["url"], title=row["title"], values=dict(row), is_present=True,
            cuts=dict(cuts),
        )  # fmt: skip
    row = connection.execute(
        "SELECT title, description, digest, text FROM revisions WHERE capture_id = ? LIMIT 1", (capture_id,)
    ).fetchone()
    if row is not None:
        return Standing(outcome=capture["outcome"], url=capture["url"], title=row["title"], values=dict(row))
    held = connection.execute("SELECT 1 FROM addresses WHERE urlkey = ? LIMIT 1", (capture["urlkey"],)).fetchone()
    return Standing(outcome=capture["outcome"], url=capture["url"], held=held is not None)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run got: every capture up to `position` is done, and what came of them."""

    asked: str  # what it was to read, by which rules; another run goes on where this one is equal
    position: int = 0
    read: int = 0
    runs: tuple[int, ...] = ()
    accounts: str = "[]"

    def stats(self) -> dict[str, Any]:
        """As it stands in `runs.stats`."""
        return {
            "asked": self.asked,
            "position": self.position,
            "read": self.read,
            "runs": list(self.runs),
            "accounts": json.loads(self.accounts),
        }


def save(writer: Held, run_id: int, progress: Progress) -> None:
    """Write down how far a run got."""
    with writer.transaction() as connection:
        stats = json.dumps(progress.stats(), ensure_ascii=False)
        connection.execute("UPDATE runs SET stats = ? WHERE id = ?", (stats, run_id))


def unfinished(connection: sqlite3.Connection, asked: str) -> Progress:
    """How far the last processing got, where it was to do the same and was stopped; else the beginning."""
    row = connection.execute(
        "SELECT id, coalesce(reason, 'killed') <> 'finished' AS stopped, stats FROM runs WHERE kind = 'process'"
        " ORDER BY id DESC LIMIT 1"
    ).fetchone()
    stats = json.loads(row["stats"]) if row is not None and row["stopped"] else {}
    if stats.get("asked") != asked:
        return Progress(asked)
    runs = (*stats["runs"], row["id"]) if row["id"] not in stats["runs"] else tuple(stats["runs"])
    accounts = json.dumps(stats["accounts"], ensure_ascii=False)
    return Progress(asked, stats["position"], stats["read"], tuple(runs), accounts)
