"""The newsroom's pages, served over HTTP and read: one test for each field of each article."""

from __future__ import annotations

import gzip
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from pipelines.process import process
from pipelines.recipe import Recipe
from pipelines.types import Article, Capture, Entry, restore
from tests.newsroom import Article as Truth
from tests.newsroom import Newsroom

FIELDS = (
    "title", "description", "authors", "agency", "dateline", "credit", "section", "language", "published_at",
    "published_precision", "captions", "image", "paywalled", "tags",
)  # fmt: skip


@pytest.fixture(scope="module")
def pages() -> Iterator[dict[str, tuple[Truth, Article]]]:
    with Newsroom() as newsroom:
        yield {
            f"{outlet.slug}/{n}": (truth, read(truth, outlet.slug))
            for outlet in newsroom.outlets
            for n, truth in enumerate(outlet.articles)
        }


def read(truth: Truth, source: str) -> Article:
    request = urllib.request.Request(truth.url, headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request) as response:
        body, headers = response.read(), tuple(response.headers.items())
        if response.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
    # what the outlet's feed says beside the page: palmera's pages carry no date of their own
    entry = Entry(url=truth.url, published_at=truth.published_at, tags=truth.tags) if source == "palmera" else None
    seen = datetime(2026, 1, 1, tzinfo=UTC)
    capture = Capture(url=truth.url, fetched_at=seen, body=body, headers=headers, source=source, entry=entry)
    outcome = process(capture, Recipe.default())
    assert isinstance(outcome, Article), f"{truth.url}: {outcome}"
    return outcome


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("outlet", ["bote", "dalmara", "observer", "palmera", "severline"])
def test_field(pages: dict[str, tuple[Truth, Article]], outlet: str, field: str) -> None:
    for name, (truth, article) in pages.items():
        if name.startswith(outlet):
            assert getattr(article, field) == getattr(truth, field), truth.url


@pytest.mark.parametrize("outlet", ["bote", "dalmara", "observer", "palmera", "severline"])
def test_text_is_the_body_and_nothing_else(pages: dict[str, tuple[Truth, Article]], outlet: str) -> None:
    for name, (truth, article) in pages.items():
        if name.startswith(outlet):
            assert folded(article.text) == folded(truth.text), truth.url


def test_ledger_gives_the_extracted_text_back(pages: dict[str, tuple[Truth, Article]]) -> None:
    for truth, article in pages.values():
        extracted = restore(article.text, article.removals)
        for removal in article.removals:
            assert extracted[removal.start : removal.stop] == removal.text, truth.url


def folded(text: str) -> list[str]:
    """Paragraphs; a browser shows any run of white space as one space."""
    return [" ".join(line.split()) for line in text.split("\n\n")]
