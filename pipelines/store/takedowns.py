"""Tombstones: which addresses were forgotten for good, told by digest alone, so that nothing brings them back."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from sqlite_utils.utils import sqlite3

from pipelines.store import parameters
from pipelines.store.followed import ensure_source
from pipelines.store.rows import clean, key_of, keys_of, stamp
from pipelines.types import Article, Capture, Entry
from pipelines.urls import plain_form

#: What stands as `captures.outcome`, as `payloads.codec` and as the reason of an entry.
FORGOTTEN = "forgotten"

#: What a tombstone says beside its key.
FACTS = ("article_id", "source_id", "digest", "reason", "at")

T = TypeVar("T")


def digest_of(key: str) -> str:
    """How a urlkey is written in `takedowns`."""
    return hashlib.sha256(key.encode(errors="surrogatepass")).hexdigest()


def urn(key: str) -> str:
    """What stands in the place of an address that must not be read any more."""
    return f"urn:sha256:{digest_of(key)}"


def put(
    connection: sqlite3.Connection,
    keys: Iterable[str],
    *,
    article_id: int,
    source_id: str | None,
    digest: str,
    reason: str,
    at: str,
) -> None:
    """Let nothing in any more that has one of these urlkeys; `digest` is that of the text."""
    connection.executemany(
        "INSERT INTO takedowns (key, article_id, source_id, digest, reason, at) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        [(digest_of(key), article_id, source_id, digest, clean(reason), at) for key in keys],
    )


def among(connection: sqlite3.Connection, keys: Iterable[str]) -> dict[str, sqlite3.Row]:
    """Those of these urlkeys that were forgotten, each with its row."""
    if _are_none(connection):
        return {}
    digests = {digest_of(key): key for key in keys}
    rows = connection.execute(
        "SELECT takedowns.* FROM json_each(?) AS asked CROSS JOIN takedowns ON takedowns.key = asked.value",
        (json.dumps(list(digests)),),
    )
    return {digests[row["key"]]: row for row in rows}


def of_url(connection: sqlite3.Connection, url: str) -> sqlite3.Row | None:
    """The tombstone of an address, in whatever form it is given; None where there is none."""
    return next(iter(among(connection, _forms([url])).values()), None)


def find(connection: sqlite3.Connection, ref: str) -> sqlite3.Row | None:
    """The tombstone of an address, or of an article by the id it had; None where there is none."""
    if re.fullmatch(r"[0-9]{1,18}", ref.strip()):
        row: sqlite3.Row | None = connection.execute(
            "SELECT * FROM takedowns WHERE article_id = ? LIMIT 1", (int(ref),)
        ).fetchone()
        return row
    return of_url(connection, ref if re.match(r"urn:|[a-z]+://", ref) else f"https://{ref}")


def of_capture(connection: sqlite3.Connection, capture: Capture) -> sqlite3.Row | None:
    """The tombstone that a capture of a page falls under, by any address it has."""
    if _are_none(connection):
        return None
    entry = capture.entry.url if capture.entry else None
    keys = _forms([url for url in (capture.url, capture.final_url, entry) if url])
    return next(iter(among(connection, parameters.add_keys(connection, capture.source, keys)).values()), None)


def of_article(connection: sqlite3.Connection, article: Article) -> sqlite3.Row | None:
    """The tombstone of what a page was read as: by the address it calls canonical, or by a text of its source."""
    if _are_none(connection):
        return None
    found = among(connection, [*_forms([article.url]), article.urlkey])
    if found:
        return next(iter(found.values()))
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM takedowns WHERE digest = ? AND source_id IS ? LIMIT 1",
        (article.fingerprint.digest, article.source),
    ).fetchone()
    return row


def let_in(connection: sqlite3.Connection, wanted: Mapping[str, T]) -> dict[str, T]:
    """What is found under these urlkeys, without the forgotten ones."""
    gone = among(connection, wanted)
    return {key: one for key, one in wanted.items() if key not in gone}


def keep_nothing(connection: sqlite3.Connection, capture: Capture, run_id: int | None) -> int:
    """Write down that a forgotten page was fetched, without a word of it; the capture's id."""
    key = urn(keys_of(capture)[0])
    source = ensure_source(connection, capture.source)
    cursor = connection.execute(
        "INSERT INTO captures (source_id, run_id, url, urlkey, fetched_at, status, outcome)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (source, run_id, key, key, stamp(capture.fetched_at), capture.status, FORGOTTEN),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def empty_payload(connection: sqlite3.Connection, digest: str, size: int) -> int:
    """The row of a body that is not kept, because it lists something forgotten."""
    connection.execute(
        "INSERT INTO payloads (digest, codec, size, body) VALUES (?, ?, ?, x'') ON CONFLICT DO NOTHING",
        (digest, FORGOTTEN, size),
    )
    (payload_id,) = connection.execute("SELECT id FROM payloads WHERE digest = ?", (digest,)).fetchone()
    return int(payload_id)


def lists_any(connection: sqlite3.Connection, entries: Iterable[Entry]) -> bool:
    """Whether one of these entries was forgotten."""
    return bool(among(connection, (key_of(one.url) for one in entries)))


def say(row: Mapping[str, Any] | sqlite3.Row) -> str:
    """Why something is not in the archive."""
    return f"forgotten on {row['at'][:10]}: {row['reason']}"


def _are_none(connection: sqlite3.Connection) -> bool:
    """Whether nothing was ever forgotten, as in most archives: then nothing is worked out for nothing."""
    return not connection.execute("SELECT EXISTS (SELECT 1 FROM takedowns)").fetchone()[0]


def _forms(urls: Iterable[str]) -> list[str]:
    """The urlkeys of addresses, and of the pages that they are other forms of."""
    return list(dict.fromkeys(key_of(one) for url in urls for one in (url, plain_form(url)[1])))
