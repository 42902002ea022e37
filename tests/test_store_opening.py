"""Every way an archive cannot be opened, told in one line; and one writer at a time."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlite_utils import Database

from pipelines.errors import StoreError
from pipelines.store.archive import Archive, open_archive
from pipelines.store.migrations import SCHEMA_VERSION
from pipelines.store.writer import Writer
from pipelines.types import Fetched
from tests.store_values import URL, article, capture, check_whole, put, rows

ROOT = Path(__file__).parent.parent
NOBODY = 65534


def refusal(action: Callable[[], object]) -> str:
    """The one line of the StoreError that `action` raises."""
    with pytest.raises(StoreError) as caught:
        action()
    line = str(caught.value)
    assert "\n" not in line
    return line


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """An archive with one article, closed."""
    path = tmp_path / "archive.db"
    with Writer.open(path) as writer:
        put(writer, capture(), article())
    return path


@pytest.mark.parametrize("opener", [Archive, Writer.open])
def test_what_is_no_archive_is_refused(path: Path, opener: Callable[[Path], object]) -> None:
    folder, text, foreign = path.parent, path.parent / "notes.txt", path.parent / "places.sqlite"
    text.write_text("no database at all")
    with Database(foreign) as other:
        other.execute("CREATE TABLE places (id INTEGER)")
    assert f"{folder}: is a folder; name a file, for example {folder}/archive.db" in refusal(lambda: opener(folder))
    assert "not an SQLite database" in refusal(lambda: opener(text))
    assert "the database of another program" in refusal(lambda: opener(foreign))
    assert f"there is no folder {folder}/none" in refusal(lambda: opener(folder / "none" / "archive.db"))
    assert text.read_text() == "no database at all"
    with Database(foreign) as other:
        assert other.table_names() == ["places"]


def test_a_reader_makes_no_archive(tmp_path: Path) -> None:
    assert "there is no archive yet; `tearsheet crawl`" in refusal(lambda: Archive(tmp_path / "archive.db"))
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "empty.db").touch()
    assert "is empty; `tearsheet crawl`" in refusal(lambda: open_archive(tmp_path / "empty.db"))


@pytest.mark.parametrize(
    "change", ["PRAGMA user_version = 99", "INSERT INTO _sqlite_migrations VALUES (99, 'tearsheet', 'm099_x', '')"]
)
@pytest.mark.parametrize("opener", [Archive, Writer.open])
def test_a_newer_archive_is_left_alone(path: Path, opener: Callable[[Path], object], change: str) -> None:
    with Database(path) as database:
        database.execute(change)
    before = path.read_bytes()
    assert "made by a newer Tearsheet" in refusal(lambda: opener(path))
    assert "pip install --upgrade" in refusal(lambda: opener(path))
    assert path.read_bytes() == before


def test_an_archive_that_was_never_finished_is_made_by_the_writer(tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    with Database(path) as database:  # killed between two migrations
        database.enable_wal()
        database.execute("CREATE TABLE _sqlite_migrations (id INTEGER PRIMARY KEY, migration_set, name, applied_at)")
        database.execute("INSERT INTO _sqlite_migrations VALUES (1, 'tearsheet', 'm001_wal', '')")
    assert "older Tearsheet" in refusal(lambda: Archive(path))
    Writer.open(path).close()
    assert rows(path, "SELECT count(*) FROM articles") == [(0,)]


def test_damage_is_told(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(100)
        file.write(b"\xff" * 4000)
    assert "is damaged" in refusal(lambda: Archive(path))
    assert "is damaged" in refusal(lambda: Writer.open(path))


def test_the_file_is_as_plain_sql_expects_it(path: Path) -> None:
    with Archive(path) as archive:
        assert archive.db.execute("PRAGMA user_version").fetchone()[0] == SCHEMA_VERSION
        assert archive.db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        with pytest.raises(Exception, match="readonly"):
            archive.db.execute("DELETE FROM articles")
    with Writer.open(path) as writer:
        assert writer.db.execute("PRAGMA synchronous").fetchone()[0] == 2
        assert writer.db.execute("PRAGMA foreign_keys").fetchone()[0] == 1
        check_whole(writer)


def test_a_full_disk_loses_nothing_and_the_writer_goes_on(path: Path) -> None:
    with Writer.open(path) as writer:
        (pages,) = writer.db.execute("PRAGMA page_count").fetchone()
        writer.db.execute(f"PRAGMA max_page_count = {pages + 2}")
        page = capture(URL + "/2", body=os.urandom(100_000))
        line = refusal(lambda: writer.keep(Fetched(capture=page)))
        assert f"{path}: the disk is full (" in line
        assert "MB free)" in line
        assert rows(path, "SELECT count(*) FROM captures") == [(1,)]
        writer.db.execute("PRAGMA max_page_count = 1000000")
        assert put(writer, page, article(URL + "/2"))[1] == "new"
        check_whole(writer)


# read-only places; root may write anywhere, so there these run as nobody


@pytest.fixture
def public() -> Iterator[Path]:
    """An archive in a folder that every user can reach."""
    folder = Path(tempfile.mkdtemp(prefix="tearsheet-test-"))
    folder.chmod(0o755)
    with Writer.open(folder / "archive.db") as writer:
        put(writer, capture(), article())
    yield folder / "archive.db"
    folder.chmod(0o755)
    shutil.rmtree(folder)


def as_reader(action: Callable[[], object]) -> str:
    """What `action` returns or raises in a process without rights to write, as text."""
    source, sink = os.pipe()
    child = os.fork()
    if not child:
        try:
            if os.geteuid() == 0:
                os.setgroups([])
                os.setgid(NOBODY)
                os.setuid(NOBODY)
            said = str(action())
        except BaseException as problem:
            said = f"{type(problem).__name__}: {problem}"
        os.write(sink, said.encode())
        os._exit(0)
    os.close(sink)
    with os.fdopen(source) as answer:
        said = answer.read()
    os.waitpid(child, 0)
    return said


def titles(path: Path) -> object:
    return rows(path, "SELECT title FROM articles")


def test_a_read_only_archive_is_not_written(public: Path) -> None:
    public.parent.chmod(0o777)
    public.chmod(0o444)
    said = as_reader(lambda: Writer.open(public))
    assert said.startswith(f"StoreError: {public}: the file is read-only for you")
    public.chmod(0o666)
    public.parent.chmod(0o555)
    said = as_reader(lambda: Writer.open(public))
    assert said.startswith(f"StoreError: {public}: the folder is read-only for you")
    public.parent.chmod(0o755)
    public.chmod(0o000)
    assert "cannot be read (Permission denied)" in as_reader(lambda: Archive(public))
    public.parent.chmod(0o000)
    assert "cannot be read (Permission denied)" in as_reader(lambda: Writer.open(public))


def test_a_read_only_archive_can_be_read(public: Path) -> None:
    public.parent.chmod(0o555)
    assert as_reader(lambda: titles(public)) == "[('A story',)]"
    public.parent.chmod(0o755)
    with Writer.open(public) as writer:
        put(writer, capture(URL + "/2"), article(URL + "/2", title="Second"))
        public.parent.chmod(0o555)
        assert as_reader(lambda: titles(public)) == "[('A story',), ('Second',)]"
        public.parent.chmod(0o755)


def test_pages_that_a_reader_cannot_reach_are_told(public: Path) -> None:
    with Writer.open(public) as writer:
        put(writer, capture(URL + "/2"), article(URL + "/2", title="Second"))
        copy = public.parent / "copy"
        copy.mkdir()
        for name in ("archive.db", "archive.db-wal"):
            shutil.copy(public.parent / name, copy)
    copy.chmod(0o555)
    assert "has unmerged pages in archive.db-wal; copy both" in as_reader(lambda: titles(copy / "archive.db"))
    copy.chmod(0o755)
    assert titles(copy / "archive.db") == [("A story",), ("Second",)]


# one writer


@contextmanager
def other_writer(path: Path) -> Iterator[subprocess.Popen[str]]:
    """A real second process that holds the archive until its stdin closes."""
    code = (
        "import sys; from pathlib import Path; from pipelines.store.writer import Writer\n"
        "with Writer.open(Path(sys.argv[1])): print('open', flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(path)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        yield process
        process.kill()


def test_a_second_writer_is_told_who_writes(path: Path) -> None:
    with other_writer(path) as process:
        line = refusal(lambda: Writer.open(path))
        assert f"{path}: process {process.pid} (" in line
        assert f"writes to it since 20{line.split(' since 20')[1][:18]}" in line
        assert f"stop it with `kill {process.pid}`" in line
        assert titles(path) == [("A story",)]


def test_nothing_stale_survives_a_killed_writer(path: Path) -> None:
    with other_writer(path) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        with Writer.open(path) as writer:
            assert put(writer, capture(URL + "/2"), article(URL + "/2"))[1] == "new"


def test_a_second_writer_can_wait(path: Path) -> None:
    with other_writer(path) as process:
        assert process.stdin is not None
        process.stdin.close()
        Writer.open(path, wait=60).close()


def test_the_same_process_is_no_exception(path: Path) -> None:
    with Writer.open(path):
        assert f"process {os.getpid()} (" in refusal(lambda: Writer.open(path))
    Writer.open(path).close()


def test_a_foreign_writer_is_waited_for_without_harm(path: Path) -> None:
    """Another program may hold SQLite's own lock: the error is one line, and the writer goes on afterwards."""
    with Writer.open(path) as writer, Database(path) as other:
        writer.db.execute("PRAGMA busy_timeout = 1")
        other.conn.isolation_level = None
        other.conn.execute("BEGIN IMMEDIATE")
        line = refusal(lambda: writer.keep(Fetched(capture=capture(URL + "/2"))))
        assert "another program is writing to it" in line
        other.conn.execute("ROLLBACK")
        assert writer.keep(Fetched(capture=capture(URL + "/2"))).capture_id == 2
