"""`tearsheet process`: what it says of before and after, that a dry run writes nothing, that it goes on when killed."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from pipelines.store.archive import Archive
from pipelines.store.writer import Writer
from tests.crawls import Project, sources, wait_for
from tests.newsroom import Newsroom
from tests.store_values import rows
from tests.test_cli import Desk, ended
from tests.test_relearn import STORIES

_MANY = 260  # pages, so that a run takes several transactions
STRIP = '[source.mine]\nhomepage = "https://a.example/"\nstrip = ["Our app.*"]\n'


def contents(db: Path, *without: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table but these."""
    with Archive(db) as archive:
        derived = ("articles_fts", "articles_trigrams", "notes_fts", "trigrams", "places_of_trigrams", "words")
        names = [one for one in archive.db.table_names() if not one.startswith(derived) and one not in without]
        return {one: [tuple(row) for row in archive.db.execute(f"SELECT * FROM {one} ORDER BY 1, 2")] for one in names}


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Four stories, of which one has a line that a rule will cut and one will be no article; only for copying."""
    desk = Desk(tmp_path_factory.mktemp("shelf"))
    files = [desk.write(f"{name}.txt", story + "\n") for name, story in STORIES.items()]
    files[0].write_text(STORIES["ferry"] + "\n\nOur app is free.\n", encoding="utf-8")
    assert desk("import", *files, "--source", "mine").code == 0
    return desk


@pytest.fixture
def desk(tmp_path: Path, shelf: Desk) -> Desk:
    shutil.copy(shelf.db, tmp_path)
    return Desk(tmp_path)


def test_a_dry_run_says_what_a_run_does_and_writes_nothing(desk: Desk) -> None:
    desk.write("sources.toml", STRIP)
    # somebody changed the archive by hand: reading the pages again puts it right
    db = Database(desk.db)
    db.execute("UPDATE articles SET title = 'Wrong', section = 'Sport' WHERE title LIKE 'Bakery%'")
    db.execute(
        "UPDATE captures SET status = 404 WHERE id = (SELECT capture_id FROM articles WHERE title LIKE 'Storm%')"
    )
    db.conn.commit()
    db.close()
    before, bytes_before = contents(desk.db), desk.db.read_bytes()
    dry = desk("process", "--source", "mine", "--dry-run", "--json")
    assert dry.code == 0, dry.err
    assert contents(desk.db) == before
    assert desk.db.read_bytes() == bytes_before
    assert not desk.db.with_name("archive.db.lock").exists()
    assert "nothing was written" in dry.err
    (said,) = json.loads(dry.out)
    wet = desk("process", "--source", "mine", "--json")
    (done,) = json.loads(wet.out)
    for one in (said, done):
        one.pop("seconds")
    assert said == done
    assert said["fields"]["title"]["changed"] == 1
    assert said["fields"]["title"]["example"]["before"] == "Wrong"
    assert said["fields"]["section"]["emptied"] == 1
    assert said["rules"] == {"yours.mine.1": len("\n\nOur app is free.")}
    assert said["went"] == len("\n\nOur app is free.")
    assert said["changed"] + said["unchanged"] + said["rejected"] == 4
    assert said["lost"] == said["rejected"] == len(said["lost_articles"])


def test_the_report_reads_well(desk: Desk) -> None:
    desk.write("sources.toml", STRIP)
    said = desk("process", "--stale", "--dry-run").out
    assert said.splitlines()[0].split() == [
        "source", "changed", "unchanged", "rejected", "failed", "lost", "went", "back", "seconds",
    ]  # fmt: skip
    assert "yours.mine.1  +18" in said


def test_a_dry_run_leaves_others_their_lock(desk: Desk) -> None:
    desk.write("sources.toml", STRIP)
    with Writer.open(desk.db):
        assert desk("process", "--stale", "--dry-run").code == 0


def _app(n: int) -> str:
    """A line that a rule of the source cuts, another on each page, so that it is not learned."""
    return f"Our app {''.join('abcdefghij'[int(digit)] for digit in str(1000 + n))} is free."


@pytest.mark.slow
def test_a_killed_run_goes_on(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    folder = tmp_path / "pages"
    folder.mkdir()
    rng = random.Random(5)
    for n in range(_MANY):
        lines = [" ".join("".join(rng.choices("abdeinorst", k=6)) for _ in range(14)) for _ in range(12)]
        story = "\n\n".join(f"The {line} said so." for line in lines)
        (folder / f"{n}.txt").write_text(f"Headline {lines[0][:40]}\n\n{story}\n\n{_app(n)}\n")
    assert desk("import", folder, "--source", "mine").code == 0
    desk.write("sources.toml", STRIP)
    shutil.copy(desk.db, tmp_path / "whole.db")
    running = desk.start("process", "--source", "mine")
    reached = "SELECT max(stats ->> 'position') FROM runs WHERE kind = 'process'"
    assert wait_for(lambda: bool(rows(desk.db, reached)[0][0]), running)
    os.killpg(running.pid, signal.SIGKILL)
    ended(running)
    said = desk("process", "--source", "mine", "--json")
    assert said.code == 0, said.err
    assert "going on after" in said.err
    (row,) = json.loads(said.out)
    assert row["changed"] + row["unchanged"] == _MANY
    assert row["rules"] == {"yours.mine.1": sum(len(f"\n\n{_app(n)}") for n in range(_MANY))}
    assert desk("process", "--source", "mine", "--db", tmp_path / "whole.db").code == 0
    left = ("runs", "tallies", "recipes", "checks")
    assert contents(desk.db, *left) == contents(tmp_path / "whole.db", *left)
    # what came to its end begins anew
    assert "going on" not in desk("process", "--source", "mine").err


@pytest.mark.slow
def test_reading_again_gives_what_the_crawl_gave(tmp_path: Path) -> None:
    with Newsroom() as newsroom:
        tables = [f'[source.{one.slug}]\nhomepage = "{one.base}/"' for one in newsroom.outlets]
        project = Project(tmp_path, sources(*tables))
        assert project.crawl().code == 0
    derived = (
        "articles", "addresses", "removals", "bands", "extractions", "revisions", "returns", "changes", "clusters",
    )  # fmt: skip
    before = {name: rows_by_address(project.db, name) for name in derived}
    outcomes = rows(project.db, "SELECT id, outcome FROM captures ORDER BY id")
    assert len(before["articles"]) > 20
    project.change("PRAGMA foreign_keys = ON; DELETE FROM articles;")
    assert Desk(tmp_path)("process", "--where", "feed_id IS NULL -- pages").code == 0
    for name in derived:
        assert rows_by_address(project.db, name) == before[name], name
    assert rows(project.db, "SELECT id, outcome FROM captures ORDER BY id") == outcomes


def rows_by_address(db: Path, table: str) -> list[tuple[Any, ...]]:
    """The rows of a table, with the address of an article in the place of its number: two of one second may swap."""
    with Archive(db) as archive:
        keys = dict(archive.db.execute("SELECT id, urlkey FROM articles").fetchall())
        named = [one.name for one in archive.db[table].columns]
        place = {"articles": ("id",)}.get(table, ("article_id", "head_id"))
        found = [
            tuple(keys[value] if name in place else value for name, value in zip(named, row, strict=True))
            for row in archive.db.execute(f"SELECT * FROM {table}")
        ]
    return sorted(found, key=repr)
