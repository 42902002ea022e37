"""What each edit of an article changed, told from its texts; derived, so that it can be told again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlite_utils.utils import sqlite3

from pipelines.edits import Edit, edits
from pipelines.store import revise
from pipelines.store.revise import Words, words_of


def put(connection: sqlite3.Connection, article_id: int, n: int) -> None:
    """Tell anew what the edit changed that ended revision `n`; nothing where there is no such text."""
    pair = texts(connection, article_id, n) if n > 0 else None
    language = connection.execute("SELECT language FROM articles WHERE id = ?", (article_id,)).fetchone()
    found = edits(pair[0].prose, pair[1].prose, language[0]) if pair else []
    rows = [(article_id, n, part, *edit) for part, edit in enumerate(found, 1)]
    before = connection.execute("SELECT * FROM changes WHERE article_id = ? AND n = ? ORDER BY part", (article_id, n))
    if [tuple(row) for row in before] == rows:
        return
    connection.execute("DELETE FROM changes WHERE article_id = ? AND n = ?", (article_id, n))
    connection.executemany(
        "INSERT INTO changes (article_id, n, part, kind, before, after) VALUES (?, ?, ?, ?, ?, ?)", rows
    )


def put_last(connection: sqlite3.Connection, article_id: int) -> None:
    """The same for the edit that gave the article its present words."""
    if n := revise.last(connection, article_id):
        put(connection, article_id, n)


def rebuild(connection: sqlite3.Connection, article_id: int) -> None:
    """Tell all edits of an article anew."""
    numbers = connection.execute("SELECT n FROM revisions WHERE article_id = ? ORDER BY n", (article_id,)).fetchall()
    connection.execute(
        "DELETE FROM changes WHERE article_id = ? AND n NOT IN (SELECT n FROM revisions WHERE article_id = ?)",
        (article_id, article_id),
    )
    for (n,) in numbers:
        put(connection, article_id, n)


def of_article(connection: sqlite3.Connection, article_id: int) -> dict[int, list[Edit]]:
    """The edits of an article by the number of the revision that each ended, in order."""
    found: dict[int, list[Edit]] = {}
    for n, kind, before, after in connection.execute(
        "SELECT n, kind, before, after FROM changes WHERE article_id = ? ORDER BY n, part", (article_id,)
    ):
        found.setdefault(n, []).append(Edit(kind, before, after))
    return found


def texts(connection: sqlite3.Connection, article_id: int, n: int) -> tuple[Words, Words] | None:
    """The two texts of the edit that ended revision `n`: the one shown until then and the one that came for the first
    time. The first is revision `n`, but where an older text was back. None where no text came after."""
    new = connection.execute(
        "SELECT * FROM revisions WHERE article_id = ? AND n > ? ORDER BY n LIMIT 1", (article_id, n)
    ).fetchone()
    if new is None:
        new = connection.execute(
            "SELECT * FROM articles JOIN history ON article_id = id AND n IS NULL WHERE id = ? AND NOT EXISTS"
            " (SELECT 1 FROM returns WHERE returns.article_id = articles.id AND returns.seen_until IS NULL)",
            (article_id,),
        ).fetchone()
    if new is None:
        return None
    old = connection.execute(
        "SELECT * FROM revisions WHERE article_id = :id AND n = coalesce("
        " (SELECT n FROM returns WHERE article_id = :id AND seen_until = :at ORDER BY seen_from DESC LIMIT 1), :n)",
        {"id": article_id, "at": new["seen_from"], "n": n},
    ).fetchone()
    return (words_of(old), words_of(new)) if old else None


@dataclass(frozen=True, slots=True)
class Step:
    """Once that an article showed other words: an edit that gave a new text, or the return to an older one."""

    seen_at: str
    number: int  # of the text that came; 1 is the first the article had
    edits: tuple[Edit, ...]  # none for a return
    texts: tuple[Words, Words] | None  # before and after; None for a return


def steps(connection: sqlite3.Connection, article_id: int) -> Iterator[Step]:
    """How an article got the words it has, from the first text on."""
    told = of_article(connection, article_id)
    found = connection.execute(
        "SELECT * FROM (SELECT seen_from AS at, n, 0 AS back FROM history WHERE article_id = :id UNION ALL"
        " SELECT seen_from, n, 1 FROM returns WHERE article_id = :id) ORDER BY at, n IS NULL, n, back",
        {"id": article_id},
    ).fetchall()
    numbers = [row["n"] for row in found if not row["back"]]  # of the texts; the present one may be an older one
    for row in found:
        if row["back"]:
            yield Step(row["at"], numbers.index(row["n"]) + 1, (), None)
        elif place := numbers.index(row["n"]):
            before = numbers[place - 1]
            if pair := texts(connection, article_id, before):
                yield Step(row["at"], place + 1, tuple(told.get(before, ())), pair)
