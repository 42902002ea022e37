"""A text that is read after later ones: its place in a history that goes on after it.

Captures are read in any order, since one that failed is read again. The history must not show it.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlite_utils.utils import sqlite3

from pipelines.store import revise
from pipelines.store.revise import Words, words_of
from pipelines.store.rows import key_of

_NEAR = 50  # captures of an article among which the next one of its page is looked for


class Seen(NamedTuple):
    """That a page was seen."""

    at: str
    capture_id: int


class _Shown(NamedTuple):
    """For how long a text was shown, as the history has it until now."""

    place: str  # revisions | returns; articles: the present text, where it was none before
    n: int  # of the revision; 0: it is none
    capture_id: int
    since: str
    until: str | None  # None: it still is
    words: Words


def next_sighting(connection: sqlite3.Connection, known: sqlite3.Row, capture_id: int, at: str) -> Seen | None:
    """When an article's page was seen next after a capture, among those read already; None: this is the latest."""
    rows = connection.execute(
        "SELECT captures.* FROM addresses JOIN captures USING (urlkey) WHERE article_id = ? AND fetched_at >= ?"
        " AND outcome IN ('article', 'unchanged') ORDER BY fetched_at, captures.id LIMIT ?",
        (known["id"], at, _NEAR),
    )
    page = {known["urlkey"], known["base_key"]}
    seen = (
        Seen(row["fetched_at"], row["id"])
        for row in rows
        if not page.isdisjoint((row["urlkey"], key_of(row["final_url"] or row["url"])))
    )
    rests_on = Seen(known["base_at"], known["capture_id"])
    return next((one for one in (*seen, rests_on) if one > (at, capture_id)), None)


def insert(
    connection: sqlite3.Connection,
    known: sqlite3.Row,
    capture_id: int,
    at: str,
    words: Words,
    later: Seen,
) -> set[int]:
    """Give words seen at `at` their place in the history; the numbers of the texts that it now has besides.

    `known` is the article's row, with `base_at`, the time of its own capture. `later` is the next sighting of the page:
    what it saw was shown again by then, whether that is another text or the one of before.
    """
    connection.execute("DELETE FROM returns WHERE article_id = ? AND capture_id = ?", (known["id"], capture_id))
    shown = _timeline(connection, known)
    place = sum((one.since, one.capture_id) <= (at, capture_id) for one in shown)
    now = shown[place - 1] if place else None
    following = shown[place] if place < len(shown) else None
    if now is not None and now.until is not None and at >= now.until and (following is None or following.since > at):
        now = None  # texts between were pruned
    if now is not None and revise.same(now.words, words):
        return set()
    connection.execute("UPDATE articles SET first_seen_at = min(first_seen_at, ?) WHERE id = ?", (at, known["id"]))
    again = later if now is not None and (now.until is None or later.at < now.until) else None
    if again is None and following is not None and revise.same(following.words, words):
        if now is not None:
            _set(connection, known, now, "seen_until", at)
        _begin(connection, known, following, capture_id, at)
        return set()
    until = again.at if again else now.until if now else following.since if following else None
    assert until is not None  # what is shown now was seen later
    new: set[int] = set()
    ended = _end(connection, known, now, at) if now is not None else None
    if ended is not None and ended != now:
        new.add(ended.n)
    found = revise.find(connection, known["id"], words)
    if found is not None:
        revise.put_return(connection, known["id"], capture_id, found, at, until)
    else:
        # numbers may have gaps where texts were pruned
        before = max((one.n for one in shown[:place] if one.place == "revisions"), default=0)
        n = 1 + max(before, ended.n if ended else 0)
        _add(connection, known, _Shown("revisions", n, capture_id, at, until, words), shown[-1])
        new.add(n)
    if again and ended is not None:
        _show_again(connection, known, ended, again)
    return new


def _timeline(connection: sqlite3.Connection, known: sqlite3.Row) -> list[_Shown]:
    """What was shown from when to when, the present text last."""
    rows = connection.execute(
        "SELECT 'revisions' AS place, r.n, r.capture_id, r.seen_from, r.seen_until, title, description, digest, text"
        " FROM revisions AS r WHERE article_id = :id UNION ALL"
        " SELECT 'returns', b.n, b.capture_id, b.seen_from, b.seen_until, title, description, digest, text"
        " FROM returns AS b JOIN revisions USING (article_id, n) WHERE article_id = :id"
        " ORDER BY r.seen_from, r.capture_id",
        {"id": known["id"]},
    )
    shown = [
        _Shown(row["place"], row["n"], row["capture_id"], row["seen_from"], row["seen_until"], words_of(row))
        for row in rows
    ]
    if not any(one.until is None for one in shown):
        since = revise.shown_since(connection, known["id"])
        first = _first_capture(connection, known, since)
        shown.append(_Shown("articles", 0, first, since, None, words_of(known)))
    return shown


def _begin(connection: sqlite3.Connection, known: sqlite3.Row, one: _Shown, capture_id: int, at: str) -> None:
    """A text was shown sooner than it was known to be."""
    if one.place == "articles":
        return  # the present text is shown since the one before it ended
    _set(connection, known, one, "seen_from", at)
    if one.place == "returns":  # it is known by the capture that showed it first
        _set(connection, known, one, "capture_id", capture_id)


def _end(connection: sqlite3.Connection, known: sqlite3.Row, now: _Shown, at: str) -> _Shown:
    """A text was shown until `at` only; the present one becomes a revision by that."""
    if now.place != "articles":
        _set(connection, known, now, "seen_until", at)
        return now
    n = revise.last(connection, known["id"]) + 1
    revise.add(connection, known, _resting_on(connection, known, now, at), n, now.since, at)
    return now._replace(n=n)


def _add(connection: sqlite3.Connection, known: sqlite3.Row, one: _Shown, present: _Shown) -> None:
    """Put in a text as a revision, and all later ones one further; the present one may be a return to it."""
    assert one.until is not None
    _make_room(connection, known["id"], one.n)
    words = one.words
    row = {"id": known["id"], "title": words.title, "description": words.description, "digest": words.digest}
    revise.add(connection, {**row, "text": words.text}, one.capture_id, one.n, one.since, one.until)
    if present.place == "articles" and revise.same(present.words, words):
        first = _resting_on(connection, known, present, known["base_at"])
        revise.put_return(connection, known["id"], first, one.n, present.since, None)


def _show_again(connection: sqlite3.Connection, known: sqlite3.Row, ended: _Shown, again: Seen) -> None:
    """A text that was thought to be shown all the time was gone between, and came back."""
    revise.put_return(connection, known["id"], again.capture_id, ended.n, again.at, ended.until)
    connection.execute("UPDATE captures SET outcome = 'article' WHERE id = ?", (again.capture_id,))
    if ended.until is None and known["base_at"] < again.at:
        connection.execute("UPDATE articles SET capture_id = ? WHERE id = ?", (again.capture_id, known["id"]))


def _first_capture(connection: sqlite3.Connection, known: sqlite3.Row, since: str) -> int:
    """The capture that showed the present words first, for all that it may not be the one they rest on."""
    row = connection.execute(
        "SELECT captures.id FROM addresses JOIN captures USING (urlkey) WHERE article_id = ?"
        " AND kind NOT IN ('amp', 'print', 'mobile') AND fetched_at >= ? AND (fetched_at, captures.id) < (?, ?)"
        " AND outcome = 'unchanged' ORDER BY fetched_at, captures.id LIMIT 1",
        (known["id"], since, known["base_at"], known["capture_id"]),
    ).fetchone()
    return int(row["id"] if row else known["capture_id"])


def _resting_on(connection: sqlite3.Connection, known: sqlite3.Row, present: _Shown, until: str) -> int:
    """The capture that gives the present words as they were shown before `until`: a reading of theirs to go back to."""
    if known["base_at"] < until:
        return int(known["capture_id"])
    connection.execute("UPDATE captures SET outcome = 'article' WHERE id = ?", (present.capture_id,))
    return present.capture_id


def _make_room(connection: sqlite3.Connection, article_id: int, n: int) -> None:
    # two steps, because a key may not be taken twice on the way
    connection.execute("UPDATE revisions SET n = -n - 1 WHERE article_id = ? AND n >= ?", (article_id, n))
    connection.execute("UPDATE revisions SET n = -n WHERE article_id = ? AND n < 0", (article_id,))


def _set(connection: sqlite3.Connection, known: sqlite3.Row, one: _Shown, column: str, value: str | int) -> None:
    connection.execute(
        f"UPDATE {one.place} SET {column} = ? WHERE article_id = ? AND capture_id = ?",
        (value, known["id"], one.capture_id),
    )
