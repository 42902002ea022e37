"""Mending what `verify` found: what is derived is made again, what is evidence is never touched.

`mend` puts right what SQL alone can and says which captures are to be read again; when they were, `settle` compares
each row with what it was before anything changed it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from sqlite_utils.utils import sqlite3

from pipelines.store import checks, faillog, notes, payloads, verify_file, watches
from pipelines.store.checks import Table
from pipelines.store.held import Held
from pipelines.store.verify_file import DANGLING, Wrong
from pipelines.store.verify_rows import ADDED, CHANGED, GONE
from pipelines.types import Failure

#: Evidence: what was received and when, and what proves it.
FACTS = ("captures", "payloads", "dictionaries", "leaves", "seals", "takedowns")

_ROWS = (CHANGED, ADDED)  # said of a row with whose own digests nothing is wrong
_BODY_DAMAGED = "its page is damaged in the archive"
#: Rows that others name, put back as far as their name tells; the next run knows the rest.
_PUT_BACK = {
    "sources": "INSERT INTO sources (id) SELECT DISTINCT {column} FROM {table} WHERE {lost}",
    "recipes": "INSERT INTO recipes (id, version, rules, made_at)"
    " SELECT DISTINCT {column}, 'not known', '', strftime('%Y-%m-%dT%H:%M:%SZ') FROM {table} WHERE {lost}",
    "rules": "INSERT INTO rules (id, zone, origin, why)"
    " SELECT DISTINCT {column}, 'body', 'shipped', 'not described' FROM {table} WHERE {lost}",
}


@dataclass(slots=True)
class Mending:
    """What was done, and what is to be read again."""

    done: list[Wrong] = field(default_factory=list)
    captures: set[int] = field(default_factory=set)
    before: dict[tuple[str, int | str], int | None] = field(default_factory=dict)  # digests of rows that are made again

    def say(self, table: str, id_: int | str | None, what: str) -> None:
        """Write down something that was done."""
        self.done.append(Wrong(table, id_, what))


def mend(held: Held, wrong: Iterable[Wrong], run_id: int | None) -> Mending:
    """Put right what can be without reading pages again, in one transaction."""
    found: defaultdict[str, list[Wrong]] = defaultdict(list)
    for one in wrong:
        found[one.table].append(one)
    mending = Mending()
    with held.transaction() as connection:
        connection.execute("PRAGMA defer_foreign_keys = ON")
        _schema(connection, found["schema"], mending)
        _indexes(connection, found["file"], mending)
        for index in verify_file.INDEXES:
            if found[index] or found[f"{index}_config"]:
                rebuild_search(connection, index)
                mending.say(index, None, "the search index was made again")
        kept = {table.name: table for table in checks.tables(connection)}
        dangling = [table for name, table in kept.items() if any(one.what.startswith(DANGLING) for one in found[name])]
        for table in dangling:
            _put_back(connection, table, mending)
        for table in dangling:
            _let_go(connection, table, mending)
        checks.let_go(connection)
        for name, table in kept.items():
            rows = [one for one in found[name] if not one.what.startswith(DANGLING) and one.id is not None]
            if name == "payloads":
                _bodies(connection, table, rows, run_id, mending)
            elif name in FACTS:
                _facts(connection, table, rows, any(one.what not in _ROWS for one in found["seals"]), mending)
            elif name != "articles" and table.part != "article_id":
                _as_they_stand(connection, table, rows, mending)
        if found["notes"]:
            notes.find_articles(connection)
            mending.say("notes", None, "notes of articles that are not there wait for them")
        if found["hits"]:
            watches.find_articles(connection)
            mending.say("hits", None, "hits of articles that are not there wait for them")
        _articles(connection, kept, found, mending)
    return mending


def settle(held: Held, mending: Mending) -> None:
    """Compare what was made again with what it was, and take it as it stands now where they differ."""
    with held.transaction() as connection:
        for (name, part), before in mending.before.items():
            if checks.digest_of(connection, name, part) == before:
                mending.say(name, part, "is as it was")
            else:
                mending.say(name, part, "was read again; what its page does not tell is taken as it stands")
        if any(name == "articles" for name, _ in mending.before):  # what goes from an index must be what went in
            for index in verify_file.INDEXES:
                rebuild_search(connection, index)


def rebuild_search(connection: sqlite3.Connection, index: str) -> None:
    """Make a search index again from the texts."""
    connection.execute(f"INSERT INTO {index} ({index}) VALUES ('rebuild')")
    for name, value in verify_file.search_settings_made(index).items():
        if name != "version":
            connection.execute(f"INSERT INTO {index} ({index}, rank) VALUES (?, ?)", (name, value))


def _schema(connection: sqlite3.Connection, wrong: Sequence[Wrong], mending: Mending) -> None:
    """Triggers, views and indexes as they are to be; tables are more than their statement."""
    for one in wrong:
        if found := verify_file.made(str(one.id)):
            kind, sql = found
            with suppress(sqlite3.OperationalError):  # a table that it rests on is not as it was; that stays wrong
                connection.execute(f'DROP {kind} IF EXISTS main."{one.id}"')
                connection.execute(sql)
                mending.say("schema", one.id, f"the {kind} was made again")


def _indexes(connection: sqlite3.Connection, wrong: Sequence[Wrong], mending: Mending) -> None:
    if any("index" in one.what for one in wrong):
        connection.execute("REINDEX")
        mending.say("file", None, "the indexes were made again")


def _put_back(connection: sqlite3.Connection, table: Table, mending: Mending) -> None:
    """Sources, recipes and rules that a row names."""
    for key in connection.execute("SELECT * FROM pragma_foreign_key_list(?)", (table.name,)).fetchall():
        if sql := _PUT_BACK.get(key["table"]):
            column, lost = key["from"], _lost(key)
            if n := connection.execute(sql.format(table=table.name, column=column, lost=lost)).rowcount:
                mending.say(key["table"], None, f"{_rows(n)} put back that {table.name} name")


def _let_go(connection: sqlite3.Connection, table: Table, mending: Mending) -> None:
    """References to rows that are not there: a row that is nothing without them goes, another one lets go of them."""
    if table.name in FACTS:
        return
    columns = connection.execute("SELECT * FROM pragma_table_info(?)", (table.name,)).fetchall()
    optional = {row["name"] for row in columns if not row["notnull"] and not row["pk"]}
    for key in connection.execute("SELECT * FROM pragma_foreign_key_list(?)", (table.name,)).fetchall():
        column, lost = key["from"], _lost(key)
        if column in optional and key["on_delete"] != "CASCADE":
            also = ", state = 'queued', due_at = NULL" if (table.name, column) == ("entries", "capture_id") else ""
            n = connection.execute(f"UPDATE {table.name} SET {column} = NULL{also} WHERE {lost}").rowcount
            what = f"{_rows(n)} let go of what is not there: {column}"
        else:
            n = connection.execute(f"DELETE FROM {table.name} WHERE {lost}").rowcount
            what = f"{_rows(n)} went with what they belonged to: {column}"
        if n:
            mending.say(table.name, None, what)


def _rows(n: int) -> str:
    return "1 row" if n == 1 else f"{n:,} rows"


def _lost(key: sqlite3.Row) -> str:
    parent, column = key["table"], key["from"]
    return f"{column} IS NOT NULL AND {column} NOT IN (SELECT {key['to'] or 'id'} FROM {parent})"


def _bodies(
    connection: sqlite3.Connection, table: Table, wrong: Sequence[Wrong], run_id: int | None, mending: Mending
) -> None:
    """A damaged body cannot be mended here: its pages are fetched again, and fill it where they are the same."""
    for one in wrong:
        assert isinstance(one.id, int)
        if one.what in _ROWS:  # the body is what its digest says; only how it is packed may be different
            _accept(connection, table, one.id, mending)
        elif one.what != GONE:
            connection.execute("UPDATE payloads SET codec = 'damaged' WHERE id = ? AND codec = 'zstd'", (one.id,))
            checks.accept(connection, table, one.id)  # what is wrong with it is told all the same
            for number, url in connection.execute(
                "SELECT id, url FROM captures WHERE payload_id = ?", (one.id,)
            ).fetchall():
                failure = Failure("store", "DamagedBody", _BODY_DAMAGED)
                faillog.add(connection, failure, url=url, run_id=run_id, capture_id=number)
            connection.execute(
                "UPDATE captures SET outcome = 'failed' WHERE payload_id = ? AND outcome IS NULL AND feed_id IS NULL",
                (one.id,),
            )
            n = connection.execute(
                "UPDATE entries SET state = 'queued', tries = 0, due_at = NULL, reason = ?"
                " WHERE capture_id IN (SELECT id FROM captures WHERE payload_id = ?)",
                (_BODY_DAMAGED, one.id),
            ).rowcount
            connection.execute(
                "UPDATE feeds SET digest = NULL, etag = NULL, last_modified = NULL"
                " WHERE id IN (SELECT feed_id FROM captures WHERE payload_id = ?)",
                (one.id,),
            )
            again = f"; {_rows(n)} of entries wait to be fetched again" if n else ""
            mending.say("payloads", one.id, f"is marked as damaged{again}")


def _facts(
    connection: sqlite3.Connection, table: Table, wrong: Sequence[Wrong], seals_differ: bool, mending: Mending
) -> None:
    """Evidence that its own digest proves is taken as it stands; what a capture was read as is read again."""
    for one in wrong:
        if one.what not in _ROWS or table.name == "takedowns":
            continue
        if seals_differ and table.name in ("leaves", "seals"):
            continue
        assert isinstance(one.id, int)
        if table.name == "captures":
            if not connection.execute("SELECT 1 FROM leaves WHERE capture_id = ?", (one.id,)).fetchone():
                continue
            mending.before[table.name, one.id] = checks.digest_of(connection, table.name, one.id)
            checks.accept(connection, table, one.id)
            _read_again(connection, one.id, mending)
        else:
            _accept(connection, table, one.id, mending)


def _accept(connection: sqlite3.Connection, table: Table, part: int | str, mending: Mending) -> None:
    checks.accept(connection, table, part)
    mending.say(table.name, part, "is taken as it stands")


def _as_they_stand(connection: sqlite3.Connection, table: Table, wrong: Sequence[Wrong], mending: Mending) -> None:
    """What crawls are led by and nothing else tells of: it will put itself right."""
    for one in wrong:
        assert one.id is not None
        _accept(connection, table, one.id, mending)


def _articles(
    connection: sqlite3.Connection, kept: dict[str, Table], found: dict[str, list[Wrong]], mending: Mending
) -> None:
    """Articles and all that hangs on them are read from their pages again."""
    wrong = [
        (name, one)
        for name, table in kept.items()
        if name not in FACTS and (name == "articles" or table.part == "article_id")
        for one in found[name]
        if isinstance(one.id, int) and not one.what.startswith(DANGLING)
    ]
    if any(name == "articles" and one.what == GONE for name, one in wrong):
        _read_lost(connection, mending)
    for name, one in wrong:
        assert isinstance(one.id, int)
        if not connection.execute("SELECT 1 FROM articles WHERE id = ?", (one.id,)).fetchone():
            checks.accept(connection, kept[name], one.id)
            continue
        captures = () if (name, one.id) in mending.before else _readable(connection, one.id)
        if captures:
            mending.before[name, one.id] = checks.digest_of(connection, name, one.id)
            if name == "revisions":  # words are told apart by their digest, and these are to be written again
                connection.execute("UPDATE revisions SET digest = '' WHERE article_id = ?", (one.id,))
            checks.accept(connection, kept[name], one.id)
            for capture_id in captures:
                _read_again(connection, capture_id, mending)


def _readable(connection: sqlite3.Connection, article_id: int) -> list[int]:
    """The captures that an article rests on, where the page of the present one can be read."""
    rows = connection.execute(
        "SELECT id, payload_id FROM captures WHERE id = (SELECT capture_id FROM articles WHERE id = :id)"
        " UNION SELECT captures.id, payload_id FROM captures JOIN revisions ON capture_id = captures.id"
        " WHERE article_id = :id",
        {"id": article_id},
    ).fetchall()
    found = {row["id"] for row in rows if payloads.readable(connection, row["payload_id"]) is not None}
    (present,) = connection.execute("SELECT capture_id FROM articles WHERE id = ?", (article_id,)).fetchone()
    return sorted(found) if present in found else []


def _read_again(connection: sqlite3.Connection, capture_id: int, mending: Mending) -> None:
    if connection.execute(
        f"SELECT 1 FROM captures WHERE id = ? AND {payloads.HAS_BODY} AND feed_id IS NULL", (capture_id,)
    ).fetchone():
        mending.captures.add(capture_id)


def _read_lost(connection: sqlite3.Connection, mending: Mending) -> None:
    """Captures that were articles, of which there is none now."""
    rows: Iterator[tuple[int]] = connection.execute(
        f"SELECT id FROM captures WHERE outcome = 'article' AND feed_id IS NULL AND {payloads.HAS_BODY}"
        " AND NOT EXISTS (SELECT 1 FROM articles WHERE capture_id = captures.id)"
        " AND NOT EXISTS (SELECT 1 FROM revisions WHERE capture_id = captures.id)"
    )
    lost = [number for (number,) in rows]
    mending.captures.update(lost)
    mending.say("captures", None, f"{_rows(len(lost))} of articles that are gone are read again")
