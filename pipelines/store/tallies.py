"""What each run did, counted per source in the transactions that do it, so that a killed run counts right."""

from __future__ import annotations

from typing import Any

from sqlite_utils.utils import sqlite3

_REJECTED = "rejected:"
_COLUMNS = (
    "found", "fetched", "stored", "revised", "unchanged", "rebuilt", "same", "failed", "removed_chars", "went", "back",
)  # fmt: skip
_CHANGED = "('new', 'revised', 'rebuilt')"


def add(connection: sqlite3.Connection, run_id: int | None, source: str | None, what: str, n: int = 1) -> None:
    """Count `n` more of `what`; without a run nothing is counted."""
    if run_id is None or not n:
        return
    connection.execute(
        "INSERT INTO tallies (run_id, source_id, what, n) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET n = n + excluded.n",
        (run_id, source or "", what, n),
    )


def report(connection: sqlite3.Connection, run_id: int) -> list[dict[str, Any]]:
    """One row per source that the run touched; `rejected` maps reasons to counts."""
    rows: dict[str, dict[str, Any]] = {}
    for source, what, n in connection.execute(
        "SELECT source_id, what, n FROM tallies WHERE run_id = ? ORDER BY source_id, what", (run_id,)
    ):
        row = rows.setdefault(source, {"source": source or None, **dict.fromkeys(_COLUMNS, 0), "rejected": {}})
        if what.startswith(_REJECTED):
            row["rejected"][what.removeprefix(_REJECTED)] = n
        else:
            column = {"new": "stored", "moved": "unchanged"}.get(what, what)
            row[column] += n
    return list(rows.values())


def changed(connection: sqlite3.Connection, run_id: int) -> list[str]:
    """The sources of which the run wrote articles, and those of which runs before it did that never came to an end."""
    rows = connection.execute(
        f"SELECT DISTINCT source_id FROM tallies WHERE source_id <> '' AND what IN {_CHANGED} AND run_id <= ?"
        " AND run_id > (SELECT coalesce(max(id), 0) FROM runs WHERE id < ? AND reason = 'finished')",
        (run_id, run_id),
    )
    return [source for (source,) in rows]
