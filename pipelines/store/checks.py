"""A digest for each row, so that `verify` finds every value that anything but this writer changed.

The writer's connection has temporary triggers that keep `checks` up to date within its transactions: the file itself
has none, so plain tools write without our functions, and what they changed is told afterwards. Rows that belong
together (those of one article, of one source) share a digest, the exclusive or of theirs: a row that comes, goes or
changes costs the same however many there are, and one that was changed elsewhere is not forgiven by a later write.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, reduce
from importlib.resources import files
from operator import xor
from typing import Any

from sqlite_utils.utils import sqlite3

_MIGRATIONS = "_sqlite_migrations"  # sqlite-utils writes it, before any trigger is there
_UNCHECKED = {"checks", "notes", "watches", "hits", "watch_queue"}  # people's own, who may use any tool
#: Written by one function only, some fifty rows at a time: a trigger for each would cost more than the rows. It tells
#: of them by `replaced`, and what goes with its article by one trigger.
_TOLD = {"bands": "articles"}
_XOR = "(checks.digest | excluded.digest) - (checks.digest & excluded.digest)"


@dataclass(frozen=True, slots=True)
class Table:
    """A table of ours: its columns in order, and the one whose equal values tie rows together."""

    name: str
    columns: tuple[str, ...]
    types: tuple[str, ...]
    part: str

    def values(self, of: str = "") -> str:
        """The columns in SQL, text as bytes: damaged text is none that Python could read."""
        return ", ".join(
            f"{of}{column}" if type_ in ("INTEGER", "REAL", "BLOB") else _as_bytes(f"{of}{column}", type_)
            for column, type_ in zip(self.columns, self.types, strict=True)
        )

    @property
    def is_text(self) -> bool:
        """Whether `part` is text."""
        return self.types[self.columns.index(self.part)] == "TEXT"


def _as_bytes(column: str, type_: str) -> str:
    text = f"CAST({column} AS BLOB)"
    return text if type_ == "TEXT" else f"iif(typeof({column}) = 'text', {text}, {column})"


def row_digest(name: str, values: Iterable[Any]) -> int:
    """Eight bytes of the sha256 of a row, as a signed number; its text as UTF-8 bytes."""
    whole = hashlib.sha256(b"%b:%b" % (name.encode(), b"".join(map(_packed, values))))
    return int.from_bytes(whole.digest()[:8], "big", signed=True)


def _packed(value: Any) -> bytes:
    if isinstance(value, int):
        return b"%d;" % value
    if value is None:
        return b"~"
    return b"%d:%b" % (len(value), value) if isinstance(value, bytes) else f"r{value + 0.0!r};".encode()  # -0.0 is 0.0


@cache
def names() -> frozenset[str]:
    """The tables that migrations make; what else is in the file is somebody's own."""
    scripts = (one for one in files(__package__).iterdir() if re.fullmatch(r"m\d+\.sql", one.name))
    made = {name for one in scripts for name in re.findall(r"^CREATE TABLE (\w+)", one.read_text("utf-8"), re.M)}
    return frozenset(made - _UNCHECKED | {_MIGRATIONS})


def tables(connection: sqlite3.Connection) -> list[Table]:
    """Our tables as they are in the file. Rows belong together by `article_id`, else by the first column of the key."""
    found = []
    for name in sorted(names()):
        rows = connection.execute(
            "SELECT CAST(name AS BLOB), CAST(type AS BLOB), pk FROM pragma_table_info(?)", (name,)
        ).fetchall()
        columns = tuple(bytes(row[0]).decode() for row in rows)
        if columns:
            keys = [bytes(row[0]).decode() for row in rows if row[2] == 1]
            part = "article_id" if "article_id" in columns else keys[0]
            found.append(Table(name, columns, tuple(bytes(row[1]).decode() for row in rows), part))
    return found


def watch(connection: sqlite3.Connection) -> None:
    """Keep the digests from now on, on this connection."""
    connection.execute("PRAGMA recursive_triggers = ON")  # INSERT OR REPLACE tells of the row that goes
    _add_functions(connection)
    for table in tables(connection):
        for sql in _gone_with(table, _TOLD[table.name]) if table.name in _TOLD else _triggers(table):
            connection.execute(sql)
        if table.name == _MIGRATIONS:
            _take_in(connection, table)


def fill(connection: sqlite3.Connection) -> None:
    """Make all digests anew from the rows as they are: a migration has changed the tables."""
    if connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'checks'").fetchone():
        _add_functions(connection)
        connection.execute("DELETE FROM checks")
        for table in tables(connection):
            _take_in(connection, table)


def replaced(
    connection: sqlite3.Connection,
    name: str,
    part: int,
    before: Iterable[Sequence[Any]],
    after: Iterable[Sequence[Any]],
) -> None:
    """Rows of a part, as they stood in the file, gave way to others: for tables that have no triggers."""
    change = reduce(xor, (row_digest(name, row) for row in (*before, *after)), 0)
    connection.execute(
        "INSERT INTO checks (name, part, digest) VALUES (?, ?, ?)"
        f" ON CONFLICT (name, part) DO UPDATE SET digest = {_XOR}",
        (name, part, change),
    )


def let_go(connection: sqlite3.Connection) -> None:
    """No digest for rows of articles that are not there: of tables without triggers they went unseen."""
    for name, parent in _TOLD.items():
        connection.execute(f"DELETE FROM checks WHERE name = ? AND part NOT IN (SELECT id FROM {parent})", (name,))


def accept(connection: sqlite3.Connection, table: Table, part: int | str) -> None:
    """Take the rows of a part as they stand now."""
    connection.execute("DELETE FROM checks WHERE name = ? AND part = ?", (table.name, part))
    connection.execute(_digests(table) + f" WHERE {table.part} = ? GROUP BY {table.part}", (part,))


def digest_of(connection: sqlite3.Connection, name: str, part: int | str) -> int | None:
    """What the rows of a part are to amount to; None where there are to be none."""
    row = connection.execute("SELECT digest FROM checks WHERE name = ? AND part = ?", (name, part)).fetchone()
    return None if row is None else int(row[0])


def _take_in(connection: sqlite3.Connection, table: Table) -> None:
    """Digests of the rows that have none."""
    rest = f" WHERE {table.part} NOT IN (SELECT part FROM checks WHERE name = '{table.name}')"
    if connection.execute(f"SELECT 1 FROM {table.name}{rest} LIMIT 1").fetchone():
        connection.execute(f"{_digests(table)}{rest} GROUP BY {table.part}")


def _digests(table: Table) -> str:
    return (
        "INSERT INTO checks (name, part, digest)"
        f" SELECT '{table.name}', {table.part}, xor(row_digest('{table.name}', {table.values()})) FROM {table.name}"
    )


def _add_functions(connection: sqlite3.Connection) -> None:
    def digest(name: str, *values: Any) -> int:
        return row_digest(name, values)

    def change(name: str, *values: Any) -> int:
        half = len(values) // 2
        return row_digest(name, values[:half]) ^ row_digest(name, values[half:])

    connection.create_function("row_digest", -1, digest, deterministic=True)
    connection.create_function("row_change", -1, change, deterministic=True)
    connection.create_aggregate("xor", 1, _Xor)


class _Xor:
    def __init__(self) -> None:
        self._value = 0

    def step(self, value: int) -> None:
        self._value ^= value

    def finalize(self) -> int:
        return self._value


def _triggers(table: Table) -> Sequence[str]:
    name, part = table.name, table.part
    new, old = (f"row_digest('{name}', {table.values(of)})" for of in ("new.", "old."))
    both = f"row_change('{name}', {table.values('old.')}, {table.values('new.')})"
    gone = f"DELETE FROM checks WHERE name = '{name}' AND part = old.{part} AND digest = 0;"
    return (
        _trigger(name, "INSERT", "", _put(name, f"new.{part}", new)),
        _trigger(name, "UPDATE", f"WHEN old.{part} IS new.{part}", _put(name, f"new.{part}", both)),
        _trigger(
            name,
            "UPDATE",
            f"WHEN old.{part} IS NOT new.{part}",
            _put(name, f"old.{part}", old) + gone + _put(name, f"new.{part}", new),
        ),
        _trigger(name, "DELETE", "", _put(name, f"old.{part}", old) + gone),
    )


def _gone_with(table: Table, parent: str) -> Sequence[str]:
    body = f"DELETE FROM checks WHERE name = '{table.name}' AND part = old.id;"
    return (f"CREATE TEMP TRIGGER check_{table.name}_gone AFTER DELETE ON main.{parent} BEGIN {body} END",)


def _put(name: str, part: str, digest: str) -> str:
    return (
        f"INSERT INTO checks (name, part, digest) VALUES ('{name}', {part}, {digest})"
        f" ON CONFLICT (name, part) DO UPDATE SET digest = {_XOR};"
    )


def _trigger(name: str, event: str, when: str, body: str) -> str:
    moved = "_moved" if "NOT" in when else ""
    return (
        f"CREATE TEMP TRIGGER check_{name}_{event.lower()}{moved} AFTER {event} ON main.{name} {when} BEGIN {body} END"
    )
