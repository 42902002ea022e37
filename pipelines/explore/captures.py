"""The captures of an article, what proves the present one, and the bytes of any as plain text."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from datasette import Response

from pipelines.errors import StoreError
from pipelines.explore.compat import archive_for
from pipelines.store.payloads import body_of

NEWEST = 12  # captures that a page shows without being asked for more
MOST = 500  # that it shows in all
_MOST_SOURCE = 32 * 1024**2  # bytes of a source that are shown

#: Every time one of the article's own addresses was asked for; addresses that led to other articles too are nobody's.
_CAPTURES = """
WITH texts (id) AS (
    SELECT capture_id FROM articles WHERE id = :id UNION SELECT capture_id FROM revisions WHERE article_id = :id
    UNION SELECT capture_id FROM returns WHERE article_id = :id
), further (id, n) AS (
    SELECT page_id, n FROM continuations WHERE capture_id IN texts
), keys (urlkey) AS (
    SELECT urlkey FROM articles WHERE id = :id
    UNION SELECT urlkey FROM addresses AS own WHERE article_id = :id AND urlkey NOT LIKE '%)/' AND NOT EXISTS (
        SELECT 1 FROM addresses WHERE urlkey = own.urlkey AND article_id <> :id)
), found (id) AS (
    SELECT id FROM texts UNION SELECT id FROM further
    UNION SELECT captures.id FROM keys CROSS JOIN captures USING (urlkey) WHERE +feed_id IS NULL
)
SELECT captures.id, fetched_at, status, mime, completeness, rendered, outcome, captures.url, payloads.size,
       payloads.codec, further.n AS page, leaves.seal_id
FROM found CROSS JOIN captures USING (id)
LEFT JOIN payloads ON payloads.id = payload_id
LEFT JOIN further ON further.id = captures.id
LEFT JOIN leaves ON leaves.capture_id = captures.id
ORDER BY fetched_at DESC, captures.id DESC LIMIT :most
"""
_SEAL = """
SELECT leaves.n, leaves.digest AS leaf, seals.id, seals.made_at, seals.count, seals.root, seals.digest
FROM leaves JOIN seals ON seals.id = leaves.seal_id WHERE leaves.capture_id = ?
"""
_SOURCE = """
SELECT captures.headers, captures.payload_id, payloads.size
FROM captures JOIN payloads ON payloads.id = captures.payload_id WHERE captures.id = :id
"""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an article rests on: its captures, newest first, and the seal of the present one, if it has one yet."""

    captures: list[Mapping[str, Any]]
    more: bool  # there are more than these
    pages: int  # over which the present text runs
    seal: Mapping[str, Any] | None


def evidence(connection: Any, article_id: int, capture_id: int, *, every: bool = False) -> Evidence:
    """The captures of an article; with `every` as many as a page can show."""
    most = MOST if every else NEWEST
    rows = connection.execute(_CAPTURES, {"id": article_id, "most": most + 1}).fetchall()
    (further,) = connection.execute("SELECT count(*) FROM continuations WHERE capture_id = ?", (capture_id,)).fetchone()
    seal = connection.execute(_SEAL, (capture_id,)).fetchone()
    return Evidence([dict(row) for row in rows[:most]], len(rows) > most, 1 + further, dict(seal) if seal else None)


async def source(datasette: Any, request: Any) -> Any:
    """The bytes of a capture as plain text: never as a page of ours."""
    db = await archive_for(datasette, request, "captures", "payloads")
    number = min(int(request.url_vars["id"]), 2**63 - 1)
    row = (await db.execute(_SOURCE, {"id": number})).first()
    nothing = Response.text("There is no such capture, or no body was kept with it.\n", status=404)
    if row is None or row["size"] > _MOST_SOURCE:
        return nothing
    try:
        body = await db.execute_fn(lambda connection: body_of(connection, row["payload_id"]))
    except StoreError as problem:
        return Response.text(f"{problem}\n", status=500)
    return nothing if body is None else Response.text(_decoded(body, row["headers"]))


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
    """Headers as they were kept; what somebody broke by hand counts as none."""
    try:
        found = json.loads(headers or "[]")
    except ValueError:
        return []
    rows = found if isinstance(found, list) else []
    return [(str(one[0]), str(one[1])) for one in rows if isinstance(one, list) and len(one) == 2]
