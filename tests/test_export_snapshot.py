"""A snapshot for the public: no byte of bodies or secrets, whole by SQLite's own word, and plain Datasette opens it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlite_utils import Database

from pipelines.store.archive import Archive
from pipelines.store.writer import Writer
from tests.exports import NEW, OLD, export, fill, tearsheet
from tests.reading_room import Site
from tests.store_values import article, capture, put


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fill(tmp_path_factory.mktemp("snapshot") / "archive.db")


@pytest.fixture(scope="module")
def out(db: Path) -> Path:
    """A snapshot of everything, made while a writer has the archive open."""
    out = db.parent / "public.db"
    with Writer.open(db):
        assert export(db, out).err == "5 articles exported\n"
    return out


def ids(path: Path, table: str, column: str = "article_id") -> list[int]:
    return [row[column] for row in Database(path).query(f"SELECT {column} FROM {table} ORDER BY 1")]


def test_no_byte_of_it_is_secret(db: Path, out: Path) -> None:
    def told(path: Path) -> set[bytes]:
        data = path.read_bytes() + b"".join(body for (body,) in Database(path).execute("SELECT body FROM payloads"))
        names = ("CONFIG", "ROBOTS", "DETAIL", "ENTRY", "COOKIE", "BODY", "PACKED")
        words = [*(f"SECRET-{name}".encode() for name in names), b"X-Smuggled", b"\x28\xb5\x2f\xfd"]
        return {word for word in words if word in data}

    assert len(told(db)) == 9
    assert told(out) == set()


def test_it_is_whole_and_needs_no_file_beside_it(db: Path, out: Path) -> None:
    copy = Database(out)
    assert copy.execute("PRAGMA integrity_check").fetchall()[0][0] == "ok"
    assert copy.execute("PRAGMA foreign_key_check").fetchall() == []
    assert copy.execute("PRAGMA journal_mode").fetchone()[0] == "delete"
    assert copy.execute("PRAGMA freelist_count").fetchone()[0] == 0
    copy.execute("INSERT INTO articles_fts (articles_fts, rank) VALUES ('integrity-check', 1)")
    assert sorted(one.name for one in db.parent.glob(".*")) == []
    assert not out.with_name("public.db-wal").exists()


def test_it_holds_what_the_public_reads(db: Path, out: Path) -> None:
    same = ("articles", "addresses", "revisions", "removals", "changes", "returns", "continuations", "similar",
            "clusters", "copies")  # fmt: skip
    for table in same:
        assert list(Database(out).query(f"SELECT * FROM {table}")) == list(Database(db).query(f"SELECT * FROM {table}"))
    (body,) = Database(out).query("SELECT DISTINCT codec, body, dictionary_id FROM payloads")
    assert body == {"codec": "pruned", "body": b"", "dictionary_id": None}
    digests = [row["digest"] for row in Database(out).query("SELECT digest FROM payloads")]
    assert set(digests) <= {row["digest"] for row in Database(db).query("SELECT digest FROM payloads")}
    assert {row["headers"] for row in Database(out).query("SELECT headers FROM captures")} == {"[]"}


def test_our_own_commands_read_it(out: Path) -> None:
    with Archive(out) as archive:
        assert archive.payload(ids(out, "captures", "id")[0]) is None
    assert tearsheet("search", "ferry", "--db", out).code == 0
    assert b"The ferry is back" in tearsheet("show", str(NEW + 5), "--db", out).out


def test_verify_finds_what_was_changed_in_it(tmp_path: Path) -> None:
    db, out = tmp_path / "archive.db", tmp_path / "public.db"
    with Writer.open(db) as writer:
        put(writer, capture(), article())
    export(db, out)
    good = tearsheet("verify", "--db", out)
    assert good.code == 0, good.out.decode() + good.err
    Database(out).execute("UPDATE articles SET title = 'Another'")
    assert tearsheet("verify", "--db", out).code != 0


def test_plain_datasette_opens_it(out: Path) -> None:
    site = Site(out, metadata=None, immutables=[str(out)])
    assert len(site.rows("/public/articles.json?_shape=array")) == 5
    (found,) = site.rows("/public/articles.json?_shape=array&_search=ferry")
    assert found["id"] == NEW + 5


def test_a_part_holds_nothing_of_the_rest(db: Path, tmp_path: Path) -> None:
    out = tmp_path / "part.sqlite"
    export(db, out, "--where", f"id IN ({OLD + 2}, {NEW + 1})")
    assert ids(out, "articles", "id") == [OLD + 2, NEW + 1]
    assert ids(out, "sources", "id") == ["post", "tass"]
    assert ids(out, "revisions") == ids(out, "removals") == ids(out, "similar") == []
    # the head stayed at home: the earlier one of those that came along is it now
    assert list(Database(out).query("SELECT * FROM clusters ORDER BY article_id")) == [
        {"article_id": OLD + 2, "head_id": OLD + 2},
        {"article_id": NEW + 1, "head_id": OLD + 2},
    ]
    assert b"It is not." not in out.read_bytes()
    export(db, out, "--where", f"id = {NEW + 1}", "--replace")
    assert ids(out, "clusters") == []


def test_one_that_is_open_elsewhere_is_not_replaced(db: Path, tmp_path: Path) -> None:
    out = tmp_path / "used.db"
    with Writer.open(out):
        result = tearsheet("export", out, "--db", db, "--replace")
    assert (result.code, "a database of that name is in use" in result.err) == (2, True)


def test_nothing_chosen_is_an_empty_archive(db: Path, tmp_path: Path) -> None:
    export(db, tmp_path / "none.db", "--where", "0")
    with Archive(tmp_path / "none.db") as archive:
        assert archive.counts()["articles"] == 0
