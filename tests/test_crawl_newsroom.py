"""Crawling the newsroom: everything is found from homepages alone, once, politely, and changes are seen."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils.utils import sqlite3

from pipelines.explore.questions import questions
from pipelines.store.functions import register
from tests.crawls import Ended, Project, source, sources, wait_for
from tests.newsroom import Change, Newsroom


class Crawled:
    """The newsroom after a first crawl, a second one of the same edition, and a third of the next."""

    def __init__(self, folder: Path) -> None:
        with Newsroom() as self.newsroom:
            self.project = Project(folder, self.newsroom.sources_toml())
            self.first = self.project.crawl()
            self.requests = [Counter((one.outlet, one.path) for one in self.newsroom.log)]
            self.after_first = self.state()
            self.outlets = self.newsroom.outlets
            self.newsroom.log.clear()
            self.second = self.project.crawl("news", "-s", "TEARSHEET_QUIET=1")
            self.second_log = list(self.newsroom.log)
            self.after_second = self.state()
            self.change: Change = self.newsroom.next_edition()
            self.newsroom.log.clear()
            self.third = self.project.crawl()
            self.third_log = list(self.newsroom.log)

    def state(self) -> list[tuple[object, ...]]:
        return self.project.rows("SELECT id, url, digest, published_at FROM articles ORDER BY id")


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    return Crawled(tmp_path_factory.mktemp("newsroom"))


def test_every_article_is_found_and_stored_once(crawled: Crawled) -> None:
    assert crawled.first.code == 0, crawled.first.err
    for outlet in crawled.outlets:
        stored = {url for _, url, *_ in crawled.after_first if str(url).startswith(f"{outlet.base}/")}
        assert stored == {article.url for article in outlet.articles}, outlet.slug


def test_nothing_but_articles_is_taken_for_one(crawled: Crawled) -> None:
    entries = {url for (url,) in crawled.project.rows("SELECT url FROM entries")}
    for outlet in crawled.outlets:
        assert not entries & set(outlet.others), outlet.slug


def test_what_robots_txt_forbids_is_never_asked_for(crawled: Crawled) -> None:
    asked = {path for _, path in crawled.requests[0]}
    forbidden = [url for outlet in crawled.outlets for url in outlet.disallowed]
    assert forbidden
    assert not asked & {"/" + url.split("/", 3)[3] for url in forbidden}
    rows = crawled.project.rows("SELECT state, reason FROM entries WHERE url = ?", forbidden[0])
    assert rows == [("refused", "forbidden by robots.txt")]


def test_every_page_is_fetched_once(crawled: Crawled) -> None:
    pages = [count for (_, path), count in crawled.requests[0].items() if path != "/robots.txt"]
    assert max(pages) == 1
    assert {count for (_, path), count in crawled.requests[0].items() if path == "/robots.txt"} == {1}


def test_entries_say_what_the_feed_said(crawled: Crawled) -> None:
    bote = next(one for one in crawled.outlets if one.slug == "bote")
    entry = json.loads(crawled.project.one("SELECT entry FROM captures WHERE url = ?", bote.articles[0].url))
    assert (entry["title"], entry["kind"]) == (bote.articles[0].title, "feed")
    severline = next(one for one in crawled.outlets if one.slug == "severline")
    kinds = crawled.project.rows("SELECT kind FROM entries WHERE url = ?", severline.articles[0].url)
    assert kinds == [("news",)]


def test_tags_of_the_feed_or_the_page_are_in_the_archive(crawled: Crawled) -> None:
    stored = {url: json.loads(tags) for url, tags in crawled.project.rows("SELECT url, tags FROM articles")}
    for outlet in crawled.outlets:
        for article in outlet.articles:
            assert stored[article.url] == list(article.tags), article.url
    palmera = next(one for one in crawled.outlets if one.slug == "palmera")  # whose pages say nothing of them
    listed = crawled.project.rows("SELECT tags FROM entries WHERE url = ?", palmera.articles[0].url)
    assert listed == [(json.dumps(palmera.articles[0].tags, separators=(",", ":"), ensure_ascii=False),)]


def test_an_unchanged_newsroom_costs_one_conditional_request_per_feed(crawled: Crawled) -> None:
    assert crawled.second.code == 0, crawled.second.err
    assert crawled.after_second == crawled.after_first
    assert {one.status for one in crawled.second_log} == {304}
    assert len(crawled.second_log) == crawled.project.one("SELECT count(*) FROM feeds WHERE digest IS NOT NULL")


def test_a_story_carried_by_three_outlets(crawled: Crawled) -> None:
    rows = crawled.project.rows(
        "SELECT first, source_id, hours_behind, new_title, kept, cut, added FROM syndication ORDER BY published_at"
    )
    assert rows == [
        ("severline", "severline", 0, 0, None, None, None),
        ("severline", "palmera", 2.24, 1, 8, 0, 0),
        ("severline", "dalmara", None, 1, 7, 1, 0),  # whose times have no zone
    ]


def test_the_saved_questions_are_right(crawled: Crawled) -> None:
    outlets = {outlet.slug: outlet for outlet in crawled.outlets}
    forbidden = next(url for outlet in crawled.outlets for url in outlet.disallowed)
    ice = next(one for one in outlets["severline"].articles if one.title.startswith("Ice observatories"))
    first = crawled.project.one("SELECT max(id) FROM captures WHERE run_id = 1")

    def asked(name: str, *columns: str, **values: str) -> list[tuple[Any, ...]]:
        question = next(one for one in questions() if one.name == name)
        connection = sqlite3.connect(crawled.project.db)
        connection.row_factory = sqlite3.Row
        register(connection)
        try:
            rows = connection.execute(question.sql, {**dict.fromkeys(question.params, ""), **values}).fetchall()
        finally:
            connection.close()
        return [tuple(row[column] for column in columns) for row in rows]

    assert asked("syndicated", "outlets", "first", "title") == [(3, "severline", ice.title)]
    assert asked("first", "source", "first", "median_minutes_behind") == [
        ("severline", 1, None), ("dalmara", 0, None), ("palmera", 0, 134),
    ]  # fmt: skip
    assert asked("delay", "source", "stories", "median_minutes") == [("palmera", 1, 134)]
    assert sorted(asked("copied", "source", article=str(asked("syndicated", "article_id")[0][0]))) == [
        ("dalmara",), ("palmera",), ("severline",),
    ]  # fmt: skip
    assert asked("edited", "article_id") == crawled.project.rows("SELECT article_id FROM revisions")
    assert asked("new", "title", since=str(first)) == [(crawled.change.added.title,)]
    assert asked("missing", "reason", address=forbidden.removeprefix("http://") + "?utm_source=mail") == [
        ("forbidden by robots.txt",)
    ]
    assert asked("missing", "reason", address=ice.url) == [("it is in the archive",)]
    assert asked("missing", "reason", address=f"{outlets['bote'].base}/nothing/of/the-kind") == [
        ("never found by any feed",)
    ]
    assert asked("coverage", "period", "source", "articles", words="Solheim-Bratt") == [
        ("2025-05", name, 1) for name in ("dalmara", "palmera", "severline")
    ]
    (said,) = asked("quotes", "speech", "sentence", person="Samira Odeh")
    assert said == (
        "quoted",
        "“I kept the key to my stall on a nail in the kitchen,” said Samira Odeh, who sells olives and pickled lemons."
        " “Every morning I looked at it and thought: not today.”",
    )
    assert sorted(Counter(name for (name,) in asked("latest_per_source", "source", each="20")).items()) == (
        crawled.project.rows("SELECT source_id, count(*) FROM articles GROUP BY 1 ORDER BY 1")
    )
    assert {name for (name,) in asked("silent", "source")} == set(outlets)
    assert asked("deleted", "title") == []


def test_quiet_says_nothing(crawled: Crawled) -> None:
    assert (crawled.second.out, crawled.second.err) == ("", "")


def test_the_next_edition_is_one_revision_and_one_article(crawled: Crawled) -> None:
    assert crawled.third.code == 0, crawled.third.err
    added = crawled.project.rows("SELECT title FROM articles WHERE url = ?", crawled.change.added.url)
    assert added == [(crawled.change.added.title,)]
    revised = crawled.project.rows("SELECT url FROM revisions JOIN articles ON articles.id = article_id")
    assert revised == [(crawled.change.edited.url,)]
    fetched = [one.path for one in crawled.third_log if one.status == 200]
    assert sum(one.path in crawled.change.added.url for one in crawled.third_log if len(one.path) > 9) == 1
    assert len(fetched) <= 5  # two changed feeds, two pages


def test_the_table_at_the_end(crawled: Crawled) -> None:
    lines = crawled.first.err.splitlines()
    assert lines[0].split()[:4] == ["source", "found", "refused", "fetched"]
    bote = next(line.split() for line in lines if line.startswith("bote"))
    assert bote[1:5] == ["9", "1", "8", "8"]
    assert lines[-1] == "archive: archive.db"
    assert crawled.first.out == ""
    assert not re.search(r"Traceback|ERROR|WARNING", crawled.first.err)


def test_the_runs_row_holds_the_report(crawled: Crawled) -> None:
    kind, what, reason, stats = crawled.project.rows("SELECT kind, what, reason, stats FROM runs ORDER BY id")[0]
    assert (kind, what, reason) == ("crawl", "news", "finished")
    report = {row["source"]: row for row in json.loads(stats)["sources"]}
    assert report["observer"]["found"] == report["observer"]["stored"] == 9
    assert report["bote"]["refused"] == 1


def test_who_we_say_we_are(crawled: Crawled) -> None:
    assert {one.user_agent for one in crawled.second_log} <= {
        "Tearsheet/0.1.0 (news archive)",
        "Tearsheet/0 (news archive)",
    }


def test_captures_keep_bytes_and_headers(crawled: Crawled) -> None:
    headers, status, mime, size = crawled.project.rows(
        "SELECT headers, status, mime, size FROM captures JOIN payloads ON payloads.id = payload_id"
        " WHERE url = ?", crawled.outlets[0].articles[0].url,
    )[0]  # fmt: skip
    names = [name.lower() for name, _ in json.loads(headers)]
    assert "content-encoding" in names  # as it was sent
    assert "etag" in names
    assert (status, mime) == (200, "text/html")
    assert size > 2000


# parts of it


@pytest.fixture(scope="module")
def newsroom() -> Iterator[Newsroom]:
    with Newsroom() as newsroom:
        yield newsroom


def crawl_part(tmp_path: Path, newsroom: Newsroom, spider: str, only: str) -> tuple[Project, Ended]:
    project = Project(tmp_path, newsroom.sources_toml())
    return project, project.crawl(spider, "-a", f"sources={only}")


@pytest.mark.parametrize(
    ("spider", "outlet", "kinds"),
    [
        ("feeds", "palmera", {"feed"}),
        ("sitemaps", "severline", {"sitemap", "news"}),
        ("sections", "observer", {"section"}),
    ],
)
def test_each_spider_finds_its_kind(
    tmp_path: Path, newsroom: Newsroom, spider: str, outlet: str, kinds: set[str]
) -> None:
    project, ended = crawl_part(tmp_path, newsroom, spider, outlet)
    assert ended.code == 0, ended.err
    assert {kind for (kind,) in project.rows("SELECT DISTINCT kind FROM entries")} == kinds
    assert project.one("SELECT count(*) FROM articles") == len(newsroom[outlet].articles)
    assert {name for (name,) in project.rows("SELECT DISTINCT source_id FROM captures")} == {outlet}


def test_given_addresses(tmp_path: Path, newsroom: Newsroom) -> None:
    project = Project(tmp_path, newsroom.sources_toml())
    articles = newsroom["observer"].articles
    lines = [
        "# a list",
        "",
        articles[0].url,
        "javascript:alert(1)",
        "http://[bad",
        f" {articles[1].url} ",
        articles[0].url,
    ]
    (tmp_path / "list.txt").write_text("\n".join(lines))
    ended = project.crawl("urls", "-a", "file=list.txt", "-a", f"url={articles[2].url}")
    assert ended.code == 0, ended.err
    stored = {url for (url,) in project.rows("SELECT url FROM articles WHERE source_id = 'observer'")}
    assert stored == {one.url for one in articles[:3]}
    assert {url for (url,) in project.rows("SELECT url FROM failures")} == {"javascript:alert(1)", "http://[bad"}
    assert project.crawl("urls", "-a", f"url={articles[0].url}").err.startswith(("nothing new", "source"))
    assert project.one("SELECT count(*) FROM captures") == 3


def test_given_addresses_of_outlets_of_one_name_are_kept_apart(tmp_path: Path) -> None:
    """As `import` files them, before anything is asked."""
    project = Project(tmp_path, sources(source("post", homepage="https://www.post.invalid/")))
    filed = {
        "https://post.invalid/2026/05/03/ferry-returns": "post",
        "https://news.post.invalid/2026/05/03/ferry-returns": "post",
        "https://post.co.uk.invalid/2026/05/03/ferry-returns": "post-co-uk",
        "https://news.one.invalid/2026/05/03/ferry-returns": "news-one",
        "https://news.two.invalid/2026/05/03/ferry-returns": "news-two",
    }
    (tmp_path / "list.txt").write_text("\n".join(filed))

    def entries() -> dict[str, str]:
        with suppress(sqlite3.OperationalError):  # its tables are not there yet
            return dict(project.rows("SELECT url, source_id FROM entries")) if project.db.exists() else {}
        return {}

    process = project.start("urls", "-a", "file=list.txt")
    try:
        assert wait_for(lambda: len(entries()) == len(filed), process)
    finally:
        process.kill()
        process.communicate()
    assert entries() == filed


def test_feeds_named_in_the_sources_file_are_all_that_is_asked(tmp_path: Path, newsroom: Newsroom) -> None:
    outlet = newsroom["dalmara"]
    project = Project(tmp_path, sources(source("dalmara", homepage=f"{outlet.base}/", feeds=f'["{outlet.base}/feed"]')))
    newsroom.log.clear()
    assert project.crawl().code == 0
    asked = {one.path for one in newsroom.log.of("dalmara")}
    assert asked - {article.url.removeprefix(outlet.base) for article in outlet.articles} == {"/feed", "/robots.txt"}


def test_huge_archive_sitemaps_are_taken_from_the_newest_end(tmp_path: Path, newsroom: Newsroom) -> None:
    outlet = newsroom["severline"]
    url = f"{outlet.base}/sitemaps/archive.xml.gz"
    project = Project(tmp_path, sources(source("severline", sitemaps=f'["{url}"]')))
    ended = project.crawl("news", "-s", "TEARSHEET_SITEMAP_ENTRIES=1")
    assert ended.code == 0
    assert "severline: 2 older addresses of its sitemaps held back" in ended.err.splitlines()
    listed = [one for one in outlet.articles[5:] if one.published_at]
    newest = max(listed, key=lambda one: one.modified_at or one.published_at or "")
    assert project.rows("SELECT url FROM entries") == [(newest.url,)]
    (row,) = json.loads(project.one("SELECT stats FROM runs"))["sources"]
    assert row["held_back"] == 2


def test_the_delay_holds_between_two_requests(tmp_path: Path, newsroom: Newsroom) -> None:
    outlet = newsroom["palmera"]
    project = Project(tmp_path, sources(source("palmera", feeds=f'["{outlet.base}/en/latest.atom"]'), delay='"0.3s"'))
    newsroom.log.clear()
    assert project.crawl().code == 0
    times = [one.time for one in newsroom.log.of("palmera")]
    gaps = [(later - sooner).total_seconds() for sooner, later in pairwise(times)]
    assert len(gaps) >= 9
    assert min(gaps) > 0.3 * 0.75 - 0.05  # delays vary by a quarter, so that they look less like a machine's
