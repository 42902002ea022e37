"""Articles over several pages, and live blogs: one article each, whole, and revisited as one."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.paging import next_page
from pipelines.process import process
from pipelines.recipe import Recipe
from pipelines.types import Article, Capture, restore
from tests.crawls import Project
from tests.hostile.prose import paragraphs
from tests.hosts import Host
from tests.store_values import START


def _text(part: int) -> str:
    return "".join(f"<p>{one}</p>" for one in (f"This is part {part} of the story.", *paragraphs(f"part {part}")))


def _page(part: int, following: str = "", body: str = "", extra: str = "") -> bytes:
    link = f'<p><a rel="next" href="{following}">Next page</a></p>' if following else ""
    return (
        f"<html><head><title>The long story</title>{extra}</head><body><article><h1>The long story</h1>"
        f"{body or _text(part)}<p>© 2024 Paper. All rights reserved.</p>{link}</article></body></html>"
    ).encode()


def _put(host: Host, path: str, body: bytes, **headers: str) -> None:
    host.answers[path] = (200, {"Content-Type": "text/html", **headers}, body)


_DUE = "UPDATE entries SET due_at = '2020-01-01T00:00:00Z' WHERE state = 'fetched'"
FIRST = "https://paper.example/2024/story-7.html"


@pytest.mark.parametrize(
    ("first", "following"),
    [
        (FIRST, "https://paper.example/2024/story-7-2.html"),
        (FIRST, "/2024/story-7,2.html"),
        (FIRST, "?page=2"),
        (FIRST, "story-7.html?seite=2&amp;utm_source=pager"),
        ("https://paper.example/story/", "https://paper.example/story/2/"),
        ("https://paper.example/story", "https://paper.example/story/page/2"),
        ("https://paper.example/story?id=7", "/story?id=7&amp;p=2"),
        ("https://paper.example/story?page=1", "/story?page=2"),
        ("https://paper.example/story/1", "/story/2"),
    ],
)
@pytest.mark.parametrize("tag", ['<link rel="next" href="{}">', "<a class=x href='{}' rel='nofollow next'>2</a>"])
def test_the_next_page_of_the_article_is_seen(first: str, following: str, tag: str) -> None:
    assert next_page(f"<html>{tag.format(following)}".encode(), first, first, 2) is not None


@pytest.mark.parametrize(
    "following",
    [
        "https://paper.example/2024/another-story.html",
        "https://paper.example/2024/story-8.html",
        "https://paper.example/2024/story-7-3.html",
        "https://paper.example/2024/story-7.html?comments=2",
        "https://paper.example/2024/story-7.html/comment-page-2",
        "https://other.example/2024/story-7-2.html",
        "https://paper.example/page/2",
        "javascript:next()",
        "",
    ],
)
def test_the_next_article_is_no_next_page(following: str) -> None:
    assert next_page(f'<link rel="next" href="{following}">'.encode(), FIRST, FIRST, 2) is None


def test_pages_are_one_article_with_one_ledger() -> None:
    pages = [Capture(url=FIRST, fetched_at=START, body=_page(part), mime="text/html") for part in (1, 2, 3)]
    joined = process(replace(pages[0], pages=tuple(pages[1:])), Recipe.default())
    assert isinstance(joined, Article)
    parts = [one for part in (1, 2, 3) for one in (f"This is part {part} of the story.", *paragraphs(f"part {part}"))]
    assert joined.description in (None, parts[0])
    assert " ".join(joined.text.split()) == " ".join(parts[1 if joined.description else 0 :])
    assert "©" not in joined.text
    whole = restore(joined.text, joined.removals)
    assert all(whole[cut.start : cut.stop] == cut.text for cut in joined.removals)
    assert sum(cut.text.count("©") for cut in joined.removals) == 3


def test_a_page_that_repeats_the_first_is_left_out() -> None:
    page = Capture(url=FIRST, fetched_at=START, body=_page(1), mime="text/html")
    assert process(replace(page, pages=(page,)), Recipe.default()) == process(page, Recipe.default())


def _followed(host: Host, folder: Path) -> Project:
    host.feed("/story.html", "/live")
    _put(host, "/story.html", _page(1, "/story.html?page=2"))
    _put(host, "/story.html?page=2", _page(2, "/story.html?page=3"))
    _put(host, "/story.html?page=3", _page(3))
    live = {"@context": "https://schema.org", "@type": ["LiveBlogPosting", "NewsArticle"], "headline": "Live"}
    extra = f'<script type="application/ld+json">{json.dumps(live)}</script>'
    _put(host, "/live", _page(4, extra=extra))
    return Project(folder, host.sources())


def test_a_crawl_joins_pages_and_keeps_each(host: Host, tmp_path: Path) -> None:
    project = _followed(host, tmp_path)
    ended = project.crawl()
    assert ended.code == 0, ended.err
    articles = project.rows("SELECT id, url, live, text FROM articles ORDER BY live")
    assert [live for _, _, live, _ in articles] == [0, 1]
    article_id, url, _, text = articles[0]
    assert url.endswith("/story.html")
    assert all(paragraphs(f"part {part}")[1] in text for part in (1, 2, 3))
    pages = project.rows("SELECT n, url FROM pages WHERE article_id = ? ORDER BY n", article_id)
    assert [(n, url.rpartition("?")[2]) for n, url in pages] == [(2, "page=2"), (3, "page=3")]
    assert project.rows("SELECT count(*) FROM captures WHERE outcome = 'page'") == [(2,)]


@pytest.mark.slow
def test_a_changed_further_page_is_a_revision(host: Host, tmp_path: Path) -> None:
    project = _followed(host, tmp_path)
    project.crawl()
    project.change(_DUE)
    assert project.crawl().code == 0
    assert project.rows("SELECT count(*) FROM revisions") == [(0,)]
    project.change(_DUE)
    _put(host, "/story.html?page=3", _page(3, body=_text(3) + "<p>The keeper has since taken back what he said.</p>"))
    assert project.crawl().code == 0
    assert project.rows("SELECT count(*) FROM revisions") == [(1,)]
    (text,) = project.rows("SELECT text FROM articles WHERE live = 0")[0]
    assert text.endswith("taken back what he said.")


@pytest.mark.slow
def test_a_page_that_fails_for_now_is_waited_for(host: Host, tmp_path: Path) -> None:
    project = _followed(host, tmp_path)
    whole = host.answers["/story.html?page=3"]
    host.answers["/story.html?page=3"] = (500, {}, b"")
    project.crawl()
    assert project.rows("SELECT count(*) FROM articles WHERE live = 0") == [(0,)]
    ((reason,),) = project.rows("SELECT reason FROM entries WHERE url LIKE '%/story.html'")
    assert "a further page did not come" in reason
    host.answers["/story.html?page=3"] = whole
    project.change("UPDATE entries SET due_at = NULL")
    assert project.crawl().code == 0
    ((text,),) = project.rows("SELECT text FROM articles WHERE live = 0")
    assert "part 3 of" in text


@pytest.mark.slow
def test_stored_pages_are_read_again_together(host: Host, tmp_path: Path) -> None:
    project = _followed(host, tmp_path)
    project.crawl()
    before = project.rows("SELECT url, text, digest FROM articles ORDER BY url")
    project.change("UPDATE captures SET outcome = NULL WHERE outcome = 'article'; DELETE FROM articles")
    assert project.crawl().code == 0
    assert project.rows("SELECT url, text, digest FROM articles ORDER BY url") == before
