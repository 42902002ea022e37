"""`clusters` and `copies`: stories carried more than once, kept true as articles come, change and go.

Whatever changes, the stories of all that is linked with it are made anew from `similar`, so they depend on what the
archive holds and not on how it came to. Beyond a thousand linked articles only the ones at hand are looked at: an
article joins the cluster of the one it is likest, and a cluster loses no member but the one that goes.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlite_utils.utils import sqlite3

from pipelines.alike import Copied, Text, copied
from pipelines.stories import Member, Pair, head, names, stories

_MOST = 1000  # linked articles that are looked at together
_LINKED = (
    "SELECT article_id, other_id, kind, score FROM json_each(:ids) AS one JOIN similar ON article_id = one.value"
    " UNION SELECT article_id, other_id, kind, score FROM json_each(:ids) AS one JOIN similar ON other_id = one.value"
)


def pairs_of(connection: sqlite3.Connection, article_ids: Collection[int]) -> set[Pair]:
    """The pairs that any of these articles belongs to."""
    rows = connection.execute(_LINKED, {"ids": json.dumps(list(article_ids))})
    return {Pair(*row) for row in rows}


def regroup(connection: sqlite3.Connection, changed: Collection[int]) -> None:
    """Make the stories anew of all that is linked with what changed, deleted articles aside."""
    linked, pairs = _linked(connection, changed)
    known = _heads(connection, linked)
    if not pairs and not known:
        return
    found = _found(connection, pairs) if len(linked) <= _MOST else _nearby(connection, changed, pairs, known)
    gone = known.keys() - found.keys() if len(linked) <= _MOST else set()
    connection.executemany("DELETE FROM clusters WHERE article_id = ?", [(one,) for one in gone])
    connection.executemany("DELETE FROM copies WHERE article_id = ?", [(one,) for one in gone])
    connection.executemany(
        "INSERT INTO clusters (article_id, head_id) VALUES (?, ?) ON CONFLICT DO UPDATE SET head_id = excluded.head_id",
        [(one, first) for one, first in found.items() if known.get(one) != first],
    )
    _put_copies(connection, found)


def forget_copies(connection: sqlite3.Connection, article_id: int) -> None:
    """What was counted with a text that is another now."""
    connection.execute("DELETE FROM copies WHERE article_id = ? OR head_id = ?", (article_id, article_id))


def story(connection: sqlite3.Connection, article_id: int) -> list[dict[str, Any]]:
    """The rows of `syndication` of the cluster that an article is in, its head first, then in order of publication.

    Each has two lists more: the paragraphs that it added and those of the head that it lacks. Empty without a cluster.
    """
    rows = connection.execute(
        "SELECT * FROM syndication WHERE head_id = (SELECT head_id FROM clusters WHERE article_id = ?)"
        " ORDER BY article_id <> head_id, coalesce(published_at, first_seen_at), article_id",
        (article_id,),
    ).fetchall()
    if not rows:
        return []
    first = _text(connection, rows[0]["head_id"])
    found = [copied(first, _text(connection, row["article_id"])) for row in rows]
    return [
        {**dict(row), "paragraphs_added": list(one.added), "paragraphs_cut": list(one.cut)}
        for row, one in zip(rows, found, strict=True)
    ]


def _linked(connection: sqlite3.Connection, changed: Collection[int]) -> tuple[set[int], set[Pair]]:
    """All articles that pairs lead to from these, and the pairs; where there are too many, as far as looked."""
    seen, pairs, edge = set(changed), set[Pair](), set(changed)
    while edge and len(seen) <= _MOST:
        more = pairs_of(connection, edge)
        pairs |= more
        edge = {one for pair in more for one in (pair.one, pair.other)} - seen
        seen |= edge
    return seen, pairs


def _heads(connection: sqlite3.Connection, article_ids: Collection[int]) -> dict[int, int]:
    rows = connection.execute(
        "SELECT article_id, head_id FROM json_each(?) AS one JOIN clusters ON article_id = one.value",
        (json.dumps(list(article_ids)),),
    )
    return dict(rows.fetchall())


def _found(connection: sqlite3.Connection, pairs: Collection[Pair]) -> dict[int, int]:
    """The head of each article that is in a story."""
    groups = stories(pairs)
    members = _members(connection, {one for group in groups for one in group})
    found: dict[int, int] = {}
    for group in groups:
        first = head([members[one] for one in sorted(group)])
        found |= dict.fromkeys(group, first)
    return found


def _nearby(
    connection: sqlite3.Connection, changed: Collection[int], pairs: Iterable[Pair], known: Mapping[int, int]
) -> dict[int, int]:
    """The head of each changed article, as that of the likest one that has any; the earlier of both is the head."""
    best: dict[int, tuple[float, int]] = {}
    for pair in sorted(pairs, key=lambda pair: (pair.score, pair.one, pair.other)):
        for one, other in ((pair.one, pair.other), (pair.other, pair.one)):
            if one in changed and other in known:
                best[one] = pair.score, known[other]
    found: dict[int, int] = {}
    for one, (_, first) in best.items():
        members = _members(connection, {one, first})
        if head(list(members.values())) == first:
            found[one] = first
            continue
        carried = connection.execute("SELECT article_id FROM clusters WHERE head_id = ?", (first,)).fetchall()
        found |= dict.fromkeys([one, first, *(other for (other,) in carried)], one)
    return found


def _members(connection: sqlite3.Connection, article_ids: Collection[int]) -> dict[int, Member]:
    rows = connection.execute(
        "SELECT articles.id, url, source_id, name, agency, credit, published_at, published_precision, first_seen_at"
        " FROM json_each(?) AS one JOIN articles ON articles.id = one.value"
        " LEFT JOIN sources ON sources.id = source_id",
        (json.dumps(list(article_ids)),),
    )
    return {
        row["id"]: Member(
            id=row["id"],
            address=row["url"],
            names=names(row["source_id"], row["name"]),
            credits=names(row["agency"], row["credit"]),
            published_at=row["published_at"],
            precision=row["published_precision"],
            first_seen_at=row["first_seen_at"],
        )
        for row in rows
    }


def _put_copies(connection: sqlite3.Connection, found: Mapping[int, int]) -> None:
    """Count what is not counted yet: each text beside that of its head."""
    known = dict(
        connection.execute(
            "SELECT article_id, copies.head_id FROM json_each(?) AS one JOIN copies ON article_id = one.value",
            (json.dumps(list(found)),),
        ).fetchall()
    )
    connection.executemany("DELETE FROM copies WHERE article_id = ?", [(one,) for one in known if found[one] == one])
    waiting: defaultdict[int, list[int]] = defaultdict(list)
    for one, first in found.items():
        if one != first and known.get(one) != first:
            waiting[first].append(one)
    for first, members in waiting.items():
        text = _text(connection, first)
        for one in members:
            _put_copy(connection, one, first, copied(text, _text(connection, one)))


def _put_copy(connection: sqlite3.Connection, article_id: int, head_id: int, found: Copied) -> None:
    values = {
        "article_id": article_id,
        "head_id": head_id,
        "of_own": round(found.of_own, 4),
        "of_head": round(found.of_head, 4),
        "kept": len(found.kept),
        "cut": len(found.cut),
        "added": len(found.added),
        "cut_chars": sum(map(len, found.cut)),
        "added_chars": sum(map(len, found.added)),
    }
    marks = ", ".join(f":{name}" for name in values)
    connection.execute(f"INSERT OR REPLACE INTO copies ({', '.join(values)}) VALUES ({marks})", values)


def _text(connection: sqlite3.Connection, article_id: int) -> Text:
    (text,) = connection.execute("SELECT text FROM articles WHERE id = ?", (article_id,)).fetchone()
    return Text(text)
