"""Seals: at the end of a run, one digest over all that it captured, which holds the digest of the seal before.

Whoever notes the latest seal's digest can prove later that every capture until then is as it was. The tree is that of
RFC 9162 (`pipelines/merkle.py`); its leaves are the sha256 of `leaf_text`, so they prove what was forgotten, too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlite_utils.utils import sqlite3

from pipelines.merkle import Step, Tree, path
from pipelines.store.held import Held
from pipelines.store.rows import now

_LARGEST = 100_000  # leaves of one seal, so that neither a transaction nor a path is ever long
_PAGE = 500  # captures read at once

#: What a leaf is made of, in the order of its text. `source` and `body` (sha256 of the decoded body) are no columns.
_COLUMNS = (
    "url", "final_url", "fetched_at", "status", "mime", "headers", "request", "wire_digest", "completeness",
    "rendered", "entry", "rights",
)  # fmt: skip
#: The columns of captures with `source` and `body`; a condition on captures.id comes after.
CAPTURES = (
    f"SELECT captures.id, {', '.join(f'captures.{name}' for name in _COLUMNS)}, captures.source_id AS source,"
    " payloads.digest AS body, captures.outcome FROM captures LEFT JOIN payloads ON payloads.id = captures.payload_id"
)


def leaf_text(row: Mapping[str, Any] | sqlite3.Row) -> bytes:
    """What is sealed of a capture, a row of `CAPTURES`: one line of JSON, ASCII only, with its line feed."""
    values = {name: _plain(row[name]) for name in (*_COLUMNS, "source", "body")}
    return _line({"leaf": 1, **values})


def seal_text(row: Mapping[str, Any] | sqlite3.Row) -> bytes:
    """What the digest of a seal is taken of: one line of JSON with its line feed."""
    names = {"seal": "id", "run": "run_id", "made_at": "made_at", "count": "count", "root": "root"}
    return _line({**{name: _plain(row[column]) for name, column in names.items()}, "previous": _plain(row["previous"])})


def _line(values: Mapping[str, Any]) -> bytes:
    return json.dumps(values, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"


def _plain(value: Any) -> Any:
    """Text that was read as bytes, because it may be damaged, as text."""
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value


def sha256(data: bytes) -> str:
    """In hex."""
    return hashlib.sha256(data).hexdigest()


# sealing


def seal(held: Held, run_id: int | None) -> int:
    """Seal every capture that has no seal yet, those of killed runs too; returns how many seals that took."""
    made = 0
    while True:
        with held.transaction() as connection:
            if not _seal(connection, run_id):
                return made
        made += 1


def _seal(connection: sqlite3.Connection, run_id: int | None) -> int:
    """One seal over the next captures; returns their number."""
    (last,) = connection.execute("SELECT coalesce(max(capture_id), 0) FROM leaves").fetchone()
    if not connection.execute("SELECT 1 FROM captures WHERE id > ?", (last,)).fetchone():
        return 0
    connection.execute("PRAGMA defer_foreign_keys = ON")  # the leaves come before their seal
    before = connection.execute("SELECT id, digest FROM seals ORDER BY id DESC LIMIT 1").fetchone()
    seal_id = before["id"] + 1 if before else 1
    tree = Tree()
    for page in _pages(connection, last):
        leaves = []
        for row in page:
            digest = hashlib.sha256(leaf_text(row))
            leaves.append((row["id"], seal_id, tree.size, digest.hexdigest()))
            tree.add(digest.digest())
        connection.executemany("INSERT INTO leaves (capture_id, seal_id, n, digest) VALUES (?, ?, ?, ?)", leaves)
        if tree.size >= _LARGEST:
            break
    values = {
        "id": seal_id,
        "run_id": run_id,
        "made_at": now(),
        "count": tree.size,
        "root": tree.root.hex(),
        "previous": before["digest"] if before else None,
    }
    connection.execute(
        "INSERT INTO seals (id, run_id, made_at, count, root, previous, digest)"
        " VALUES (:id, :run_id, :made_at, :count, :root, :previous, :digest)",
        {**values, "digest": sha256(seal_text(values))},
    )
    return tree.size


def _pages(connection: sqlite3.Connection, last: int) -> Iterator[list[sqlite3.Row]]:
    while page := connection.execute(
        f"{CAPTURES} WHERE captures.id > ? ORDER BY captures.id LIMIT ?", (last, _PAGE)
    ).fetchall():
        yield page
        last = page[-1]["id"]


# proving


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What leads from a capture to the digest of its seal, and from there to the latest seal."""

    capture_id: int
    text: bytes | None  # None: it was forgotten, and only the digest is left
    digest: str
    n: int
    steps: list[Step]
    seal: dict[str, Any]
    later: list[dict[str, Any]]


def proof(connection: sqlite3.Connection, capture_id: int) -> Proof | None:
    """The proof of a capture; None where it is not sealed yet."""
    leaf = connection.execute("SELECT * FROM leaves WHERE capture_id = ?", (capture_id,)).fetchone()
    if leaf is None:
        return None
    row = connection.execute(f"{CAPTURES} WHERE captures.id = ?", (capture_id,)).fetchone()
    seals = [
        dict(one) for one in connection.execute("SELECT * FROM seals WHERE id >= ? ORDER BY id", (leaf["seal_id"],))
    ]
    steps = path(leaf["n"], seals[0]["count"], partial(_root, connection, leaf["seal_id"]))
    return Proof(
        capture_id=capture_id,
        text=None if row is None or row["outcome"] == "forgotten" else leaf_text(row),
        digest=leaf["digest"],
        n=leaf["n"],
        steps=steps,
        seal=seals[0],
        later=seals[1:],
    )


def _root(connection: sqlite3.Connection, seal_id: int, start: int, stop: int) -> bytes:
    """The root over some leaves of a seal."""
    tree = Tree()
    for (digest,) in connection.execute(
        "SELECT digest FROM leaves WHERE seal_id = ? AND n >= ? AND n < ? ORDER BY n", (seal_id, start, stop)
    ):
        tree.add(bytes.fromhex(digest))
    return tree.root
