"""Readers' tags and notes: what writes them, what carries them, and that nothing else touches them."""

from __future__ import annotations

import json
import shutil
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import zstandard
from sqlite_utils import Database
from sqlite_utils.utils import sqlite3

from pipelines.store import notes
from pipelines.store.writer import Writer
from tests.crawls import ROOT
from tests.exports import Result, tearsheet
from tests.test_cli import Desk as Shell

_PAGE = """<!doctype html><html lang="en"><head><title>{title}</title>
<link rel="canonical" href="https://post.example/news/{slug}">
<meta property="article:published_time" content="2026-03-02T08:00:00Z"></head><body><article><h1>{title}</h1>
<p>The ferry to the islands will not sail before March, its operator said on Monday morning.</p>
<p>Divers found cracks in both landing stages, and nobody will be asked to step onto {slug} now.</p>
<p>The school run moves to the pilot cutter, which takes twelve children at a time, said the council.</p>
</article></body></html>"""


class Desk:
    """A folder in which commands are typed; they run in this process, but for those that must not."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.db = folder / "archive.db"

    def __call__(self, *arguments: str | Path) -> Result:
        return tearsheet(*arguments, "--db", self.db)


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an archive of two imported pages, one of them noted on."""
    folder = tmp_path_factory.mktemp("notes")
    pages = folder / "pages"
    pages.mkdir()
    for slug in ("ferry", "council"):
        (pages / f"{slug}.html").write_text(_PAGE.format(title=f"The {slug} today", slug=slug), encoding="utf-8")
    assert Shell(folder)("import", "pages").code == 0
    desk = Desk(folder)
    said = desk("note", _id(desk), "the operator denied this: Wärme", "--tag", "#Harbour Loan", "--tag", "ferry")
    assert said.code == 0, said.err
    assert "noted; tagged harbour-loan, ferry" in said.err
    return folder


@pytest.fixture
def desk(stocked: Path, tmp_path: Path) -> Desk:
    folder = tmp_path / "desk"
    shutil.copytree(stocked, folder)
    return Desk(folder)


def _id(desk: Desk, slug: str = "ferry") -> str:
    with closing(sqlite3.connect(desk.db)) as db:
        return str(db.execute("SELECT id FROM articles WHERE title LIKE ?", (f"The {slug}%",)).fetchone()[0])


def _rows(path: Path, sql: str = "SELECT article_id, tag, text FROM notes ORDER BY id") -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as db:
        return [tuple(row) for row in db.execute(sql).fetchall()]


def _noted(desk: Desk) -> list[tuple[Any, ...]]:
    number = int(_id(desk))
    return [(number, "harbour-loan", None), (number, "ferry", None), (number, None, "the operator denied this: Wärme")]


def test_notes_are_listed_and_taken_off(desk: Desk) -> None:
    number = _id(desk)
    listed = json.loads(desk("note", number, "--json").out)
    assert sorted(row["tag"] or row["text"] for row in listed) == [
        "ferry", "harbour-loan", "the operator denied this: Wärme",
    ]  # fmt: skip
    everything = desk("note").out.decode()
    assert "#ferry" in everything
    assert f"tearsheet show {number}" in everything
    assert [row["tag"] for row in json.loads(desk("note", "--tag", "FERRY", "--json").out)] == ["ferry"]
    assert "it has that tag already" in desk("note", number, "--tag", "Ferry").err
    remark = str(next(row["note"] for row in listed if row["text"]))
    assert "1 note taken off" in desk("note", number, remark, "--remove").err
    assert "2 notes taken off" in desk("note", number, "--tag", "ferry", "--tag", "harbour loan", "--remove").err
    assert _rows(desk.db) == []
    assert "nothing is noted on this article yet" in desk("note", number).err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nowhere", "text"), "no article"),
        (("ID", "--tag", "#"), "a letter or a figure"),
        (("ID", "  "), "TEXT is empty"),
        (("ID", "--remove"), "say what"),
        (("ID", "one", "--remove"), "is no number"),
        (("ID", "999", "--remove"), "has no such note"),
        (("--remove",), "name the article first"),
    ],
)
def test_what_cannot_be_noted_says_why(desk: Desk, arguments: tuple[str, ...], said: str) -> None:
    number = _id(desk)
    answer = desk("note", *(number if one == "ID" else one for one in arguments))
    assert answer.code != 0
    assert said in answer.err
    assert _rows(desk.db) == _noted(desk)


def test_a_note_can_be_written_while_a_crawl_holds_the_archive(desk: Desk) -> None:
    with Writer.open(desk.db):
        assert desk("note", _id(desk, "council"), "meanwhile").code == 0
    assert "meanwhile" in [text for _, _, text in _rows(desk.db)]


def test_nothing_that_is_made_again_touches_notes(desk: Desk) -> None:
    before = _rows(desk.db, "SELECT * FROM notes")
    assert desk("process", "--where", "true").code == 0
    assert _rows(desk.db, "SELECT * FROM notes") == before
    with closing(sqlite3.connect(desk.db)) as db, db:
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("DELETE FROM articles")
        db.execute("UPDATE captures SET outcome = NULL")
    assert {article for article, _, _ in _rows(desk.db)} == {None}
    assert "not in the archive now" in desk("note").out.decode()
    assert desk("process", "--pending").code == 0
    assert _rows(desk.db) == _noted(desk)  # under the id that the article has now


def test_notes_follow_an_article_that_moves(desk: Desk) -> None:
    with closing(sqlite3.connect(desk.db)) as db, db:
        db.execute("UPDATE articles SET urlkey = 'example,post)/moved' WHERE title LIKE 'The ferry%'")
    assert {key for (key,) in _rows(desk.db, "SELECT urlkey FROM notes")} == {"example,post)/moved"}


def test_notes_may_be_written_by_hand_and_repair_leaves_them(desk: Desk) -> None:
    number = int(_id(desk))
    with closing(sqlite3.connect(desk.db)) as db, db:  # by somebody who knows only a few columns
        db.execute(
            "INSERT INTO notes (article_id, urlkey, tag) SELECT id, urlkey, 'mine' FROM articles WHERE id = ?",
            (number,),
        )
    assert desk("verify").code == 0
    with closing(sqlite3.connect(desk.db)) as db, db:  # without foreign keys, as plain sqlite3 has it
        db.execute("DELETE FROM articles WHERE id = ?", (number,))
    assert desk("verify").code != 0
    desk("repair")
    assert desk("verify").code == 0, desk("verify").out
    assert _rows(desk.db) == [*_noted(desk), (int(_id(desk)), "mine", None)]


def test_forgetting_an_article_forgets_its_notes(desk: Desk) -> None:
    assert desk("forget", _id(desk), "--reason", "court order", "--yes").code == 0
    assert _rows(desk.db) == []
    assert "Wärme".encode() not in desk.db.read_bytes()
    assert b"rme" not in b"".join(block for (block,) in _rows(desk.db, "SELECT block FROM notes_fts_data"))


def test_merging_brings_notes_once(desk: Desk, stocked: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    with closing(sqlite3.connect(stocked / "archive.db")) as source, closing(sqlite3.connect(other)) as copy:
        source.backup(copy)
    with closing(sqlite3.connect(other)) as db, db:
        db.execute("UPDATE notes SET text = 'edited there', edited_at = '2099-01-01T00:00:00Z' WHERE text IS NOT NULL")
        db.execute(
            "INSERT INTO notes (article_id, urlkey, text)"
            " SELECT id, urlkey, 'new' FROM articles WHERE title LIKE 'The council%'"
        )
    for added in (2, 0):
        said = desk("merge", other, "--json")
        assert said.code == 0, said.err
        assert (json.loads(said.out or "[{}]") or [{}])[0].get("notes", 0) == added
        number = int(_id(desk))
        assert _rows(desk.db) == [
            (number, "harbour-loan", None), (number, "ferry", None), (number, None, "edited there"),
            (int(_id(desk, "council")), None, "new"),
        ]  # fmt: skip
    desk("forget", _id(desk), "--reason", "court order", "--yes")
    desk("merge", other)
    assert [text for _, _, text in _rows(desk.db)] == ["new"]


def test_notes_leave_only_where_somebody_says_so(desk: Desk) -> None:
    for name in ("plain.ndjson", "plain.csv", "plain/", "plain.db"):
        assert desk("export", f"{desk.folder}/{name}").code == 0
    with_notes = desk("export", f"{desk.folder}/noted.ndjson", "--notes")
    assert with_notes.code == 0, with_notes.err
    row = next(one for one in map(json.loads, (desk.folder / "noted.ndjson").read_text().splitlines()) if one["notes"])
    assert row["reader_tags"] == ["ferry", "harbour-loan"]
    assert row["notes"][0]["text"] == "the operator denied this: Wärme"
    assert desk("export", f"{desk.folder}/noted.csv", "--notes").code == 0
    assert '"[""ferry"", ""harbour-loan""]"' in (desk.folder / "noted.csv").read_text()
    assert desk("export", f"{desk.folder}/noted/", "--notes").code == 0
    (page,) = (one for one in (desk.folder / "noted").rglob("*ferry*.md"))
    assert 'reader_tags: ["ferry", "harbour-loan"]' in page.read_text()
    assert "## Notes" in page.read_text()
    assert "the operator denied this: Wärme" in page.read_text()
    assert desk("export", f"{desk.folder}/noted.db", "--notes").code == 0
    assert len(_rows(desk.folder / "noted.db")) == 3
    assert "csl has no place" in desk("export", f"{desk.folder}/noted.csl.json", "--notes").err
    for place in desk.folder.rglob("plain*/**/*"):
        assert place.is_dir() or "denied" not in place.read_text()
    for name in ("plain.ndjson", "plain.csv"):
        assert "denied" not in (desk.folder / name).read_text()
    assert _rows(desk.folder / "plain.db") == []


def test_an_archive_of_before_gets_room_for_notes(tmp_path: Path) -> None:
    packed = sorted((ROOT / "tests" / "releases").glob("*.db.zst"))[0]
    desk = Desk(tmp_path)
    desk.db.write_bytes(zstandard.ZstdDecompressor().decompress(packed.read_bytes()))
    assert desk("repair").code == 0
    number = str(_rows(desk.db, "SELECT id FROM articles LIMIT 1")[0][0])
    assert desk("note", number, "after the upgrade").code == 0


@pytest.mark.parametrize(
    ("typed", "tags"),
    [
        ("Ferry", ["ferry"]),
        ("#harbour loan, #Élection,ferry", ["harbour-loan", "élection", "ferry"]),
        ("#a #b", ["a", "b"]),
        ('"quoted"; x\u202e\x00', ["quoted", "x"]),
        ("水害, انتخابات", ["水害", "انتخابات"]),
        (" , #, ", []),
        ("x" * 500, ["x" * 60]),
    ],
)
def test_tags_are_one_word_each(typed: str, tags: list[str]) -> None:
    assert notes.tags_of(typed) == tags


def test_remarks_are_found_by_their_words(desk: Desk) -> None:
    db = Database(desk.db)
    found = db.execute("SELECT rowid FROM notes_fts WHERE notes_fts MATCH 'operator AND warme'").fetchall()
    assert len(found) == 1
