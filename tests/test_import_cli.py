"""Imports as a person runs them: real files, real processes, killed in the middle and begun again."""

from __future__ import annotations

import gzip
import json
import os
import signal
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import StoreError
from pipelines.store import loose
from pipelines.store.archive import Archive
from pipelines.store.writer import Writer
from pipelines.types import Capture, Entry
from tests.crawls import wait_for
from tests.test_cli import Desk, desk, ended
from tests.warcs import Made, changed, members, page, pages, write

pytestmark = pytest.mark.slow  # crawls that take long, or many of them

__all__ = ["desk"]


def rows(desk: Desk, sql: str) -> list[tuple[Any, ...]]:
    with Archive(desk.db) as archive:
        return [tuple(row) for row in archive.db.execute(sql).fetchall()]


def one(desk: Desk, sql: str) -> Any:
    return rows(desk, sql)[0][0]


MINE = """
[source.mine]
homepage = "https://www.followed.example/"
"""


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A folder of everything, imported once; only for reading."""
    desk = Desk(tmp_path_factory.mktemp("mixed"))
    desk.write("sources.toml", MINE)
    given = desk.folder / "given"
    (given / "deep").mkdir(parents=True)
    date = ("WARC-Refers-To-Date", "2024-05-01T10:00:00Z")
    repeated = (("WARC-Refers-To-Target-URI", "https://post.example/news/0"), date)
    unknown = (("WARC-Refers-To-Target-URI", "https://post.example/news/9"), date)
    made = [
        *pages(4),
        Made("https://post.example/a.png", b"\x89PNG", (("Content-Type", "image/png"),)),
        Made("https://post.example/news/0", kind="revisit", date="2024-06-01T10:00:00Z", more=repeated),
        Made("https://post.example/news/9", kind="revisit", date="2024-06-01T10:00:00Z", more=unknown),
        Made("https://news.followed.example/1", page(50)),
        Made("https://independent.example.ie/1", page(51)),
        Made("https://twin.ie/1", page(52)),
        Made("https://twin.co.uk/1", page(53)),
        Made("https://post.example/news/3", page(3), status="404 Not Found", date="2024-07-01T10:00:00Z"),
    ]
    path = write(given / "deep" / "crawl.warc.gz", made)
    start, stop = members(path.read_bytes())[2]
    desk.write("place.txt", str(start))
    changed(path, lambda data: data.__setitem__((start + stop) // 2, data[(start + stop) // 2] ^ 1))
    lines = (f"The ferry number {n} across the sound will return in May, said the council." for n in range(9))
    row = {
        "source_domain": "row.example", "date_publish": "2024-05-02 17:03:00", "date_download": "2024-05-03 08:00:00",
        "title": "Ferry returns", "url": "https://row.example/ferry", "maintext": "\n".join(lines),
    }  # fmt: skip
    (given / "rows.jsonl").write_text(json.dumps(row) + "\n")
    (given / "list.txt").write_text("https://www.followed.example/new\nhttps://elsewhere.example/new\n")
    (given / "photo.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    link = b'<link rel="canonical" href="https://saved.example/60"><title>'
    (given / "page.html.gz").write_bytes(gzip.compress(page(60).replace(b"<title>", link)))
    said = desk("import", "given")
    desk.write("said.txt", said.err)
    assert said.code == 0, said.err
    return desk


def test_everything_in_a_folder_is_read_and_filed(mixed: Desk) -> None:
    assert rows(mixed, "SELECT source_id, url FROM articles ORDER BY url") == [
        ("independent-example", "https://independent.example.ie/1"),
        ("mine", "https://news.followed.example/1"),
        ("post", "https://post.example/news/0"),
        ("post", "https://post.example/news/2"),
        ("post", "https://post.example/news/3"),
        ("row", "https://row.example/ferry"),
        ("saved", "https://saved.example/60"),
        ("twin-co-uk", "https://twin.co.uk/1"),
        ("twin", "https://twin.ie/1"),
    ]


def test_what_is_damaged_is_told_with_file_and_place(mixed: Desk) -> None:
    place = int((mixed.folder / "place.txt").read_text())
    told = rows(mixed, "SELECT stage, error, url FROM failures ORDER BY id")
    assert ("import", "damaged", f"crawl.warc.gz#{place}") in told
    said = (mixed.folder / "said.txt").read_text()
    assert f"crawl.warc.gz: byte {place}: " in said
    assert "what it repeats is not in the archive" in said
    assert "1 image/png" in said
    assert "photo.jpg: is image/jpeg" in said


def test_a_revisit_is_a_capture_without_new_bytes(mixed: Desk) -> None:
    assert rows(
        mixed, "SELECT count(*), count(DISTINCT payload_id) FROM captures WHERE url = 'https://post.example/news/0'"
    ) == [(2, 1)]


def test_an_article_that_an_old_crawl_found_gone_is_gone(mixed: Desk) -> None:
    assert (
        one(mixed, "SELECT gone_at FROM articles WHERE url = 'https://post.example/news/3'") == "2024-07-01T10:00:00Z"
    )


def test_a_list_waits_for_the_next_crawl_and_says_so(mixed: Desk) -> None:
    assert rows(mixed, "SELECT source_id, url, kind, state FROM entries ORDER BY url") == [
        ("elsewhere", "https://elsewhere.example/new", "list", "queued"),
        ("mine", "https://www.followed.example/new", "list", "queued"),
    ]
    said = (mixed.folder / "said.txt").read_text()
    assert "queued for the next crawl: 2 addresses" in said
    assert "elsewhere: is not followed" in said


def test_where_a_capture_came_from_is_kept(mixed: Desk) -> None:
    vias = {row[0] for row in rows(mixed, "SELECT DISTINCT entry ->> 'via' FROM captures")}
    assert "rows.jsonl (news-please)" in vias
    assert "page.html.gz" in vias
    assert any(via.startswith("crawl.warc.gz#") for via in vias)


def test_a_second_import_adds_nothing(mixed: Desk, tmp_path: Path) -> None:
    tables = ("captures", "payloads", "articles", "entries", "failures", "imports", "revisions")
    before = {table: one(mixed, f"SELECT count(*) FROM {table}") for table in tables}
    again = mixed("import", "given")
    assert again.code == 0
    assert "read before" in again.err
    assert {table: one(mixed, f"SELECT count(*) FROM {table}") for table in tables} == before
    # the same records under another name are known one by one
    (tmp_path / "other.warc.gz").write_bytes((mixed.folder / "given" / "deep" / "crawl.warc.gz").read_bytes())
    assert mixed("import", tmp_path).code == 0
    after = {table: one(mixed, f"SELECT count(*) FROM {table}") for table in tables}
    assert {**after, "failures": 0, "imports": 0} == {**before, "failures": 0, "imports": 0}


def test_an_import_that_was_killed_goes_on_where_it_was(desk: Desk) -> None:
    path = write(desk.folder / "a.warc.gz", pages(200))
    process = desk.start("import", path)

    def kept() -> bool:
        try:
            return bool(one(desk, "SELECT count(*) FROM imports WHERE position > 0"))
        except StoreError:  # it is being made
            return False

    wait_for(kept)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    process.communicate()
    position = one(desk, "SELECT position FROM imports")
    held = one(desk, "SELECT count(*) FROM captures")
    assert 0 < position < path.stat().st_size
    assert 0 < held < 200
    said = desk("import", path)
    assert said.code == 0, said.err
    assert "in the archive already" not in said.err  # it did not even look at what it had read
    assert rows(desk, "SELECT position, finished_at IS NOT NULL FROM imports") == [(path.stat().st_size, 1)]
    assert one(desk, "SELECT count(*) FROM captures") == one(desk, "SELECT count(DISTINCT url) FROM captures") == 200
    assert one(desk, "SELECT count(*) FROM articles") == 200
    assert one(desk, "SELECT count(*) FROM captures WHERE outcome IS NULL") == 0


def test_an_old_capture_does_not_answer_what_a_page_is_today(desk: Desk) -> None:
    url = "https://www.followed.example/news/1"
    desk.write("sources.toml", MINE)
    with Writer.open(desk.db) as writer:
        writer.add_entries("mine", [Entry(url=url)])
    newer = Made(url, page(1), date="2024-05-03T10:00:00Z")
    older = Made(url, page(1).replace(b"had crossed it", b"had passed it"), date="2024-05-01T10:00:00Z")
    write(desk.folder / "b.warc.gz", [newer])
    write(desk.folder / "c.warc.gz", [older])
    assert desk("import", "b.warc.gz").code == 0
    assert desk("import", "c.warc.gz").code == 0
    assert rows(desk, "SELECT state, capture_id FROM entries") == [("queued", None)]
    assert rows(desk, "SELECT n, seen_from, seen_until FROM revisions") == [
        (1, "2024-05-01T10:00:00Z", "2024-05-03T10:00:00Z")
    ]
    assert "had crossed it" in one(desk, "SELECT text FROM articles")


def test_a_file_that_was_named_and_holds_nothing_is_an_error(desk: Desk) -> None:
    (desk.folder / "bad").mkdir()
    desk.write("bad/a.wacz", b"PK\x03\x04 and no more")
    desk.write("bad/b.wacz", "hello")
    desk.write("bad/c.warc", page(1))
    desk.write("bad/d.warc.gz", b"")
    desk.write("bad/e.warc.gz", b"\x1f\x8b" + bytes(range(256)))
    good = write(desk.folder / "a.warc.gz", pages(2))
    names = sorted(f"bad/{path.name}" for path in (desk.folder / "bad").iterdir())
    for _ in range(2):  # what was wrong once is wrong the second time, and written down once
        said = desk("import", *names, good)
        assert said.code == 4
        assert [one.partition(": ")[0] for one in said.error.split("; ")] == names
        assert "a.wacz: is no whole zip file" in said.error
        assert "c.warc: no record begins here" in said.error
        assert "d.warc.gz: is empty" in said.error
        assert desk.articles() == 2
        assert one(desk, "SELECT count(*) FROM failures") == 4
    in_folder = desk("import", "bad")
    assert in_folder.code == 0
    assert "skipped bad/c.warc: no record begins here" in in_folder.err
    request = Made("https://post.example/1", b"", (("Host", "post.example"),), kind="request")
    assert desk("import", write(desk.folder / "whole.warc.gz", [request])).code == 0  # nothing is wrong with it


SITE = "https://post.example"
FRONT = "".join(f'<p><a href="/news/{n}">The headline number {n} of a day with some words</a></p>' for n in range(30))


def moved(path: str, target: str, day: str) -> Made:
    return Made(f"{SITE}{path}", b"", (("Location", target),), status="301 Moved Permanently", date=f"{day}T10:00:00Z")


def part(n: int, of: int) -> bytes:
    onward = f'<link rel="next" href="/long?page={n + 1}">' if n < of else ""
    return page(111 * n).replace(b"<head>", f"<head>{onward}".encode())


def test_redirects_and_further_pages_are_kept_as_a_crawl_keeps_them(desk: Desk) -> None:
    day = "2024-06-01"
    write(desk.folder / "a.warc.gz", [Made(f"{SITE}/news/{n}", page(n)) for n in range(3)])
    made = [
        moved("/news/0", "/", day),  # gone: it leads to the front page
        moved("/news/1", "/archive/1", day),
        moved("/x", "/y", day),  # in two steps
        moved("/y", "/news/2", day),
        moved("/z", "https://elsewhere.example/", day),
        Made(f"{SITE}/long?page=3", part(3, 3), date=f"{day}T10:00:00Z"),
        Made(f"{SITE}/", FRONT.encode(), date=f"{day}T10:00:01Z"),
        Made(f"{SITE}/archive/1", page(1).replace(b"<body>", b"<body><p></p>"), date=f"{day}T10:00:01Z"),
        Made(f"{SITE}/news/2", page(2), date=f"{day}T10:00:02Z"),
        Made(f"{SITE}/long", part(1, 3), date=f"{day}T10:00:00Z"),
        Made(f"{SITE}/long?page=2", part(2, 3), date=f"{day}T10:00:00Z"),
    ]
    write(desk.folder / "b.warc.gz", made)
    said = desk("import", desk.folder)
    assert said.code == 0, said.err
    assert "1 redirect" in said.err
    assert rows(desk, "SELECT url, gone_at FROM articles ORDER BY url") == [
        (f"{SITE}/archive/1", None),
        (f"{SITE}/long", None),
        (f"{SITE}/news/0", f"{day}T10:00:00Z"),
        (f"{SITE}/news/2", None),
    ]
    assert rows(desk, "SELECT url FROM addresses WHERE kind = 'seen' ORDER BY url") == [
        (f"{SITE}/news/1",), (f"{SITE}/x",), (f"{SITE}/y",),
    ]  # fmt: skip
    text = one(desk, f"SELECT text FROM articles WHERE url = '{SITE}/long'")
    assert all(f"number {111 * n} said" in text for n in (1, 2, 3))
    assert rows(desk, "SELECT n, url FROM pages ORDER BY n") == [(2, f"{SITE}/long?page=2"), (3, f"{SITE}/long?page=3")]
    assert one(desk, "SELECT count(*) FROM failures") == 0
    assert one(desk, "SELECT sum(n) FROM tallies WHERE what = 'new'") == 4
    held = one(desk, "SELECT count(*) FROM captures")
    (desk.folder / "b.warc.gz").rename(desk.folder / "c.warc.gz")  # read again, record by record
    again = desk("import", desk.folder)
    assert again.code == 0
    assert one(desk, "SELECT count(*) FROM captures") == held
    assert desk("verify").code == 0


def test_a_revisit_may_come_before_what_it_repeats(desk: Desk) -> None:
    date = ("WARC-Refers-To-Date", "2024-05-01T10:00:00Z")
    again = [
        Made(f"{SITE}/{name}", kind="revisit", more=(("WARC-Refers-To-Target-URI", f"{SITE}/{other}"), date))
        for name, other in (("late", "news/1"), ("never", "nowhere"))
    ]
    write(desk.folder / "a.warc.gz", again)
    write(desk.folder / "b.warc.gz", pages(2))
    said = desk("import", desk.folder)
    assert said.code == 0
    assert f"a.warc.gz: byte {members((desk.folder / 'a.warc.gz').read_bytes())[2][0]}: of {SITE}/nowhere: " in said.err
    assert rows(desk, "SELECT error, detail FROM failures") == [
        ("damaged", f"of {SITE}/nowhere: what it repeats is not in the archive")
    ]
    assert one(desk, f"SELECT outcome FROM captures WHERE url = '{SITE}/late'") == "article"


def test_a_killed_imports_loose_ends_are_settled_by_the_next(desk: Desk) -> None:
    assert desk("import", write(desk.folder / "a.warc.gz", pages(2))).code == 0
    at = datetime(2024, 5, 1, 10, tzinfo=UTC)
    with Writer.open(desk.db) as writer, writer.transaction() as connection:
        capture = Capture(url=f"{SITE}/old", final_url=f"{SITE}/news/1", fetched_at=at, body=b"", status=301)
        loose.put(connection, loose.MOVED, "b.warc.gz#7", {"capture": capture}, None)
    assert desk("import", "a.warc.gz").code == 0
    assert rows(desk, "SELECT url FROM addresses WHERE kind = 'seen'") == [(f"{SITE}/old",)]
    assert one(desk, "SELECT count(*) FROM failures") == 0


def test_the_report_is_data(desk: Desk) -> None:
    write(desk.folder / "a.warc.gz", [*pages(3), *pages(2, "other.example")])
    said = ended(desk.start("import", "a.warc.gz", "--json"))
    assert said.code == 0
    report = {row["source"]: row for row in json.loads(said.out)}
    assert {name: (row["fetched"], row["stored"]) for name, row in report.items()} == {"other": (2, 2), "post": (3, 3)}


def test_what_was_forgotten_is_not_named_by_a_later_import(desk: Desk) -> None:
    name = "zwickelmayer-sold-the-lighthouse"
    url = f"{SITE}/news/{name}"
    date = ("WARC-Refers-To-Date", "2024-05-01T10:00:00Z")
    desk.write("page.html", page(1).replace(b"<head>", f'<head><link rel="canonical" href="{url}">'.encode()))
    assert desk("import", "page.html").code == 0
    assert desk("forget", url, "--reason", "order", "--yes").code == 0
    made = [
        Made(url, page(1)),
        Made(url, page(2), more=(("WARC-Payload-Digest", "sha1:" + "0" * 40),)),  # damaged
        Made(url, kind="revisit", date="2024-05-02T10:00:00Z", more=(("WARC-Refers-To-Target-URI", url), date)),
        Made(f"{SITE}/short", b"", (("Location", url),), status="301 Moved"),
        Made(f"{SITE}/same", kind="revisit", more=(("WARC-Refers-To-Target-URI", url), date)),
        Made(f"{SITE}/news/4", page(4)),
    ]
    said = desk("import", write(desk.folder / "a.warc.gz", made), "page.html")
    assert said.code == 0
    assert "forgotten for good, and not brought back: 6" in said.err
    assert rows(desk, "SELECT url FROM articles") == [(f"{SITE}/news/4",)]
    assert [detail for (detail,) in rows(desk, "SELECT detail FROM failures")] == [
        "of a forgotten page: its payload digest does not match"
    ]
    assert name.encode() not in b"".join(path.read_bytes() for path in desk.folder.glob("archive.db*"))


def test_the_archives_own_files_are_not_imported(desk: Desk) -> None:
    write(desk.folder / "a.warc.gz", pages(2))
    for _ in range(2):
        said = desk("import", ".")
        assert said.code == 0
        assert "archive.db" not in said.err.replace("archive.db holds", "")
    assert one(desk, "SELECT count(*) FROM captures") == 2
