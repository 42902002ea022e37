"""The page of one story: who had it first, how long until each other one, and what each made of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from datasette import Response

from pipelines.alike import Text, copied
from pipelines.explore.compat import archive_for
from pipelines.explore.headlines import alike, told
from pipelines.explore.pages import render
from pipelines.health import span

_MEMBERS = 25  # that are shown
_COMPARED = 10  # of these, whose words are laid beside the first one's
_LONGEST = 60_000  # characters of texts that are compared on one page
_PARAGRAPH = 600  # characters of a paragraph that are shown
_HEAD = "SELECT articles.id, head_id FROM articles LEFT JOIN clusters ON article_id = articles.id WHERE articles.id = ?"
_CARRIED = """
SELECT syndication.*, sources.name AS source_name, articles.language, articles.credit, articles.dateline,
       articles.gone_at, articles.claims, articles.word_count
FROM syndication JOIN articles ON articles.id = syndication.article_id
LEFT JOIN sources ON sources.id = syndication.source_id
WHERE syndication.head_id = :head
ORDER BY syndication.article_id <> :head, coalesce(syndication.published_at, syndication.first_seen_at),
         syndication.article_id
LIMIT :most
"""
_COUNT = "SELECT count(*) FROM clusters WHERE head_id = ?"
_TEXT = "SELECT text FROM articles WHERE id = ?"
_EVIDENCE = ("agency", "credit")


async def page(datasette: Any, request: Any) -> Any:
    """The story that has this head; a member's id leads to it, and an article that nobody else carries to its page."""
    db = await archive_for(datasette, request, "articles", "clusters")
    number = min(int(request.url_vars["id"]), 2**63 - 1)
    row = (await db.execute(_HEAD, (number,))).first()
    if row is None:
        return await render(datasette, request, "missing", {"archive": db.name, "id": number}, status=404)
    if row["head_id"] != number:
        where = f"/-/story/{row['head_id']}" if row["head_id"] else f"/-/article/{number}"
        return Response.redirect(datasette.urls.path(where))
    found = await db.execute_fn(lambda connection: _read(connection, number))
    members = found["members"]
    context = {
        "archive": db.name,
        "head": members[0],
        "outlets": len({one["source_id"] for one in members}),
        "timeline": _timeline(members),
        **found,
    }
    return await render(datasette, request, "story", context)


def _read(connection: Any, head: int) -> dict[str, Any]:
    """The story's articles with what each cut and added; reading and comparing are bounded."""
    rows = [dict(row) for row in connection.execute(_CARRIED, {"head": head, "most": _MEMBERS})]
    (count,) = connection.execute(_COUNT, (head,)).fetchone()
    first = rows[0]
    for row in rows:
        row["behind"] = _behind(row, head)
        row["evidence"] = _evidence(row.pop("claims"))
        own = row["title"] and row["new_title"] and not alike(first["title"] or "", row["title"])
        row["own_headline"] = bool(own)
        row["headline"] = told(first["title"], row["title"]) if row["title"] and row["new_title"] and not own else ""
    _compare(connection, rows)
    return {"members": rows, "count": count, "most": _MEMBERS}


def _compare(connection: Any, rows: Sequence[dict[str, Any]]) -> None:
    """Lay the first members' words beside the head's: `cut` and `added` paragraphs, as far as the room lasts."""
    text = _text(connection, rows[0]["article_id"])
    room = _LONGEST - len(text)
    head = None
    for row in rows[1 : _COMPARED + 1]:
        other = _text(connection, row["article_id"])
        room -= len(other)
        if room < 0:
            return
        head = head or Text(text)
        made = copied(head, Text(other))
        row["paragraphs_cut"] = [one[:_PARAGRAPH] for one in made.cut]
        row["paragraphs_added"] = [one[:_PARAGRAPH] for one in made.added]


def _text(connection: Any, article_id: int) -> str:
    return str(connection.execute(_TEXT, (article_id,)).fetchone()["text"])


def _behind(row: Mapping[str, Any], head: int) -> str:
    """How long after the first, in words; empty where the times do not tell."""
    if row["article_id"] == head:
        return "first"
    hours = row["hours_behind"]
    if hours is None:
        return ""
    if hours < 0:
        return "dated earlier than the first"
    return "at the same time" if hours < 0.008 else f"{span(hours * 3600)} later"


def _evidence(stored: str) -> list[dict[str, str]]:
    """Which agency or outlet the article says that it rests on, and where it says so."""
    try:
        claims = json.loads(stored)
    except ValueError:
        return []
    found = {
        (str(one["value"]), str(one["origin"])): None
        for one in (claims if isinstance(claims, list) else ())
        if isinstance(one, dict) and {"field", "value", "origin"} <= one.keys() and one["field"] in _EVIDENCE
    }
    return [{"value": value, "origin": origin} for value, origin in found]


def _timeline(members: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Where each member stands between the first and the last, in percent; None where fewer than two have a time."""
    timed = [one for one in members if one["hours_behind"] is not None and one["hours_behind"] >= 0]
    last = max((one["hours_behind"] for one in timed), default=0)
    if len(timed) < 2 or last <= 0:
        return None
    dots = [
        {
            "id": one["article_id"],
            "x": round(2 + 96 * one["hours_behind"] / last, 2),
            "first": one["article_id"] == one["head_id"],
            "said": f"{one['source_name'] or one['source_id'] or 'no source'}: {one['behind']}",
        }
        for one in timed
    ]
    ends = [one["published_at"] for one in sorted(timed, key=lambda one: one["hours_behind"])]
    return {"dots": dots, "since": ends[0], "until": ends[-1], "long": span(max(60, 3600 * last)), "count": len(dots)}
