"""What else of a source points to an article that is to be forgotten: bodies, links, cuts, lines, notes of runs.

A page that shows its address or its headline loses its body, for bytes cannot be edited and stay what was received;
feeds, listings and pages of other articles alike. Their articles keep text and facts: only what points to the
forgotten one goes, and black squares stand in a cut of the same length.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from sqlite_utils.utils import sqlite3

from pipelines.errors import StoreError
from pipelines.store import masks
from pipelines.store.dictionaries import content_of
from pipelines.store.forget import Doomed, blank_captures, blank_entries, empty
from pipelines.store.held import Held
from pipelines.store.needles import Needle, any_found, of_addresses, of_phrases
from pipelines.store.payloads import body_of, compressor
from pipelines.store.rows import handfuls
from pipelines.store.space import overwriting

_BATCH = 100  # rows of one transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Echoes:
    """Where articles that are to be forgotten are pointed to."""

    links: tuple[Needle, ...] = field(repr=False)
    phrases: tuple[Needle, ...] = field(repr=False)
    sources: tuple[str | None, ...]
    captures: tuple[int, ...]  # of further forms of their addresses, or that led to them
    bodies: tuple[int, ...]  # payloads
    stored: int  # bytes these take
    articles: tuple[int, ...]  # other ones, whose rows do
    dictionaries: tuple[int, ...]


def find(
    connection: sqlite3.Connection, doomed: Sequence[Doomed], done: Callable[[int], object] = lambda _: None
) -> Echoes:
    """Look through all that the sources of these articles brought since; `done` hears of every body read."""
    links = of_addresses(sorted({url for one in doomed for url in one.urls}))
    phrases = of_phrases(sorted({text for one in doomed for text in one.phrases}))
    own = {capture for one in doomed for capture in one.captures}
    since: dict[str | None, str] = {}
    for one in doomed:
        for source in one.sources:
            since[source] = min(one.since, since.get(source, one.since))
    bodies, stored = set(), 0
    captures = [one for one in _captures(connection, since, links) if one not in own]
    for payload_id, size in _payloads(connection, since, own):
        with suppress(StoreError):  # a damaged body: `verify` tells of it
            body = body_of(connection, payload_id) or b""
            if any_found(links, body) or (any_found(phrases, body) and not _own_words(connection, payload_id, phrases)):
                bodies.add(payload_id)
                stored += size
        done(1)
    ids = {one.id for one in doomed}
    return Echoes(
        links=links,
        phrases=phrases,
        sources=tuple(since),
        captures=tuple(captures),
        bodies=tuple(sorted(bodies)),
        stored=stored,
        articles=tuple(one for one in _articles(connection, since, links, phrases) if one not in ids),
        dictionaries=tuple(_dictionaries(connection, since, links + phrases)),
    )


def count(connection: sqlite3.Connection, doomed: Sequence[Doomed]) -> int:
    """About how many bodies `find` will read."""
    since = {source: one.since for one in doomed for source in one.sources}
    total = 0
    for source, day in since.items():
        (n,) = connection.execute(
            "SELECT count(DISTINCT payload_id) FROM captures WHERE source_id IS ? AND fetched_at >= ?", (source, day)
        ).fetchone()
        total += n
    return total


def clear(held: Held, echoes: Echoes) -> None:
    """Take out what points to the forgotten articles, in small transactions; done again it finds nothing to do."""
    with overwriting(held):
        for dictionary_id in echoes.dictionaries:
            _dissolve(held, dictionary_id)
        for batch in handfuls(echoes.captures, _BATCH):
            with held.transaction() as connection:
                blank_captures(connection, batch)
        for batch in handfuls(echoes.bodies, _BATCH):
            with held.transaction() as connection:
                for payload_id in batch:
                    empty(connection, payload_id)
        for batch in handfuls(echoes.articles, _BATCH):
            with held.transaction() as connection:
                for article_id in batch:
                    masks.article(connection, article_id, echoes.links, echoes.phrases)
        with held.transaction() as connection:
            masks.lines(connection, echoes.sources, echoes.links + echoes.phrases)
            for entry_id in _entries(connection, echoes):
                blank_entries(connection, "id = ?", entry_id)
            masks.notes(connection, echoes.links + echoes.phrases)


def _captures(connection: sqlite3.Connection, since: dict[str | None, str], links: tuple[Needle, ...]) -> Iterator[int]:
    """Captures of pages whose own address names one of the articles; none on which another article rests."""
    asked = (
        "SELECT captures.id, fetched_at, concat_ws(' ', url, final_url, entry) AS said,"
        " EXISTS (SELECT 1 FROM articles WHERE capture_id = captures.id) AS used FROM captures"
        " WHERE +feed_id IS NULL AND"
    )
    for row in _brought(connection, since, asked):
        if not row["used"] and any_found(links, row["said"].encode()):
            yield row["id"]


def _brought(connection: sqlite3.Connection, since: dict[str | None, str], asked: str) -> Iterator[sqlite3.Row]:
    """What is asked of captures that these sources brought since these days, in short reads."""
    for source, day in since.items():
        at, last = day, 0
        while rows := connection.execute(
            f"{asked} source_id IS :source AND (fetched_at, captures.id) > (:at, :last) AND fetched_at >= :at"
            " ORDER BY fetched_at, captures.id LIMIT 500",
            {"source": source, "at": at, "last": last},
        ).fetchall():
            at, last = rows[-1]["fetched_at"], rows[-1]["id"]
            yield from rows


def _entries(connection: sqlite3.Connection, echoes: Echoes) -> Iterator[int]:
    """Entries of other forms of these addresses."""
    for source in echoes.sources:
        last = 0
        while rows := connection.execute(
            "SELECT id, url FROM entries WHERE source_id IS ? AND id > ? ORDER BY id LIMIT 1000", (source, last)
        ).fetchall():
            last = rows[-1]["id"]
            yield from (row["id"] for row in rows if any_found(echoes.links, row["url"].encode()))


def _payloads(connection: sqlite3.Connection, since: dict[str | None, str], own: set[int]) -> Iterator[tuple[int, int]]:
    """Bodies that these sources brought since these days, but those of the articles themselves."""
    seen: set[int] = set()
    asked = (
        "SELECT captures.id, fetched_at, payload_id, length(body) AS stored FROM captures"
        " JOIN payloads ON payloads.id = payload_id WHERE"
    )
    for row in _brought(connection, since, asked):
        if row["id"] not in own and row["stored"] and row["payload_id"] not in seen:
            seen.add(row["payload_id"])
            yield row["payload_id"], row["stored"]


def _own_words(connection: sqlite3.Connection, payload_id: int, phrases: tuple[Needle, ...]) -> bool:
    """Whether a body shows such a headline because another article has the same one."""
    rows = connection.execute(
        "SELECT title, description FROM articles WHERE capture_id IN (SELECT id FROM captures WHERE payload_id = :id)"
        " UNION ALL SELECT title, description FROM revisions"
        " WHERE capture_id IN (SELECT id FROM captures WHERE payload_id = :id)",
        {"id": payload_id},
    )
    return any(any_found(phrases, (text or "").encode()) for row in rows for text in row)


def _articles(
    connection: sqlite3.Connection,
    sources: Iterable[str | None],
    links: tuple[Needle, ...],
    phrases: tuple[Needle, ...],
) -> Iterator[int]:
    """Articles of these sources whose links, claims, cuts or extraction point to what is sought."""
    for source in sources:
        last = -1
        while rows := connection.execute(
            "SELECT articles.id, title, description, links || claims || captions AS said, packed,"
            " (SELECT group_concat(text || claims) FROM removals WHERE article_id = articles.id) AS cut"
            " FROM articles LEFT JOIN extractions ON article_id = articles.id"
            " WHERE source_id IS ? AND articles.id > ? ORDER BY articles.id LIMIT 200",
            (source, last),
        ).fetchall():
            last = rows[-1]["id"]
            for row in rows:
                needles = links + masks.not_its_own(row, phrases)
                said = f"{row['said']}{row['cut'] or ''}".encode(errors="surrogatepass")
                if any_found(needles, said) or any_found(needles, _unpacked(row["packed"])):
                    yield row["id"]


def _dictionaries(
    connection: sqlite3.Connection, sources: Iterable[str | None], needles: tuple[Needle, ...]
) -> Iterator[int]:
    for source in sources:
        for row in connection.execute("SELECT id FROM dictionaries WHERE source_id IS ?", (source,)).fetchall():
            if any_found(needles, content_of(connection, row["id"]) or b""):
                yield row["id"]


def _dissolve(held: Held, dictionary_id: int) -> None:
    """Store without a dictionary what needs this one, and drop it."""
    packer = compressor()
    while True:
        with held.transaction() as connection:
            rows = connection.execute(
                "SELECT id FROM payloads WHERE dictionary_id = ? LIMIT ?", (dictionary_id, _BATCH)
            ).fetchall()
            for (payload_id,) in rows:
                body = packer.compress(body_of(connection, payload_id) or b"")
                connection.execute(
                    "UPDATE payloads SET dictionary_id = NULL, body = ? WHERE id = ?", (body, payload_id)
                )
            if not rows:
                connection.execute("DELETE FROM dictionaries WHERE id = ?", (dictionary_id,))
                return


def _unpacked(packed: bytes | None) -> bytes:
    """What is in an extraction; its text is elsewhere."""
    try:
        return zlib.decompress(packed) if packed else b""
    except zlib.error:
        return b""
