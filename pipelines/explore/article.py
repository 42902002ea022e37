"""The page of one article: text, facts, cuts, claims, versions, company, and the capture it rests on."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Sequence
from typing import Any

from datasette import Response

from pipelines.diffs import diff_html
from pipelines.errors import StoreError
from pipelines.explore.compat import archive_for
from pipelines.explore.pages import render
from pipelines.explore.reading import paragraphs
from pipelines.store.payloads import body_of

_ARTICLE = """
SELECT articles.*, sources.name AS source_name, sources.homepage, captures.fetched_at, captures.status,
       captures.mime, captures.completeness, captures.url AS asked_url, captures.final_url,
       payloads.digest AS payload_digest, payloads.size, recipes.version AS recipe_version
FROM articles
LEFT JOIN sources ON sources.id = articles.source_id
LEFT JOIN captures ON captures.id = articles.capture_id
LEFT JOIN payloads ON payloads.id = captures.payload_id
LEFT JOIN recipes ON recipes.id = articles.recipe_id
WHERE articles.id = :id
"""
_CUTS = """
SELECT removals.n, start, stop, removals.zone, rule_id, text, why, origin
FROM removals LEFT JOIN rules ON rules.id = removals.rule_id WHERE article_id = :id ORDER BY start
"""
_ADDRESSES = "SELECT url, kind FROM addresses WHERE article_id = :id AND url <> :url ORDER BY kind, url"
_REVISIONS = """
SELECT n, seen_from, seen_until, title, description, text, capture_id FROM revisions
WHERE article_id = :id ORDER BY n DESC LIMIT 20
"""
_KINDS = "SELECT n, kinds FROM edits WHERE article_id = :id"
_COMPANY = """
SELECT articles.id, articles.title, articles.url, articles.source_id, sources.name AS source_name,
       articles.published_at, articles.published_precision, clusters.head_id, similar.kind, similar.score
FROM clusters
JOIN articles ON articles.id = clusters.article_id
LEFT JOIN sources ON sources.id = articles.source_id
LEFT JOIN similar ON (similar.article_id, similar.other_id) = (:id, articles.id)
    OR (similar.article_id, similar.other_id) = (articles.id, :id)
WHERE clusters.head_id = (SELECT head_id FROM clusters WHERE article_id = :id)
ORDER BY articles.id <> clusters.head_id, articles.published_at, articles.id LIMIT 100
"""
_SOURCE = """
SELECT captures.headers, captures.payload_id, payloads.size
FROM captures JOIN payloads ON payloads.id = captures.payload_id WHERE captures.id = :id
"""
_LISTS = ("authors", "tags", "captions", "links", "claims")
_MOST_SOURCE = 32 * 1024**2  # bytes of a source that are shown


async def page(datasette: Any, request: Any) -> Any:
    """The article, or a page that says there is none."""
    db = await archive_for(datasette, request, "articles")
    key = {"id": _number(request)}
    row = (await db.execute(_ARTICLE, key)).first()
    if row is None:
        return await render(datasette, request, "missing", {"archive": db.name, "id": key["id"]}, status=404)
    article = dict(zip(row.keys(), tuple(row), strict=True))
    article |= {name: _list(article[name]) for name in _LISTS}
    cuts = (await db.execute(_CUTS, key)).rows
    shown = bool(request.args.get("cuts"))
    revisions = (await db.execute(_REVISIONS, key)).rows
    kinds = {row["n"]: row["kinds"] for row in (await db.execute(_KINDS, key)).rows} if revisions else {}
    context = {
        "archive": db.name,
        "article": article,
        "paragraphs": paragraphs(article["text"], cuts if shown else ()),
        "cuts": cuts,
        "cuts_shown": shown,
        "claims": _by_field(article["claims"]),
        "addresses": (await db.execute(_ADDRESSES, {**key, "url": article["url"]})).rows,
        "revisions": await asyncio.to_thread(_edits, revisions, article, kinds),
        "company": (await db.execute(_COMPANY, key)).rows,
    }
    return await render(datasette, request, "article", context)


async def source(datasette: Any, request: Any) -> Any:
    """The bytes of a capture as plain text: never as a page of ours."""
    db = await archive_for(datasette, request, "captures", "payloads")
    row = (await db.execute(_SOURCE, {"id": _number(request)})).first()
    nothing = Response.text("There is no such capture, or no body was kept with it.\n", status=404)
    if row is None or row["size"] > _MOST_SOURCE:
        return nothing
    try:
        body = await db.execute_fn(lambda connection: body_of(connection, row["payload_id"]))
    except StoreError as problem:
        return Response.text(f"{problem}\n", status=500)
    return nothing if body is None else Response.text(_decoded(body, row["headers"]))


def _edits(revisions: Sequence[Any], article: dict[str, Any], kinds: dict[int, str]) -> list[dict[str, Any]]:
    """The earlier texts, newest first, each with what the text after it made of it, as safe HTML."""
    found = []
    later: Any = article
    for one in revisions:
        told = {name: diff_html(one[name] or "", later[name] or "") for name in ("title", "description", "text")}
        found.append({**dict(one), "kinds": (kinds.get(one["n"]) or "").split(","), "told": told})
        later = one
    return found


def _number(request: Any) -> int:
    return min(int(request.url_vars["id"]), 2**63 - 1)


def _list(stored: str | None) -> list[Any]:
    """A JSON column; what somebody broke by hand counts as empty."""
    try:
        found = json.loads(stored or "[]")
    except ValueError:
        return []
    return found if isinstance(found, list) else []


def _by_field(claims: list[Any]) -> dict[str, list[dict[str, Any]]]:
    """The claims of each field, in the order they were made, values as text."""
    found: dict[str, list[dict[str, Any]]] = {}
    for claim in claims:
        if isinstance(claim, dict) and {"field", "value", "origin"} <= claim.keys():
            said = {"value": _shown(claim["value"]), "origin": str(claim["origin"])}
            found.setdefault(str(claim["field"]), []).append(said)
    return dict(sorted(found.items()))


def _shown(value: Any) -> str:
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ", ".join(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _decoded(body: bytes, headers: str) -> str:
    """The text in the encoding that the server or the page names."""
    named = [value for name, value in _pairs(headers) if name.lower() == "content-type"]
    match = re.search(r"charset\s*=\s*[\"']?([\w.:-]+)", " ".join(named) or body[:2048].decode("latin-1"), re.I)
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        pass
    try:
        return body.decode(match[1] if match else "utf-8", errors="replace")
    except LookupError:
        return body.decode("utf-8", errors="replace")


def _pairs(headers: str) -> list[tuple[str, str]]:
    return [(str(one[0]), str(one[1])) for one in _list(headers) if isinstance(one, list) and len(one) == 2]
