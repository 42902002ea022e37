"""What stands for a beginning: words for `minist*`, and trigrams for a word of one or two characters.

FTS5 reads all hits of all of them before it gives the first, and takes its time to open each. So words are named one by
one, and of trigrams only the commonest: where the others stand is few places, which are read at once.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

from sqlite_utils.utils import sqlite3

from pipelines.store.scripts import folded
from pipelines.store.streams import short_rows

_MOST_WORDS = 200  # that stand for a beginning
_LATELY = 200  # articles of which they are taken where there are more
_MOST_ASKED = 100  # trigrams that a query names
_MOST_READ = 20_000  # places of the others, if there is room for them
_MOST_COUNTED = 200_000  # articles of all of them that are counted
_LAST = "\U0010ffff"
_COUNTS = "SELECT term, doc FROM trigrams WHERE term >= ? AND term < ?"


@dataclass(frozen=True, slots=True)
class Pieces:
    """The trigrams to ask for, and the articles in which others stand; `whole`: together they find all there is."""

    asked: Sequence[str] = ()
    ids: set[int] = field(default_factory=set)
    whole: bool = True


def words(connection: sqlite3.Connection, start: str) -> tuple[list[str], bool]:
    """The words that begin so (folded as their index folds them), and whether that is all.

    Where they are very many, the commonest ones of the newest articles.
    """
    found: list[str] = []
    last = start
    sql = "SELECT term FROM words WHERE term >= ? AND term < ? LIMIT 1"
    while len(found) <= _MOST_WORDS:
        row = connection.execute(sql, (last, start + _LAST)).fetchone()
        if row is None:
            return found, True
        found.append(row[0])
        last = row[0] + "\0"
    return _lately(connection, rf"(?<![^\W_]){re.escape(start)}[^\W_]*", folded, _MOST_WORDS), False


def _lately(connection: sqlite3.Connection, pattern: str, fold: Callable[[str], str], most: int) -> list[str]:
    """What fits the pattern most often in the newest articles."""
    sought = re.compile(pattern)
    rows = connection.execute(f"SELECT substr(text, 1, 5000) FROM articles ORDER BY id DESC LIMIT {_LATELY}")
    counted = Counter(found for (text,) in rows for found in sought.findall(fold(text)))
    return [found for found, _ in counted.most_common(most)]


def pieces(
    connection: sqlite3.Connection, text: str, columns: Sequence[str], first: int, last: int, room: int
) -> Pieces:
    """Where one or two characters stand, in articles between two ids; `columns`: in one of these only.

    `room`: how many ids may be listed.
    """
    asked: list[str]
    counted = dict[str, int]()
    total = 0
    for term, articles in short_rows(connection, _COUNTS, (text, text + _LAST)):
        counted[term] = articles
        total += articles
        if total > _MOST_COUNTED:
            pattern = re.escape(text) + f"[^\0]{{{3 - len(text)}}}"
            asked = _lately(connection, pattern, str.lower, _MOST_ASKED) or list(counted)[:_MOST_ASKED]
            return Pieces(asked, whole=False)
    asked = []
    for term in sorted(counted, key=lambda one: -counted[one])[:_MOST_ASKED]:
        if total <= min(room, _MOST_READ):
            break
        asked.append(term)
        total -= counted[term]
    ids = set[int]()
    left = 2 * min(room, _MOST_READ) + 1  # an article may hold a trigram twice
    where = f"AND col IN ({', '.join(f'{one!r}' for one in columns)})" if columns else ""
    sql = f"SELECT doc FROM places_of_trigrams WHERE term >= ? AND term < ? AND doc BETWEEN ? AND ? {where} LIMIT ?"
    for low, high in _between(text, asked):
        found = list(chain.from_iterable(short_rows(connection, sql, (low, high, first, last, left))))
        ids.update(found)
        left -= len(found)
        if left <= 0:
            break
    return Pieces(asked, ids, whole=left > 0)


def _between(text: str, asked: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The spans of terms that begin so and are not asked for."""
    low = text
    for term in sorted(asked):
        yield low, term
        low = term + "\0"
    yield low, text + _LAST
