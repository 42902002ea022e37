"""Notices that stand at every address of a site for a night are no edits of its articles."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.store.writer import Writer
from pipelines.types import Capture
from tests.store_values import capture, put, rows
from tests.test_store_moved import BASE, OTHER, PARAGRAPHS, story, text

NOTICE = "\n".join((
    "Our site is being worked on tonight so that it will be faster and easier to read for you from tomorrow on.",
    "Until then you reach the newsroom by telephone, and the most important news on our radio station. Thank you.",
))  # fmt: skip
REVISIONS = "SELECT title FROM revisions"


def page(n: int, words: str, *, hours: float = 0, body: bytes | None = None, title: str = "") -> tuple[Capture, object]:
    """An address of the source, and what it shows."""
    url = f"{BASE}{n}"
    body = body or f"{words} {hours} {n}".encode()
    return capture(url, hours=hours, body=body, entry=None), story(url, words, title=title or f"Story {n}")


def notice(n: int, hours: float = 1, body: bytes | None = b"<p>Back soon") -> tuple[Capture, object]:
    """The same address in the night."""
    return page(n, NOTICE, hours=hours, body=body, title="We will be back soon")


def wait(writer: Writer, run: int, *pages: tuple[Capture, object]) -> list[tuple[int, Capture, object]]:
    """Pages that come in a crawl and wait for its end."""
    found = []
    for one, read_as in pages:
        capture_id, result = put(writer, one, read_as, run)
        assert result == "waiting"
        found.append((capture_id, one, read_as))
    assert rows(writer.path, "SELECT count(*) FROM captures WHERE outcome IS NULL") == [(len(pages),)]
    return found


def own(n: int) -> str:
    """The text of an article of its own."""
    first = f"In the year {n} and in no other, wrote somebody called {'abcdefgh'[n] * 5}, this was so."
    return text(of=(first, *(PARAGRAPHS, OTHER)[n % 2]))


def test_a_notice_at_every_address_is_no_edit(writer: Writer, path: Path) -> None:
    for n in range(4):
        put(writer, *page(n, own(n)))
    first, second = (writer.start_run("crawl") for _ in range(2))
    ((capture_id, one, read_as),) = wait(writer, first, notice(0))
    for n in range(1, 4):
        assert put(writer, *notice(n), first)[1] == "rejected:blocked", "another address shows it too"
    assert writer.store(capture_id, one, read_as, second) == "rejected:blocked"
    for n in range(4):
        assert put(writer, *notice(n, hours=2), second)[1] == "rejected:blocked", "it goes on for longer"
        assert put(writer, *page(n, own(n), hours=3), second)[1] == "unchanged"
    assert rows(path, REVISIONS) == rows(path, "SELECT * FROM returns") == []
    assert rows(path, "SELECT count(*) FROM articles WHERE gone_at IS NULL") == [(4,)]
    assert rows(path, "SELECT outcome, count(*) FROM captures GROUP BY 1 ORDER BY 1") == [
        ("article", 4), ("blocked", 8), ("unchanged", 4)
    ]  # fmt: skip


def test_an_outlet_that_really_replaces_a_text_is_seen_when_the_crawl_is_over(writer: Writer, path: Path) -> None:
    put(writer, *page(0, own(0)))
    put(writer, *page(1, own(1)))
    first, second = (writer.start_run("crawl") for _ in range(2))
    ((capture_id, one, read_as),) = wait(writer, first, page(0, NOTICE, hours=1, title="Site renewed"))
    assert writer.store(capture_id, one, read_as, second) == "revised"
    assert rows(path, "SELECT title FROM articles ORDER BY title") == [("Site renewed",), ("Story 1",)]
    assert rows(path, REVISIONS) == [("Story 0",)]
    assert writer.store(capture_id, one, read_as, second) == "unchanged", "what it is was told"


def test_of_a_notice_that_differs_in_its_bytes_one_is_taken_at_most(writer: Writer, path: Path) -> None:
    for n in range(4):
        put(writer, *page(n, own(n)))
    first, second = (writer.start_run("crawl") for _ in range(2))
    waiting = wait(writer, first, *(notice(n, body=f"nonce {n}".encode()) for n in range(4)))
    results = [writer.store(*one, second) for one in waiting]
    assert results == ["revised", *["rejected:blocked"] * 3]
    assert rows(path, REVISIONS) == [("Story 0",)]


@pytest.mark.parametrize("kind", ["import", "process", None])
def test_nothing_waits_but_in_a_crawl(writer: Writer, kind: str | None) -> None:
    run = writer.start_run(kind) if kind else None
    put(writer, *page(0, own(0)), run)
    assert put(writer, *notice(0), run)[1] == "revised"


def test_edits_with_any_words_or_the_headline_in_common_are_taken_at_once(writer: Writer) -> None:
    run = writer.start_run("crawl")
    put(writer, *page(0, own(0)), run)
    assert put(writer, *page(0, NOTICE, hours=1), run)[1] == "revised"
    assert put(writer, *page(0, f"{own(0)}\n{NOTICE}", hours=2, title="Another"), run)[1] == "revised"
    assert put(writer, *page(0, own(0), hours=3, title="Third"), run)[1] == "revised"
