"""Outlets as our pages tell of them: how each one is, in a word and in words; and days as ids of articles tell them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

DAY = 86400
#: The states are those of the question `health`; what was imported and is not followed has none.
_HEALTH = """
SELECT sources.id, sources.name, retired_at, vitals.articles_week, vitals.usual_week, newest.id AS newest_id,
       newest.published_at, newest.published_precision, newest.first_seen_at,
       (SELECT max(coalesce(vitals.last_success_at, ''), coalesce(max(iif(failures = 0, checked_at, NULL)), ''))
        FROM feeds WHERE source_id = sources.id) AS last_success_at,
       (SELECT max(failures) FROM feeds WHERE source_id = sources.id) AS feed_failures,
       (SELECT group_concat(detail, '; ') FROM findings WHERE source_id = sources.id AND ended_at IS NULL) AS findings
FROM sources LEFT JOIN vitals ON vitals.source_id = sources.id
LEFT JOIN articles AS newest
       ON newest.id = (SELECT id FROM articles WHERE source_id = sources.id ORDER BY id DESC LIMIT 1)
{only}
"""
_WRONG = ("never answered", "failing", "ill", "no articles")


def health_of(connection: Any, source: str | None = None) -> list[dict[str, Any]]:
    """Each source with `state`, `findings` in words and whether something is `wrong`; those first, then the newest."""
    only = "WHERE sources.id = :source" if source is not None else "WHERE retired_at IS NULL OR newest.id IS NOT NULL"
    rows = [dict(row) for row in connection.execute(_HEALTH.format(only=only), {"source": source})]
    for row in rows:
        row["state"] = _state(row)
        row["wrong"] = row["state"] in _WRONG
    return sorted(rows, key=lambda row: (not row["wrong"], row["retired_at"] is not None, -(row["newest_id"] or 0)))


def _state(row: dict[str, Any]) -> str:
    if row["retired_at"] is not None:
        return "retired"
    if row["feed_failures"] is None and row["newest_id"]:
        return ""
    if not row["last_success_at"] and not row["newest_id"]:
        return "never answered"
    if (row["feed_failures"] or 0) >= 3:
        return "failing"
    if row["findings"]:
        return "ill"
    return "well" if row["newest_id"] else "no articles"


def day_of(article_id: int) -> int:
    """The day of an article, counted from 1970: its id begins with when it was published, or first seen."""
    return (article_id >> 20) // DAY


def day_number(time: str) -> int | None:
    """The day of a stored time, counted from 1970; None where it names none."""
    try:
        return (date.fromisoformat(time[:10]) - date(1970, 1, 1)).days
    except ValueError:
        return None


def days_until(last: int, count: int) -> list[str]:
    """The `count` days that end with day number `last`, as `2026-11-20`."""
    return [datetime.fromtimestamp(one * DAY, UTC).strftime("%Y-%m-%d") for one in range(last - count + 1, last + 1)]
