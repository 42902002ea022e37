"""Query parameters that never tell one page from another, learned from pages that came again under other values.

Some outlets add a fresh number to every link (`?t=1699…`). Two pages have to show, each with two values, that the
article stays the same; and the values must be new each time, or long as only machines make them: `lang=en` repeats.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from urllib.parse import parse_qsl, urlencode

from sqlite_utils.utils import sqlite3

_MOST = 10  # rows kept for each parameter: enough to be sure
_LOOKED_AT = 500  # addresses of one path
_VALUE = re.compile(r"[^&=?#]{1,200}")
_NAMES_PAGES = re.compile(r"id$|^(?:p|story|article|art|news|nr|idx\w*|q|query|page)$", re.IGNORECASE)


def idle(connection: sqlite3.Connection, source_id: str | None) -> frozenset[str]:
    """The parameters of a source that are no part of a key."""
    rows = connection.execute(
        "SELECT name FROM parameters WHERE source_id = ? GROUP BY name HAVING count(DISTINCT page) > 1"
        " AND (count(DISTINCT value) = count(*) OR min(length(value)) >= 8)",
        (source_id,),
    )
    return frozenset(name for (name,) in rows)


def without(key: str, names: Iterable[str]) -> str:
    """A urlkey without these parameters."""
    page, mark, query = key.partition("?")
    if not mark:
        return key
    kept = [pair for pair in parse_qsl(query, keep_blank_values=True) if pair[0] not in names]
    return f"{page}?{urlencode(kept)}" if kept else page


def add_keys(connection: sqlite3.Connection, source_id: str | None, keys: list[str]) -> list[str]:
    """The keys, and what they are without the source's idle parameters."""
    if not any("?" in key for key in keys):
        return keys
    names = idle(connection, source_id)
    return list(dict.fromkeys([*keys, *(without(key, names) for key in keys)])) if names else keys


def apart(one: str, other: str) -> frozenset[str] | None:
    """The parameters in which two urlkeys differ; None where they differ in more."""
    page, _, query = one.partition("?")
    other_page, _, other_query = other.partition("?")
    if page != other_page:
        return None
    differing = set(parse_qsl(query, keep_blank_values=True)) ^ set(parse_qsl(other_query, keep_blank_values=True))
    return frozenset(name for name, _ in differing)


def tell(connection: sqlite3.Connection, key: str, names: Iterable[str]) -> bool:
    """Whether one of these parameters tells articles apart at the page that a urlkey names."""
    page = key.partition("?")[0]
    rows = connection.execute(
        "SELECT urlkey, article_id FROM addresses WHERE urlkey >= ? AND urlkey < ? LIMIT ?",
        (f"{page}?", f"{page}@", _LOOKED_AT),  # @ is the character after ?
    ).fetchall()
    for name in names:
        found: defaultdict[str, set[int]] = defaultdict(set)
        for urlkey, article_id in rows:
            found[without(urlkey, (name,))].add(article_id)
        if any(len(articles) > 1 for articles in found.values()):
            return True
    return False


def learn(connection: sqlite3.Connection, source_id: str | None, article_id: int) -> None:
    """Note the parameters that made no difference to an article that has come under several addresses."""
    rows = connection.execute(
        "SELECT urlkey FROM addresses WHERE article_id = ? AND urlkey LIKE '%?%' LIMIT 20", (article_id,)
    ).fetchall()
    seen: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for (key,) in rows:
        for name, value in parse_qsl(key.partition("?")[2]):
            if _VALUE.fullmatch(value) and not _NAMES_PAGES.search(name):
                seen[name, without(key, (name,))].add(value)
    for (name, page), values in seen.items():
        (known,) = connection.execute(
            "SELECT count(*) FROM parameters WHERE source_id = ? AND name = ?", (source_id, name)
        ).fetchone()
        if len(values) > 1 and known < _MOST and not tell(connection, page, (name,)):
            connection.executemany(
                "INSERT INTO parameters (source_id, name, page, value) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                [(source_id, name, page, value) for value in sorted(values)],
            )
