"""Pages are looked at again, ever less often: when, with which validators, and what it means if they are gone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlite_utils.utils import sqlite3

from pipelines.store.rows import key_of, keys_of, stamp
from pipelines.types import Capture, Reason, Reject
from pipelines.urls import same_site

#: How long "not modified" is believed: validators lie, so that a page is then asked for whole.
TRUST = timedelta(days=1)
#: What a page is that will hardly become an article.
_NEVER_ARTICLES = (Reason.NOT_HTML, Reason.UNDECODABLE, Reason.LISTING, Reason.LOGIN)
_GONE = (404, 410)
#: What says nothing of an article but that we may not see it.
_KEPT_FROM_US = (Reason.LOGIN, Reason.BLOCKED)


def next_look(connection: sqlite3.Connection, key: str, at: datetime, offsets: Sequence[float]) -> str | None:
    """When to look at a page again that came at `at`: at the next of `offsets`, seconds from its first capture."""
    if not offsets:
        return None
    (first,) = connection.execute(
        "SELECT min(fetched_at) FROM captures WHERE urlkey = ?"
        " AND coalesce(entry ->> 'kind', '') NOT IN ('archive', 'import')",
        (key,),
    ).fetchone()
    start = datetime.fromisoformat(first) if first else at
    return next((stamp(moment) for one in offsets if (moment := start + timedelta(seconds=one)) > at), None)


def validators(connection: sqlite3.Connection, key: str) -> tuple[tuple[str, str], ...]:
    """The request headers by which a host may say that a page is as it was when it last gave an article."""
    row = connection.execute(
        "SELECT headers FROM captures WHERE urlkey = ? AND fetched_at > ? AND status = 200 AND completeness = 'whole'"
        " AND outcome IN ('article', 'unchanged') ORDER BY fetched_at DESC, id DESC LIMIT 1",
        (key, stamp(datetime.now(UTC) - TRUST)),
    ).fetchone()
    headers = {name.lower(): value for name, value in json.loads(row["headers"])} if row else {}
    pairs = (("If-None-Match", headers.get("etag")), ("If-Modified-Since", headers.get("last-modified")))
    return tuple((name, value) for name, value in pairs if value)


def unfit(connection: sqlite3.Connection, capture_id: int, reject: Reject) -> None:
    """Look no more at a page that is no article and never was one."""
    if reject.reason in _NEVER_ARTICLES:
        connection.execute(
            "UPDATE entries SET due_at = NULL WHERE capture_id = ? AND state = 'fetched'"
            " AND NOT EXISTS (SELECT 1 FROM addresses WHERE urlkey = entries.urlkey)",
            (capture_id,),
        )


def seen_elsewhere(connection: sqlite3.Connection, capture_id: int) -> str | None:
    """What to say of a page whose article is known from another address; None for one that has its own.

    It is looked at no more, where that other address still is.
    """
    row = connection.execute(
        "SELECT articles.url, base.urlkey FROM captures JOIN addresses ON addresses.urlkey = captures.urlkey"
        " JOIN articles ON articles.id = addresses.article_id JOIN captures AS base ON base.id = articles.capture_id"
        " WHERE captures.id = ? AND base.urlkey <> captures.urlkey AND articles.urlkey <> captures.urlkey LIMIT 1",
        (capture_id,),
    ).fetchone()
    if row is None:
        return None
    connection.execute(
        "UPDATE entries SET due_at = NULL WHERE capture_id = ? AND state = 'fetched'"
        " AND EXISTS (SELECT 1 FROM entries WHERE urlkey = ? AND state = 'fetched' AND due_at IS NOT NULL)",
        (capture_id, row["urlkey"]),
    )
    return f"duplicate of {row['url']}"


def missed(connection: sqlite3.Connection, capture: Capture, reject: Reject | None = None) -> None:
    """Write down that the article at an address is gone: the host says so, or leads elsewhere instead.

    `reject` is why the page that came is no article; None where it is one.
    """
    gone = reject is not None and (capture.status in _GONE or reject.reason is Reason.NOT_FOUND)
    if gone or _leads_away(connection, capture, reject):
        at = stamp(capture.fetched_at)
        connection.execute(
            "UPDATE articles SET gone_at = :at WHERE gone_at IS NULL AND id IN ("
            " SELECT articles.id FROM articles JOIN captures ON captures.id = articles.capture_id"
            " WHERE (articles.urlkey = :key OR captures.urlkey = :key) AND captures.fetched_at <= :at)"
            " AND NOT EXISTS (SELECT 1 FROM captures AS later WHERE later.urlkey = :key"
            " AND later.outcome IN ('article', 'unchanged') AND later.fetched_at > :at)",
            {"at": at, "key": keys_of(capture)[0]},
        )


def back_again(connection: sqlite3.Connection, key: str) -> None:
    """Write down that the article at an address is there, as it was."""
    connection.execute(
        "UPDATE articles SET gone_at = NULL WHERE gone_at IS NOT NULL"
        " AND id IN (SELECT article_id FROM addresses WHERE urlkey = ?)",
        (key,),
    )


def lists_articles(connection: sqlite3.Connection, source_id: str | None, key: str) -> bool:
    """Whether a urlkey is that of a front page, or of a page that is known to list the articles of its source."""
    if key.endswith(")/"):
        return True
    rows = connection.execute(
        "SELECT url FROM feeds WHERE source_id = :id AND kind = 'section'"
        " UNION ALL SELECT homepage FROM sources WHERE id = :id AND homepage IS NOT NULL",
        {"id": source_id},
    )
    return any(key_of(url) == key for (url,) in rows)


def _leads_away(connection: sqlite3.Connection, capture: Capture, reject: Reject | None) -> bool:
    """Whether an address now leads to a page of its own site that lists articles: front page, section, folder."""
    if not capture.final_url or not same_site(capture.url, capture.final_url):
        return False
    asked, came = key_of(capture.url), key_of(capture.final_url)
    if asked == came or asked.endswith(")/"):
        return False
    if came.endswith(")/"):
        return True
    if reject is None or reject.reason in _KEPT_FROM_US:
        return False
    return asked.startswith(f"{came}/") or lists_articles(connection, capture.source, came)
