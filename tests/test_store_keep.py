"""The first transaction: what was fetched is kept before anything reads it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pipelines.errors import StoreError
from pipelines.store.archive import Archive
from pipelines.store.writer import Kept, Writer
from pipelines.types import (
    Capture,
    Entry,
    Feed,
    Fetched,
    Reason,
    Reject,
)
from tests.store_values import FEED, START, URL, article, capture, poll, put, rows


def test_a_capture_comes_back_as_it_was_kept(writer: Writer, path: Path) -> None:
    page = capture(
        final_url=URL + "?page=1",
        status=203,
        headers=(("Set-Cookie", "a"), ("Set-Cookie", "b"), ("X-Odd", "caf\xe9 \x1b \udc80")),
        mime="text/html",
        completeness="truncated",
        body=b"\x00\xff<p>" * 1000,
        entry=Entry(url=URL, via="https://paper.example/feed", title="Títle", authors=("Ana", "Bo"), tags=("bread",)),
    )
    kept = writer.keep(Fetched(capture=page))
    with Archive(path) as archive:
        assert archive.capture(kept.capture_id) == page
        assert archive.payload(kept.capture_id) == page.body
        assert list(archive.pending()) == [(kept.capture_id, page)]
        with pytest.raises(StoreError, match="no capture 99"):
            archive.capture(99)


def test_equal_bytes_are_kept_once(writer: Writer, path: Path) -> None:
    for url in (URL, URL + "/print", URL):
        writer.keep(Fetched(capture=capture(url, body=b"the same")))
    assert rows(path, "SELECT count(*) FROM captures") == [(3,)]
    assert rows(path, "SELECT size, codec FROM payloads") == [(8, "zstd")]


def test_a_damaged_payload_is_named(writer: Writer, path: Path) -> None:
    kept = writer.keep(Fetched(capture=capture(body=b"abc" * 100)))
    writer.db.execute("UPDATE payloads SET body = CAST(substr(body, 1, 10) || x'00' || substr(body, 12) AS BLOB)")
    with Archive(path) as archive, pytest.raises(StoreError, match="payload 1 is damaged"):
        archive.payload(kept.capture_id)


def test_a_page_with_the_bytes_of_its_article_needs_no_reading(writer: Writer, path: Path) -> None:
    page = capture(body=b"bytes")
    put(writer, page, article())
    again = writer.keep(Fetched(capture=replace(page, fetched_at=START + timedelta(days=1))))
    assert again.unchanged
    assert not writer.keep(Fetched(capture=capture(body=b"others", hours=48))).unchanged
    assert not writer.keep(Fetched(capture=replace(page, fetched_at=START + timedelta(days=3)))).unchanged
    assert rows(path, "SELECT outcome FROM captures ORDER BY id") == [("article",), ("unchanged",), (None,), (None,)]


def test_a_page_that_was_no_article_is_read_again(writer: Writer) -> None:
    put(writer, capture(body=b"login"), Reject(Reason.LOGIN))
    assert not writer.keep(Fetched(capture=capture(body=b"login", hours=1))).unchanged


def test_a_feed_is_kept_with_its_entries_and_validators(writer: Writer, path: Path) -> None:
    headers = (("ETag", '"one"'), ("last-modified", "Wed, 01 May 2024 12:00:00 GMT"))
    further = Feed(source="paper", url="https://paper.example/sitemap.xml", kind="sitemap")
    entries = (Entry(url=URL), Entry(url=URL + "/2"))
    page = Capture(url=FEED.url, fetched_at=START, source="paper", body=b"<rss>", headers=headers)
    kept = writer.keep(Fetched(capture=page, feed=FEED, entries=entries, feeds=(further,)))
    assert kept == Kept(kept.capture_id, unchanged=False, new_entries=2)
    first, second = writer.feeds("paper")
    assert first.checked_at == "2024-05-01T12:00:00Z"
    assert (first.etag, first.last_modified) == (None, None), "what a server says of a body this old is not believed"
    assert rows(path, "SELECT etag, last_modified FROM feeds WHERE id = 1") == [(headers[0][1], headers[1][1])]
    assert (second.url, second.kind, second.checked_at) == (further.url, "sitemap", None)
    assert rows(path, "SELECT listed, fresh, status, failures FROM feeds WHERE id = 1") == [(2, 2, 200, 0)]
    assert rows(path, "SELECT feed_id, outcome FROM captures") == [(1, "feed")]
    with Archive(path) as archive:
        assert list(archive.pending()) == []


def test_an_unchanged_feed_keeps_what_it_said(writer: Writer, path: Path) -> None:
    assert not poll(writer, Entry(url=URL), headers=(("ETag", "x"),)).unchanged
    assert poll(writer, Entry(url=URL), headers=(("ETag", "y"),), hours=1).unchanged
    assert poll(writer, status=304, body=b"", hours=2).unchanged
    (feed,) = writer.feeds("paper")
    assert feed.checked_at == "2024-05-01T14:00:00Z"
    assert rows(path, "SELECT etag, listed, fresh, status FROM feeds") == [("y", 1, 0, 304)]
    assert rows(path, "SELECT outcome, payload_id FROM captures ORDER BY id") == [
        ("feed", 1),
        ("unchanged", 1),
        ("unchanged", None),
    ]


def test_a_feed_that_fails_is_counted_until_it_answers(writer: Writer, path: Path) -> None:
    writer.feed_failed(FEED, 503, "HttpError")
    writer.feed_failed(FEED, 0, "timeout")
    assert [one.failures for one in writer.feeds("paper")] == [2]
    assert rows(path, "SELECT url, stage, error, detail FROM failures") == [
        (FEED.url, "fetch", "HttpError", "status 503"),
        (FEED.url, "fetch", "timeout", ""),
    ]
    poll(writer)
    assert [one.failures for one in writer.feeds("paper")] == [0]


def test_an_address_that_is_none_stops_nothing(writer: Writer, path: Path) -> None:
    kept = writer.keep(Fetched(capture=capture("no address \udc80", entry=None, body=b"x")))
    assert rows(path, "SELECT url, urlkey FROM captures") == [("no address ", "no address")]
    assert kept.capture_id == 1
