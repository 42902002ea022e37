"""What one query may take: memory inside SQLite, the size of its result, and in public the length of its texts.

A time limit alone does not do: `zeroblob(900000000)` and its like are one step, and a table of full texts is soon
larger than the memory of a small server.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from datasette.utils import sqlite_timelimit
from datasette.utils.sqlite import sqlite3

_HEAP = 512 * 1024**2  # bytes that all connections of the process have together; a query that wants more fails
_RESULT = 256 * 1024**2  # bytes of text and blobs that a result has at most
_PUBLIC_HEAP = 160 * 1024**2
_PUBLIC_RESULT = 4 * 1024**2  # bytes after which the rows of a public result come in short
_PUBLIC_ROW = 256 * 1024  # bytes of text in a row of a public result
_PUBLIC_TIME = 2000  # milliseconds
_SHORT = 300  # characters of a cell that comes in short
_REST = "… [the rest is left out here]"


def guard(connection: sqlite3.Connection, *, public: bool) -> None:
    """Set the limits of a connection to an archive that Datasette has just opened; leave other databases alone."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'articles_fts'").fetchone():
        return
    connection.execute(f"PRAGMA hard_heap_limit = {_PUBLIC_HEAP if public else _HEAP}")
    if public:
        connection.text_factory = _text
    connection.row_factory = _Rows(_cut_short if public else _refuse, _PUBLIC_RESULT if public else _RESULT).row


def bound_time(db: Any) -> None:
    """Let nothing that our pages read take SQLite longer than a public query may; Datasette bounds its own queries."""
    unbounded = db.execute_fn

    async def execute_fn(read: Callable[[Any], Any]) -> Any:
        def bounded(connection: Any) -> Any:
            with sqlite_timelimit(connection, _PUBLIC_TIME):
                return read(connection)

        return await unbounded(bounded)

    db.execute_fn = execute_fn


class _Rows:
    """Makes rows, and keeps account of how much each query has had."""

    def __init__(self, beyond: Any, most: int) -> None:
        self._beyond = beyond  # what becomes of a row that goes beyond a limit
        self._most = most
        self._had: WeakKeyDictionary[Any, int] = WeakKeyDictionary()

    def row(self, cursor: Any, values: Sequence[Any]) -> Any:
        size = sum(map(_size, values))
        had = self._had[cursor] = self._had.get(cursor, 0) + size
        return sqlite3.Row(cursor, self._beyond(values, size, had > self._most))


def _size(value: Any) -> int:
    if isinstance(value, str):
        return len(value) if value.isascii() else len(value.encode("utf-8", "replace"))
    return len(value) if isinstance(value, bytes) else 0


def _refuse(values: Sequence[Any], _size: int, spent: bool) -> Sequence[Any]:
    if spent:
        raise sqlite3.OperationalError(
            f"this result has more than {_RESULT // 1024**2} MB; ask for fewer rows or columns"
        )
    return values


def _cut_short(values: Sequence[Any], size: int, spent: bool) -> Sequence[Any]:
    if spent:
        return tuple(_first(value, _SHORT) for value in values)
    if size <= _PUBLIC_ROW:
        return values
    cut = list(values)
    for n in sorted(range(len(cut)), key=lambda n: -_size(cut[n])):
        if (excess := sum(map(_size, cut)) - _PUBLIC_ROW) > 0 and isinstance(cut[n], str | bytes):
            cut[n] = _first(cut[n], max(len(cut[n]) - excess, _SHORT))
    return tuple(cut)


def _text(stored: bytes) -> str:
    """A text as it leaves SQLite in public: a long one never becomes a string as a whole."""
    if len(stored) <= _PUBLIC_ROW:
        return str(stored, "utf-8", "replace")
    return str(stored[:_PUBLIC_ROW], "utf-8", "ignore") + _REST


def _first(value: Any, length: int) -> Any:
    """What stands first in a text or blob; other values as they are."""
    if not isinstance(value, str | bytes) or len(value) <= length:
        return value
    return value[:length] if isinstance(value, bytes) else value[:length].removesuffix(_REST) + _REST
