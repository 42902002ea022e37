"""The frontier: what is found once is fetched once, and says why where it is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.store.writer import Queued, Writer
from pipelines.types import Entry, Fetched
from tests.store_values import FEED, URL, article, capture, poll, put, rows


def test_new_entries_are_queued_once(writer: Writer, path: Path) -> None:
    entries = [Entry(url=URL), Entry(url=URL + "/?utm_source=rss"), Entry(url=URL + "/2")]
    assert writer.add_entries("paper", entries) == 2
    assert writer.add_entries("paper", entries) == 0
    assert writer.add_entries("gazette", [Entry(url=URL), Entry(url=URL + "/3")]) == 1
    assert rows(path, "SELECT source_id, url FROM entries ORDER BY url") == [
        ("paper", URL),
        ("paper", URL + "/2"),
        ("gazette", URL + "/3"),
    ]
    assert (writer.queued(), writer.queued("paper"), writer.queued("nobody")) == (3, 2, 0)


def test_what_the_archive_has_is_not_queued(writer: Writer, path: Path) -> None:
    put(writer, capture("https://short.example/x", final_url=URL + "?from=short", entry=None), article())
    known = [Entry(url=URL), Entry(url="https://short.example/x"), Entry(url=URL + "?from=short")]
    assert writer.add_entries("paper", known) == 0
    assert writer.queued() == 0
    assert rows(path, "SELECT DISTINCT state FROM entries") == [("fetched",)]


def test_an_entry_comes_back_as_it_was_listed(writer: Writer) -> None:
    entry = Entry(
        url=URL,
        kind="news",
        title="Títle",
        published_at="2024-05-01",
        modified_at="2024-05-02T00:00:00Z",
        language="en",
        authors=("Ana",),
        tags=("bread", "New York"),
    )
    poll(writer, entry)
    (taken,) = writer.take("paper", 9)
    expected = Entry(**{name: getattr(entry, name) for name in entry.__slots__} | {"source": "paper", "via": FEED.url})
    assert taken == Queued(taken.id, URL, "paper", expected, 0)


def test_addresses_that_cannot_be_fetched_are_told_once(writer: Writer, path: Path) -> None:
    bad = ["file:///etc/passwd", "javascript:alert(1)", "https://", "http://host:port/", "relative", ""]
    for _ in range(2):
        assert writer.add_entries("paper", [Entry(url=url) for url in [*bad, URL]]) in (0, 1)
    assert rows(path, "SELECT url FROM entries") == [(URL,)]
    assert rows(path, "SELECT url, stage FROM failures ORDER BY id") == [(url, "fetch") for url in bad]


def test_newest_first_and_undated_as_listed(writer: Writer) -> None:
    dates = {"a": None, "b": "2024-05-01", "c": None, "d": "2024-05-03T10:00:00Z", "e": "2024-05-03"}
    writer.add_entries("paper", [Entry(url=URL + f"/{name}", published_at=date) for name, date in dates.items()])
    assert [one.url[-1] for one in writer.take("paper", 9)] == ["d", "e", "b", "a", "c"]
    assert [one.url[-1] for one in writer.take("paper", 2)] == ["d", "e"]


def test_a_kept_page_leaves_the_queue(writer: Writer, path: Path) -> None:
    writer.add_entries("paper", [Entry(url=URL), Entry(url=URL + "/new"), Entry(url=URL + "/other")])
    writer.keep(Fetched(capture=capture(URL + "?utm_source=x", final_url=URL + "/new")))
    assert [one.url for one in writer.take("paper", 9)] == [URL + "/other"]
    assert rows(path, "SELECT state, capture_id FROM entries WHERE url <> ?", URL + "/other") == [("fetched", 1)] * 2


def test_failed_entries_come_last_and_five_times(writer: Writer, path: Path) -> None:
    writer.add_entries("paper", [Entry(url=URL), Entry(url=URL + "/2")])
    for tries in range(5):
        assert [one.tries for one in writer.take("paper", 9)] == [0, tries]
        writer.fail(URL, "paper", "timeout", "30 s")
    assert [one.url for one in writer.take("paper", 9)] == [URL + "/2"]
    assert writer.queued("paper") == 1
    assert rows(path, "SELECT state, tries, reason FROM entries WHERE url = ?", URL) == [("failed", 5, "timeout: 30 s")]
    assert rows(path, "SELECT count(*) FROM failures") == [(5,)]


def test_an_entry_waits_until_it_is_due(writer: Writer) -> None:
    writer.fail(URL, "paper", "http", "503", retry_at="2999-01-01T00:00:00Z")
    writer.fail(URL + "/2", "paper", "http", "503", retry_at="2001-01-01T00:00:00Z")
    assert [one.url for one in writer.take("paper", 9)] == [URL + "/2"]
    assert writer.queued() == 1


def test_a_refusal_is_final_and_says_why(writer: Writer, path: Path) -> None:
    writer.add_entries("paper", [Entry(url=URL)])
    writer.refuse(URL, "paper", "robots.txt forbids it")
    writer.refuse(URL + "/unlisted", "paper", "private address")
    assert writer.take("paper", 9) == []
    assert rows(path, "SELECT url, reason FROM rejected ORDER BY url") == [
        (URL, "robots.txt forbids it"),
        (URL + "/unlisted", "private address"),
    ]
    put(writer, capture(URL + "/had"), article())
    writer.add_entries("paper", [Entry(url=URL + "/had")])
    writer.refuse(URL + "/had", "paper", "robots.txt forbids it")
    assert rows(path, "SELECT state FROM entries WHERE url = ?", URL + "/had") == [("fetched",)]


@pytest.mark.parametrize(
    ("first", "later", "joined"),
    [
        ("2024-05-01T10:00:00Z", "2024-05-01T10:00:01Z", 1),
        ("2024-05-01T10:00:00Z", "2024-05-01T10:00:00Z", 0),
        ("2024-05-01T10:00:00Z", "2024-04-30T10:00:00Z", 0),
        ("2024-05-01T10:00:00Z", "2024-05-01", 0),  # the same day, told with less precision
        ("2024-05-01", "2024-05-01T23:00:00Z", 0),  # … or with more
        ("2024-05-01", "2024-05-02", 1),
        ("2024-05-01T10:00:00Z", None, 0),
        (None, "2024-05-01T11:59:00Z", 0),  # before it was fetched
        (None, "2024-05-01T12:01:00Z", 1),
    ],
)
def test_a_modified_page_is_queued_again(writer: Writer, first: str | None, later: str | None, joined: int) -> None:
    writer.add_entries("paper", [Entry(url=URL, modified_at=first)])
    put(writer, capture(), article())
    assert writer.add_entries("paper", [Entry(url=URL, modified_at=later)]) == joined
    assert writer.add_entries("paper", [Entry(url=URL, modified_at=later)]) == 0
    assert [one.entry.modified_at for one in writer.take("paper", 9)] == [later] * joined


def test_a_feed_that_cried_modified_is_not_believed_at_once(writer: Writer, path: Path) -> None:
    """The capture is of 2024, so that the disbelief has passed; then it is made fresh."""
    for modified in ("2024-05-01", "2024-05-02"):
        writer.add_entries("paper", [Entry(url=URL, modified_at=modified)])
        put(writer, capture(hours=float(modified[-1])), article())
    assert rows(path, "SELECT outcome FROM captures ORDER BY id") == [("article",), ("unchanged",)]
    with writer.db.atomic():
        writer.db.execute("UPDATE captures SET fetched_at = '2999-01-01T00:00:00Z' WHERE id = 2")
    assert writer.add_entries("paper", [Entry(url=URL, modified_at="2024-05-03")]) == 0
    with writer.db.atomic():
        writer.db.execute("UPDATE captures SET fetched_at = '2024-05-02T00:00:00Z' WHERE id = 2")
    assert writer.add_entries("paper", [Entry(url=URL, modified_at="2024-05-03")]) == 1


def test_a_batch_is_searched_not_scanned(writer: Writer) -> None:
    """Twenty thousand entries twice, the second time with later modifications: linear, or this takes minutes."""
    entries = [Entry(url=f"{URL}/{n}", modified_at="2024-05-01") for n in range(20_000)]
    assert writer.add_entries("paper", entries) == 20_000
    with writer.db.atomic():
        writer.db.execute("UPDATE entries SET state = 'fetched'")
    assert writer.add_entries("paper", [Entry(url=one.url, modified_at="2024-05-02") for one in entries]) == 20_000


@settings(deadline=None, max_examples=25)
@given(
    dates=st.lists(st.none() | st.dates().map(str), min_size=1, max_size=30),
    limits=st.lists(st.integers(min_value=1, max_value=7), min_size=1, max_size=5),
)
def test_what_is_skipped_is_never_handed_out(
    tmp_path_factory: pytest.TempPathFactory, dates: list[str | None], limits: list[int]
) -> None:
    with Writer.open(tmp_path_factory.mktemp("law") / "archive.db") as writer:
        writer.add_entries("paper", [Entry(url=f"{URL}/{n}", published_at=date) for n, date in enumerate(dates)])
        away: list[Queued] = []
        while taken := writer.take("paper", limits[len(away) % len(limits)], skip={one.id for one in away}):
            away += taken
        assert len({one.id for one in away}) == len(away) == len(dates)
        order = [one.entry.published_at or "" for one in away]
        assert order == sorted(order, reverse=True)
