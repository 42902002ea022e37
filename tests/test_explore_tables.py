"""Datasette's own pages over the archive: tables, questions, settings, and the plain command. 0.65 and 1.0."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
import yaml
import zstandard
from sqlite_utils import Database

from tests.reading_room import FERRY, HOSTILE, METADATA, ROOT, Site, stock


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stock(tmp_path_factory.mktemp("explore") / "archive.db")


@pytest.fixture(scope="module")
def site(path: Path) -> Site:
    return Site(path)


def test_tables_open_with_the_columns_one_reads(site: Site) -> None:
    page = site.page("/archive/articles")
    assert f'<a href="/-/article/{FERRY}"><bdi>Ferry stays in port</bdi></a>' in page
    assert 'data-column="word_count"' in page
    assert 'data-column="text"' not in page
    assert page.index(f"/-/article/{HOSTILE}") < page.index(f"/-/article/{FERRY}")  # newest first
    for facet in ("source_id", "language", "agency", "section"):
        assert f'id="facet-{facet}"' in page
    assert 'name="_search"' in page
    assert 'data-column="text"' in site.page("/archive/articles?_all=on")
    assert 'data-column="image"' in site.page("/archive/articles?_col=image")
    assert "text" in site.rows("/archive/articles.json?_shape=array")[0]
    assert site.rows("/archive/articles.json?_shape=array&_search=council")[0]["title"] == "Council votes on a loan"
    assert f'<a href="/-/article/{FERRY}"><bdi>Ferry stays in port</bdi></a>' in site.page("/archive/removals")
    assert "/-/removals/share-counts" in site.page("/archive/removals")
    assert 'data-column="body"' not in site.page("/archive/payloads")


def test_internals_are_hidden(site: Site) -> None:
    page = site.page("/archive")
    assert 'href="/archive/articles"' in page
    for name in ("articles_fts", "articles_fts_data", "_sqlite_migrations", "bands", "blocks", "hosts", "addresses"):
        assert f'href="/archive/{name}"' not in page


def test_what_has_no_name_is_there_all_the_same(tmp_path: Path) -> None:
    nameless = stock(tmp_path / "archive.db")
    db = Database(nameless)
    db.execute("UPDATE sources SET name = NULL")
    db.execute("UPDATE articles SET title = NULL WHERE id = ?", [FERRY])
    db.conn.commit()
    db.close()
    site = Site(nameless)
    page = site.page("/archive/articles")
    assert ">post</a>" in page
    assert f'<a href="/-/article/{FERRY}"><bdi>Untitled</bdi></a>' in page
    for table in ("articles", "captures", "entries", "feeds", "findings"):
        assert ">None<" not in site.page(f"/archive/{table}")


def test_facets_are_not_suggested(path: Path) -> None:
    bare = Site(path, metadata=None)
    bare.page("/")
    settings = bare.rows("/-/settings.json")
    assert settings["suggest_facets"] is False
    assert settings["truncate_cells_html"] == 300
    chosen = Site(path, settings={"truncate_cells_html": 99})
    chosen.page("/")
    assert chosen.rows("/-/settings.json")["truncate_cells_html"] == 99


def test_a_table_that_may_not_be_seen_gives_no_page(path: Path) -> None:
    closed = Site(path, metadata={"databases": {"archive": {"tables": {"articles": {"allow": False}}}}})
    for where in ("/", "/-/search?q=ferry", f"/-/article/{FERRY}"):
        assert closed.get(where).status_code == 403
    closed = Site(path, metadata={"databases": {"archive": {"tables": {"payloads": {"allow": False}}}}})
    assert closed.get("/-/capture/1").status_code == 403
    assert closed.get(f"/-/article/{FERRY}").status_code == 200


def test_another_address_prefix(path: Path) -> None:
    moved = Site(path, settings={"base_url": "/news/"})
    assert 'href="/news/-/article/' in moved.page("/")
    assert "unsafe-inline" not in moved.get(f"/-/article/{FERRY}").headers["content-security-policy"]
    assert 'data-column="text"' not in moved.page("/archive/articles")


def test_databases_of_others_are_left_alone(tmp_path: Path) -> None:
    other = Database(tmp_path / "other.db")
    other["articles"].insert({"id": 1, "title": "Mine", "article_id": 7})
    other.close()
    theirs = Site(tmp_path / "other.db", metadata=None)
    answer = theirs.get("/")
    assert "other" in answer.text
    assert "content-security-policy" not in answer.headers
    assert "/-/article/" not in theirs.page("/other/articles")
    assert theirs.rows("/-/settings.json")["suggest_facets"] is True
    theirs.page("/-/search?q=x", 404)


def test_metadata_speaks_of_what_there_is(path: Path) -> None:
    db = Database(path)
    for name, table in METADATA["databases"]["archive"]["tables"].items():
        columns = {column.name for column in db[name].columns}
        assert columns, name
        named = {*table.get("columns", {}), *table.get("facets", []), *filter(None, [table.get("sort_desc")])}
        assert named <= columns


def test_both_lines_of_datasette_have_the_same_settings() -> None:
    newer = yaml.safe_load((ROOT / "datasette.yaml").read_text(encoding="utf-8"))
    assert newer["settings"] == json.loads((ROOT / "settings.json").read_text(encoding="utf-8"))


def test_plain_datasette_serves_it(path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "datasette", str(path), "-m", str(ROOT / "metadata.yaml"), "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert any("running on" in line for line in server.stderr or ())
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/-/article/{FERRY}", timeout=10) as answer:
                assert "Ferry stays in port" in answer.read().decode()
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/-/settings.json", timeout=10) as answer:
                assert json.load(answer)["suggest_facets"] is False
        finally:
            server.terminate()


def test_an_older_archive_says_how_to_bring_it_up_to_date(tmp_path: Path) -> None:
    packed = (ROOT / "tests/releases/0.1.db.zst").read_bytes()
    (tmp_path / "archive.db").write_bytes(zstandard.ZstdDecompressor().decompressobj().decompress(packed))
    old = Site(tmp_path / "archive.db")
    for where in ("/", "/-/changes"):
        assert "tearsheet repair" in old.page(where, 400)
    old.page("/archive/articles")
