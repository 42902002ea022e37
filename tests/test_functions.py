"""SQL functions where people use them: in sqlite-utils, in Datasette, in our own commands."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import zstandard
from sqlite_utils.utils import sqlite3

from pipelines.store import dictionaries
from pipelines.store.functions import register
from pipelines.store.payloads import compressor
from tests.reading_room import FERRY, ROOT, Site, stock

RESTORED = (
    "SELECT restore(text, (SELECT json_group_array(json_object('start', start, 'text', text)) FROM removals"
    " WHERE article_id = articles.id)) AS whole FROM articles WHERE id = "
)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stock(tmp_path_factory.mktemp("functions") / "archive.db")


@pytest.fixture
def connection() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    register(connection)
    return connection


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    variables = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-m", *map(str, arguments)], capture_output=True, text=True, env=variables, check=False
    )


def test_they_are_there_in_sqlite_utils(path: Path) -> None:
    said = run("sqlite_utils", path, "SELECT surt(url) AS key, diff_words('a b', 'a c') AS d FROM articles LIMIT 1")
    assert json.loads(said.stdout)[0]["d"] == "a [-b-]{+c+}"
    refused = run("sqlite_utils", path, "SELECT unpack('text')")
    assert refused.returncode == 1
    assert "unpack(): takes payloads.body" in refused.stderr


def test_they_are_there_in_our_own_commands(path: Path) -> None:
    said = run("pipelines.cli", "sql", "SELECT surt('https://www.paper.example/a/') AS key", "--db", path, "--json")
    assert json.loads(said.stdout) == [{"key": "example,paper)/a"}]


def test_they_are_there_in_datasette(path: Path) -> None:
    site = Site(path)

    def asked(sql: str) -> Any:
        return site.get(f"/archive.json?_shape=array&sql={quote(sql)}").json()

    bodies = "SELECT CAST(unpack(body) AS TEXT) AS body FROM payloads"
    if "body" not in str(asked(bodies)):  # Datasette 1.0 asks elsewhere
        pytest.skip("another line of Datasette")
    assert "<p>earlier</p>" in {row["body"] for row in asked(bodies)}
    (row,) = asked(RESTORED + str(FERRY))
    assert row["whole"].startswith("52 shares\n\nPORT ELLIS –\n\nThe ferry")
    assert row["whole"].endswith("© Harbour Post")
    (row,) = asked("SELECT diff_html('<b>', '<i>') AS html")
    assert row["html"] == "&lt;<del>b</del><ins>i</ins>&gt;"


def test_unpack_reads_what_the_archive_holds(connection: sqlite3.Connection) -> None:
    body, dictionary = b"<p>a page of the harbour</p>" * 9, b"<p>a page of the harbour</p>" * 3
    stored = dictionaries.packed(dictionary)
    for packed, words in ((compressor().compress(body), None), (compressor(dictionary).compress(body), stored)):
        assert connection.execute("SELECT unpack(?, ?)", (packed, words)).fetchone() == (body,)
    assert connection.execute("SELECT unpack(x'')").fetchone() == (None,)


@pytest.mark.parametrize(
    "call", ["unpack(NULL)", "diff_words(NULL, 'a')", "diff_html('a', NULL)", "restore(NULL, '[]')", "surt(NULL)",
             "restore('a', NULL)"],
)  # fmt: skip
def test_null_gives_null(connection: sqlite3.Connection, call: str) -> None:
    assert connection.execute(f"SELECT {call}").fetchone() == (None,)


@pytest.mark.parametrize(
    ("call", "values", "said"),
    [
        ("unpack(?)", (b"no zstd",), "no compressed page"),
        ("unpack(?)", (zstandard.compress(b"a page " * 9)[:-4],), "cannot be unpacked"),
        ("unpack(?)", ("text",), "takes payloads.body"),
        ("unpack(?)", (zstandard.compress(bytes(65 * 1024**2)),), "is more than"),
        ("diff_words(?, 1)", ("a",), "takes two texts"),
        ("diff_html(?, ?)", ("a" * 3_000_000, "b" * 3_000_000), "more than"),
        ("restore('ab', ?)", ("{",), "no JSON array"),
        ("restore('ab', ?)", ("[1]",), "no JSON array"),
        ("restore('ab', ?)", ('[{"start": -1, "text": "x"}]',), "no JSON array"),
        ("restore('ab', ?)", ('[{"start": 9, "text": "x"}]',), "not the cuts of this text"),
        ("restore('ab', ?)", ('[{"start": 0, "text": "xy"}, {"start": 1, "text": "z"}]',), "not the cuts of this text"),
        ("restore(1, '[]')", (), "takes a text"),
        ("surt(x'00')", (), "takes an address"),
    ],
)
def test_what_cannot_be_done_is_an_error_that_is_told(call: str, values: tuple[Any, ...], said: str) -> None:
    heard: list[str] = []
    connection = sqlite3.connect(":memory:")
    register(connection, heard.append)
    with pytest.raises(sqlite3.Error):
        connection.execute(f"SELECT {call}", values).fetchall()
    assert said in heard[0]
    assert heard[0].startswith(call.partition("(")[0] + "(): ")


def test_they_may_stand_in_an_index(connection: sqlite3.Connection) -> None:
    """SQLite takes there only what gives the same each time."""
    connection.execute("CREATE TABLE pages (url TEXT, body BLOB)")
    for call in ("surt(url)", "unpack(body)", "diff_words(url, url)", "diff_html(url, url)", "restore(url, '[]')"):
        connection.execute(f'CREATE INDEX "{call}" ON pages ({call})')


def test_restore_takes_pairs_too(connection: sqlite3.Connection) -> None:
    assert connection.execute("""SELECT restore('ad', '[[3, "e"], [1, 3, "bc"]]')""").fetchone() == ("abced",)


def test_addresses_as_people_paste_them(connection: sqlite3.Connection) -> None:
    def one(sql: str, *values: Any) -> Any:
        return connection.execute(f"SELECT {sql}", values).fetchone()[0]

    for pasted in (
        "https://www.Example.com/a/?utm_source=x",
        "example.com/a",
        " //example.com/a#top ",
        "example.com/a/",
    ):
        assert json.loads(one("urlkeys(?)", pasted)) == ["com,example)/a"], pasted
    assert json.loads(one("urlkeys('m.example.com/a')")) == ["com,example,m)/a", "com,example)/a"]
    assert json.loads(one("urlkeys('urn:sha256:ab')")) == ["urn:sha256:ab"]
    assert json.loads(one("urlkeys('')")) == ["https://"]
    assert one("origin('Example.com:8443/a')") == "https://example.com:8443"
    assert one("origin('http://example.com:80/a')") == "http://example.com"
    assert one("origin('https://')") is None
    robots = b"User-agent: *\nDisallow: /secret/"
    assert [one("robots_allow(?, ?)", robots, f"example.com/{path}") for path in ("secret/a", "open")] == [0, 1]
    assert one("sha256('')") == one("sha256(x'')") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_quotes_as_rows(connection: sqlite3.Connection) -> None:
    sql = "SELECT json_extract(value, '$.speech', '$.sentence') FROM json_each(quotes(?, ?, NULL))"
    rows = connection.execute(sql, ("“We stay for now,” said Mara Delgado.", "Delgado")).fetchall()
    assert [json.loads(row[0]) for row in rows] == [["quoted", "“We stay for now,” said Mara Delgado."]]
    with pytest.raises(sqlite3.OperationalError):
        connection.execute("SELECT quotes('a', 1, NULL)").fetchone()
