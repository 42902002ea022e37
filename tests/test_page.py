"""Pages that lie, break or nest: the text must survive them."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from pipelines.page import UndecodableError, decode
from pipelines.process import process
from pipelines.recipe import Recipe
from pipelines.types import Article, Capture, Reason, Reject
from tests.hostile import Hostile

SEEN = datetime(2026, 1, 1, tzinfo=UTC)
ODD = [
    *(f"{what}-in-{where}" for what in ("vt", "esc", "soh", "fffe", "surrogate") for where in ("nav", "body")),
    "nul-bytes", "raw-controls", "nested-300", "nested-300-beside", "nested-2000", "nested-2000-beside",
]  # fmt: skip


@pytest.fixture(scope="module")
def site() -> Iterator[Hostile]:
    with Hostile() as hostile:
        yield hostile


def read(body: bytes, mime: str | None = "text/html", headers: tuple[tuple[str, str], ...] = ()) -> Article | Reject:
    capture = Capture(
        url="https://example.org/2025/05/01/story", fetched_at=SEEN, body=body, mime=mime, headers=headers
    )
    return process(capture, Recipe.default())


@pytest.mark.parametrize("name", ODD)
def test_odd_pages_keep_every_paragraph(site: Hostile, name: str) -> None:
    trap = site[name]
    with urllib.request.urlopen(trap.url) as response:
        article = read(response.read())
    assert isinstance(article, Article)
    assert article.title == trap.title
    text = " ".join(article.text.split())
    for paragraph in trap.body:
        assert " ".join(paragraph.split()) in text


MORE = "Für Fußgänger und Räder bleibt ein schmaler Weg geöffnet, über den täglich 4000 Menschen zur Arbeit gehen."
STORY = "Die Brücke über den Fluß wird im März für den Verkehr gesperrt, teilte die Behörde am Mittwoch mit."


@pytest.mark.parametrize(
    ("encoding", "header", "meta"),
    [
        ("utf-8", "windows-1251", None),
        ("utf-8", None, "iso-8859-1"),
        ("utf-8", "utf-16", None),
        ("cp1252", "iso-8859-1", None),
        ("cp1252", "windows-1252", None),
        ("cp1252", None, "iso-8859-1"),
        ("cp1252", None, None),
        ("utf-16", None, None),
        ("utf-8-sig", "iso-8859-1", None),
        ("iso-8859-15", "iso-8859-15", None),
    ],
)
def test_charsets_are_read_whatever_the_labels_say(encoding: str, header: str | None, meta: str | None) -> None:
    label = f'<meta charset="{meta}">' if meta else ""
    page = f"<html><head>{label}</head><body><article><p>{STORY}</p><p>{MORE}</p></article>"
    headers = (("Content-Type", f"text/html; charset={header}"),) if header else ()
    article = read(page.encode(encoding), headers=headers)
    assert isinstance(article, Article)
    assert STORY in article.text


def test_binary_is_undecodable() -> None:
    with pytest.raises(UndecodableError):
        decode(bytes(range(256)) * 20)
    outcome = read(b"\x00\x01\x02\xff\xfe\x03" * 500)
    assert isinstance(outcome, Reject)
    assert outcome.reason is Reason.UNDECODABLE


@pytest.mark.parametrize(
    ("body", "mime", "reason"),
    [
        (b"", "text/html", Reason.EMPTY),
        (b"<html><body></body></html>", "text/html", Reason.EMPTY),
        (b"%PDF-1.7", "application/pdf", Reason.NOT_HTML),
        (b"<html><body><p>Closed on Monday.</p></body></html>", "text/html", Reason.TOO_SHORT),
    ],
)
def test_what_is_no_article_says_why(body: bytes, mime: str, reason: Reason) -> None:
    outcome = read(body, mime)
    assert isinstance(outcome, Reject)
    assert outcome.reason is reason
