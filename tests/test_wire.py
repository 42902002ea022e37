"""What a crawl writes down of the exchange itself: the bytes on the wire, what was asked with, what came in part."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import brotli  # type: ignore[import-untyped]
import pytest

from pipelines.store.archive import Archive
from pipelines.store.writer import Writer
from pipelines.types import Fetched
from tests.crawls import Project
from tests.hosts import Host
from tests.store_values import capture, poll, rows
from tests.templates import page, words

pytestmark = pytest.mark.slow  # crawls that take long, or many of them

STORIES = 12
SECRETS = ("key-1234", "bearer-5678", "crumb-9012")
_HEADERS = {"X-Api-Key": SECRETS[0], "Authorization": f"Bearer {SECRETS[1]}", "Accept-Language": "en"}


class Crawled:
    """A host after a first crawl, and after a second that found one story more."""

    def __init__(self, folder: Path, host: Host) -> None:
        self.host = host
        self.sent: dict[str, bytes] = {}  # bodies as they went over the wire
        for n in range(STORIES):
            self.serve(f"/story-{n}-12345", gzip.compress(page(n), mtime=0), "gzip")
        self.serve("/plain-12345", page(50))
        self.serve("/brotli-12345", brotli.compress(page(51)), "br")
        host.answers["/moved-12345"] = (301, {"Location": "/arrived-12345"}, b"this is not it")
        self.serve("/arrived-12345", gzip.compress(page(52), mtime=0), "gzip")
        self.serve("/half-12345", gzip.compress(page(53), mtime=0)[:-900], "gzip")
        listed = [f"/story-{n}-12345" for n in range(STORIES)]
        host.feed(*listed, "/plain-12345", "/brotli-12345", "/moved-12345", "/half-12345")
        self.project = Project(folder, host.sources())
        settings = ("news", "-s", f"DEFAULT_REQUEST_HEADERS={json.dumps(_HEADERS)}", "-s", "COOKIES_ENABLED=1")
        self.first = self.project.crawl(*settings)
        self.payloads = self.project.one("SELECT count(*) FROM payloads")
        self.serve("/later-12345", gzip.compress(page(60), mtime=0), "gzip")
        host.feed(*listed, "/later-12345")
        self.second = self.project.crawl(*settings)

    def serve(self, path: str, body: bytes, coding: str = "") -> None:
        """Answer with a body as it is."""
        headers = {"Content-Type": "text/html", "Set-Cookie": f"id={SECRETS[2]}; Path=/"}
        self.host.answers[path] = (200, {**headers, **({"Content-Encoding": coding} if coding else {})}, body)
        self.sent[path] = body

    def of(self, path: str, columns: str) -> tuple[object, ...]:
        """Columns of the capture of a path."""
        return self.project.rows(f"SELECT {columns} FROM captures WHERE url = ?", self.host.base + path)[0]


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    host = Host()
    host.start()
    yield Crawled(tmp_path_factory.mktemp("wire"), host)
    host.stop()


def test_both_crawls_end_well(crawled: Crawled) -> None:
    assert (crawled.first.code, crawled.second.code) == (0, 0), crawled.first.err + crawled.second.err


@pytest.mark.parametrize("path", ["/story-3-12345", "/plain-12345", "/brotli-12345", "/half-12345", "/later-12345"])
def test_the_digest_is_of_the_bytes_as_they_came(crawled: Crawled, path: str) -> None:
    assert crawled.of(path, "wire_digest") == (hashlib.sha256(crawled.sent[path]).hexdigest(),)


def test_after_a_redirect_it_is_of_the_page_and_not_of_the_way(crawled: Crawled) -> None:
    found = crawled.of("/moved-12345", "final_url, wire_digest")
    assert found == (
        f"{crawled.host.base}/arrived-12345",
        hashlib.sha256(crawled.sent["/arrived-12345"]).hexdigest(),
    )


def test_a_feed_has_one_too(crawled: Crawled) -> None:
    (digests,) = zip(*crawled.project.rows("SELECT wire_digest FROM captures WHERE feed_id IS NOT NULL"), strict=True)
    assert hashlib.sha256(crawled.host.answers["/feed"][2]).hexdigest() in digests
    assert None not in digests


def test_what_came_in_part_is_kept_and_marked(crawled: Crawled) -> None:
    assert crawled.of("/half-12345", "completeness") == ("damaged",)
    assert crawled.of("/story-1-12345", "completeness") == ("whole",)


def test_the_request_is_kept_without_secrets(crawled: Crawled) -> None:
    sent = dict(json.loads(str(crawled.of("/story-2-12345", "request")[0])))
    got = crawled.host.last("/story-2-12345")
    assert {"User-Agent", "Accept-Encoding", "Accept-Language"} <= sent.keys()
    assert sent.items() <= got.items(), "as they were sent"
    assert got["X-Api-Key"] == SECRETS[0]
    assert not {"X-Api-Key", "Authorization", "Cookie"} & sent.keys()
    for secret in SECRETS[:2]:
        for (table,) in crawled.project.rows("SELECT name FROM sqlite_master WHERE type = 'table'"):
            assert secret not in str(crawled.project.rows(f"SELECT * FROM {table}")), table
    assert SECRETS[2] not in str(crawled.project.rows("SELECT request FROM captures"))


def test_pages_of_the_source_share_a_dictionary_after_the_crawl(crawled: Crawled) -> None:
    found = crawled.project.rows("SELECT source_id, n FROM dictionaries")
    assert found == [("paper", 1)]
    assert crawled.project.one("SELECT count(*) FROM payloads WHERE dictionary_id IS NULL") == 0
    assert crawled.project.one("SELECT count(*) FROM payloads") == crawled.payloads + 2, "a page, and the feed"
    with Archive(crawled.project.db) as archive:
        for capture_id, url in archive.db.execute("SELECT id, url FROM captures WHERE url LIKE '%/story-%'").fetchall():
            assert archive.payload(capture_id) == page(int(url.split("-")[1]))
            assert (
                archive.capture(capture_id).wire_digest == crawled.of(url[len(crawled.host.base) :], "wire_digest")[0]
            )


def test_what_is_known_of_the_exchange_comes_back(writer: Writer, path: Path) -> None:
    given = capture(wire_digest="ab" * 32, request=(("Accept", "a"), ("Accept", "b"), ("User-Agent", "x")))
    capture_id = writer.keep(Fetched(capture=given)).capture_id
    with Archive(path) as archive:
        assert archive.capture(capture_id) == given
    assert rows(path, "SELECT request FROM captures") == [('[["Accept","a"],["Accept","b"],["User-Agent","x"]]',)]


def test_a_feed_that_came_in_part_is_asked_for_whole(writer: Writer, path: Path) -> None:
    """Its validators would have the server say that nothing changed, and the rest would never come."""
    tags = (("ETag", "x"), ("Last-Modified", "y"))
    poll(writer, headers=tags)
    poll(writer, headers=tags, body=words("part", 9).encode(), completeness="truncated", hours=1)
    assert rows(path, "SELECT etag, last_modified FROM feeds") == [(None, None)]
    assert rows(path, "SELECT completeness FROM captures ORDER BY id") == [("whole",), ("truncated",)]
