"""Crawls that come again: what is asked for once more, when, and what becomes of it. Time passes in the archive."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crawls import Project, source, sources
from tests.hosts import Host

_PATHS = ("/changed-12345", "/tagged-12345", "/same-12345", "/gone-12345", "/down-12345", "/home-12345")
_DUE = "UPDATE entries SET due_at = '2000-01-01T00:00:00Z' WHERE due_at IS NOT NULL;"


def hours_pass(project: Project, hours: int = 2) -> None:
    """What was fetched was fetched so much earlier; what was planned for then is due."""
    project.change(
        f"UPDATE captures SET fetched_at = strftime('%Y-%m-%dT%H:%M:%SZ', fetched_at, '-{hours} hours');"
        f"UPDATE entries SET due_at = strftime('%Y-%m-%dT%H:%M:%SZ', due_at, '-{hours} hours');"
        f"UPDATE hosts SET retry_at = strftime('%Y-%m-%dT%H:%M:%SZ', retry_at, '-{hours} hours'),"
        f" fetched_at = strftime('%Y-%m-%dT%H:%M:%SZ', fetched_at, '-{hours} hours');"
        f"UPDATE feeds SET retry_at = strftime('%Y-%m-%dT%H:%M:%SZ', retry_at, '-{hours} hours')"
    )


class Crawled:
    """An outlet crawled three times: at first, at once again, and two hours later when much has changed."""

    def __init__(self, folder: Path, host: Host) -> None:
        self.host = host
        host.feed(*_PATHS, ETag='"feed"')
        for path in _PATHS:
            host.page(path)
        host.page("/tagged-12345", ETag='"kept"')
        host.page("/same-12345", ETag='"other"')
        self.project = Project(folder, host.sources())
        assert self.project.crawl().code == 0
        self.first = self.forget()
        assert self.project.crawl().code == 0
        self.second = self.forget()
        host.page("/changed-12345", "One thing was added.")
        host.page("/same-12345", ETag='"a new tag for the same bytes"')
        host.answers["/gone-12345"] = (410, {}, b"gone")
        host.answers["/down-12345"] = (500, {}, b"error")
        host.answers["/home-12345"] = (302, {"Location": "/"}, b"")
        host.answers["/"] = (200, {"Content-Type": "text/html"}, b"<p>Welcome." + b"<p><a href=x>Latest news</a>" * 9)
        hours_pass(self.project)
        self.third_crawl = self.project.crawl()
        self.third = self.forget()

    def forget(self) -> list[tuple[str, dict[str, str]]]:
        asked = [(path, headers) for path, _, headers in self.host.asked]
        self.host.asked.clear()
        return asked

    def entry(self, path: str) -> tuple[object, ...]:
        return self.project.rows("SELECT state, tries, reason FROM entries WHERE url LIKE ?", f"%{path}")[0]


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    host = Host()
    host.start()
    yield Crawled(tmp_path_factory.mktemp("revisits"), host)
    host.stop()


def test_an_unchanged_outlet_costs_one_conditional_request(crawled: Crawled) -> None:
    assert {path for path, _ in crawled.first} == {"/robots.txt", "/feed", *_PATHS}
    assert [(path, headers["If-None-Match"]) for path, headers in crawled.second] == [("/feed", '"feed"')]


def test_pages_are_looked_at_again_after_an_hour(crawled: Crawled) -> None:
    assert {path for path, _ in crawled.third} - {"/"} == {"/feed", *_PATHS}, "robots.txt is good for a day"
    assert crawled.third_crawl.code == 0


def test_only_words_make_a_revision(crawled: Crawled) -> None:
    revised = crawled.project.rows("SELECT url FROM revisions JOIN articles ON articles.id = article_id")
    assert [url.removeprefix(crawled.host.base) for (url,) in revised] == ["/changed-12345"]


def test_pages_with_a_tag_are_asked_for_by_it(crawled: Crawled) -> None:
    asked = {path: headers.get("If-None-Match") for path, headers in crawled.third}
    assert (asked["/tagged-12345"], asked["/same-12345"], asked["/changed-12345"]) == ('"kept"', '"other"', None)
    outcomes = "SELECT status, outcome FROM captures WHERE url LIKE '%/{}-12345' ORDER BY id"
    assert crawled.project.rows(outcomes.format("tagged")) == [(200, "article"), (304, "unchanged")]
    assert crawled.project.rows(outcomes.format("same")) == [(200, "article"), (200, "unchanged")]


def test_what_is_gone_is_marked_and_kept(crawled: Crawled) -> None:
    gone = crawled.project.rows("SELECT url FROM articles WHERE gone_at IS NOT NULL ORDER BY url")
    assert [url.removeprefix(crawled.host.base) for (url,) in gone] == ["/gone-12345", "/home-12345"]
    assert crawled.project.one("SELECT count(*) FROM articles") == len(_PATHS)


def test_a_look_that_fails_is_tried_again(crawled: Crawled) -> None:
    assert crawled.entry("/down-12345") == ("fetched", 1, None)
    due = "SELECT (julianday(due_at) - julianday('now')) * 1440 FROM entries WHERE url LIKE '%/down-12345'"
    assert 13 < crawled.project.one(due) < 16
    assert crawled.project.rows("SELECT error FROM failures") == [("status 500",)]


def test_the_next_look_is_counted_from_the_first_capture(crawled: Crawled) -> None:
    due = "SELECT (julianday(due_at) - julianday('now')) * 24 FROM entries WHERE url LIKE '%/changed-12345'"
    assert 0.9 < crawled.project.one(due) < 1.1  # three hours after it, two of which have passed


def test_a_later_crawl_finds_things_back(crawled: Crawled) -> None:
    for path in ("/gone-12345", "/down-12345", "/home-12345"):
        crawled.host.page(path)
    crawled.project.change(_DUE)
    assert crawled.project.crawl().code == 0
    assert crawled.project.one("SELECT count(*) FROM articles WHERE gone_at IS NOT NULL") == 0
    assert crawled.entry("/down-12345") == ("fetched", 0, None)


# other plans


@pytest.mark.slow
def test_an_archive_that_never_looks_again_but_for_one_source(tmp_path: Path, host: Host) -> None:
    tables = []
    for name, plan in (("never", {}), ("often", {"revisit": '["10m"]'})):
        host.page(f"/{name}-12345")
        host.feed(f"/{name}-12345", at=f"/{name}")
        tables.append(source(name, feeds=f'["{host.base}/{name}"]', **plan))
    project = Project(tmp_path, sources(*tables, revisit="[]"))
    assert project.crawl().code == 0
    hours_pass(project, 1)
    assert project.crawl().code == 0
    assert (host.times("/never-12345"), host.times("/often-12345")) == (1, 2)
    hours_pass(project, 1000)
    assert project.crawl().code == 0
    assert (host.times("/never-12345"), host.times("/often-12345")) == (1, 2)


@pytest.mark.slow
def test_validators_that_lie_are_found_out_after_a_day(tmp_path: Path, host: Host) -> None:
    host.feed("/a-12345", ETag='"always"')
    host.page("/a-12345", ETag='"always"')
    host.page("/b-12345")
    project = Project(tmp_path, host.sources())
    assert project.crawl().code == 0
    host.feed("/b-12345", "/a-12345", ETag='"always"')
    host.page("/a-12345", "The harbour closed.", ETag='"always"')
    hours_pass(project, 2)
    assert project.crawl().code == 0
    assert host.times("/b-12345") == 0
    hours_pass(project, 23)
    assert project.crawl().code == 0
    assert host.times("/b-12345") == 1
    assert project.one("SELECT count(*) FROM revisions") == 1


def test_a_page_that_was_never_had_cannot_be_unchanged(tmp_path: Path, host: Host) -> None:
    host.feed("/a-12345", "/b-12345")
    host.page("/b-12345")
    host.answers["/a-12345"] = (304, {}, b"")
    project = Project(tmp_path, host.sources())
    assert project.crawl().code == 0
    assert project.rows("SELECT state, tries FROM entries WHERE url LIKE '%/a-12345'") == [("failed", 1)]


@pytest.mark.slow
def test_a_headline_that_changes_the_address_leaves_one_article(tmp_path: Path, host: Host) -> None:
    host.feed("/opened-123456", "/closed-plainly")
    host.page("/opened-123456")
    host.page("/closed-plainly")
    project = Project(tmp_path, host.sources())
    assert project.crawl().code == 0
    for old, new, listed in (("opened-123456", "shut-123456", True), ("closed-plainly", "reopened-plainly", False)):
        _, headers, body = host.answers[f"/{old}"]
        host.answers[f"/{new}"] = (200, headers, body.replace(f">{old}<".encode(), b">Another headline<"))
        host.answers[f"/{old}"] = (301, {"Location": f"/{new}"}, b"")
        if listed:
            host.feed(f"/{new}")
    hours_pass(project)
    assert project.crawl().code == 0
    kept = project.rows("SELECT url, (SELECT count(*) FROM revisions WHERE article_id = id) FROM articles ORDER BY url")
    assert [(url.removeprefix(host.base), n) for url, n in kept] == [("/reopened-plainly", 1), ("/shut-123456", 1)]
