"""Exit codes that tell, and one clear line for everything that stops a crawl."""

from __future__ import annotations

import json
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crawls import Project, ended, kill, source, sources, wait_for
from tests.hostile import Hostile
from tests.newsroom import Newsroom


@pytest.fixture(scope="module")
def newsroom() -> Iterator[Newsroom]:
    with Newsroom() as newsroom:
        yield newsroom


@pytest.fixture
def palmera(tmp_path: Path, newsroom: Newsroom) -> Project:
    feed = f'["{newsroom["palmera"].base}/en/latest.atom"]'
    return Project(tmp_path, sources(source("palmera", feeds=feed)))


def test_no_sources_file(palmera: Project) -> None:
    (palmera.folder / "sources.toml").unlink()
    crawl = palmera.crawl()
    assert (crawl.code, crawl.err) == (
        2,
        "Error: sources.toml: no such file; `tearsheet init .` writes one to start from\n",
    )
    assert not palmera.db.exists()


def test_a_wrong_sources_file(palmera: Project) -> None:
    palmera.write('[archive]\ndelai = 1\n[source.x]\nhomepage = "https://x.example/"\n')
    crawl = palmera.crawl()
    assert crawl.code == 2
    assert crawl.err == "Error: sources.toml: [archive] has no setting 'delai'; did you mean 'delay'?\n"


def test_an_unknown_source(palmera: Project) -> None:
    crawl = palmera.crawl("news", "-a", "sources=palmira")
    assert (crawl.code, crawl.err) == (2, "Error: sources.toml: no source 'palmira'; did you mean 'palmera'?\n")


def test_an_unknown_spider(palmera: Project) -> None:
    crawl = palmera.crawl("nwes")
    assert crawl.code == 2
    assert "no spider 'nwes'" in crawl.err


@pytest.mark.parametrize(("arguments", "code"), [((), 2), (("-a", "file=missing.txt"), 4), (("-a", "file=."), 4)])
def test_urls_without_addresses(palmera: Project, arguments: tuple[str, ...], code: int) -> None:
    crawl = palmera.crawl("urls", *arguments)
    assert crawl.code == code
    assert crawl.err.startswith("Error: ")
    assert len(crawl.err.splitlines()) == 1


def test_an_archive_that_is_none(palmera: Project) -> None:
    palmera.db.write_bytes(b"hello" * 100)
    crawl = palmera.crawl()
    assert (crawl.code, crawl.err) == (3, "Error: archive.db: is not an SQLite database; name another file with --db\n")


@pytest.mark.slow
def test_another_crawl_on_the_same_archive(tmp_path: Path) -> None:
    with Hostile() as site:
        project = Project(tmp_path, sources(source("paper", feeds=f'["{site["silent"].feed}"]')))
        first = project.start()
        assert wait_for(lambda: site.visits["/trap/silent"] > 0, first)
        second = project.crawl()
        assert second.code == 3
        assert f"process {first.pid}" in second.err
        assert len(second.err.splitlines()) == 1
        kill(first)
        third = project.crawl("feeds", "-s", "DOWNLOAD_TIMEOUT=1")
        assert third.code == 1, "nothing stale is left of the first; its page never comes"


def test_a_source_that_is_down(palmera: Project, newsroom: Newsroom) -> None:
    feed = f'["{newsroom["palmera"].base}/en/latest.atom"]'
    palmera.write(sources(source("palmera", feeds=feed), source("gone", homepage="http://127.0.0.1:9/")))
    crawl = palmera.crawl()
    assert crawl.code == 1
    assert "gone: no feed answered" in crawl.err
    assert palmera.one("SELECT count(*) FROM articles") == len(newsroom["palmera"].articles)


def test_a_source_that_is_no_web_site_or_has_no_articles(palmera: Project, newsroom: Newsroom) -> None:
    base = newsroom["palmera"].base
    tables = [source("picture", homepage=f"{base}/media/1.png"), source("plain", homepage=f"{base}/en/about")]
    palmera.write(sources(*tables))
    crawl = palmera.crawl("sections")
    assert crawl.code == 1
    assert "picture: no feed answered" in crawl.err
    why = {error for (error,) in palmera.rows("SELECT error FROM failures")}
    assert "no feed, no sitemap and no article links found" in why


def test_a_feed_that_turned_into_a_web_page(palmera: Project, newsroom: Newsroom) -> None:
    palmera.write(sources(source("palmera", feeds=f'["{newsroom["palmera"].base}/en/about"]')))
    crawl = palmera.crawl()
    assert crawl.code == 1
    assert palmera.rows("SELECT error FROM failures") == [("a web page, no feed",)]
    assert palmera.rows("SELECT failures, status FROM feeds") == [(1, 200)]


@pytest.mark.slow
def test_one_page_that_the_archive_will_not_take(palmera: Project, newsroom: Newsroom) -> None:
    assert palmera.crawl().code == 0
    articles = newsroom["palmera"].articles
    bad = articles[3].url
    palmera.change(
        "DELETE FROM articles; DELETE FROM addresses; DELETE FROM captures; DELETE FROM entries; DELETE FROM feeds;"
        f"CREATE TRIGGER no BEFORE INSERT ON captures WHEN new.url = '{bad}' BEGIN SELECT RAISE(ABORT, 'no'); END;"
    )
    crawl = palmera.crawl()
    assert crawl.code == 1
    assert {url for (url,) in palmera.rows("SELECT url FROM articles")} == {one.url for one in articles} - {bad}
    assert palmera.rows("SELECT url, state FROM entries WHERE state <> 'fetched'") == [(bad, "failed")]
    assert palmera.rows("SELECT url FROM failures") == [(bad,)]
    assert json.loads(palmera.rows("SELECT stats FROM runs ORDER BY id")[-1][0])["errors"] == 1


@pytest.mark.slow
def test_no_room_left(palmera: Project, newsroom: Newsroom) -> None:
    process = palmera.start()
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (600_000, 600_000))
    crawl = ended(process)
    assert crawl.code == 3
    assert crawl.err.splitlines()[-1].startswith("Error: archive.db: the disk ")
    assert "Traceback" not in crawl.err
    assert palmera.crawl().code == 0
    assert palmera.rows("SELECT DISTINCT state FROM entries") == [("fetched",)]
    # the workers had no room either: what they said of a page is kept like any failure of reading
    read = palmera.one("SELECT count(*) FROM captures WHERE outcome IN ('article', 'failed')")
    assert read == len(newsroom["palmera"].articles)


def test_pages_came_but_no_article(palmera: Project, newsroom: Newsroom) -> None:
    base = newsroom["palmera"].base
    crawl = palmera.crawl("urls", "-a", f"url={base}/en/nowhere-to-be-found-at-all", "-a", "sources=palmera")
    assert crawl.code == 1
    assert "1 pages came, but no article: 1 not-found" in crawl.err


def test_settings_of_the_command_line_and_the_environment(palmera: Project, newsroom: Newsroom) -> None:
    newsroom.log.clear()
    crawl = palmera.crawl("news", "-s", "TEARSHEET_DB=other.db", TEARSHEET_CONTACT="https://paper.example/bot")
    assert crawl.code == 0, crawl.err
    assert (palmera.folder / "other.db").exists()
    assert not palmera.db.exists()
    assert {str(one.user_agent).partition(" ")[2] for one in newsroom.log} == {"(+https://paper.example/bot)"}


def test_a_quiet_crawl_still_tells_by_its_exit_code(palmera: Project) -> None:
    palmera.write(sources(source("gone", homepage="http://127.0.0.1:9/")))
    process = palmera.start("news", "-s", "TEARSHEET_QUIET=1")
    crawl = ended(process)
    assert (crawl.code, crawl.err) == (1, "")
