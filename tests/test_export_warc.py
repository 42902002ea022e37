"""WARC files: accepted by `warcio check`, read back by FastWARC with every digest, and imported again."""

from __future__ import annotations

import base64
import gzip
import hashlib
import random
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from fastwarc.warc import ArchiveIterator
from sqlite_utils import Database

from pipelines.store.writer import Writer
from pipelines.types import Fetched
from tests.exports import NEW, OLD, PAGE, export, fill, tearsheet
from tests.store_values import capture

URL = "https://post.example/the%20ferry?q=%C3%A9"
REVISIT = "http://netpreserve.org/warc/1.1/revisit/"


@dataclass
class Record:
    """A record as FastWARC reads it; `good` is what it says of the digests."""

    kind: str
    headers: dict[str, str]
    status: int | None
    http: list[tuple[str, str]]
    line: str
    body: bytes
    good: bool


def read(data: bytes) -> list[Record]:
    records = []
    for record in ArchiveIterator(BytesIO(data), parse_http=False):
        kind = record.headers["WARC-Type"]
        good = record.verify_block_digest()
        http = record.is_http
        if http:
            record.parse_http()
            good = good and (kind == "revisit" or record.verify_payload_digest())
        found = record.http_headers if http else None
        records.append(
            Record(
                kind,
                dict(record.headers.to_tuples()),
                found.status_code if found else None,
                list(found.to_tuples()) if found else [],
                (found.status_line or "") if found else "",
                record.reader.read(),
                good,
            )
        )
    return records


def check(path: Path) -> None:
    """Assert that warcio finds nothing to say."""
    done = subprocess.run(
        [sys.executable, "-m", "warcio.cli", "check", str(path)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fill(tmp_path_factory.mktemp("warc") / "archive.db")


@pytest.fixture(scope="module")
def ferry(db: Path) -> list[Record]:
    """The records of the article that changed."""
    return read(export(db, "-", "--format", "warc", "--where", f"id = {NEW + 5}").out)


def of(records: list[Record], kind: str) -> list[Record]:
    return [record for record in records if record.kind == kind]


def fields(record: Record) -> dict[str, str]:
    return dict(line.split(": ", 1) for line in record.body.decode().splitlines())


def test_every_record_is_whole(db: Path, tmp_path: Path) -> None:
    out = tmp_path / "pages.warc.gz"
    result = export(db, out)
    assert result.err == "5 articles exported; 1 capture left out, for the page is pruned or forgotten\n"
    check(out)
    records = read(out.read_bytes())
    assert all(record.good for record in records)
    assert Counter(record.kind for record in records) == {
        "warcinfo": 1, "response": 3, "revisit": 2, "resource": 5, "request": 5, "metadata": 10,
    }  # fmt: skip
    ids = [record.headers["WARC-Record-ID"] for record in records]
    assert len(set(ids)) == len(ids)
    assert all(record.headers["WARC-Warcinfo-ID"] == ids[0] for record in records[1:])
    assert records[0].headers["WARC-Filename"] == "pages.warc.gz"
    assert fields(records[0])["software"].startswith("Tearsheet/")


def test_each_record_is_a_gzip_member_unless_the_name_says_plain(db: Path, tmp_path: Path) -> None:
    export(db, tmp_path / "a.warc")
    export(db, tmp_path / "a.warc.gz")
    plain = (tmp_path / "a.warc").read_bytes()
    assert plain.startswith(b"WARC/1.1\r\n")
    packed = (tmp_path / "a.warc.gz").read_bytes()
    assert packed.count(b"\x1f\x8b\x08") >= len(read(plain))
    assert len(gzip.decompress(packed).split(b"WARC/1.1\r\n")) == len(plain.split(b"WARC/1.1\r\n"))
    check(tmp_path / "a.warc")


def test_a_response_says_what_came_and_that_it_is_decoded(ferry: list[Record]) -> None:
    first = of(ferry, "response")[0]
    assert (first.status, first.line, first.body) == (200, "HTTP/1.1 200 OK", PAGE)
    assert first.headers["WARC-Target-URI"] == URL
    assert first.headers["WARC-Date"] == "2026-11-01T06:00:00Z"
    digest = base64.b32encode(hashlib.sha1(PAGE).digest()).decode()
    assert first.headers["WARC-Payload-Digest"] == f"sha1:{digest}"
    assert first.http == [
        ("Content-Type", "text/html; charset=utf-8"),
        ("X-Archive-Orig-Content-Encoding", "gzip"),
        ("X-Archive-Orig-Transfer-Encoding", "chunked"),
        ("X-Archive-Orig-Content-Length", "12"),
        ("Set-Cookie", "a=1"),
        ("Set-Cookie", "b=2"),
        ("X-Torn", "one X-Smuggled: two"),
        ("X-Latin", "Zürich"),
        ("X-Wide", "日本".encode().decode("cp1252")),  # FastWARC reads headers as browsers do
        ("X-Odd-Name", "v"),
        ("Content-Length", str(len(PAGE))),
    ]


def test_an_unchanged_page_refers_to_the_first_one(ferry: list[Record]) -> None:
    first = of(ferry, "response")[0]
    same, unmodified = of(ferry, "revisit")
    for record, profile in ((same, "identical-payload-digest"), (unmodified, "server-not-modified")):
        assert record.headers["WARC-Profile"] == REVISIT + profile
        assert record.headers["WARC-Refers-To"] == first.headers["WARC-Record-ID"]
        assert record.headers["WARC-Refers-To-Target-URI"] == URL
        assert record.headers["WARC-Refers-To-Date"] == "2026-11-01T06:00:00Z"
        assert record.body == b""
    assert same.headers["WARC-Payload-Digest"] == first.headers["WARC-Payload-Digest"]
    assert (same.status, unmodified.status, unmodified.http) == (200, 304, [("ETag", "x")])


def test_a_cut_page_that_was_redirected_says_both(ferry: list[Record]) -> None:
    cut = of(ferry, "response")[1]
    assert cut.headers["WARC-Truncated"] == "length"
    assert cut.headers["WARC-Target-URI"] == "https://post.example/the-ferry"
    (known,) = [fields(one) for one in of(ferry, "metadata")
                if one.headers["WARC-Concurrent-To"] == cut.headers["WARC-Record-ID"]]  # fmt: skip
    assert (known["via"], known["hopsFromSeed"], known["completeness"]) == (URL, "R", "truncated")


def test_a_page_that_scripts_made_or_no_server_sent_is_a_resource(db: Path, ferry: list[Record]) -> None:
    (rendered,) = of(ferry, "resource")
    assert rendered.body == PAGE + b" as scripts left it"
    assert rendered.headers["Content-Type"] == "text/html; charset=utf-8"
    (saved,) = of(read(export(db, "-", "--format", "warc", "--where", "source_id IS NULL").out), "resource")
    assert saved.headers["WARC-Target-URI"].startswith("urn:sha256:555")


def test_requests_hold_no_secret_and_say_where_they_were_made_up(db: Path, ferry: list[Record]) -> None:
    made_up, sent, *_ = of(ferry, "request")
    assert made_up.http == [("Host", "post.example")]
    assert sent.http == [("Host", "post.example"), ("User-Agent", "Tearsheet")]
    assert sent.line == "GET /the%20ferry?q=%C3%A9 HTTP/1.1"
    beside = {one.headers["WARC-Concurrent-To"]: fields(one) for one in of(ferry, "metadata")}
    assert beside[made_up.headers["WARC-Concurrent-To"]]["request"].startswith("reconstructed")
    assert "request" not in beside[sent.headers["WARC-Concurrent-To"]]
    assert b"SECRET-COOKIE" not in gzip.decompress(export(db, "-", "--format", "warc").out)


def test_metadata_ties_the_record_to_the_archive(ferry: list[Record]) -> None:
    known = fields(of(ferry, "metadata")[0])
    assert known["payload-sha256"] == hashlib.sha256(PAGE).hexdigest()
    assert (known["wire-sha256"], known["source"]) == ("ab" * 32, "post")


def test_a_page_that_is_gone_is_evidence_too(ferry: list[Record]) -> None:
    gone = of(ferry, "response")[2]
    assert (gone.status, gone.line, gone.body) == (410, "HTTP/1.1 410 Gone", b"")


def test_the_same_export_gives_the_same_records(db: Path) -> None:
    one, other = (read(export(db, "-", "--format", "warc").out)[1:] for _ in range(2))
    assert [record.headers["WARC-Record-ID"] for record in one] == [
        record.headers["WARC-Record-ID"] for record in other
    ]


def test_a_capture_of_two_articles_leaves_once(tmp_path: Path) -> None:
    db = fill(tmp_path / "archive.db")
    Database(db).execute("UPDATE articles SET capture_id = (SELECT capture_id FROM articles WHERE id = ?)", [OLD + 1])
    records = read(export(db, "-", "--format", "warc", "--source", "tass").out)
    assert [one.body for one in of(records, "resource")].count(b"<html>one SECRET-BODY") == 1


# round trips

_TOPICS = ("ferry", "library", "harvest", "orchestra")
_WORDS = "crew roof engine winter council budget island teacher signal bridge market doctor letter garden"


def page(n: int, more: str = "") -> bytes:
    """An article that shares no line with the others."""
    topic, lines = _TOPICS[n], []
    for k in range(6):
        words = random.Random(f"{n} {k}").choices(_WORDS.split(), k=14)
        lines.append(f"<p>On {topic} matters the {' and the '.join(words)} were named by all who spoke.</p>")
    head = f"<!DOCTYPE html><html lang=en><head><title>News of the {topic}</title></head>"
    return f"{head}<body><article><h1>News of the {topic}</h1>{''.join(lines)}{more}</article></body></html>".encode()


def test_what_is_exported_is_imported_again(tmp_path: Path) -> None:
    first, second, out = tmp_path / "one.db", tmp_path / "two.db", tmp_path / "pages.warc.gz"
    headers = (
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Encoding", "br"),
        ("Content-Length", "7"),
        ("X-Wide", "日本"),
    )
    with Writer.open(first) as writer:

        def keep(asked: str, hour: float, body: bytes, **values: Any) -> None:
            given = {"body": body, "headers": headers, "mime": "text/html", "wire_digest": f"{hash(body) % 2**64:064x}"}
            given |= {"request": (("User-Agent", "Tearsheet"),)}
            writer.keep(Fetched(capture=capture(asked, hours=hour, **{**given, **values})), None)

        for n in range(4):
            url = f"https://paper.example/2024/05/0{n + 1}/ferry-{n}"
            for hour, body in enumerate((page(n), page(n), page(n, f"<p>Later somebody spoke of {_TOPICS[n]}.</p>"))):
                keep(f"https://paper.example/s/{n}" if n else url, hour, body, final_url=url if n else None)
            keep(url, 5, page(n))  # what another address led to, by its own
        keep("https://paper.example/s/1", 7, b"Gone", status=404)
        long = "https://paper.example/2024/05/05/long"
        onward = '<link rel="next" href="?page=2">'
        further = capture(f"{long}?page=2", hours=8, body=page(3, "<p>The end.</p>"), headers=headers, mime="text/html")
        keep(long, 8, page(2, onward), pages=(further,))
    sources = tmp_path / "sources.toml"
    sources.touch()
    done = tearsheet("process", "--pending", "--db", first, "--sources", sources)
    assert done.code == 0, done.err
    export(first, out)
    check(out)
    done = tearsheet("import", out, "--db", second, "--source", "paper", "--sources", sources)
    assert done.code == 0, done.err
    assert "damaged" not in done.err
    articles = "SELECT url, title, digest, text FROM articles ORDER BY url"
    captures = (
        "SELECT url, final_url, fetched_at, status, source_id, wire_digest, request, completeness, payloads.digest,"
        " headers FROM captures JOIN payloads ON payloads.id = payload_id ORDER BY url, fetched_at"
    )
    for sql, count in ((articles, 5), (captures, 19)):
        held = list(Database(first).query(sql))
        assert len(held) == count
        assert list(Database(second).query(sql)) == held
