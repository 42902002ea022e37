"""Black squares over what points to a forgotten article in rows that belong to others."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sqlite_utils.utils import sqlite3

from pipelines.store.needles import Needle, any_found, masked

#: Small tables that may name a page in words of their own: what of them is masked.
_NOTES = (
    ("runs", ("what", "stats")),
    ("findings", ("detail",)),
    ("failures", ("url", "detail")),
    ("entries", ("reason",)),
)


def not_its_own(row: sqlite3.Row, phrases: tuple[Needle, ...]) -> tuple[Needle, ...]:
    """What is sought in an article: no headline that is its own as well."""
    own = f"{row['title']}\n{row['description']}".encode(errors="surrogatepass")
    return tuple(one for one in phrases if not any_found((one,), own))


def article(
    connection: sqlite3.Connection, article_id: int, links: tuple[Needle, ...], phrases: tuple[Needle, ...]
) -> None:
    """Take what points to a forgotten article out of another one's row, ledger and extraction."""
    row = connection.execute("SELECT * FROM articles WHERE id = ?", (article_id,)).fetchone()
    if row is None:
        return
    needles = links + not_its_own(row, phrases)
    left = [one for one in json.loads(row["links"]) if not any_found(needles, str(one).encode())]
    changed = {
        "links": json.dumps(left, ensure_ascii=False, separators=(",", ":")),
        "claims": masked(needles, row["claims"]),
        "captions": masked(needles, row["captions"]),
    }
    _update(connection, "articles", row, changed, "id = ?", (article_id,))
    for cut in connection.execute(
        "SELECT n, text, claims FROM removals WHERE article_id = ?", (article_id,)
    ).fetchall():
        changed = {name: masked(needles, cut[name]) for name in ("text", "claims")}
        _update(connection, "removals", cut, changed, "article_id = ? AND n = ?", (article_id, cut["n"]))
    # its text no longer fits, and it may name the address: the article stays as it was last stripped
    connection.execute("DELETE FROM extractions WHERE article_id = ?", (article_id,))


def lines(connection: sqlite3.Connection, sources: Iterable[str | None], needles: tuple[Needle, ...]) -> None:
    """Lines that a source repeats, and the rules they became."""
    for source in sources:
        rows = connection.execute("SELECT digest, text FROM blocks WHERE source_id IS ?", (source,)).fetchall()
        for row in rows:
            if any_found(needles, row["text"].encode()):
                connection.execute("DELETE FROM blocks WHERE source_id IS ? AND digest = ?", (source, row["digest"]))
    for row in connection.execute("SELECT id, pattern, why FROM rules WHERE origin <> 'shipped'").fetchall():
        if any_found(needles, (row["pattern"] or "").encode()):
            connection.execute("UPDATE rules SET pattern = NULL WHERE id = ?", (row["id"],))


def notes(connection: sqlite3.Connection, needles: tuple[Needle, ...]) -> None:
    """What runs, findings, failures and the frontier say of a page in words of their own."""
    for table, columns in _NOTES:
        last = 0
        while rows := connection.execute(
            f"SELECT id, {', '.join(columns)} FROM {table} WHERE id > ? ORDER BY id LIMIT 500", (last,)
        ).fetchall():
            last = rows[-1]["id"]
            for row in rows:
                changed = {name: masked(needles, row[name]) for name in columns if row[name]}
                _update(connection, table, row, changed, "id = ?", (row["id"],))


def _update(
    connection: sqlite3.Connection,
    table: str,
    row: sqlite3.Row,
    values: dict[str, Any],
    where: str,
    key: tuple[Any, ...],
) -> None:
    changed = {name: value for name, value in values.items() if row[name] != value}
    if changed:
        settings = ", ".join(f"{name} = ?" for name in changed)
        connection.execute(f"UPDATE {table} SET {settings} WHERE {where}", (*changed.values(), *key))
