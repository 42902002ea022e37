"""Finding everything and nothing else: outlets with one habit each, crawled from their homepages alone."""

from __future__ import annotations

import itertools
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import ConfigError
from pipelines.sources import source_from
from tests.crawls import ROOT, Project, source, sources
from tests.outlets import Outlet, WebArchive, announce, headline, links, page, prose, rss, slug

CONTENT = "".join(f"<p>{one}</p>" for one in prose(3))
TEASER = '<script type="application/ld+json">{"@type": "NewsArticle", "isAccessibleForFree": false}</script>'

pytestmark = pytest.mark.slow


def whole(outlet: Outlet) -> None:
    """Its feed holds the articles; its pages do not all show them."""
    kinds: dict[str, Any] = {
        "/a/shown-101": page(3),
        "/a/teaser-102": page(3, head=TEASER, paragraphs=1),
        "/a/blocked-103": (403, {"Content-Type": "text/html"}, b"<h1>Are you human?</h1>"),
        "/a/short-104": b"<html><body><h1>Soon</h1><p>More in a minute.</p></body></html>",
        "/a/gone-105": (410, {"Content-Type": "text/html"}, b"<h1>Gone</h1>"),
        "/a/wall-106": b"<html><title>Log in</title><body><article><h1>Log in to The Whole</h1><p>"
        + b"Readers of this paper who have a subscription log in here with the address that they gave us. " * 2
        + b"</p></article></body></html>",
    }
    outlet.answers |= kinds | {"/": links(head=announce("/feed", "The Whole")), "/feed": None}
    items = [(f"{outlet.base}{path}", f"{headline(3)} {n}", CONTENT) for n, path in enumerate(kinds)]
    items[1] = (items[1][0], headline(3), CONTENT)
    outlet.answers["/feed"] = rss(*items)


def short_feed(outlet: Outlet) -> None:
    """Its feed lists ten articles, its front page six more like them, and much that is none."""
    paths = [f"/news/{slug(n).split('-')[1]}-{n}" for n in range(5001, 5017)]
    outlet.answers |= {path: page(5001 + n) for n, path in enumerate(paths)}
    outlet.answers["/feed"] = rss(*((f"{outlet.base}{path}", headline(5001 + n)) for n, path in enumerate(paths[:10])))
    others = (
        "/deals/all-that-we-sell-in-one-place", "/tag/long-name-of-a-tag-here", "/author/ada-of-the-desk", "/news/",
        "/calendar/2031/05/", "/news/harbour-5001/amp", "/news/harbour-5001?print=1", "/login",
        "/gallery/ten-pictures-of-the-old-bridge", "/news?page=2", "/news/harbour-5001?sort=asc",
    )  # fmt: skip
    found = [(path, headline(5001 + n)) for n, path in enumerate(paths) if n >= 8]
    outlet.answers["/"] = links(
        *found, *((one, "Words that might well be a headline here") for one in others), head=announce("/feed")
    )


def trapped(outlet: Outlet) -> None:
    """Sections only, between calendars, sessions, permutations and paths that lead ever deeper."""
    for n in range(300, 308):
        outlet.answers[f"/news/{slug(n)}"] = page(n)
    ids = itertools.count(10**15)

    def front(_: object) -> bytes:
        visit = f"{next(ids):016x}"
        return links(
            *((f"/news/{slug(n)};jsessionid={visit}", headline(n)) for n in range(300, 304)),
            *((f"/news/{slug(n)}?PHPSESSID={visit}", headline(n)) for n in range(304, 308)),
            *((f"/news/{slug(300)}?sort={key}&dir={way}", headline(300)) for key in "abc" for way in "ud"),
            *(
                (f"/calendar?year={year}&month={month}", "All that happens")
                for year in (2030, 2031)
                for month in (1, 2)
            ),
            ("a/b/a/b/the-next-page-that-leads-on", "A path that leads on and on and on"),
            menu='<a href="/news/">News</a>',
        )

    def endless(query: dict[str, list[str]]) -> bytes:
        more = f'<link rel="next" href="/news/?page={int(query.get("page", ["1"])[0]) + 1}">'
        return links(*((f"/news/{slug(n)}", headline(n)) for n in range(300, 308)), head=more)

    outlet.answers |= {"/": front, "/news/": endless}
    outlet.rest = lambda target: outlet.answers.get(target.partition(";")[0])


def restless(outlet: Outlet) -> None:
    """It adds a fresh number to every link."""
    numbers = itertools.count(1_699_000_000)
    outlet.answers |= {f"/news/{slug(n)}": page(n) for n in range(400, 405)}
    outlet.answers["/"] = links(head=announce("/feed"))
    outlet.answers["/feed"] = lambda _: rss(
        *((f"{outlet.base}/news/{slug(n)}?t={next(numbers)}", headline(n)) for n in range(400, 405))
    )


def many_forms(outlet: Outlet) -> None:
    """Each article stands at several addresses; only some pages name the canonical one."""
    one, other, third = (f"/news/{slug(n)}" for n in (500, 501, 502))
    canonical = f'<link rel="canonical" href="{outlet.base}{one}">'
    outlet.answers |= {
        one: page(500, head=canonical),
        f"{one}/amp": page(500, head=canonical, paragraphs=6),
        other: page(501),
        f"/print{other}": page(501),
        f"/mobile{third}": page(502),
        third: page(502),
        "/": links(head=announce("/feed")),
    }
    paths = [f"{one}?utm_source=feed", f"{one}/amp", other, f"/print{other}", f"/mobile{third}", third]
    outlet.answers["/feed"] = rss(*((f"{outlet.base}{path}", headline(500)) for path in paths))


HABITS = {
    "whole": whole,
    "short-feed": short_feed,
    "trapped": trapped,
    "restless": restless,
    "many-forms": many_forms,
}


class Crawled:
    """The outlets after three crawls."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.outlets: dict[str, Outlet] = {}
        for name, habit in HABITS.items():
            outlet = self.outlets[name] = Outlet()
            habit(outlet)
            outlet.start()
            stack.callback(outlet.stop)
        # the second outlet's feed lists an article of the first, as agencies and their papers do
        feed = self.outlets["many-forms"].answers["/feed"]
        shared = rss((f"{self.outlets['restless'].base}/shared/one-story-of-two-papers-here", "Shared"))
        self.shared = f"{self.outlets['restless'].base}/shared/one-story-of-two-papers-here"
        item = shared[shared.index(b"<item>") : shared.index(b"</channel>")]
        self.outlets["many-forms"].answers["/feed"] = feed.replace(b"<item>", item + b"<item>", 1)
        before = self.outlets["whole"].answers["/feed"]
        self.outlets["whole"].answers["/feed"] = before.replace(b"<item>", item + b"<item>", 1)
        tables = (source(name, homepage=f"{one.base}/") for name, one in self.outlets.items())
        self.project = Project(folder, sources(*tables, revisit="[]"))
        self.ended = [self.project.crawl()]
        self.requests = [{name: list(one.asked) for name, one in self.outlets.items()}]
        for _ in range(2):
            for one in self.outlets.values():
                one.asked.clear()
            self.ended.append(self.project.crawl())
            self.requests.append({name: list(one.asked) for name, one in self.outlets.items()})

    def __getitem__(self, name: str) -> Outlet:
        return self.outlets[name]


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    with ExitStack() as stack:
        yield Crawled(tmp_path_factory.mktemp("outlets"), stack)


def test_crawls_end_well(crawled: Crawled) -> None:
    for ended in crawled.ended:
        assert ended.code in (0, 1)
        assert not re.search(r"Traceback|ERROR", ended.err), ended.err


# what a feed gives whole


def test_a_feeds_text_stands_in_only_where_the_page_shows_none_and_says_so(crawled: Crawled) -> None:
    rows = crawled.project.rows("SELECT url, text_from, word_count FROM articles WHERE source_id = 'whole'")
    found = {url.removeprefix(crawled["whole"].base): (text_from, words) for url, text_from, words in rows}
    assert found["/a/shown-101"][0] == "page"
    for path in ("/a/teaser-102", "/a/blocked-103", "/a/short-104", "/a/wall-106"):
        assert found[path][0] == "feed", path
        assert found[path][1] > 200
    assert "/a/gone-105" not in found


def test_what_the_feed_gave_is_a_claim_of_bounded_size(crawled: Crawled) -> None:
    rows = crawled.project.rows("SELECT url, claims FROM articles WHERE source_id = 'whole'")
    for url, claims in rows:
        (content,) = [one for one in json.loads(claims) if one["field"] == "content"]
        assert content["origin"] == "feed"
        assert content["value"].startswith("The "), url
        assert len(content["value"]) <= 200  # the article says as much
    said = crawled.project.one("SELECT count(*) FROM entries WHERE source_id = 'whole' AND content LIKE '<p>The %'")
    assert said == 6
    told = crawled.project.one(
        "SELECT count(*) FROM articles, json_each(claims) WHERE value ->> 'field' = 'text_from' AND source_id = 'whole'"
    )
    assert told == 4


def test_a_pages_own_claims_stay_where_it_is_the_articles_page(crawled: Crawled) -> None:
    rows = dict(
        crawled.project.rows("SELECT url, title FROM articles WHERE source_id = 'whole' AND text_from = 'feed'")
    )
    titles = {url.rpartition("/")[2]: title for url, title in rows.items()}
    assert titles["teaser-102"] == headline(3)
    assert "Log in" not in titles["wall-106"]
    paywalled = crawled.project.rows("SELECT url FROM articles WHERE paywalled")
    assert [url.rpartition("/")[2] for (url,) in paywalled] == ["teaser-102"]


# links that are articles


def test_a_front_page_gives_what_its_feed_leaves_out_and_nothing_else(crawled: Crawled) -> None:
    rows = crawled.project.rows("SELECT url, kind, why FROM entries WHERE source_id = 'short-feed'")
    found = {url.removeprefix(crawled["short-feed"].base): (kind, why) for url, kind, why in rows}
    assert sorted(found) == sorted(
        path for path in crawled["short-feed"].answers if re.fullmatch(r"/news/\w+-50\d\d", path)
    )
    kinds = [kind for kind, _ in found.values()]
    assert (kinds.count("feed"), kinds.count("section")) == (10, 6)
    assert {why for kind, why in found.values() if kind == "section"} == {
        "address like 10 known: /news/<word>-<number>"
    }
    assert crawled.project.one("SELECT count(*) FROM articles WHERE source_id = 'short-feed'") == 16


def test_traps_are_not_walked_into(crawled: Crawled) -> None:
    asked = crawled.requests[0]["trapped"]
    places = {one for one in asked if not one.endswith((".xml", ".gz", ".txt", ".json")) and "/news/old" not in one}
    assert not [one for one in asked if "calendar" in one or "sort=" in one or "/a/b" in one]
    assert len([one for one in places if "page=" in one]) <= 5
    stories = [one for one in asked if "/news/old" in one]
    assert len(stories) == 8
    assert crawled.project.one("SELECT count(*) FROM articles WHERE source_id = 'trapped'") == 8


def test_a_session_id_never_makes_a_page_a_new_one(crawled: Crawled) -> None:
    for requests in crawled.requests[1:]:
        assert not [one for one in requests["trapped"] if "/news/old" in one]
    keys = crawled.project.rows("SELECT urlkey FROM entries WHERE source_id = 'trapped'")
    assert not [key for (key,) in keys if re.search("sess", key, re.I)]


def test_a_parameter_that_never_repeats_is_no_part_of_the_key_once_it_is_known(crawled: Crawled) -> None:
    fetched = [sum("?t=" in one for one in requests["restless"]) for requests in crawled.requests]
    assert fetched[0] == 5
    assert fetched[1] <= 5
    assert fetched[2] == 0
    assert crawled.project.one("SELECT count(*) FROM articles WHERE source_id = 'restless'") == 5
    assert crawled.project.rows("SELECT DISTINCT name FROM parameters") == [("t",)]
    seen = crawled.project.one(
        "SELECT count(*) FROM addresses JOIN articles ON articles.id = article_id WHERE source_id = 'restless'"
    )
    assert seen == fetched[0] + fetched[1]


def test_all_forms_of_a_page_lead_to_one_article(crawled: Crawled) -> None:
    base = crawled["many-forms"].base
    rows = crawled.project.rows(
        "SELECT articles.url, addresses.url, kind FROM addresses JOIN articles ON articles.id = article_id"
        " WHERE source_id = 'many-forms' ORDER BY 1, 2"
    )
    found = {(url.removeprefix(base), at.removeprefix(base)): kind for url, at, kind in rows}
    one, other, third = (f"/news/{slug(n)}" for n in (500, 501, 502))
    assert found == {
        (one, one): "canonical",
        (one, f"{one}?utm_source=feed"): "tracking",
        (one, f"{one}/amp"): "amp",
        (other, other): "canonical",
        (other, f"/print{other}"): "print",
        (third, third): "canonical",
        (third, f"/mobile{third}"): "mobile",
    }
    assert crawled.project.one("SELECT count(*) FROM revisions") == 0


def test_an_entry_that_two_sources_list_stays_with_the_first_and_remembers_both(crawled: Crawled) -> None:
    ((first, other),) = crawled.project.rows(
        "SELECT entries.source_id, mentions.source_id FROM entries JOIN mentions ON entry_id = id WHERE url = ?",
        crawled.shared,
    )
    assert {first, other} == {"whole", "many-forms"}
    rows = crawled.project.rows("SELECT mentioned_by FROM rejected WHERE url = ?", crawled.shared)
    assert rows == [(other,)]


# sources add, sources check


def tearsheet(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command of ours, to its end."""
    return subprocess.run(
        [sys.executable, "-m", "pipelines.cli", *arguments],
        cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=120,
    )  # fmt: skip


def test_sources_check_says_why(crawled: Crawled) -> None:
    said = tearsheet(crawled.project.folder, "sources", "check", "short-feed", "--json")
    assert said.returncode == 0, said.stderr
    (row,) = json.loads(said.stdout)
    assert [feed["kind"] for feed in row["feeds"]] == ["feed", "section"]
    whys = [one["why"] for one in row["articles"]]
    assert len(whys) == 5
    assert set(whys) == {
        "listed by the feed", "a link on the page: address like 10 known: /news/<word>-<number>",
    }  # fmt: skip
    left = {one["why"] for one in row["left_out"]}
    assert len(left) == 5
    assert left <= {
        "under /tag", "under /author", "under /login", "under /calendar", "under /gallery", "the amp form of a page",
        "the print form of a page", "page= in the address", "sort= in the address", "unlike all 10 articles known",
        "under /deals", "no headline",
    }  # fmt: skip


def test_sources_add_writes_what_it_sees(crawled: Crawled, tmp_path: Path) -> None:
    outlet = crawled["short-feed"]
    outlet.answers["/home"] = (302, {"Location": "/"}, b"")
    (tmp_path / "sources.toml").write_text(sources())
    said = tearsheet(tmp_path, "sources", "add", f"{outlet.base}/home", "--name", "shorty")
    assert said.returncode == 0, said.stderr
    assert f"feed     {outlet.base}/feed  (10 articles)" in said.stderr
    written = (tmp_path / "sources.toml").read_text().removeprefix(sources())
    assert written == f'\n[source.shorty]\nhomepage = "{outlet.base}/"\nname = "The Paper"\nlanguage = "en"\n'
    assert "already" in tearsheet(tmp_path, "sources", "add", f"{outlet.base}/feed").stderr


def test_sources_add_takes_a_feed_and_an_outlet_that_does_not_answer(crawled: Crawled, tmp_path: Path) -> None:
    (tmp_path / "sources.toml").write_text(sources())
    base = crawled["whole"].base
    assert tearsheet(tmp_path, "sources", "add", f"{base}/feed", "--name", "fed").returncode == 0
    assert f'[source.fed]\nfeeds = ["{base}/feed"]\n' in (tmp_path / "sources.toml").read_text()
    said = tearsheet(tmp_path, "sources", "add", "http://127.0.0.1:9/", "--name", "down")
    assert said.returncode == 0, said.stderr
    assert "did not answer" in said.stderr
    assert '[source.down]\nhomepage = "http://127.0.0.1:9/"\n' in (tmp_path / "sources.toml").read_text()


# what was published before


@pytest.fixture(scope="module")
def archived() -> Iterator[tuple[Outlet, list[str]]]:
    """An outlet with four stories a day, on two archive pages for each day."""
    outlet = Outlet()
    stories = []
    for day in range(1, 6):
        found = [(f"/stories/{slug(n)}", headline(n)) for n in (600 + 4 * day + k for k in range(4))]
        stories += [path for path, _ in found]
        outlet.answers |= {path: page(600 + 4 * day + k) for k, (path, _) in enumerate(found)}
        more = f'<link rel="next" href="/archive/2024/05/{day:02}/?page=2">'
        outlet.answers[f"/archive/2024/05/{day:02}/"] = links(*found[:2], head=more)
        outlet.answers[f"/archive/2024/05/{day:02}/?page=2"] = links(*found[2:])
    outlet.start()
    yield outlet, stories
    outlet.stop()


@pytest.mark.parametrize("named", [False, True])
def test_archives_give_what_was_published_between_two_days(
    tmp_path: Path, archived: tuple[Outlet, list[str]], named: bool
) -> None:
    outlet, stories = archived
    keys = {"archives": f'["{outlet.base}/archive/{{year}}/{{month}}/{{day}}/"]'} if named else {}
    project = Project(tmp_path, sources(source("paper", homepage=f"{outlet.base}/", **keys)))
    outlet.asked.clear()
    ended = project.crawl("archives", "-a", "since=2024-05-02", "-a", "until=2024-05-04")
    assert ended.code == 0, ended.err
    found = {url.removeprefix(outlet.base) for (url,) in project.rows("SELECT url FROM articles")}
    assert found == set(stories[4:16])
    days = {one[:20] for one in outlet.asked if one.startswith("/archive/2024/05/")}
    assert days == {f"/archive/2024/05/{day:02}/" for day in (2, 3, 4)}
    assert project.rows("SELECT url FROM feeds") == []  # later crawls do not ask an archive again


def test_archives_want_to_know_the_days(tmp_path: Path) -> None:
    project = Project(tmp_path, sources(source("paper", homepage="http://127.0.0.1:9/")))
    assert "archives: since=soon: no day; write since=2024-05-03" in project.crawl("archives", "-a", "since=soon").err


def test_the_address_of_an_archive_names_a_year() -> None:
    for address, told in (("{yy}/", "has {yy}, which is none of {year}"), ("{month}/", "names no {year}")):
        with pytest.raises(ConfigError, match=re.escape(told)):
            source_from("paper", {"homepage": PAPER, "archives": [f"{PAPER}/{address}"]}, "sources.toml")


PAPER = "http://paper.example"


@pytest.fixture(params=["wayback", "pywb"])
def web_archive(request: pytest.FixtureRequest) -> Iterator[WebArchive]:
    """It holds five stories, one in two versions, one twice the same, and what is no story."""
    archive = WebArchive(dialect=request.param)
    for n in range(5):
        archive.held.append(
            (f"201905{n + 1:02}120000", f"{PAPER}/news/{slug(700 + n)}", 200, "text/html", page(700 + n))
        )
    edited = page(700).replace(
        b"</article>", b"<p>This story was corrected on the day after it came out.</p></article>"
    )
    archive.held += [
        ("20190601120000", f"{PAPER}/news/{slug(700)}", 200, "text/html", edited),
        ("20190602120000", f"{PAPER}/news/{slug(701)}", 200, "text/html", page(701)),
        ("20190501130000", f"{PAPER}/", 200, "text/html", links()),
        ("20190501140000", f"{PAPER}/tag/{slug(702)}", 200, "text/html", links()),
        ("20190501150000", f"{PAPER}/news/{slug(703)}/print", 200, "text/html", page(703)),
        ("20190501160000", f"{PAPER}/news/{slug(710)}", 404, "text/html", b"gone"),
        ("20190501170000", f"{PAPER}/news/{slug(711)}.pdf", 200, "application/pdf", b"%PDF"),
        ("20210501120000", f"{PAPER}/news/{slug(712)}", 200, "text/html", page(712)),
    ]
    archive.start()
    yield archive
    archive.stop()


def test_a_web_archive_gives_pages_with_their_own_time_and_address(tmp_path: Path, web_archive: WebArchive) -> None:
    project = Project(tmp_path, sources(source("paper", homepage=f"{PAPER}/")))
    asked = ("wayback", "-a", f"cdx={web_archive.index}", "-a", "since=2019", "-a", "until=2020")
    ended = project.crawl(*asked)
    assert ended.code == 0, ended.err
    rows = project.rows("SELECT url, first_seen_at FROM articles ORDER BY url")
    expected = sorted((f"{PAPER}/news/{slug(700 + n)}", f"2019-05-{n + 1:02}T12:00:00Z") for n in range(5))
    assert rows == expected
    via = json.loads(project.one("SELECT entry FROM captures ORDER BY fetched_at LIMIT 1"))["via"]
    assert via.startswith(web_archive.base)
    assert f"20190501120000id_/{PAPER}/news/" in via
    replayed = [one for one in web_archive.asked if "id_/" in one]
    assert len(replayed) == len(set(replayed)) == 5

    web_archive.asked.clear()
    assert project.crawl(*asked, "-a", "versions=all").code == 0
    replayed = [one for one in web_archive.asked if "id_/" in one]
    assert len(replayed) == 1  # the corrected story: what is held is not asked for, and no page that is the same
    assert project.rows("SELECT count(*) FROM revisions") == [(1,)]
    text = project.one("SELECT text FROM articles WHERE url = ?", f"{PAPER}/news/{slug(700)}")
    assert text.endswith("corrected on the day after it came out.")


def test_an_index_that_does_not_answer(tmp_path: Path, web_archive: WebArchive) -> None:
    project = Project(tmp_path, sources(source("paper", homepage=f"{PAPER}/")))
    assert "name the archive's index" in project.crawl("wayback").err
    for limit in ("0", "²", "-1", "many"):
        ended = project.crawl("wayback", "-a", f"cdx={web_archive.index}", "-a", f"limit={limit}")
        assert f"limit={limit} is no number of pages" in ended.err
    ended = project.crawl("wayback", "-a", f"cdx={web_archive.base}/nothing/here")
    assert ended.code == 1
    assert project.rows("SELECT error, detail FROM failures") == [("no answer of the index", "status 404")]
