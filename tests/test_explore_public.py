"""The explorer on the terms that `tearsheet serve` sets: what everybody gets, what writing takes, what a query may."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from pipelines.explore import compat
from pipelines.explore.passwords import Tries
from pipelines.explore.permits import may_annotate
from pipelines.explore.server import Serving, datasette_for
from pipelines.explore.terms import Terms, serve_on
from pipelines.store.archive import Archive
from pipelines.store.snapshot import write_snapshot
from tests.public_room import fat_snapshot
from tests.reading_room import FERRY, METADATA, Site, stock

ROW = 256 * 1024  # bytes of text that a row for everybody has at most
RESULT = 4 * 1024**2 + ROW  # and about as many a result
HUNDRED = 100


class Public(Site):
    """A snapshot as everybody gets it, asked in process."""

    def __init__(self, path: Path, **settings: Any) -> None:
        terms = Terms(public=True)
        self.datasette = datasette_for(Serving(path=path, terms=terms, metadata=METADATA, settings=settings))
        asyncio.run(compat.start(self.datasette))

    def status(self, path: str) -> int:
        return int(self.get(path).status_code)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("public")
    stock(folder / "archive.db")
    with Archive(folder / "archive.db") as archive:
        ids = [row[0] for row in archive.db.conn.execute("SELECT id FROM articles")]
        write_snapshot(archive.db.conn, archive.path, ids, folder / "archive.public", lambda _: None)
    return folder


@pytest.fixture(scope="module")
def site(room: Path) -> Public:
    return Public(room / "archive.public")


@pytest.fixture(scope="module")
def fat(tmp_path_factory: pytest.TempPathFactory) -> tuple[Public, list[int]]:
    path, long = fat_snapshot(tmp_path_factory.mktemp("fat") / "fat.db", articles=120, long=18, length=300_000)
    return Public(path), long


def test_everybody_reads(site: Public) -> None:
    for path in ("/", "/-/search?q=ferry", f"/-/article/{FERRY}", "/-/", "/archive", "/archive/articles",
                 "/archive/latest", f"/archive/articles/{FERRY}", "/archive/articles.csv"):  # fmt: skip
        answer = site.get(path)
        assert answer.status_code == 200, path
        assert answer.headers["x-robots-tag"] == "noindex, nofollow"
        assert "form-action 'self'" in answer.headers["content-security-policy"]
        assert 'method="post"' not in answer.text.lower()
        assert "/tmp/" not in answer.text
    assert site.rows("/archive/articles.json?_shape=array&_size=max&_all=on")
    assert site.page("/robots.txt") == "User-agent: *\nDisallow: /\n"
    assert "and SQL" not in site.page("/")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/archive?sql=select+1", 403), ("/archive.json?sql=select+1", 403), ("/archive/-/query?sql=select+1", 404),
        ("/archive/-/query.json?sql=select+1", 404), ("/archive/articles.json?_where=1", 403),
        ("/archive/articles.json?_facet=title", 400), ("/archive/articles.csv?_stream=on", 400),
        ("/archive/articles.json?_size=101", 400), ("/archive/articles?_sort=nothing", 400), ("/archive.db", 404),
        ("/-/databases.json", 404), ("/-/versions", 404), ("/-/plugins.json", 404), ("/-/settings.json", 404),
        ("/-/metadata.json", 404), ("/-/config.json", 404), ("/-/threads", 404), ("/-/permissions", 404),
        ("/-/actor.json", 404), ("/-/logout", 404), ("/-/sign-in", 404), ("/-/api", 404), ("/-/jump.json?q=a", 404),
        ("/-/capture/1", 404), ("/-/watches", 404), ("/archive/hosts", 403), ("/archive/feeds.json", 403),
        ("/archive/articles_fts_data", 403), ("/archive/sqlite_master", 404), ("/archive/articles.jsono", 404),
        ("/archive/payloads/1.blob?_blob_column=body", 404), ("/\\attacker.example/", 404), (f"/?{'a' * 5000}", 414),
    ],
)  # fmt: skip
def test_what_is_not_for_everybody(site: Public, path: str, status: int) -> None:
    assert site.status(path) == status


def test_nobody_writes_to_what_everybody_reads(site: Public) -> None:
    assert asyncio.run(site.datasette.client.post(f"/-/article/{FERRY}")).status_code == 405
    assert not _may(site, {"id": "root"})


def test_every_result_is_small(fat: tuple[Public, list[int]]) -> None:
    site, long = fat
    every = ",".join(map(str, long))
    rows = site.rows(f"/fat/articles.json?_shape=array&_size=max&_col=text&id__in={every}")
    assert len(rows) == len(long)
    texts = [row["text"] for row in rows]
    assert all(len(text.encode()) <= ROW + HUNDRED for text in texts)
    assert all(text.endswith("[the rest is left out here]") for text in texts)
    assert sum(len(text.encode()) for text in texts) <= RESULT
    (row,) = site.rows(f"/fat/articles/{long[0]}.json?_shape=array")
    assert sum(len(value.encode()) for value in row.values() if isinstance(value, str)) <= ROW + HUNDRED
    for path in (f"/-/article/{long[0]}", "/fat/history.json?_size=max&_all=on", "/fat/revisions.csv?_size=max"):
        assert len(site.get(path).content) < 6 * RESULT, path
    assert len(site.rows("/fat/articles.json?_shape=array&_size=max")) == HUNDRED


def test_links_stay_below_the_base(room: Path) -> None:
    site = Public(room / "archive.public", base_url="/news/")
    assert site.page("/archive/articles").count('"/news/') > HUNDRED // 10
    assert "/news/news/" not in site.page("/archive/articles")
    assert site.status("/archive/hosts") == 403


def test_who_may_write(room: Path) -> None:
    one = "permission_allowed" in dir(Site(room / "archive.db").datasette)
    root, maud = {"id": "root"}, {"id": "maud"}
    site = Site(room / "archive.db")
    site.datasette.root_enabled = True
    assert [_may(site, actor) for actor in (None, maud, root)] == [False, False, True]
    block = {"permissions": {"annotate": {"id": "maud"}}}
    site = Site(room / "archive.db", **({"metadata": {**METADATA, **block}} if one else {"config": block}))
    serve_on(site.datasette, Terms(annotate=True))
    assert [_may(site, actor) for actor in (None, maud)] == [False, True]
    site = Site(room / "archive.db")
    serve_on(site.datasette, Terms(annotate=True))
    assert _may(site, None)
    site = Site(room / "archive.db", immutables=[str(room / "archive.db")])
    serve_on(site.datasette, Terms(annotate=True))
    assert not _may(site, root)


def _may(site: Site, actor: Any) -> bool:
    class Asked:
        def __init__(self) -> None:
            self.actor = actor

    async def ask() -> bool:
        await site.datasette.invoke_startup()
        await site.datasette.refresh_schemas()
        return await may_annotate(site.datasette, Asked(), site.datasette.databases["archive"])

    return asyncio.run(ask())


def test_no_query_takes_all_memory(room: Path) -> None:
    site = Site(room / "archive.db")
    for bomb in ("zeroblob(900000000)", "printf('%25.*c',900000000,'x')"):
        for path in ("/archive.json", "/archive/-/query.json"):
            answer = site.get(f"{path}?sql=select+{bomb}")
            assert answer.status_code in (302, 400, 404), (path, answer.text)
    assert site.get("/archive/articles?_sort=text").status_code == 200


def test_forms_from_elsewhere_do_nothing(room: Path) -> None:
    site = Site(room / "archive.db")
    for headers in ({"origin": "https://attacker.example"}, {"sec-fetch-site": "cross-site"}):
        answer = asyncio.run(site.datasette.client.post("/-/logout", headers=headers))
        assert (answer.status_code, "another site" in answer.text) == (403, True)


def test_wrong_passwords_wait_longer_and_longer() -> None:
    tries = Tries()
    waits = []
    for _ in range(14):
        tries.wrong("192.0.2.1", now=0.0)
        waits.append(tries.wait("192.0.2.1", now=0.0))
    assert waits == [0, 0, 0, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]
    assert tries.wait("192.0.2.2", now=0.0) == tries.wait("192.0.2.1", now=301.0) == 0
    tries.right("192.0.2.1")
    assert tries.wait("192.0.2.1", now=0.0) == 0
