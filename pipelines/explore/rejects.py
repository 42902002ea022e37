"""What of a source is not in the archive, by reason, with examples: pages that were read, addresses that were not."""

from __future__ import annotations

import re
from typing import Any

_LOOKED_AT = 400  # newest captures, and as many entries of each state
_EXAMPLES = 3
_REASONS = 12
_READ = """
SELECT outcome AS reason, url FROM captures WHERE source_id = ? ORDER BY fetched_at DESC, id DESC LIMIT ?
"""
_UNREAD = """
SELECT coalesce(reason, state) AS reason, url FROM entries WHERE source_id = ? AND state = ? ORDER BY id DESC LIMIT ?
"""
_KEPT = (None, "article", "feed", "unchanged")


def rejects_of(connection: Any, source: str) -> list[dict[str, Any]]:
    """Reasons, the commonest first, each with how often it was met among the newest, and examples."""
    found: dict[str, list[str]] = {}
    rows = [row for row in connection.execute(_READ, (source, _LOOKED_AT)) if row["reason"] not in _KEPT]
    for state in ("refused", "failed"):
        rows += connection.execute(_UNREAD, (source, state, _LOOKED_AT))
    for row in rows:
        found.setdefault(_general(row["reason"]), []).append(row["url"])
    ranked = sorted(found.items(), key=lambda one: -len(one[1]))[:_REASONS]
    return [
        {"reason": reason, "pages": len(urls), "examples": list(dict.fromkeys(urls))[:_EXAMPLES]}
        for reason, urls in ranked
    ]


def _general(reason: str) -> str:
    """A reason without what concerns one page only."""
    if reason.startswith("duplicate of"):
        return "another form of a page that is here"
    return re.sub(r": .*|https?://\S+", "", reason, flags=re.S).strip() or reason
