"""Which addresses are known: what became of a source's, to learn from, and which of given ones are held."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlite_utils.utils import sqlite3

from pipelines.store.rows import key_of, stamp, to_json
from pipelines.types import Reason

_LATEST = 600  # entries of each state
#: What a page proves to be that no address of an article leads to; other rejects speak of the moment.
_NO_ARTICLE = (Reason.LISTING, Reason.TOO_SHORT, Reason.NOT_HTML)


def known(connection: sqlite3.Connection, source_id: str) -> list[tuple[str, bool]]:
    """The latest addresses of a source that are known to be an article's (True) or something else's (False).

    A page counts as it was read; one still to be fetched is an article's where a feed says so.
    """
    rows = connection.execute(
        "SELECT entries.url, entries.kind IN ('feed', 'news') AS listed, captures.outcome FROM ("
        " SELECT * FROM (SELECT * FROM entries WHERE source_id = :source AND state = 'fetched'"
        " ORDER BY id DESC LIMIT :latest)"
        " UNION ALL SELECT * FROM (SELECT * FROM entries WHERE source_id = :source AND state = 'queued'"
        " ORDER BY id DESC LIMIT :latest)) AS entries LEFT JOIN captures ON captures.id = entries.capture_id",
        {"source": source_id, "latest": _LATEST},
    )
    found = []
    for url, listed, outcome in rows:
        if outcome in _NO_ARTICLE:
            found.append((url, False))
        elif outcome in ("article", "unchanged") or (outcome is None and listed):
            found.append((url, True))
    return found


Page = tuple[str, datetime | None]


def held(connection: sqlite3.Connection, pages: Iterable[Page]) -> set[Page]:
    """Those of these addresses of which a capture is held: of that very second, or of any time for None."""
    asked = {(key_of(url), stamp(at) if at else None): (url, at) for url, at in pages}
    rows = connection.execute(
        "SELECT pair.value ->> 0, pair.value ->> 1 FROM json_each(?) AS pair WHERE EXISTS (SELECT 1 FROM captures"
        " WHERE urlkey = pair.value ->> 0 AND (pair.value ->> 1 IS NULL OR fetched_at = pair.value ->> 1))"
        " OR (pair.value ->> 1 IS NULL AND EXISTS (SELECT 1 FROM addresses WHERE urlkey = pair.value ->> 0))",
        (to_json(list(asked)),),
    )
    return {asked[key, at] for key, at in rows}
