"""What outlets changed after publication, the latest first: headlines, corrections, quotes, deleted articles."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from pipelines.explore import atom
from pipelines.explore.compat import archive_for
from pipelines.explore.headlines import told
from pipelines.explore.pages import render

_LOOKED_AT = 1000  # edits that one page looks through
_SHOWN = 30  # of those that fit, on one page
_PARTS = 6  # changes of one edit that are shown
GONE = "deleted"
KINDS = ("headline", "correction", "number", "quote", "name", "standfirst", "addition", "deletion", "wording", "typo")
_EDITS = """
SELECT revisions.article_id, revisions.n, seen_until AS at, articles.source_id, sources.name AS source_name,
       articles.title, articles.url, articles.language,
       (SELECT group_concat(DISTINCT kind) FROM changes
        WHERE article_id = revisions.article_id AND n = revisions.n) AS kinds
FROM revisions JOIN articles ON articles.id = revisions.article_id
LEFT JOIN sources ON sources.id = articles.source_id
WHERE (seen_until, article_id, n) < (:at, :article, :n)
ORDER BY seen_until DESC, article_id DESC, n DESC LIMIT :most
"""
_DELETED = """
SELECT articles.id AS article_id, 0 AS n, gone_at AS at, articles.source_id, sources.name AS source_name,
       articles.title, articles.url, articles.language, 'deleted' AS kinds
FROM articles LEFT JOIN sources ON sources.id = articles.source_id
WHERE gone_at IS NOT NULL AND (gone_at, articles.id, 0) < (:at, :article, :n) AND gone_at >= :since
ORDER BY gone_at DESC, articles.id DESC LIMIT :most
"""
_PARTS_OF = "SELECT kind, before, after FROM changes WHERE article_id = ? AND n = ? ORDER BY part"
_LATEST = {"at": "9999", "article": 0, "n": 0}  # later than any edit


async def page(datasette: Any, request: Any) -> Any:
    """The edits that fit, by day."""
    db = await archive_for(datasette, request, "articles", "revisions", "changes")
    asked = {"source": request.args.get("source") or "", "kind": _kind(request.args.get("kind"))}
    before = _cursor(request.args.get("before") or "")
    found = await db.execute_fn(lambda connection: _read(connection, before=before, **asked))
    shown = found.pop("shown")
    path = datasette.urls.path("/-/changes")

    def link(to: str = path, **other: str) -> str:
        wanted = {name: value for name, value in {**asked, **other}.items() if value}
        return f"{to}?{urlencode(wanted)}" if wanted else to

    if request.url_vars["format"]:
        return _feed(datasette, request, shown, page=link())
    for one in shown:
        one["headline"] = _headline(one)
    context = {
        "archive": db.name,
        **asked,
        **found,
        "days": [(day, list(few)) for day, few in groupby(shown, key=lambda one: one["at"][:10])],
        "before": request.args.get("before"),
        "link": link,
        "feed": link(f"{path}.atom"),
    }
    return await render(datasette, request, "changes", context)


def _feed(datasette: Any, request: Any, shown: Sequence[Mapping[str, Any]], *, page: str) -> Any:
    """The same as Atom, an entry for each edit."""
    entries = [
        {
            **one,
            "id": one["article_id"],
            "title": f"{one['title'] or 'Untitled'} ({', '.join(filter(None, one['kinds'])) or 'edited'})",
            "seen_at": one["at"],
            "published_at": None,
            "passage": _in_words(one["parts"]),
            "fragment": one["where"] if one["n"] else "#deleted",
        }
        for one in shown
    ]
    return atom.feed(datasette, request, entries, title="What outlets changed", name=f"changes:{page}", page=page)


def _in_words(parts: Sequence[Mapping[str, Any]]) -> str:
    """What was edited as plain text: `number: “12” became “14”`."""
    said = []
    for one in parts:
        old, new = (f"“{one[name]}”" if one[name] else "" for name in ("before", "after"))
        said.append(
            f"{one['kind']}: {old} became {new}" if old and new else f"{one['kind']}: {new or f'without {old}'}"
        )
    return "; ".join(said)


def _kind(asked: str | None) -> str:
    return asked if asked in (*KINDS, GONE) else ""


def _cursor(asked: str) -> dict[str, Any]:
    """Where the page begins: after an edit that is named `time,article,n`; anything else means the latest."""
    match = re.fullmatch(r"([^,]*),([0-9]{1,18}),([0-9]{1,9})", asked)
    return {"at": match[1], "article": int(match[2]), "n": int(match[3])} if match else _LATEST


def _read(connection: Any, *, source: str, kind: str, before: Mapping[str, Any]) -> dict[str, Any]:
    """The newest edits and deletions after the cursor, as far as a page looks, and what of them fits."""
    events, cut = _events(connection, before)
    of_source = [one for one in events if not source or one["source_id"] == source]
    of_kind = [one for one in events if not kind or kind in one["kinds"]]
    fitting = [one for one in of_source if not kind or kind in one["kinds"]]
    shown = fitting[:_SHOWN]
    for one in shown:
        one["parts"] = (
            [] if GONE in one["kinds"] else list(connection.execute(_PARTS_OF, (one["article_id"], one["n"])))
        )
        one["where"] = f"?from={one['n']}&to={one['n'] + 1}#edits"
        one["more"] = max(0, len(one["parts"]) - _PARTS)
        one["parts"] = _ranked(one["parts"])[:_PARTS]
    last = shown[-1] if len(fitting) > _SHOWN else events[-1] if cut else None
    return {
        "shown": shown,
        "looked_at": len(events),
        "since": events[-1]["at"] if events else None,
        "cut": cut,
        "kinds": _counted(of_source),
        "sources": sorted(
            Counter((one["source_id"], one["source_name"] or one["source_id"]) for one in of_kind if one["source_id"])
            .items(),
            key=lambda one: (-one[1], one[0]),
        ),
        "older": f"{last['at']},{last['article_id']},{last['n']}" if last else "",
    }  # fmt: skip


def _events(connection: Any, before: Mapping[str, Any]) -> tuple[list[dict[str, Any]], bool]:
    """Edits and deletions, the latest first; and whether older ones were left out."""
    edits = connection.execute(_EDITS, {**before, "most": _LOOKED_AT}).fetchall()
    since = edits[-1]["at"] if len(edits) == _LOOKED_AT else ""
    gone = connection.execute(_DELETED, {**before, "since": since, "most": _LOOKED_AT}).fetchall()
    events = [{**dict(row), "kinds": (row["kinds"] or "").split(",")} for row in (*edits, *gone)]
    events.sort(key=lambda one: (one["at"], one["article_id"], one["n"]), reverse=True)
    return events[:_LOOKED_AT], len(edits) == _LOOKED_AT or len(events) > _LOOKED_AT


def _counted(events: Iterable[Mapping[str, Any]]) -> list[tuple[str, int]]:
    """How many edits have a change of each kind, in the order in which kinds are told."""
    counts = Counter(kind for one in events for kind in one["kinds"])
    return [(kind, counts[kind]) for kind in (*KINDS, GONE) if counts[kind]]


def _ranked(parts: Sequence[Any]) -> list[Any]:
    """Changes of an edit, what readers look for first."""
    order = {kind: n for n, kind in enumerate(KINDS)}
    return sorted(parts, key=lambda one: order.get(one["kind"], len(order)))


def _headline(edit: Mapping[str, Any]) -> str:
    """The headline before and after as one line of safe HTML; empty where it stayed."""
    for one in edit["parts"]:
        if one["kind"] == "headline":
            return told(one["before"], one["after"])
    return ""
