"""Whether `verify` finds whatever is changed behind the archive's back: `python -m bench.verify [ARCHIVE] [--each N]`.

A byte of the file is flipped, or one value is changed with plain SQL, fifty times each, every time in a fresh copy. A
flip counts where it changes what any table or the search index gives back, or keeps it from giving anything: most of
a file's free space is no value of the archive. Without ARCHIVE one is made here.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlite_utils.utils import sqlite3

from pipelines.errors import StoreError
from pipelines.process import process
from pipelines.recipe import Recipe
from pipelines.store.verify import Inspection
from pipelines.store.writer import Writer
from pipelines.types import Capture, Entry, Feed, Fetched, Source

_SEED = 9162


def main() -> int:
    """Print the table; 1 where something was not found."""
    parser = argparse.ArgumentParser(prog="python -m bench.verify", description=__doc__)
    parser.add_argument("archive", nargs="?", type=Path, help="an archive to try it on; it is copied, never changed")
    parser.add_argument("--each", type=int, default=50, help="how many of each kind; default: 50")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        base, copy = Path(place, "base.db"), Path(place, "copy.db")
        if options.archive:
            with closing(sqlite3.connect(options.archive)) as source, closing(sqlite3.connect(base)) as target:
                source.backup(target)
        else:
            make(base)
        missed = 0
        print(f"{'changed behind its back':40}{'found':>8}{'of':>6}")
        for name, change in (("bytes of the file", flip), ("values, by SQL", edit)):
            found = []
            for what, one in trials(base, copy, change, options.each):
                found.append(one)
                if not one:
                    print(f"  missed: {what}")
            print(f"{name:40}{sum(found):>8}{len(found):>6}")
            missed += len(found) - sum(found)
        started = time.process_time()
        clean = not list(Inspection(base).run())
        print(f"{'one look at it unchanged: ' + ('clean' if clean else 'NOT CLEAN'):40}", end="")
        print(f"{time.process_time() - started:>11.2f} s CPU, {base.stat().st_size / 1e6:.1f} MB")
    return int(bool(missed) or not clean)


def trials(base: Path, copy: Path, change: Callable[[Path, random.Random], str], n: int) -> Iterator[tuple[str, bool]]:
    """What was changed, and whether verify found it; changes that change nothing are drawn again."""
    chance = random.Random(_SEED)
    before = values(base)
    done = 0
    while done < n:
        for ending in ("-wal", "-shm"):  # of the copy before
            copy.with_name(copy.name + ending).unlink(missing_ok=True)
        shutil.copy(base, copy)
        what = change(copy, chance)
        if values(copy) != before:
            done += 1
            yield what, finds(copy)


def finds(path: Path) -> bool:
    """Whether verify, as a person runs it, says that something is wrong."""
    try:
        return bool(list(Inspection(path).run()))
    except StoreError:
        return True  # one line, and an exit code that is not 0


def values(path: Path) -> str:
    """A digest of all that the file gives back; '' where it gives back nothing whole."""
    whole = hashlib.sha256()
    try:
        with closing(sqlite3.connect(path)) as db:
            db.text_factory = bytes
            db.execute("CREATE VIRTUAL TABLE temp.words USING fts5vocab('main', 'articles_fts', 'instance')")
            tables = db.execute(
                "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' ORDER BY 1"
            ).fetchall()
            for name in [f'"{table.decode()}"' for (table,) in tables] + ["temp.words", "articles_fts_config"]:
                for row in db.execute(f"SELECT * FROM {name}"):
                    whole.update(repr(row).encode())
            whole.update(repr(db.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema").fetchall()).encode())
            for setting in ("user_version", "application_id", "encoding", "journal_mode"):
                whole.update(repr(db.execute(f"PRAGMA {setting}").fetchall()).encode())
    except (sqlite3.Error, UnicodeError, OverflowError, MemoryError):
        return ""
    return whole.hexdigest()


def flip(path: Path, chance: random.Random) -> str:
    """Change one byte, anywhere in the file."""
    place = chance.randrange(path.stat().st_size)
    with path.open("r+b") as file:
        file.seek(place)
        before = file.read(1)[0]
        file.seek(place)
        file.write(bytes([before ^ 1 << chance.randrange(8)]))
    return f"byte {place}, {before:#04x}"


def edit(path: Path, chance: random.Random) -> str:
    """Change one value, or take a row away, with plain SQL and without any rule of the schema's."""
    with closing(sqlite3.connect(path)) as db:
        places = columns(db)
        table, column = places[chance.randrange(len(places))]
        if chance.random() < 0.1:
            row = db.execute(f"SELECT * FROM {table} ORDER BY random() LIMIT 1").fetchone()
            return change_row(db, table, row, None, None)
        row = db.execute(f"SELECT * FROM {table} ORDER BY random() LIMIT 1").fetchone()
        return change_row(db, table, row, column, chance)


def columns(db: sqlite3.Connection) -> list[tuple[str, str]]:
    """Every column of every table that has a row."""
    tables = db.execute("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'").fetchall()
    full = [name for (name,) in tables if name[:7] != "sqlite_" and db.execute(f"SELECT 1 FROM {name}").fetchone()]
    return [
        (name, column) for name in full for (column,) in db.execute("SELECT name FROM pragma_table_info(?)", (name,))
    ]


def change_row(
    db: sqlite3.Connection, table: str, row: tuple[Any, ...], column: str | None, chance: random.Random | None
) -> str:
    """Change a column of a row; without a column the row goes."""
    names = [name for (name,) in db.execute("SELECT name FROM pragma_table_info(?)", (table,))]
    where = " AND ".join(f"{name} IS ?" for name in names)
    db.execute("PRAGMA ignore_check_constraints = ON")
    if column is None or chance is None:
        db.execute(f"DELETE FROM {table} WHERE {where}", row)
        what = f"{table}: a row deleted"
    else:
        before = row[names.index(column)]
        after = other(before, chance)
        what = f"{table}.{column}: {before!r:.40} became {after!r:.40}"
        try:
            db.execute(f"UPDATE {table} SET {column} = ? WHERE {where}", (after, *row))
        except sqlite3.IntegrityError:  # a type or a key that STRICT does not take
            db.rollback()
            return what
    db.commit()
    return what


def other(value: Any, chance: random.Random) -> Any:
    """Another value of the same kind."""
    if value is None:
        return chance.choice([1, "x"])
    if isinstance(value, (int, float)):
        return value + chance.choice([-1, 1])
    if not value:
        return "x" if isinstance(value, str) else b"x"
    place = chance.randrange(len(value))
    new = "z" if isinstance(value, str) else b"z"
    return value[:place] + (new if value[place : place + 1] != new else new.upper()) + value[place + 1 :]


# an archive with something in each table that crawls fill


def make(path: Path, sources: int = 4, articles: int = 30) -> None:
    """Feeds, pages, revisions, rejects, failures and findings, written as a crawl writes them."""
    chance = random.Random(_SEED)
    recipe = Recipe.default()
    start = datetime(2026, 1, 5, 8, tzinfo=UTC)
    with Writer.open(path) as writer:
        writer.put_recipe(recipe, [None])
        writer.put_rules(recipe.rules)
        for day in range(2):
            run = writer.start_run("crawl", "all")
            for number in range(sources):
                _visit(writer, recipe, run, f"paper-{number}", start + timedelta(days=day), day, chance, articles)
            writer.fail("https://paper-0.example/gone", "paper-0", "TimeoutError", "no answer in 30 s", run)
            writer.put_host("https://paper-0.example", robots=b"User-agent: *", verdict="rules", delay=2.5)
            writer.finish_run(run, "finished", {"errors": 0})


def _visit(
    writer: Writer, recipe: Recipe, run: int, source: str, at: datetime, day: int, chance: random.Random, articles: int
) -> None:
    base = f"https://{source}.example"
    writer.put_sources([Source(id=source, homepage=base)])
    urls = (
        [f"{base}/news/{n}/the-{_words(chance, 1)}-of-the-{_words(chance, 1)}" for n in range(articles)]
        if not day
        else [
            row[0] for row in writer.db.execute("SELECT url FROM entries WHERE source_id = ? AND capture_id", (source,))
        ]
    )
    # an article keeps its headline: other words under another one would wait for the end of the crawl
    entries = [
        Entry(url=url, title=_words(random.Random(url), 6), published_at=f"{at:%Y-%m-%dT%H:%M:%SZ}") for url in urls
    ]
    feed = Feed(source=source, url=f"{base}/feed")
    listing = Capture(url=feed.url, fetched_at=at, source=source, body=repr(entries).encode())
    writer.keep(Fetched(capture=listing, feed=feed, entries=tuple(entries)), run)
    for entry in entries if not day else entries[::5]:
        body = _page(chance, entry.title or "").encode()
        page = Capture(
            url=entry.url, fetched_at=at, source=source, body=body, status=200, mime="text/html", entry=entry,
            headers=(("Content-Type", "text/html; charset=utf-8"), ("Date", f"{at:%a}")),
        )  # fmt: skip
        kept = writer.keep(Fetched(capture=page), run)
        writer.store(kept.capture_id, page, process(page, recipe), run)


def _page(chance: random.Random, title: str) -> str:
    paragraphs = "".join(f"<p>{_words(chance, 60).capitalize()}.</p>" for _ in range(chance.randrange(3, 9)))
    return (
        f"<html lang=en><head><title>{title}</title><meta name=author content='Ada {_words(chance, 1).title()}'></head>"
        f"<body><nav><a href=/>Home</a></nav><article><h1>{title}</h1><p>January 5, 2026</p>{paragraphs}"
        "<p>Share this article on Facebook</p></article><footer>© 2026 All rights reserved</footer></body></html>"
    )


def _words(chance: random.Random, n: int) -> str:
    return " ".join("".join(chance.choices("abcdeilmnorstu", k=chance.randrange(2, 9))) for _ in range(n))


if __name__ == "__main__":
    raise SystemExit(main())
