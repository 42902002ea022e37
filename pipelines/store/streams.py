"""Ids of articles as streams, the newest first, that are joined without being read to their end.

A stream tells its ids from a bound downwards, a handful at a time. What is rare leads; of what is common only those are
asked for that the rare one has, many in one question, so that neither a common word nor a small outlet has an archive
walked through row by row.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from sqlite_utils.utils import sqlite3

_CHUNK, _LARGEST = 64, 2048  # ids read at once: at first, and at most
_TERMS = 200  # terms with which an id takes twice as long
_PASSED = 8  # ids that SQLite passes over in the time in which one is read
_SEEK = 60  # ids that can be read in the time in which one term is looked up in an index of texts
_UNSEEN = 1 << 63  # above every id

Looked = tuple[list[int], int | None]


def short_rows(connection: sqlite3.Connection, sql: str, values: Any = ()) -> Any:
    """Rows of numbers and short texts, as tuples.

    The explorer weighs every row of a connection, since texts may be long; for tens of thousands of ids that takes
    longer than all the rest of a search.
    """
    cursor = connection.cursor()
    cursor.row_factory = None
    return cursor.execute(sql, values)


class SpentError(Exception):
    """As many ids were read as may be."""


class Budget:
    """How many ids may be read; None: any number. What a query may cost is bounded by it, not by a clock."""

    def __init__(self, most: int | None) -> None:
        self._left = most

    def spend(self, ids: float) -> None:
        """Raises SpentError where that is too much."""
        if self._left is not None:
            self._left -= int(ids)
            if self._left < 0:
                raise SpentError


class Stream(Protocol):
    """Ids in no particular place: a set with an order."""

    def look(self, bound: int) -> Looked:
        """All its ids from `low` up to the bound, in falling order, and `low`: None where it has no lower ones.

        There may be none of them. The next bound is never above this one, and never below `low` - 1.
        """

    def among(self, ids: Sequence[int]) -> list[int]:
        """Which of these ids (in falling order) it has, in the same order."""


class _Read:
    """Keeps what was read last, since whoever asks may want only a part of it at first."""

    def __init__(self) -> None:
        self._ids: list[int] = []
        self._low: int | None = _UNSEEN

    def look(self, bound: int) -> Looked:
        if self._low is not None and bound < self._low:
            self._ids, self._low = self._further(bound)
        return _from(self._ids, bound), self._low

    def _further(self, bound: int) -> Looked:
        raise NotImplementedError


class Listed:
    """Ids that are known."""

    def __init__(self, ids: Iterable[int]) -> None:
        self._set = set(ids)
        self._ids = sorted(self._set, reverse=True)

    def look(self, bound: int) -> Looked:
        return _from(self._ids, bound), None

    def among(self, ids: Sequence[int]) -> list[int]:
        return [one for one in ids if one in self._set]


class Selected(_Read):
    """Ids that an SQL query gives as `id`, in any order; it has the parameters :first and :last among others.

    `dear`: how many terms of an index of texts it looks up; 0 where it reads an index of articles.
    """

    def __init__(
        self, connection: sqlite3.Connection, budget: Budget, sql: str, first: int, last: int, dear: int, **values: Any
    ) -> None:
        super().__init__()
        self._connection, self._budget, self._sql = connection, budget, sql
        self._values, self._first, self._last = values, first, last
        self._dear = dear
        self._price = 1 + dear // _TERMS  # of one id: the more terms, the longer it takes to come to it
        self._size = _CHUNK
        self._rows: Any = None
        self._gap = 0.0  # between two of the newest ids
        self._all: set[int] | None = None  # where they are few

    def look(self, bound: int) -> Looked:
        opening = self._rows is None
        found = super().look(bound)
        if opening:
            ids, low = found
            self._gap = _gap(found, bound)
            self._all = set(ids) if low is None else None
        return found

    def _further(self, bound: int) -> Looked:
        if self._rows is None:
            self._budget.spend(_SEEK * self._dear)
            self._rows = self._asked(f"{self._sql} ORDER BY id DESC", self._first, bound)
        ids = [row[0] for row in self._rows.fetchmany(self._size)]
        self._budget.spend(len(ids) * self._price)
        whole = len(ids) < self._size
        self._size = min(2 * self._size, _LARGEST)
        return ids, None if whole else ids[-1]

    def among(self, ids: Sequence[int]) -> list[int]:
        if not ids:
            return []
        if self._rows is None:
            self.look(ids[0])
        there = self._all if self._all is not None else self._those(ids)
        return [one for one in ids if one in there]

    def _those(self, ids: Sequence[int]) -> set[int]:
        """The ids that it has, asked for one by one where they lie far apart, and else in one question."""
        apart, seek = _SEEK * self._dear * len(ids), _SEEK * max(self._dear, 1)
        passed = (ids[0] - ids[-1]) / self._gap / _PASSED if self._dear else len(ids)
        if self._dear and apart < passed:
            self._budget.spend(apart)
            return {one for one in ids if self._asked(self._sql, one, one).fetchone()}
        self._budget.spend(seek + passed)
        # an index of texts passes over what is between sooner than it looks for each of these: so it does by the plus;
        # in falling order it would do so even to come to a single one
        sql = f"SELECT id FROM ({self._sql}) WHERE {'+' * bool(self._dear)}id IN (SELECT value FROM json_each(:ids))"
        return {row[0] for row in self._asked(sql, ids[-1], ids[0], ids=json.dumps(ids))}

    def _asked(self, sql: str, first: int, last: int, **values: Any) -> Any:
        span = {"first": max(first, self._first), "last": min(last, self._last)}
        return short_rows(self._connection, sql, {**self._values, **span, **values})


class Every(_Read):
    """Ids that are in all of these."""

    def __init__(self, parts: Sequence[Stream]) -> None:
        super().__init__()
        self._parts = parts
        self._size = _CHUNK
        self._sorted = False

    def _further(self, bound: int) -> Looked:
        lead, *others = self._by_rarity(bound)
        ids, low = lead.look(bound)
        while len(ids) < self._size and low is not None:
            more, below = lead.look(low - 1)
            ids, low = ids + more, below
            if not more:
                break
        self._size = min(4 * self._size, _LARGEST)  # each question has its price
        return _those_of_all(others, ids), low

    def among(self, ids: Sequence[int]) -> list[int]:
        return _those_of_all(self._by_rarity(ids[0]), ids) if ids else []

    def _by_rarity(self, bound: int) -> Sequence[Stream]:
        if not self._sorted:
            self._parts = sorted(self._parts, key=lambda one: -_gap(one.look(bound), bound))
            self._sorted = True
        return self._parts


class Some(_Read):
    """Ids that are in one of these at least."""

    def __init__(self, parts: Sequence[Stream]) -> None:
        super().__init__()
        self._parts = parts

    def _further(self, bound: int) -> Looked:
        looked = [part.look(bound) for part in self._parts]
        low = max((low for _, low in looked if low is not None), default=None)
        ids = {one for ids, _ in looked for one in ids if low is None or one >= low}
        return sorted(ids, reverse=True), low

    def among(self, ids: Sequence[int]) -> list[int]:
        there = set[int]()
        for part in self._parts:
            there.update(part.among([one for one in ids if one not in there]))
        return [one for one in ids if one in there]


class But(_Read):
    """Ids of the one that are not in the other."""

    def __init__(self, kept: Stream, left_out: Stream) -> None:
        super().__init__()
        self._kept, self._left_out = kept, left_out

    def _further(self, bound: int) -> Looked:
        ids, low = self._kept.look(bound)
        return self._without(ids), low

    def among(self, ids: Sequence[int]) -> list[int]:
        return self._without(self._kept.among(ids))

    def _without(self, ids: Sequence[int]) -> list[int]:
        left_out = set(self._left_out.among(ids))
        return [one for one in ids if one not in left_out]


def _from(ids: Sequence[int], bound: int) -> list[int]:
    """Those of the (falling) ids that are not above the bound."""
    return list(ids[bisect_left(ids, -bound, key=lambda one: -one) :])


def _gap(looked: Looked, bound: int) -> float:
    """How far its newest ids lie apart."""
    ids, low = looked
    down_to = low if low is not None else ids[-1] if ids else -_UNSEEN
    return (bound - down_to + 1) / max(len(ids), 1)


def _those_of_all(parts: Sequence[Stream], ids: Sequence[int]) -> list[int]:
    for part in parts:
        ids = part.among(ids)
    return list(ids)


def newest(stream: Stream, last: int, most: int) -> tuple[list[int], int | None]:
    """The newest ids up to `last`, `most` of them, and how far down was looked: None where there are no more.

    Where the budget is spent first, the ids found until then.
    """
    found: list[int] = []
    bound = last
    try:
        while len(found) < most:
            ids, low = stream.look(bound)
            found += ids
            if low is None:
                return found[:most], None
            bound = low - 1
    except SpentError:
        pass
    return found[:most], bound
