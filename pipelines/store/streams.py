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
    """Ids that an SQL query gives as `id` in falling order; it has the parameters :first and :last among others.

    `dear`: how many terms of an index of texts it looks up; 0 where it reads an index of articles.
    """

    def __init__(
        self, connection: sqlite3.Connection, budget: Budget, sql: str, first: int, last: int, dear: int, **values: Any
    ) -> None:
        super().__init__()
        self._connection, self._budget, self._sql = connection, budget, sql
        self._values, self._last = {**values, "first": first}, last
        self._size = _CHUNK
        self._rows: Any = None
        self._dear = dear
        self._price = 1 + dear // _TERMS  # of one id: the more terms, the longer it takes to come to it
        self._gap: float | None = None

    def _further(self, bound: int) -> Looked:
        if self._rows is None:
            self._budget.spend(_SEEK * self._dear)
            self._rows = self._asked(self._sql, last=min(bound, self._last))
        ids = [row[0] for row in self._rows.fetchmany(self._size)]
        self._budget.spend(len(ids) * self._price)
        whole = len(ids) < self._size
        self._size = min(2 * self._size, _LARGEST)
        return ids, None if whole else ids[-1]

    def _asked(self, sql: str, **values: Any) -> Any:
        cursor = self._connection.cursor()
        cursor.row_factory = None  # a number is never too long: the limits of a connection's rows are for texts
        return cursor.execute(sql, {**self._values, **values})

    def among(self, ids: Sequence[int]) -> list[int]:
        if not ids:
            return []
        gap = self._spread(ids[0])
        if self._low is None and ids[0] <= self._last and self._size == 2 * _CHUNK:  # it was all read at once
            return [one for one in ids if one in set(self._ids)]
        apart = _SEEK * self._dear * len(ids)
        passed = (ids[0] - ids[-1]) / gap / _PASSED
        if self._dear and apart < passed:
            self._budget.spend(apart)
            return [one for one in ids if self._asked(self._sql, first=one, last=min(one, self._last)).fetchone()]
        self._budget.spend(_SEEK * self._dear + (passed if self._dear else 0) + len(ids) / _PASSED)
        # an index of texts passes over the others faster than it looks for each of these: the plus has it do so
        sql = f"SELECT id FROM ({self._sql}) WHERE {'+' * bool(self._dear)}id IN (SELECT value FROM json_each(:ids))"
        there = {row[0] for row in self._asked(sql, first=ids[-1], last=min(ids[0], self._last), ids=json.dumps(ids))}
        return [one for one in ids if one in there]
