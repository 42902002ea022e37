"""Exports of articles: who is chosen, where it goes, and rows that are safe to open."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlite_utils import Database

from pipelines.errors import ConfigError
from pipelines.exports.placing import placed
from pipelines.exports.plain import guarded, json_line, plain
from pipelines.exports.rows import COLUMNS
from pipelines.store import outgoing
from pipelines.store.archive import Archive
from pipelines.store.writer import Writer
from tests.exports import ESCAPES, FORMULA, NEW, OLD, export, fill, tearsheet
from tests.store_values import article, capture, put

ALL = [OLD + 1, OLD + 2, NEW + 1, NEW + 5, NEW + 9]


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fill(tmp_path_factory.mktemp("export") / "archive.db")


def lines(db: Path, *options: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in export(db, "-", "--format", "ndjson", *options).out.splitlines()]


# who is chosen


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ((), ALL),
        (("--source", "tass"), ALL[:2]),
        (("--source", "tass", "--source", "post"), ALL[:4]),
        (("--where", "agency = 'Reuters' -- of the wire"), ALL[:2]),
        (("--where", "title IS NULL OR word_count = 1", "--source", "tass"), [OLD + 2]),
        (("--since", "2026-11-22"), []),
        (("--since", "2026-11-21"), [NEW + 9]),
        (("--since", "2026-11-20"), [NEW + 1, NEW + 9]),
        (("--since", "2026"), ALL[2:]),
        (("--since", "2017-11-20"), ALL[1:]),  # of November 2017 nobody knows the day
        (("--since", "2017-12"), ALL[2:]),
    ],
)
def test_conditions_narrow_each_other_down(db: Path, options: tuple[str, ...], wanted: list[int]) -> None:
    assert [row["id"] for row in lines(db, *options)] == wanted


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--where", "nonsense > 3"), "--where 'nonsense > 3': no such column: nonsense; it is a condition on columns"),
        (("--where", "1; DROP TABLE articles"), "it is a condition on columns of articles"),
        (("--where", "?"), "it is a condition on columns of articles"),
        (("--source", "nobody"), "--source nobody: not in "),
        (("--since", "tomorrow"), "write a day, month or year, such as 2026-03-01"),
        (("--since", "2026-13"), "write a day, month or year"),
    ],
)
def test_a_wrong_condition_is_one_line(db: Path, tmp_path: Path, options: tuple[str, ...], told: str) -> None:
    result = tearsheet("export", tmp_path / "a.csv", "--db", db, *options)
    assert result.code == 2
    assert result.err.startswith("Error: ")
    assert told in result.err
    assert result.err.count("\n") == 1
    assert not list(tmp_path.iterdir())


# where it goes


def test_the_ending_says_what_to_write(db: Path, tmp_path: Path) -> None:
    assert export(db, tmp_path / "a.JSONL").err == "5 articles exported\n"
    assert len((tmp_path / "a.JSONL").read_bytes().splitlines()) == 5
    result = tearsheet("export", tmp_path / "a.xyz", "--db", db)
    assert (result.code, "add --format, one of ndjson, csv" in result.err) == (2, True)
    assert tearsheet("export", "-", "--db", db).code == 2
    assert "makes no stream" in tearsheet("export", "-", "--format", "markdown", "--db", db).err


def test_what_is_there_stays_unless_it_is_to_be_replaced(db: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.csv"
    out.write_text("mine")
    result = tearsheet("export", out, "--db", db)
    assert (result.code, "--replace" in result.err, out.read_text()) == (2, True, "mine")
    export(db, out, "--replace")
    assert out.read_text() != "mine"
    (tmp_path / "link.csv").symlink_to(out)
    export(db, tmp_path / "link.csv", "--replace", "--where", "0")
    assert out.read_text().count("\n") == 1
    (tmp_path / "link.csv").unlink()
    assert "is no file" in tearsheet("export", "/dev/null", "--format", "csv", "--db", db, "--replace").err
    (tmp_path / "b.csv").mkdir()
    assert "is a folder" in tearsheet("export", tmp_path / "b.csv", "--format", "csv", "--db", db, "--replace").err
    assert "there is no folder" in tearsheet("export", tmp_path / "none" / "b.csv", "--db", db).err
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.csv", "b.csv"]


def test_the_archive_itself_is_never_replaced(db: Path, tmp_path: Path) -> None:
    before = db.read_bytes()
    alias = tmp_path / "alias.db"
    alias.symlink_to(db)
    for out in (db, alias):
        result = tearsheet("export", out, "--format", "csv", "--replace", "--db", db)
        assert (result.code, "is the archive itself" in result.err) == (2, True)
    assert db.read_bytes() == before


def test_an_archive_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    assert tearsheet("export", tmp_path / "a.csv", "--db", tmp_path / "none.db").code == 3
    assert not list(tmp_path.iterdir())


def run(db: Path, *arguments: str, **options: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "pipelines.cli", "export", *arguments, "--db", str(db)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, **options)  # type: ignore[call-overload,no-any-return]


def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    db, out = fill(tmp_path / "archive.db"), tmp_path / "out" / "a.csv"
    out.parent.mkdir()
    Database(db).execute("UPDATE articles SET text = ? WHERE id = ?", ["word " * 200_000, OLD + 2])
    code = "import resource, signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    code += "resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000))\nfrom pipelines.cli import main\nmain()"
    command = [sys.executable, "-c", code, "export", str(out), "--db", str(db)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr == (
        f"Error: {out}: the disk is full; free some space and export again, the archive is untouched\n"
    )
    assert done.returncode == 3
    assert not list(out.parent.iterdir())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_stream_that_nothing_takes_is_one_line(db: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        _, told = run(db, "-", "--format", "csv", stdout=full).communicate()
    assert told.decode().splitlines() == [
        "Error: standard output: the disk is full; free some space and export again, the archive is untouched"
    ]


def test_whoever_has_enough_may_stop_reading(db: Path) -> None:
    process = run(db, "-", "--format", "ndjson", stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.close()
    assert b"Traceback" not in process.communicate()[1]


def test_one_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    db = fill(tmp_path / "archive.db")
    Database(db).execute("UPDATE payloads SET body = substr(body, 1, 9) WHERE id = (SELECT max(id) FROM payloads)")
    out = tmp_path / "pages.warc"
    out.write_text("before")
    result = tearsheet("export", out, "--db", db, "--replace")
    assert result.code == 3
    assert "is damaged" in result.err
    assert out.read_text() == "before"
    assert not (tmp_path / ".pages.warc.part").exists()


def test_a_row_that_somebody_spoilt_is_named(tmp_path: Path) -> None:
    db = fill(tmp_path / "archive.db")
    Database(db).execute("UPDATE articles SET tags = '[' WHERE id = ?", [OLD + 2])
    result = tearsheet("export", tmp_path / "a.csv", "--db", db)
    assert (result.code, f"article {OLD + 2}: its tags are no JSON" in result.err) == (3, True)
    assert not (tmp_path / "a.csv").exists()


@pytest.mark.parametrize("problem", [KeyboardInterrupt, RuntimeError])
def test_a_file_is_there_when_it_is_whole(tmp_path: Path, problem: type[BaseException]) -> None:
    out = tmp_path / "a.csv"

    def stopped() -> None:
        with placed(out, replace=False) as file:
            file.write(b"half")
            raise problem

    with pytest.raises(problem):
        stopped()
    assert not list(tmp_path.iterdir())
    with placed(out, replace=False) as file:
        file.write(b"whole")
        assert not out.exists()
        with pytest.raises(ConfigError, match="another export is writing it"), placed(out, replace=False):
            pass
    assert out.read_bytes() == b"whole"


def test_a_rest_of_one_that_was_killed_is_written_over(db: Path, tmp_path: Path) -> None:
    (tmp_path / ".a.csv.part").write_bytes(b"x" * 100_000)
    export(db, tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_bytes().startswith(b"id,")
    assert [one.name for one in tmp_path.iterdir()] == ["a.csv"]


def test_no_table_is_walked_through_for_an_article(db: Path) -> None:
    for sql, values in ((outgoing._ARTICLES, ("[1]",)), (outgoing._CAPTURES, {"id": 1})):
        steps = [row["detail"] for row in Database(db).query(f"EXPLAIN QUERY PLAN {sql}", values)]
        walked = {step for step in steps if step.startswith("SCAN ")}
        assert walked <= {"SCAN json_each VIRTUAL TABLE INDEX 1:", "SCAN texts", "SCAN named", "SCAN keys"}, steps


def test_an_export_under_way_keeps_no_log_from_being_merged(tmp_path: Path) -> None:
    db = fill(tmp_path / "archive.db")
    with Writer.open(db) as writer, Archive(db) as archive:
        rows = outgoing.articles(archive.db.conn, db, outgoing.chosen(archive.db.conn, db))
        next(rows)
        put(writer, capture(), article())
        writer.checkpoint()
        assert db.with_name("archive.db-wal").stat().st_size == 0
        assert len(list(rows)) == 4


@pytest.mark.parametrize("name", ["a.ndjson", "a.csv", "a.warc", "a.bib", "a.csl", "a.db", "a/"])
def test_what_was_forgotten_is_in_no_export(tmp_path: Path, name: str) -> None:
    db, out = tmp_path / "archive.db", tmp_path / "out" / name
    words = "Words that a court had taken back."
    with Writer.open(db) as writer:
        body = f"<p>{words}".encode()
        for n, text in enumerate((words, "Other words.")):
            url = f"https://paper.example/2024/{'court' if n == 0 else 'other'}"
            put(writer, capture(url, body=body if n == 0 else b"<p>Other."), article(url, text, title=f"Title {n}"))
    assert tearsheet("forget", "https://paper.example/2024/court", "--reason", "court", "--db", db, "--yes").code == 0
    out.parent.mkdir()
    assert export(db, f"{out}/" if name == "a/" else out).err.startswith("1 article exported")
    written = b"".join(one.read_bytes() for one in out.parent.rglob("*") if one.is_file())
    assert b"Title 1" in written or name == "a.warc"
    for secret in (b"court", b"Title 0"):
        assert secret not in written


# rows


def test_ndjson_holds_every_column_and_what_other_tables_say(db: Path) -> None:
    with Archive(db) as archive:
        names = {column.name for column in archive.db["articles"].columns}  # type: ignore[union-attr]
    assert names <= set(COLUMNS)
    first, _, third, ferry, nobody = lines(db)
    assert list(first) == list(COLUMNS)
    assert (first["title"], first["text"]) == (FORMULA, ESCAPES)
    assert first["authors"] == ["Jane Doe", "王小明", "Иван Петрович Иванов"]
    assert first["addresses"] == [{"url": "https://tass.example/amp/1", "kind": "amp"}]
    assert (first["source_name"], third["published_at"]) == ("Агентство «Т»", None)
    assert ferry["captured_at"] == "2026-11-04T06:00:00Z"
    assert len(str(ferry["payload_digest"])) == 64
    assert (nobody["source_id"], nobody["title"]) == (None, None)


def test_no_stream_steers_a_terminal(db: Path) -> None:
    for form in ("ndjson", "csv", "bibtex", "csl"):
        out = export(db, "-", "--format", form).out.decode()
        assert not {char for char in out if char in "\x1b\x07\r\u202e\u202c"}, form


def cells(db: Path, *options: str) -> list[dict[str, str]]:
    csv.field_size_limit(10**9)
    return list(csv.DictReader(io.StringIO(export(db, "-", "--format", "csv", *options).out.decode())))


def test_csv_is_safe_to_open_in_a_spreadsheet(db: Path) -> None:
    first, second, *_ = cells(db)
    assert first["title"] == f"'{FORMULA}"
    assert second["title"] == "gnpexe and \u2067left open\u2069"
    assert first["text"].startswith("Para one [31mred.")
    assert json.loads(first["tags"]) == ["@tag", "sea"]
    assert first["id"] == str(OLD + 1)
    assert cells(db, "--formulas")[0]["title"] == FORMULA


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@x",
        "\tx",
        "\rx",
        "\nx",
        " =1",
        '"=1',
        "''=1",
        "\u200b=1",
        "\u2067=1",
        "\ufeff=1",
        "＝1",
        "＠x",
    ],
)
def test_what_a_spreadsheet_would_calculate_is_put_behind_an_apostrophe(text: str) -> None:
    assert guarded(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "a=1", "1-2", "The = sign", "«=»", "#1", "2026-11-20"])
def test_other_cells_stay_as_they_are(text: str) -> None:
    assert guarded(text) == text


@given(st.text())
def test_json_lines_keep_every_character(text: str) -> None:
    assert json.loads(json_line(text)) == text
    assert "\n" not in json_line(text)


@given(st.text(alphabet="ab\n\u2066\u2067\u2068\u2069\u202e\x1b"))
def test_plain_text_leaves_no_direction_open(text: str) -> None:
    assert plain(plain(text)) == plain(text)
    for line in plain(text).split("\n"):
        depth = 0
        for char in line:
            depth = depth + 1 if char in "\u2066\u2067\u2068" else max(0, depth - (char == "\u2069"))
        assert depth == 0
