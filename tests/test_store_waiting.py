"""Later: pages looked at again, hosts that asked to wait, what robots.txt lets in again, and what pages reserve."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.config import Config, durations
from pipelines.errors import ConfigError
from pipelines.sources import source_from
from pipelines.store.rights import signals
from pipelines.store.writer import Writer
from pipelines.types import Capture, Entry, Fetched, Reason, Reject
from tests.store_values import START, URL, article, capture, put, rows

HOUR = 3600.0
LOOKS = (HOUR, 24 * HOUR)
ETAG = (("ETag", '"one"'), ("Last-Modified", "Wed, 01 May 2024 10:00:00 GMT"))


def fetched(writer: Writer, outcome: object = None, **values: object) -> str:
    """A page of the queue that came, kept with a plan for further looks, and read."""
    page = capture(**values)  # type: ignore[arg-type]
    kept = writer.keep(Fetched(capture=page), revisit=LOOKS)
    return writer.store(kept.capture_id, page, outcome or article())  # type: ignore[arg-type]


def entry(path: Path, url: str = URL) -> tuple[object, ...]:
    return rows(path, "SELECT state, tries, due_at, reason FROM entries WHERE url = ?", url)[0]


def test_looks_are_counted_from_the_first_capture_and_end(writer: Writer, path: Path) -> None:
    writer.add_entries("paper", [Entry(url=URL)])
    for hours, due in ((0, "2024-05-01T13:00:00Z"), (2.5, "2024-05-02T12:00:00Z"), (25, None)):
        fetched(writer, hours=hours)
        assert entry(path) == ("fetched", 0, due, None)
        assert [one.again for one in writer.take("paper", 9)] == ([True] if due else [])


def test_new_pages_come_before_those_to_look_at_again_and_these_before_failed_ones(writer: Writer) -> None:
    urls = [URL, URL + "/new", URL + "/failed"]
    writer.add_entries("paper", [Entry(url=url) for url in urls])
    fetched(writer)
    writer.fail(urls[2], "paper", "timeout", retry_at="2024-05-01T13:00:00Z")
    assert [one.url for one in writer.take("paper", 9)] == [urls[1], urls[0], urls[2]]
    assert writer.queued("paper") == 3


def test_without_a_plan_nothing_is_looked_at_again(writer: Writer, path: Path) -> None:
    writer.add_entries("paper", [Entry(url=URL)])
    put(writer, capture(), article())
    assert entry(path) == ("fetched", 0, None, None)
    assert writer.queued() == 0


@pytest.mark.parametrize(("when", "sent"), [(datetime.now(UTC), 2), (START, 0)])
def test_validators_are_those_of_the_last_article_and_believed_for_a_day(
    writer: Writer, when: datetime, sent: int
) -> None:
    writer.add_entries("paper", [Entry(url=URL)])
    hours = (when - START).total_seconds() / HOUR
    fetched(writer, hours=hours, headers=ETAG)
    with writer.db.atomic():
        writer.db.execute("UPDATE entries SET due_at = '2024-05-01T13:00:00Z'")
    (taken,) = writer.take("paper", 1)
    pairs = (("If-None-Match", '"one"'), ("If-Modified-Since", "Wed, 01 May 2024 10:00:00 GMT"))
    assert taken.validators == pairs[:sent]


def test_a_look_that_fails_takes_nothing_away(writer: Writer, path: Path) -> None:
    writer.add_entries("paper", [Entry(url=URL)])
    fetched(writer)
    for tries in range(1, 6):
        writer.fail(URL, "paper", "timeout", retry_at="2024-05-01T14:00:00Z")
        due = "2024-05-01T14:00:00Z" if tries < 5 else None
        assert entry(path) == ("fetched", tries, due, None)
    assert rows(path, "SELECT count(*) FROM rejected") == [(0,)]
    assert rows(path, "SELECT count(*) FROM entries WHERE capture_id IS NOT NULL") == [(1,)]


@pytest.mark.parametrize("status", [404, 410])
def test_an_article_that_is_gone_and_comes_back(writer: Writer, path: Path, status: int) -> None:
    writer.add_entries("paper", [Entry(url=URL)])
    gone = "SELECT gone_at FROM articles"
    fetched(writer)
    fetched(writer, Reject(Reason.NOT_FOUND), hours=1, status=status, body=b"gone")
    assert rows(path, gone) == [("2024-05-01T13:00:00Z",)]
    fetched(writer, Reject(Reason.NOT_FOUND), hours=2, status=status, body=b"gone")
    assert rows(path, gone) == [("2024-05-01T13:00:00Z",)], "since when it is gone"
    fetched(writer, hours=3, body=b"back")
    assert rows(path, gone) == [(None,)]
    fetched(writer, Reject(Reason.NOT_FOUND), hours=4, status=status, body=b"gone")
    writer.keep(Fetched(capture=capture(hours=5, status=304, body=b"")))
    assert rows(path, gone) == [(None,)], "not modified means that it is there"


def test_an_address_that_leads_to_the_front_page_now_is_gone(writer: Writer, path: Path) -> None:
    fetched(writer)
    listing = Reject(Reason.LISTING)
    for target in ("https://paper.example/login?next=/", "https://other.example/", "https://paper.example/news"):
        fetched(writer, listing, hours=1, final_url=target, body=target.encode())
        assert rows(path, "SELECT gone_at FROM articles") == [(None,)], target
    fetched(writer, listing, hours=2, final_url="https://www.paper.example/")
    assert rows(path, "SELECT gone_at FROM articles") == [("2024-05-01T14:00:00Z",)]


def test_an_old_capture_read_again_says_nothing_of_today(writer: Writer, path: Path) -> None:
    fetched(writer)
    page = capture(hours=1, status=404, body=b"gone")
    kept = writer.keep(Fetched(capture=page))
    fetched(writer, hours=2)
    writer.store(kept.capture_id, page, Reject(Reason.NOT_FOUND))
    assert rows(path, "SELECT gone_at FROM articles") == [(None,)]


@pytest.mark.parametrize(
    ("reason", "again"),
    [(Reason.LISTING, 0), (Reason.NOT_HTML, 0), (Reason.LOGIN, 0), (Reason.TOO_SHORT, 1), (Reason.NOT_FOUND, 1)],
)
def test_only_what_may_become_an_article_is_looked_at_again(writer: Writer, reason: Reason, again: int) -> None:
    writer.add_entries("paper", [Entry(url=URL)])
    fetched(writer, Reject(reason))
    assert writer.queued() == again


def test_of_two_addresses_of_an_article_one_is_looked_at_again(writer: Writer, path: Path) -> None:
    other = URL + "?page=amp"
    writer.add_entries("paper", [Entry(url=URL), Entry(url=other)])
    fetched(writer)
    page = capture(other, hours=0.1)
    kept = writer.keep(Fetched(capture=page), revisit=LOOKS)
    writer.store(kept.capture_id, page, article())
    assert entry(path)[2] == "2024-05-01T13:00:00Z"
    assert entry(path, other) == ("fetched", 0, None, f"duplicate of {URL}")
    assert rows(path, "SELECT url, reason FROM rejected") == [(other, f"duplicate of {URL}")]


def test_a_host_that_asked_to_wait(writer: Writer, path: Path) -> None:
    urls = [URL, URL + "/2", "https://paper.example:8443/3", "https://paper.example.org/4", "http://paper.example/5"]
    writer.add_entries("paper", [Entry(url=url) for url in urls])
    fetched(writer)
    writer.hold_host("https://paper.example", "status 429", "2999-01-01T00:00:00Z")
    assert {one.url for one in writer.take("paper", 9)} == set(urls[2:])
    assert entry(path) == ("fetched", 0, "2999-01-01T00:00:00Z", None)
    assert entry(path, urls[1]) == ("queued", 0, "2999-01-01T00:00:00Z", "status 429")
    assert rows(path, "SELECT url, reason FROM rejected WHERE url = ?", urls[1]) == [(urls[1], "status 429")]
    assert rows(path, "SELECT host, retry_at, reason FROM hosts") == [
        ("https://paper.example", "2999-01-01T00:00:00Z", "status 429")
    ]


def test_an_entry_that_is_put_off_loses_no_try(writer: Writer, path: Path) -> None:
    writer.add_entries("paper", [Entry(url=URL), Entry(url=URL + "/2")])
    (first, second) = writer.take("paper", 9)
    writer.fail(second.url, "paper", "timeout")
    for one in (first, second):
        writer.put_off(one.id, "robots.txt could not be read (status 500)", "2999-01-01T00:00:00Z")
    assert entry(path, first.url)[:2] == ("queued", 0)
    assert entry(path, second.url) == ("failed", 1, "2999-01-01T00:00:00Z", "timeout")
    assert writer.take("paper", 9) == []


def test_what_robots_txt_lets_in_again(writer: Writer) -> None:
    urls = [URL, URL + "/2", "https://other.example/leads-here", "https://paper.example.org/no"]
    writer.add_entries("paper", [Entry(url=url) for url in urls])
    for url, why in zip(
        urls,
        ("forbidden by robots.txt", "127.0.0.1 is a private address", f"leads to {URL}: forbidden by robots.txt", ""),
        strict=True,
    ):
        writer.refuse(url, "paper", why or "forbidden by robots.txt")
    assert writer.readmit("https://paper.example", lambda url: url != URL) == set()
    assert writer.readmit("https://paper.example", lambda url: url == URL) == {"paper"}
    assert {one.url for one in writer.take("paper", 9)} == {urls[0], urls[2]}


# settings


@pytest.mark.parametrize(
    ("given", "meant"),
    [(["3d", "1h", "60m"], (HOUR, 72 * HOUR)), ("1h, 3d", (HOUR, 72 * HOUR)), ([], ()), ("", ()), ([3600], (HOUR,))],
)
def test_when_to_look_again_as_written(given: object, meant: tuple[float, ...]) -> None:
    assert durations(given) == meant
    assert Config.load({"revisit": given}).revisit == meant
    assert source_from("x", {"homepage": "https://x.example/", "revisit": given}, "sources.toml").revisit == meant


@pytest.mark.parametrize("given", [["soon"], 5, ["1s"], {"a": 1}, True])
def test_when_to_look_again_wrongly_written(given: object) -> None:
    with pytest.raises(ConfigError, match="revisit = "):
        Config.load({"revisit": given})


# rights


def _asked(*headers: tuple[str, str], body: bytes = b"") -> list[str]:
    page = Capture(url=URL, fetched_at=START, headers=headers, body=body)
    return [f"{one['in']} {one['to']} {one['says']}" for one in signals(page)]


def test_what_headers_ask_of_machines() -> None:
    assert _asked(
        ("X-Robots-Tag", "noarchive, BadBot: noindex, nofollow"),
        ("x-robots-tag", "unavailable_after: Wed, 03 Dec 2025 13:09:53 GMT"),
        ("X-Robots-Tag", "index, follow, max-snippet:-1"),
        ("TDM-Reservation", "1"),
        ("tdm-policy", "https://paper.example/Policy.json"),
    ) == [
        "header * noarchive",
        "header badbot noindex",
        "header badbot nofollow",
        "header * unavailable_after: wed, 03 dec 2025 13:09:53 gmt",
        "header * tdm-reservation: 1",
        "header * tdm-policy: https://paper.example/Policy.json",
    ]


def test_what_the_head_of_a_page_asks_of_machines() -> None:
    head = (
        b'<head><META NAME="Robots" CONTENT="index,NOARCHIVE"/><meta content="noai, noimageai" name=\'robots\'>'
        b"<meta name=googlebot content=nosnippet><meta name=tdm-reservation content=1>"
        b'<meta name="tdm-reservation" content="0"><meta property="og:title" content="robots: noindex"><meta'
    )
    expected = ["meta * noarchive", "meta * noai", "meta * noimageai", "meta googlebot nosnippet"]
    assert _asked(body=head) == [*expected, "meta * tdm-reservation: 1"]
    assert _asked(body=b'<head></head><body><meta name="robots" content="noindex">') == []


def test_rights_are_kept_with_the_capture(writer: Writer, path: Path) -> None:
    writer.keep(Fetched(capture=capture(headers=(("X-Robots-Tag", "noarchive"),))))
    writer.keep(Fetched(capture=capture(URL + "/2")))
    found = rows(path, "SELECT captures.id, value ->> 'says' FROM captures, json_each(rights)")
    assert found == [(1, "noarchive")]
    assert rows(path, "SELECT rights FROM captures WHERE id = 2") == [(None,)]
