"""A program that keeps an old state of the archive open: the log grows, is told of, and is merged when it may be."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlite_utils import Database

from pipelines.cli import main
from pipelines.store import held
from pipelines.store.writer import Writer
from pipelines.types import Fetched
from tests.store_values import URL, article, capture, put, rows


@contextmanager
def reader(path: Path) -> Iterator[Database]:
    """Another program with a transaction that does not end."""
    with closing(Database(path)) as database:
        database.conn.isolation_level = None
        database.execute("BEGIN")
        assert database.execute("SELECT count(*) FROM captures").fetchone()
        yield database
        database.execute("ROLLBACK")


def log(path: Path) -> int:
    wal = path.with_name(path.name + "-wal")
    return wal.stat().st_size if wal.exists() else 0


def read_texts(path: Path, folder: Path) -> Result:
    return CliRunner().invoke(main, ["import", str(folder), "--db", str(path)])


def test_the_log_is_bounded_without_a_reader_and_merged_after_one(path: Path) -> None:
    with Writer.open(path) as writer:
        put(writer, capture(), article())
        for n in range(60):
            writer.keep(Fetched(capture=capture(f"{URL}/{n}", body=os.urandom(200_000))))
        bounded = log(path)
        assert bounded < 6_000_000, "of 12 MB written"
        with reader(path) as old:
            for n in range(60):
                writer.keep(Fetched(capture=capture(f"{URL}/more/{n}", body=os.urandom(200_000))))
            writer.checkpoint()
            assert log(path) > 12_000_000
            assert old.execute("SELECT count(*) FROM captures").fetchone() == (61,)
        writer.checkpoint()
        assert log(path) == 0
    assert rows(path, "SELECT count(*) FROM captures") == [(121,)]


def test_a_large_log_is_told_at_the_end_of_a_run(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held, "_LARGE_LOG", 20_000)
    folder = tmp_path / "texts"
    folder.mkdir()
    with Writer.open(path):
        pass
    (folder / "one.txt").write_text("A first story.\n\n" + "It is told in plain words, one after another. " * 30)
    with reader(path):
        told = read_texts(path, folder)
        assert told.exit_code == 0, told.stderr
        assert "archive.db-wal has grown to " in told.stderr
        assert "another program reads an old state of the archive" in told.stderr
    (folder / "two.txt").write_text("A second story.\n\n" + "It says something else in other words again. " * 30)
    told = read_texts(path, folder)
    assert told.exit_code == 0
    assert "archive.db-wal" not in told.stderr
    assert log(path) == 0
