"""The cluster of an article: who carried the story, in what order, and what each made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MOST = 30  # articles of a cluster that the page of one shows

_HEAD = "SELECT head_id, (SELECT count(*) FROM clusters AS c WHERE c.head_id = clusters.head_id) AS n FROM clusters"
#: The head first, then as they were published; what says no time stands where it was seen.
_COMPANY = """
SELECT articles.id, articles.title, articles.url, articles.source_id, sources.name AS source_name, articles.language,
       articles.published_at, articles.published_precision, clusters.head_id,
       CASE WHEN articles.published_at LIKE '%T%Z' AND head.published_at LIKE '%T%Z'
            THEN 24 * (julianday(articles.published_at) - julianday(head.published_at)) END AS hours_behind,
       articles.title IS NOT head.title AS new_title,
       copies.of_own, copies.of_head, copies.kept, copies.cut, copies.added, copies.cut_chars, copies.added_chars,
       coalesce(
           (SELECT score FROM similar WHERE article_id = :id AND other_id = articles.id),
           (SELECT score FROM similar WHERE article_id = articles.id AND other_id = :id)) AS score
FROM clusters
JOIN articles ON articles.id = clusters.article_id
JOIN articles AS head ON head.id = clusters.head_id
LEFT JOIN sources ON sources.id = articles.source_id
LEFT JOIN copies ON copies.article_id = clusters.article_id AND copies.head_id = clusters.head_id
WHERE clusters.head_id = :head
ORDER BY articles.id <> :head, coalesce(articles.published_at, articles.first_seen_at), articles.id LIMIT :most
"""


@dataclass(frozen=True, slots=True)
class Member:
    """An article of the cluster, and what there is to say of it in words."""

    row: Mapping[str, Any]
    behind: str
    shared: str
    edited: str


@dataclass(frozen=True, slots=True)
class Company:
    """The cluster of an article."""

    head_id: int
    n: int
    members: list[Member]


def company(connection: Any, article_id: int) -> Company | None:
    """Who else carried the story; None where nobody did."""
    found = connection.execute(f"{_HEAD} WHERE article_id = ?", (article_id,)).fetchone()
    if found is None or found["n"] < 2:
        return None
    head, n = found
    rows = connection.execute(_COMPANY, {"id": article_id, "head": head, "most": MOST}).fetchall()
    return Company(head, n, [_member(dict(row), article_id) for row in rows])


def _member(row: dict[str, Any], article_id: int) -> Member:
    is_head = row["id"] == row["head_id"]
    shared = "" if row["id"] == article_id or row["score"] is None else f"{_percent(row['score'])} in common with this"
    return Member(row, "" if is_head else behind(row["hours_behind"]), shared, "" if is_head else _edited(row))


def behind(hours: float | None) -> str:
    """`40 minutes later`; empty where it is not known."""
    if hours is None:
        return ""
    word = "later" if hours >= 0 else "earlier"
    minutes = round(abs(hours) * 60)
    if minutes < 1:
        return "at the same minute"
    for size, name in ((1440, "day"), (60, "hour")):
        if minutes >= 2 * size:
            return f"{round(minutes / size)} {name}s {word}"
    return f"{minutes} minute{'' if minutes == 1 else 's'} {word}"


def _edited(row: Mapping[str, Any]) -> str:
    """What it made of the text that was first, as far as that was measured."""
    if row["of_head"] is None:
        return ""
    told = [f"{_percent(row['of_head'])} of the first text"]
    told += [f"{_paragraphs(row['cut'])} cut"] if row["cut"] else []
    told += [f"{_paragraphs(row['added'])} added"] if row["added"] else []
    told += ["a headline of its own"] if row["new_title"] else []
    return ", ".join(told)


def _paragraphs(n: int) -> str:
    return f"{n:,} paragraph{'' if n == 1 else 's'}"


def _percent(share: float) -> str:
    """A share that is not whole is never called so."""
    whole = round(share * 100)
    return f"{min(whole, 99) if share < 1 else whole} %"
