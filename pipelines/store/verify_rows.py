"""Every row against its digest, and what can be told of its values besides."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from sqlite_utils.utils import sqlite3

from pipelines.errors import StoreError
from pipelines.store import payloads
from pipelines.store.checks import Table, row_digest, tables
from pipelines.store.seals import CAPTURES, leaf_text, sha256
from pipelines.store.verify_file import Wrong, plain

_PAGE = 200  # parts that are looked at in one read, so that the writer's log can be merged in between
#: What is said of rows that do not fit their digest.
CHANGED, GONE, ADDED = (f"{what}, but not by Tearsheet" for what in ("was changed", "is gone", "was added"))
_NO_BODY = ("pruned", "forgotten")  # codecs of payloads whose body is not kept any more

#: Told of each part that was looked at.
Beat = Callable[[int], object]
#: What is wrong with rows of a table between two values of its first column (the second may be None: no end).
Judge = Callable[[sqlite3.Connection, Any, Any], Iterator[Wrong]]


def rows(connection: sqlite3.Connection, beat: Beat) -> Iterator[Wrong]:
    """Every table of ours, row by row. The connection's texts are bytes."""
    for table in tables(connection):
        yield from of_table(connection, table, beat)


def of_table(connection: sqlite3.Connection, table: Table, beat: Beat) -> Iterator[Wrong]:
    """The rows of one table, in the order of their parts, in reads of moderate length."""
    low: Any = None
    while True:
        try:
            connection.execute("BEGIN")  # rows and digests as of one moment, beside a writer
            low, wrong, n = _page(connection, table, low)
        except sqlite3.DatabaseError as problem:
            after = "" if low is None else f" after {plain(low)}"
            yield Wrong(table.name, None, f"cannot be read{after} ({problem})")
            return
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        yield from wrong
        beat(n)
        if low is None:
            return


def _page(connection: sqlite3.Connection, table: Table, low: Any) -> tuple[Any, list[Wrong], int]:
    """What is wrong among the next parts; where to go on (None: this was the end), what, and how many there were."""
    mark = "CAST(? AS TEXT)" if table.is_text else "?"
    after, given = (f" AND {{}} > {mark}", (low,)) if low is not None else ("", ())
    wanted = dict(
        connection.execute(
            f"SELECT part, digest FROM checks WHERE name = ?{after.format('part')} ORDER BY part LIMIT {_PAGE}",
            (table.name, *given),
        ).fetchall()
    )
    high = next(reversed(wanted)) if len(wanted) == _PAGE else None
    until, more = (f" AND {table.part} <= {mark}", (high,)) if high is not None else ("", ())
    found: defaultdict[Any, int] = defaultdict(int)
    place = table.columns.index(table.part)
    for row in connection.execute(
        f"SELECT {table.values()} FROM {table.name} WHERE true{after.format(table.part)}{until}", (*given, *more)
    ):
        found[row[place]] ^= row_digest(table.name, row)
    wrong = [
        Wrong(table.name, plain(part), what)
        for part in [*wanted, *(found.keys() - wanted.keys())]
        if (what := _compared(wanted.get(part), found.get(part)))
    ]
    judge = _JUDGES.get(table.name)
    judged = list(judge(connection, low, high)) if judge else []
    known = {(one.table, one.id) for one in judged}  # what is wrong with a row says more than that it changed
    return high, [one for one in wrong if (one.table, one.id) not in known] + judged, len(wanted)


def _compared(wanted: int | None, found: int | None) -> str | None:
    if wanted == found:
        return None
    if found is None:
        return GONE
    return ADDED if wanted is None else CHANGED


# judges: what a table's own digests say


def _between(low: Any, high: Any, column: str) -> tuple[str, tuple[Any, ...]]:
    parts = [(f"{column} > ?", low)] * (low is not None) + [(f"{column} <= ?", high)] * (high is not None)
    return " AND ".join(["true", *(text for text, _ in parts)]), tuple(value for _, value in parts)


def _payloads(connection: sqlite3.Connection, low: Any, high: Any) -> Iterator[Wrong]:
    condition, given = _between(low, high, "id")
    for number, digest, size, codec in connection.execute(
        f"SELECT id, digest, size, codec FROM payloads WHERE {condition}", given
    ).fetchall():
        try:
            body = _body(connection, number)
        except (StoreError, sqlite3.Error, ValueError, MemoryError):
            yield Wrong("payloads", number, "its body is damaged: it cannot be unpacked")
            continue
        if body is None:
            if plain(codec) not in _NO_BODY:
                yield Wrong("payloads", number, f"its body cannot be read: codec {plain(codec)!r} is not known")
        elif sha256(body) != plain(digest):
            yield Wrong("payloads", number, "its body is damaged: it is not what its digest says")
        elif len(body) != size:
            yield Wrong("payloads", number, f"its size is {len(body)}, not {size}")


def _body(connection: sqlite3.Connection, payload_id: int) -> bytes | None:
    connection.text_factory = str
    try:
        return payloads.body_of(connection, payload_id)
    finally:
        connection.text_factory = bytes


def _captures(connection: sqlite3.Connection, low: Any, high: Any) -> Iterator[Wrong]:
    condition, given = _between(low, high, "captures.id")
    leaves = dict(
        connection.execute(
            f"SELECT capture_id, digest FROM leaves WHERE {condition.replace('captures.id', 'capture_id')}", given
        ).fetchall()
    )
    (last,) = connection.execute("SELECT coalesce(max(capture_id), 0) FROM leaves").fetchone()
    for row in connection.execute(f"{CAPTURES} WHERE {condition}", given):
        number, leaf = row["id"], plain(leaves.get(row["id"]))
        if leaf is None:
            if number <= last:
                yield Wrong("captures", number, "has no leaf, though later ones are sealed")
        elif leaf != sha256(leaf_text(row)) and plain(row["outcome"]) != "forgotten":
            yield Wrong("captures", number, "is not what was sealed")


def _texts(table: str) -> Judge:
    def judge(connection: sqlite3.Connection, low: Any, high: Any) -> Iterator[Wrong]:
        key = "id" if table == "articles" else "article_id"
        condition, given = _between(low, high, key)
        for number, digest, text in connection.execute(
            f"SELECT {key}, digest, text FROM {table} WHERE {condition}", given
        ):
            if hashlib.sha256(text).hexdigest() != plain(digest):
                yield Wrong(table, number, "its text is not what its digest says")

    return judge


def _articles(connection: sqlite3.Connection, low: Any, high: Any) -> Iterator[Wrong]:
    yield from _ledgers(connection, low, high)
    yield from _texts("articles")(connection, low, high)


def _ledgers(connection: sqlite3.Connection, low: Any, high: Any) -> Iterator[Wrong]:
    """The ledger against the text: spans in order, as long as what was cut, within what was extracted."""
    condition, given = _between(low, high, "article_id")
    cuts: defaultdict[int, list[Any]] = defaultdict(list)
    for row in connection.execute(
        f"SELECT article_id, start, stop, zone, text FROM removals WHERE {condition} ORDER BY article_id, n", given
    ):
        cuts[row["article_id"]].append(row)
    condition, given = _between(low, high, "id")
    for number, text, removed in connection.execute(
        f"SELECT id, text, removed_chars FROM articles WHERE {condition}", given
    ):
        if not connection.execute("SELECT 1 FROM addresses WHERE article_id = ?", (number,)).fetchone():
            yield Wrong("articles", number, "has no address")
        mine = [(one["start"], one["stop"], plain(one["zone"]), len(plain(one["text"]))) for one in cuts[number]]
        kept = plain(text)
        total = len(kept) + sum(length for *_, length in mine)
        ends = [0, *(stop for _, stop, _, _ in mine)]
        if any(stop - start != length or start < end or stop > total
               for (start, stop, _, length), end in zip(mine, ends, strict=False)):  # fmt: skip
            yield Wrong("articles", number, "its ledger does not fit its text")
        elif sum(length for *_, zone, length in mine if zone != "field") != removed:
            yield Wrong("articles", number, "removed_chars is not what its ledger adds up to")


def _dictionaries(connection: sqlite3.Connection, low: Any, high: Any) -> Iterator[Wrong]:
    condition, given = _between(low, high, "id")
    for number, digest, body in connection.execute(
        f"SELECT id, digest, body FROM dictionaries WHERE {condition}", given
    ):
        if sha256(body) != plain(digest):
            yield Wrong("dictionaries", number, "is not what its digest says; no page that needs it can be read")


_JUDGES: dict[str, Judge] = {
    "payloads": _payloads,
    "captures": _captures,
    "articles": _articles,
    "revisions": _texts("revisions"),
    "dictionaries": _dictionaries,
}
