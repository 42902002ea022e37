"""Files become captures with the address and time they state themselves, or are named with the reason why not."""

from __future__ import annotations

import gzip
import hashlib
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.errors import ReadError
from pipelines.process import process
from pipelines.readers.files import parts_of
from pipelines.readers.folders import find
from pipelines.readers.found import Page, Skipped
from pipelines.readers.html import addresses_in, html_capture
from pipelines.recipe import Recipe
from pipelines.types import Article, Capture

LIMIT = 1024**2
NOON = 1_700_000_000
PAGE = """<!DOCTYPE html><html><head><title>Ferry</title>{head}</head><body><h1>Ferry returns</h1>
<p>The ferry across the sound will return in May, the council said on Monday after a long debate.</p>
<p>It had been stopped two years ago because its engine was worn, and no money was left for another.</p>
</body></html>"""


def write(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    os.utime(path, (NOON, NOON))
    return path


def read(*paths: Path, limit: int = LIMIT) -> list[Capture | Skipped]:
    read: list[Capture | Skipped] = []
    for path, named in find(paths):
        for part in parts_of(path, named, limit):
            if isinstance(part, Skipped):
                read.append(part)
            else:
                read += [one.what.capture for one in part.read(0) if isinstance(one.what, Page)]
    return read


def only(path: Path, **options: int) -> Capture:
    (capture,) = read(path, **options)
    assert isinstance(capture, Capture), capture
    return capture


def refused(path: Path, limit: int = LIMIT) -> str:
    (skipped,) = read(path, limit=limit)
    assert isinstance(skipped, Skipped)
    assert skipped.path == path
    return skipped.reason


@pytest.mark.parametrize("name", ["a.txt", "a.text", "a.md", "A.TXT", "a", "a.unknown"])
def test_a_text_is_its_own_address_and_as_old_as_its_file(tmp_path: Path, name: str) -> None:
    capture = only(write(tmp_path / name, "Ferry returns\n\nIn May.\n"))
    assert capture.url == f"urn:sha256:{hashlib.sha256(capture.body).hexdigest()}"
    assert capture.mime == "text/plain"
    assert capture.fetched_at == datetime.fromtimestamp(NOON, UTC)
    assert capture.source is None


@pytest.mark.parametrize("name", ["a.html", "a.htm", "a.xhtml", "a", "a.php", "a.asp"])
def test_a_web_page_is_known_by_its_ending_or_its_beginning(tmp_path: Path, name: str) -> None:
    assert only(write(tmp_path / name, PAGE.format(head=""))).mime == "text/html"


def test_folders_are_read_whole_in_sorted_order_and_hidden_files_are_not(tmp_path: Path) -> None:
    for name in ("b/2.txt", "b/1.txt", "a/z.txt", ".git/x.txt", "a/.hidden.txt", "0.txt"):
        write(tmp_path / name, name)
    assert [one.body.decode() for one in read(tmp_path) if isinstance(one, Capture)] == [
        "0.txt", "a/z.txt", "b/1.txt", "b/2.txt",
    ]  # fmt: skip


ADDRESS = "https://post.example/news/ferry"


@pytest.mark.parametrize(
    "head",
    [
        f'<link rel="canonical" href="{ADDRESS}">',
        f"<link href='{ADDRESS}' rel=canonical />",
        f'<meta property="og:url" content="{ADDRESS}">',
        f'<!-- saved from url=(0032){ADDRESS} --><meta property="og:url" content="">',
        f"<!--\n Page saved with SingleFile \n url: {ADDRESS} \n saved date: Mon -->",
        f'<base href="{ADDRESS}">',
        '<base href="https://post.example/news/"><link rel="canonical" href="ferry">',
        f'<link rel="canonical" href="https://post.example/"><meta property="og:url" content="{ADDRESS}">',
        f'<!-- <link rel="canonical" href="https://no.example/x"> --><link rel="canonical" href="{ADDRESS}">',
        f'<script>"<link rel=canonical href=https://no.example/x>"</script><link rel="canonical" href="{ADDRESS}">',
    ],
)
def test_a_saved_page_says_where_it_came_from(head: str) -> None:
    capture = html_capture(PAGE.format(head=head).encode(), datetime.now(UTC))
    assert (capture.url, capture.source) == (ADDRESS, "post")


@pytest.mark.parametrize("head", ["", '<link rel="canonical" href="javascript:alert(1)">', '<base href="file:///x/y">'])
def test_a_page_that_names_no_web_address_is_its_own(head: str) -> None:
    capture = html_capture(PAGE.format(head=head).encode(), datetime.now(UTC))
    assert capture.url.startswith("urn:sha256:")
    assert capture.source is None


@pytest.mark.parametrize(
    "comment",
    [
        "<!--\n Page saved with SingleFile \n url: {} \n saved date: Thu May 02 2024 19:03:00 GMT+0200 (CEST)\n-->",
        "<!-- Mirrored from {} by HTTrack Website Copier/3.x [XR&CO'2014], Thu, 02 May 2024 17:03:00 GMT -->",
    ],
)
def test_a_saved_page_says_when_it_was(tmp_path: Path, comment: str) -> None:
    told = comment.format(ADDRESS.removeprefix("https://") if "Mirrored" in comment else ADDRESS)
    capture = only(write(tmp_path / "a.html", PAGE.format(head=told)))
    assert capture.url.partition("//")[2] == ADDRESS.partition("//")[2]
    assert capture.fetched_at == datetime(2024, 5, 2, 17, 3, tzinfo=UTC)


def test_a_page_in_utf16_says_where_it_came_from() -> None:
    page = PAGE.format(head=f'<link rel="canonical" href="{ADDRESS}">')
    for charset in ("utf-16", "utf-16-le"):
        marked = page if charset == "utf-16" else f"\ufeff{page}"
        assert html_capture(marked.encode(charset), datetime.now(UTC)).url == ADDRESS


@pytest.mark.parametrize("name", ["Ferry_files", "Ferry-Dateien", "Ferry_archivos", "Ferry.files"])
def test_what_a_browser_saved_beside_a_page_is_no_page(tmp_path: Path, name: str) -> None:
    write(tmp_path / "Ferry.html", PAGE.format(head=""))
    (tmp_path / name).mkdir()
    write(tmp_path / name / "ad.html", PAGE.format(head=""))
    (tmp_path / "Bridge_files").mkdir()
    write(tmp_path / "Bridge_files" / "story.html", PAGE.format(head=""))  # there is no Bridge.html
    assert {path.name for path, _ in find([tmp_path])} == {"Ferry.html", name, "story.html"}
    skipped = [one for one in read(tmp_path) if isinstance(one, Skipped)]
    assert [(one.path, one.reason) for one in skipped] == [(tmp_path / name, "holds what the page beside it shows")]


def test_an_outlets_front_page_is_no_pages_address_but_names_the_outlet() -> None:
    capture = html_capture(PAGE.format(head='<base href="https://post.example/">').encode(), datetime.now(UTC))
    assert capture.url.startswith("urn:sha256:")
    assert capture.source == "post"


def test_a_head_that_means_harm_is_read_in_no_time() -> None:
    assert list(addresses_in(b"<!--" * 100_000)) == []
    assert list(addresses_in(b"<script " * 50_000)) == []
    assert list(addresses_in(b"<link " * 100_000)) == []


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("expected.json", "{}", "application/json"),
        ("table.csv", "a,b\n1,2", "text/csv"),
        ("style.css", "p { color: red }", "text/css"),
        ("rows.ndjson", '{"a": 1}', ".ndjson"),
        ("rules.toml", "a = 1", ".toml"),
        ("noname", '{"a": 1}', "holds data"),
        ("feed.tmp", "<?xml version='1.0'?><rss/>", "holds data"),
        ("page.html.gz", b"\x1f\x8b\x08", "is cut off"),
        ("page.html.bz2", b"BZh9", "packed (bzip2)"),
        ("photo.jpg", b"\xff\xd8\xff\xe0", "image/jpeg"),
        ("robots.txt", "User-agent: *\nDisallow: /private/\n", "is for robots"),
        ("pages.cdx", " CDX N b a m s k r M V g\n", "is an index of web archives"),
        ("index.cdx.gz", gzip.compress(b" CDX N b a m s k r M V g\n", mtime=0), "is an index of web archives"),
        (
            "old.arc.gz",
            gzip.compress(b"filedesc://old.arc 0.0.0.0 20010101000000 text/plain 76\n1 0 X\n", mtime=0),
            "is an ARC",
        ),
        ("empty.txt", "", "empty"),
        ("blank.txt", " \n\t\n", "empty"),
        ("photo.txt", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)) * 20, "binary"),
        ("noise.html", bytes(range(1, 256)) * 50, "binary"),
    ],
)
def test_what_is_no_page_is_skipped_with_the_reason(tmp_path: Path, name: str, content: str, reason: str) -> None:
    assert reason in refused(write(tmp_path / name, content))


def test_a_file_over_the_limit_is_skipped_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.txt"
    with path.open("wb") as file:
        file.truncate(50 * 1024**2)
    assert refused(path) == "has 50.0 MB, more than the body_limit of 1.0 MB"


def test_what_is_no_regular_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    assert refused(tmp_path / "pipe.txt") == "is no regular file"


def test_a_file_that_cannot_be_read_does_not_stop_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "a.txt", "one")
    write(tmp_path / "b.txt", "two")
    real = Path.read_bytes

    def guarded(path: Path) -> bytes:  # permissions mean nothing to root, who may run this
        if path.name == "a.txt":
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(Path, "read_bytes", guarded)
    skipped, capture = read(tmp_path)
    assert isinstance(skipped, Skipped)
    assert "Permission denied" in skipped.reason
    assert isinstance(capture, Capture)


def test_a_missing_path_is_told_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"b\.txt: no such file"):
        find([write(tmp_path / "a.txt", "one"), tmp_path / "b.txt"])


GERMAN = """Die Fähre kehrt zurück

Die Fähre über den Sund fährt von Mai an wieder, sagte die Bürgermeisterin am Montag nach langer Debatte.

Sie war vor zwei Jahren eingestellt worden, weil für eine neue Maschine das Geld fehlte.

Bis dahin müssen die Schüler über die Brücke fahren, was morgens eine Stunde länger dauert.
"""


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8-sig", "utf-16", "utf-16-le"])
def test_texts_of_other_encodings_are_read(tmp_path: Path, encoding: str) -> None:
    outcome = process(only(write(tmp_path / "a.txt", GERMAN.encode(encoding))), Recipe.default())
    assert isinstance(outcome, Article)
    assert "müssen die Schüler über die Brücke fahren" in outcome.text
