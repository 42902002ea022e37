"""Forgetting an article for good: every word of it goes, a tombstone stays, and nothing brings it back.

Of its captures stay time, status and leaf; their address becomes a digest. What other pages say of it is found by
`echoes.py`. While a connection forgets, what it deletes is overwritten with zeros.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlite_utils.utils import sqlite3

from pipelines.store import dedupe, notes, revisits, takedowns, watches
from pipelines.store.held import Held
from pipelines.store.rows import clean, key_of
from pipelines.store.space import overwriting
from pipelines.store.takedowns import FORGOTTEN, urn
from pipelines.types import Article

_TEXTS = (
    "SELECT capture_id FROM articles WHERE id = :id UNION SELECT capture_id FROM revisions WHERE article_id = :id"
    " UNION SELECT capture_id FROM returns WHERE article_id = :id"
)
_OF_ARTICLE = f"{_TEXTS} UNION SELECT page_id FROM continuations WHERE capture_id IN ({_TEXTS})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Doomed:
    """An article that is to be forgotten, with all it is known by."""

    id: int
    source_id: str | None
    title: str | None
    digest: str
    keys: frozenset[str] = field(repr=False)  # urlkeys that are its own
    urls: frozenset[str] = field(repr=False)
    phrases: frozenset[str] = field(repr=False)  # its headlines and standfirsts
    captures: tuple[int, ...] = field(repr=False)
    sources: frozenset[str | None] = field(repr=False)  # whose pages may point to it
    since: str  # nothing older can


def doom(connection: sqlite3.Connection, article_id: int) -> Doomed | None:
    """What forgetting an article concerns; None where there is no such article."""
    row = connection.execute("SELECT * FROM articles WHERE id = ?", (article_id,)).fetchone()
    if row is None:
        return None
    rests_on = {one for (one,) in connection.execute(_OF_ARTICLE, {"id": article_id})}
    seen = connection.execute(
        "SELECT url, urlkey FROM addresses WHERE article_id = :id"
        f" UNION SELECT url, urlkey FROM captures WHERE id IN ({_OF_ARTICLE})"
        " UNION SELECT url, urlkey FROM articles WHERE id = :id",
        {"id": article_id},
    ).fetchall()
    keys = {key for _, key in seen if key == row["urlkey"] or not _is_shared(connection, key, row)}
    captures = _captures(connection, keys, {key for _, key in seen} - keys, rests_on)
    entries = connection.execute(
        "SELECT * FROM entries WHERE urlkey IN (SELECT value FROM json_each(?))", (json.dumps(sorted(keys)),)
    ).fetchall()
    texts = connection.execute(
        "SELECT title, description FROM articles WHERE id = :id"
        " UNION SELECT title, description FROM revisions WHERE article_id = :id",
        {"id": article_id},
    ).fetchall()
    phrases = [*(one for pair in texts for one in pair), *(one["title"] for one in entries)]
    sources = [row["source_id"], *(one["source_id"] for one in entries), *_mentioning(connection, entries)]
    times = connection.execute(
        "SELECT min(fetched_at) FROM captures WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(captures),)
    ).fetchone()
    return Doomed(
        id=article_id,
        source_id=row["source_id"],
        title=row["title"],
        digest=row["digest"],
        keys=frozenset(keys),
        urls=frozenset({url for url, key in seen if key in keys} | {row["url"]} | {one["url"] for one in entries}),
        phrases=frozenset(filter(None, phrases)),
        captures=tuple(captures),
        sources=frozenset(sources),
        since=min(filter(None, (row["published_at"], row["first_seen_at"], times[0])))[:10],
    )


def forget(held: Held, doomed: Doomed, reason: str, at: str) -> None:
    """Take an article out, and all that only it needs, in one transaction."""
    with overwriting(held), held.transaction() as connection:
        takedowns.put(
            connection,
            doomed.keys,
            article_id=doomed.id,
            source_id=doomed.source_id,
            digest=doomed.digest,
            reason=reason,
            at=at,
        )
        keys = json.dumps(sorted(doomed.keys))
        captures = [*doomed.captures, *_late(connection, doomed)]
        _forget_lines(connection, doomed)
        dedupe.withdraw(connection, [doomed.id])
        notes.forget(connection, doomed.id, doomed.keys)
        watches.forget(connection, doomed.id, doomed.keys)
        connection.execute("DELETE FROM articles WHERE id = ?", (doomed.id,))
        blank_captures(connection, captures)
        blank_entries(connection, "urlkey IN (SELECT value FROM json_each(?))", keys)
        connection.execute(
            "UPDATE entries SET title = NULL, content = NULL WHERE source_id IS ? AND state <> 'fetched'"
            " AND title IN (SELECT value FROM json_each(?))",
            (doomed.source_id, json.dumps(sorted(doomed.phrases))),
        )
        connection.execute("DELETE FROM parameters WHERE page IN (SELECT value FROM json_each(?))", (keys,))


def disown(connection: sqlite3.Connection, capture_id: int, article: Article) -> bool:
    """Leave nothing of a capture that turns out to show a forgotten article, at an address of its own; whether it did.

    An article that is held stays, even where a forgotten one had its very text.
    """
    row = takedowns.of_article(connection, article)
    held = "SELECT 1 FROM articles WHERE urlkey = ? OR capture_id = ?"
    if row is None or connection.execute(held, (clean(article.urlkey), capture_id)).fetchone():
        return False
    (key,) = connection.execute("SELECT urlkey FROM captures WHERE id = ?", (capture_id,)).fetchone()
    takedowns.put(connection, [key], **{name: row[name] for name in takedowns.FACTS})
    connection.execute("PRAGMA secure_delete = ON").fetchone()
    blank_captures(connection, [capture_id])
    blank_entries(connection, "capture_id = ?", capture_id)
    connection.execute("PRAGMA secure_delete = FAST").fetchone()
    return True


def blank_captures(connection: sqlite3.Connection, captures: Iterable[int]) -> None:
    """Leave of captures what proves that something was fetched, and not what or from where."""
    rows = connection.execute(
        "SELECT id, urlkey, payload_id FROM captures WHERE id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(captures)),),
    ).fetchall()
    for row in rows:
        key = row["urlkey"] if row["urlkey"].startswith("urn:") else urn(row["urlkey"])
        connection.execute(
            "UPDATE captures SET url = :key, urlkey = :key, final_url = NULL, request = NULL, entry = NULL,"
            " rights = NULL, headers = '[]', outcome = :forgotten WHERE id = :id",
            {"key": key, "forgotten": FORGOTTEN, "id": row["id"]},
        )
        connection.execute("UPDATE failures SET url = NULL, detail = NULL WHERE capture_id = ?", (row["id"],))
    for payload_id in {row["payload_id"] for row in rows if row["payload_id"] is not None}:
        others = connection.execute(
            "SELECT 1 FROM captures WHERE payload_id = ? AND outcome IS NOT ?", (payload_id, FORGOTTEN)
        ).fetchone()
        if others:
            connection.execute(
                "UPDATE captures SET payload_id = NULL WHERE payload_id = ? AND outcome = ?", (payload_id, FORGOTTEN)
            )
        else:
            empty(connection, payload_id)


def blank_entries(connection: sqlite3.Connection, where: str, value: object) -> None:
    """Leave of these entries that there was something, which is not wanted any more."""
    for row in connection.execute(f"SELECT id, urlkey FROM entries WHERE {where}", (value,)).fetchall():
        key = row["urlkey"] if row["urlkey"].startswith("urn:sha256:") else urn(row["urlkey"])
        connection.execute(
            "UPDATE OR REPLACE entries SET url = :key, urlkey = :key, title = NULL, published_at = NULL,"
            " modified_at = NULL, authors = NULL, tags = NULL, content = NULL, why = NULL, state = 'refused',"
            " due_at = NULL, reason = :forgotten WHERE id = :id",
            {"key": key, "forgotten": FORGOTTEN, "id": row["id"]},
        )


def empty(connection: sqlite3.Connection, payload_id: int) -> None:
    """Drop a body; its digest and size stay."""
    connection.execute(
        "UPDATE payloads SET codec = ?, dictionary_id = NULL, body = x'' WHERE id = ?", (FORGOTTEN, payload_id)
    )


def _forget_lines(connection: sqlite3.Connection, doomed: Doomed) -> None:
    """Lines of its text that are counted because another article has them too; furniture is not its own."""
    connection.execute(
        "DELETE FROM blocks WHERE source_id IS :source AND verdict IS NOT 'furniture' AND origin IS NOT 'yours'"
        " AND EXISTS (SELECT 1 FROM history WHERE article_id = :id AND instr(history.text, blocks.text))",
        {"source": doomed.source_id, "id": doomed.id},
    )


def _is_shared(connection: sqlite3.Connection, key: str, row: sqlite3.Row) -> bool:
    """Whether an address is not the article's own: others were seen there too, or it is a page that lists articles."""
    if revisits.lists_articles(connection, row["source_id"], key):
        return True
    other = connection.execute(
        "SELECT 1 FROM addresses WHERE urlkey = :key AND article_id <> :id"
        " UNION ALL SELECT 1 FROM articles WHERE urlkey = :key AND id <> :id",
        {"key": key, "id": row["id"]},
    ).fetchone()
    return other is not None


def _captures(connection: sqlite3.Connection, keys: set[str], shared: set[str], rests_on: set[int]) -> list[int]:
    """The captures of pages at its own addresses, and those at shared ones that led to them."""
    found = connection.execute(
        "SELECT id FROM captures WHERE urlkey IN (SELECT value FROM json_each(?)) AND +feed_id IS NULL",
        (json.dumps(sorted(keys)),),
    ).fetchall()
    led = connection.execute(
        "SELECT id, final_url FROM captures WHERE urlkey IN (SELECT value FROM json_each(?)) AND final_url IS NOT NULL",
        (json.dumps(sorted(shared)),),
    ).fetchall()
    return sorted({*rests_on, *(one for (one,) in found), *(one for one, url in led if key_of(url) in keys)})


def _late(connection: sqlite3.Connection, doomed: Doomed) -> list[int]:
    """Captures that came since the article was looked at."""
    return _captures(connection, set(doomed.keys), set(), set())


def _mentioning(connection: sqlite3.Connection, entries: Iterable[sqlite3.Row]) -> list[str]:
    ids = json.dumps([one["id"] for one in entries])
    rows = connection.execute(
        "SELECT DISTINCT source_id FROM mentions WHERE entry_id IN (SELECT value FROM json_each(?))", (ids,)
    )
    return [source for (source,) in rows]
