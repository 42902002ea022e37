"""Near-duplicates: found through `bands`, proved on the texts, kept in `similar`; `clusters.py` makes stories of them.

An article's values are looked up one by one, and what shares enough of them is compared word by word. A look costs
the same however large the archive is and whatever its outlets repeat: of a value the 64 oldest holders are taken; one
that has more is popular and nominates nobody alone; the sixteen likeliest are compared. What many hold because a
paragraph stands under every page is too small a share of their sketches. What many hold because it is one story
carried by many leads to the oldest of them all the same. So up to sixteen copies of a story are all compared with
each other and the order in which they come makes no difference; of more, each is compared with sixteen.
"""

from __future__ import annotations

import json
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import nsmallest

from sqlite_utils.utils import sqlite3

from pipelines.alike import Text, alike
from pipelines.fingerprint import fingerprint
from pipelines.lines import key
from pipelines.store import clusters, ledger
from pipelines.store.held import Held
from pipelines.store.rows import handfuls
from pipelines.store.upgrading import UNSKETCHED
from pipelines.urls import same_site

_HOLDERS = 64  # of a value, that are looked at
_LIKELIEST = 32  # articles whose sketches are looked at
_COMPARED = 16
_SKETCHED = 0.25  # share of the smaller sketch from which texts are compared
_SKETCHED_WITHIN, _BANDS_WITHIN = 0.4, 4  # the same in one outlet, where only near copies count; or so many bands
_PAGE = 50  # articles that are looked at in one transaction
#: Each value of an article with whoever else has it, in one statement: there are dozens of values.
_HOLDERS_OF_EACH = """
    SELECT band, (
        SELECT group_concat(article_id) FROM (
            SELECT article_id FROM bands AS other WHERE other.band = mine.band AND other.value = mine.value LIMIT :most
        )
    ) FROM bands AS mine WHERE article_id = :id
"""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """An article that shares values with another one."""

    id: int
    bands: int
    sketched: float  # share of the smaller of both sketches


def place(connection: sqlite3.Connection, article_id: int) -> None:
    """Find what a new text is alike to, and bring the stories it belongs and belonged to up to date."""
    known = clusters.pairs_of(connection, [article_id])
    before = {other for pair in known for other in (pair.one, pair.other)} - {article_id}
    connection.execute("DELETE FROM similar WHERE article_id = ?", (article_id,))
    connection.execute("DELETE FROM similar WHERE other_id = ?", (article_id,))
    found = list(_alike_to(connection, article_id))
    connection.executemany("INSERT INTO similar (article_id, other_id, kind, score) VALUES (?, ?, ?, ?)", found)
    if found or before:
        clusters.forget_copies(connection, article_id)
        clusters.regroup(connection, {article_id, *before})


def anew(connection: sqlite3.Connection, article_id: int) -> None:
    """Make the bands of an article from its text, and find what that is alike to."""
    (text,) = connection.execute("SELECT text FROM articles WHERE id = ?", (article_id,)).fetchone()
    ledger.put_bands(connection, article_id, fingerprint(text))
    place(connection, article_id)


def redate(connection: sqlite3.Connection, article_id: int) -> None:
    """Ask again who had the story first, after other values of an article than its text may have changed."""
    clusters.regroup(connection, {article_id})


def withdraw(connection: sqlite3.Connection, article_ids: Iterable[int]) -> None:
    """Take articles that are about to be deleted out of their stories."""
    leaving = list(article_ids)
    pairs = clusters.pairs_of(connection, leaving)
    if pairs:
        connection.execute(
            "DELETE FROM similar WHERE article_id IN (SELECT value FROM json_each(:ids))"
            " OR other_id IN (SELECT value FROM json_each(:ids))",
            {"ids": json.dumps(leaving)},
        )
        clusters.regroup(connection, {one for pair in pairs for one in (pair.one, pair.other)})


def rebuild(held: Held, *, progress: Callable[[int], None] = lambda _: None) -> int:
    """Make bands, pairs, clusters and copies of every article anew from the texts; returns how many there are.

    Goes through the archive in pages of short transactions, and can be stopped and begun again at any time. An article
    that comes after another finds it, so one pass finds every pair.
    """
    last, done = -1, 0
    while True:
        with held.transaction() as connection:
            rows = connection.execute(
                "SELECT id FROM articles WHERE id > ? ORDER BY id LIMIT ?", (last, _PAGE)
            ).fetchall()
            for (article_id,) in rows:
                anew(connection, article_id)
        if not rows:
            return done
        last, done = rows[-1][0], done + len(rows)
        progress(done)


def waiting(connection: sqlite3.Connection) -> array[int]:
    """Articles of an earlier release, which made no sketches: texts within texts are not found among them."""
    rows = connection.execute(f"SELECT id FROM articles WHERE {UNSKETCHED}")  # an index has the ids
    return array("q", (number for (number,) in rows))


def complete(held: Held, article_ids: Sequence[int], *, progress: Callable[[int], object] = lambda _: None) -> None:
    """Do for these what `rebuild` does; one that comes after another finds it. Stopped, it leaves those that wait."""
    for some in handfuls(article_ids, _PAGE):
        with held.transaction() as connection:
            for article_id in some:
                if connection.execute("SELECT 1 FROM articles WHERE id = ?", (article_id,)).fetchone():
                    anew(connection, article_id)
        progress(len(some))


def _alike_to(connection: sqlite3.Connection, article_id: int) -> Iterator[tuple[int, int, str, float]]:
    """Rows of `similar` for an article: of two alike the lower id first, or the one that contains the other."""
    candidates = _candidates(connection, article_id)
    if not candidates:
        return
    mine = _facts(connection, [article_id])[article_id]
    facts = _facts(connection, [one.id for one in candidates])
    within = {one.id: _one_outlet(mine, facts[one.id]) for one in candidates if one.id in facts}
    likely = [one for one in candidates if one.id in within and _likely(one, within[one.id])][:_COMPARED]
    if not likely:
        return
    text = _text(connection, article_id)
    for one in likely:
        other = _text(connection, one.id)
        same_title = key(mine["title"] or "") == key(facts[one.id]["title"] or "")
        found = alike(text, other, one_outlet=within[one.id], same_title=same_title)
        if found is not None:
            pair = sorted((article_id, one.id))
            if found.kind == "contains" and len(text.shingles) != len(other.shingles):
                pair = [article_id, one.id] if len(text.shingles) > len(other.shingles) else [one.id, article_id]
            yield pair[0], pair[1], found.kind, round(found.score, 4)


def _candidates(connection: sqlite3.Connection, article_id: int) -> list[_Candidate]:
    """What may be alike to an article, the likeliest first."""
    shared: Counter[int] = Counter()  # values
    sketched: Counter[int] = Counter()  # of these, values of the sketch
    rare: set[int] = set()
    size = 0
    rows = connection.execute(_HOLDERS_OF_EACH, {"id": article_id, "most": _HOLDERS}).fetchall()
    for band, said in rows:
        holders = [int(one) for one in said.split(",")]
        shared.update(holders)
        if band == ledger.SKETCH:
            sketched.update(holders)
            size += 1
        elif len(holders) < _HOLDERS:
            rare.update(holders)
    del shared[article_id]
    ranked = nsmallest(_LIKELIEST, shared, key=lambda one: (-shared[one], one))
    sizes = _sketch_sizes(connection, [one for one in ranked if sketched[one]])
    found = []
    for one in ranked:
        bands = shared[one] - sketched[one]
        candidate = _Candidate(one, bands, sketched[one] / min(size, sizes[one]) if one in sizes else 0.0)
        if one in rare or bands > 1 or candidate.sketched >= _SKETCHED:
            found.append(candidate)
    return sorted(found, key=lambda one: (-one.bands / 16 - one.sketched, one.id))


def _sketch_sizes(connection: sqlite3.Connection, article_ids: list[int]) -> dict[int, int]:
    rows = connection.execute(
        "SELECT article_id, count(*) FROM json_each(?) AS one CROSS JOIN bands ON article_id = one.value AND +band = ?"
        " GROUP BY 1",  # + and CROSS: not by way of all sketches
        (json.dumps(article_ids), ledger.SKETCH),
    )
    return dict(rows.fetchall())


def _likely(one: _Candidate, within: bool) -> bool:
    return not within or one.sketched >= _SKETCHED_WITHIN or one.bands >= _BANDS_WITHIN


def _facts(connection: sqlite3.Connection, article_ids: list[int]) -> dict[int, sqlite3.Row]:
    rows = connection.execute(
        "SELECT articles.id, source_id, url, title FROM json_each(?) AS one JOIN articles ON articles.id = one.value",
        (json.dumps(article_ids),),
    )
    return {row["id"]: row for row in rows}


def _one_outlet(one: sqlite3.Row, other: sqlite3.Row) -> bool:
    """Whether two articles come from one outlet: the same site, or one source where an address names no site."""
    if one["url"].startswith("urn:") or other["url"].startswith("urn:"):
        return bool(one["source_id"] == other["source_id"])
    return same_site(one["url"], other["url"])


def _text(connection: sqlite3.Connection, article_id: int) -> Text:
    (text,) = connection.execute("SELECT text FROM articles WHERE id = ?", (article_id,)).fetchone()
    return Text(text)
