"""Crawling the press: every kind of listing, twins, loops, walls and calendars; told from the servers' own log."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from pipelines.urls import urlkey
from tests.crawls import Project, ended
from tests.kiosk.leftovers import missing
from tests.press import KINDS, Asked, Outlet, Press
from tests.press.show import Coverage, Crawl, coverage, crawl, gaps, p95, pace, pages_of, requests_table, twice

OUTLETS = pytest.mark.parametrize("slug", KINDS)
#: Requests that one outlet of a dozen articles may cost at first sight, whatever it holds beside them.
_MOST = 90
_DELAY = 0.15  # seconds between two requests to a host that gives trouble, or stands beside one that does
_TIMEOUT = 4  # seconds that a silent host is waited for


class Crawled:
    """The press after a first crawl from homepages alone, a second one of the same edition, and a third of the next."""

    def __init__(self, folder: Path) -> None:
        with Press() as press:
            self.press = press
            self.project = Project(folder, press.sources_toml())
            self.first = crawl(press, self.project)
            self.outlets = {one.slug: one for one in press.outlets}
            self.after_first = {one.outlet.slug: one for one in coverage(press, self.project)}
            self.second = crawl(press, self.project)
            self.new, self.edited = press.next_edition()
            self.third = crawl(press, self.project)
            self.after_third = coverage(press, self.project)
            self.pages = {
                name: pages_of(self.project, press, one.log)
                for name, one in (("first", self.first), ("second", self.second), ("third", self.third))
            }

    @property
    def crawls(self) -> tuple[Crawl, Crawl, Crawl]:
        return self.first, self.second, self.third


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    return Crawled(tmp_path_factory.mktemp("press"))


# the first crawl, from homepages alone


def test_the_crawls_end_well(crawled: Crawled) -> None:
    for one in crawled.crawls:
        assert one.ended.code == 0, one.ended.err
        assert "Traceback" not in one.ended.err


@OUTLETS
def test_every_article_is_found_from_the_homepage(crawled: Crawled, slug: str) -> None:
    assert crawled.after_first[slug].missing == []


@OUTLETS
def test_nothing_but_articles_becomes_one(crawled: Crawled, slug: str) -> None:
    assert crawled.after_first[slug].false == []


@OUTLETS
def test_texts_are_read_in_full(crawled: Crawled, slug: str) -> None:
    outlet = crawled.press[slug]
    rows = crawled.project.rows("SELECT urlkey, title, language, text FROM articles WHERE source_id = ?", slug)
    for key, title, language, text in rows:
        if truth := outlet.articles.get(key):
            assert (title, language) == (truth.title, outlet_language(outlet)), key
            assert missing(truth.body, text) == [], key


def outlet_language(outlet: Outlet) -> str:
    return next(iter(outlet.articles.values())).language


@OUTLETS
def test_what_robots_txt_forbids_is_never_asked_for(crawled: Crawled, slug: str) -> None:
    outlet = crawled.outlets[slug]
    for one in crawled.crawls:
        assert [asked.path for asked in one.of(outlet) if outlet.forbids(asked.path)] == []


def test_what_is_forbidden_says_so(crawled: Crawled) -> None:
    rows = crawled.project.rows("SELECT source_id, count(*) FROM entries WHERE reason LIKE '%robots.txt%' GROUP BY 1")
    assert {"ledger", "kurier", "vallonne"} <= dict(rows).keys()


@OUTLETS
def test_each_page_is_fetched_once(crawled: Crawled, slug: str) -> None:
    again = twice(crawled.first.of(crawled.outlets[slug]))
    assert {path for _, path in again} <= {"/2025/05/12/round-and-round-it-goes", "/2025/05/12/there-and-back-again"}
    assert max(again.values(), default=0) <= 3  # a loop is left after five steps


def test_each_article_is_asked_for_at_one_address_but_for_its_twins(crawled: Crawled) -> None:
    """Tracking and session ids make no addresses of their own; AMP, print and mobile ones may be looked at, and so may
    those of beacon, whose feed adds a parameter that no crawler knows."""
    asked = Counter(urlkey(url.partition("?")[0]) for url in crawled.pages["first"])
    for outlet in crawled.outlets.values():
        most = 2 if outlet.slug == "beacon" else 1
        assert {key: asked[key] for key in outlet.articles if not 1 <= asked[key] <= most} == {}, outlet.slug


def test_twins_are_one_article_and_every_address_is_kept(crawled: Crawled) -> None:
    for slug, twin in (("kurier", "/amp"), ("vestnik", "/m"), ("vallonne", "/imprimer")):
        rows = crawled.project.rows(
            "SELECT d.url, a.url FROM addresses d JOIN articles a ON a.id = d.article_id"
            " WHERE a.source_id = ? AND d.urlkey <> a.urlkey", slug,
        )  # fmt: skip
        outlet = crawled.outlets[slug]
        for other, own in rows:
            assert other == own.replace(outlet.base, outlet.base + twin)
        known = {url for (url,) in crawled.project.rows("SELECT url FROM entries WHERE source_id = ?", slug)}
        twins = [url for url in known if url.startswith(f"{outlet.base}{twin}/")]
        assert len(rows) == len([url for url in twins if asked_for(crawled.first, outlet, url)])


def asked_for(one: Crawl, outlet: Outlet, url: str) -> bool:
    return any(outlet.base + asked.path == url for asked in one.log if asked.host == outlet.slug)


def test_a_crawl_delay_holds_between_all_requests(crawled: Crawled) -> None:
    asked = [one for one in crawled.first.of(crawled.outlets["kurier"]) if one.path != "/robots.txt"]
    assert pace(asked) > 0.2 - 0.02
    assert len(asked) > 12


def test_no_outlet_is_a_trap(crawled: Crawled) -> None:
    """Calendars, pages without end and session ids end by themselves."""
    for outlet in crawled.outlets.values():
        assert len(crawled.first.of(outlet)) <= _MOST, outlet.slug
    farol = crawled.first.of(crawled.outlets["farol"])
    assert sum(one.path.startswith("/agenda/") for one in farol) <= 3
    assert sum("pagina" in one.path for one in farol) <= 10


@pytest.mark.parametrize(
    ("slug", "path"), [(slug, path) for slug, kind in KINDS.items() for path in kind.beside]
)  # fmt: skip
def test_what_is_listed_and_no_article_says_why(crawled: Crawled, slug: str, path: str) -> None:
    url = crawled.outlets[slug].base + path
    state, reason = crawled.project.rows("SELECT state, reason FROM entries WHERE url = ?", url)[0]
    outcomes = {one for (one,) in crawled.project.rows("SELECT outcome FROM captures WHERE url = ?", url)}
    assert "article" not in outcomes
    assert state in ("refused", "failed") or outcomes
    assert reason or outcomes


# the second: nothing has changed


def test_an_unchanged_press_costs_one_request_per_feed_and_no_page(crawled: Crawled) -> None:
    assert crawled.pages["second"] == []
    assert twice(crawled.second.log) == {}
    feeds = crawled.project.one("SELECT count(*) FROM feeds WHERE digest IS NOT NULL")
    # links that carry a session id make every copy of a page another one, so an archive is asked for its latest day
    dated = [one for one in crawled.second.log if one.path.startswith("/arquivo/2025/")]
    assert len(dated) <= 2
    assert len(crawled.second.log) - len(dated) <= feeds
    unasked = {"/robots.txt"} & {one.path for one in crawled.second.log}
    assert not unasked, "what a host allows is remembered for a day"


@OUTLETS
def test_feeds_are_asked_for_conditionally(crawled: Crawled, slug: str) -> None:
    asked = crawled.second.of(crawled.outlets[slug])
    assert asked
    if KINDS[slug].tags != "none":
        assert all(one.conditional for one in asked)
    if KINDS[slug].tags in ("honest", "date"):
        assert {one.status for one in asked} == {304}


def test_tags_that_lie_change_nothing(crawled: Crawled) -> None:
    for slug in ("beacon", "mina"):
        assert {one.status for one in crawled.second.of(crawled.outlets[slug])} == {200}
        outcomes = crawled.project.rows(
            "SELECT outcome FROM captures WHERE source_id = ? AND feed_id IS NOT NULL ORDER BY id", slug
        )
        assert outcomes == [("feed",), ("unchanged",), ("feed",)]


# the third: five new articles, three edited ones


def test_the_next_edition_costs_its_pages_and_no_other(crawled: Crawled) -> None:
    assert (len(crawled.new), len(crawled.edited)) == (5, 3)
    asked = sorted(urlkey(url.partition("?")[0]) for url in crawled.pages["third"])
    assert asked == sorted([*crawled.new, *crawled.edited])


def test_the_next_edition_is_in_the_archive(crawled: Crawled) -> None:
    assert [one for one in crawled.after_third if one.missing] == []
    revised = crawled.project.rows("SELECT a.urlkey FROM revisions JOIN articles a ON a.id = article_id")
    assert sorted(key for (key,) in revised) == sorted(crawled.edited)
    for key, one in crawled.edited.items():
        assert one.body[-1] in crawled.project.one("SELECT text FROM articles WHERE urlkey = ?", key)


def test_the_tables(crawled: Crawled) -> None:
    crawls = [(name, one, crawled.pages[name]) for name, one in zip(crawled.pages, crawled.crawls, strict=True)]
    last = requests_table(crawled.press, crawls).splitlines()[-1].split()
    assert last[0] == "all"
    assert [int(n) for n in last[1::3]] == [len(one.log) for one in crawled.crawls]


# hosts that give trouble, beside the outlets


class Troubled:
    """The press crawled without the hosts that give trouble and with them; at once, as the machine may be busy."""

    def __init__(self, folder: Path) -> None:
        settings = {"delay": f'"{_DELAY}s"', "timeout": f'"{_TIMEOUT}s"'}
        (folder / "calm").mkdir()
        with Press() as aside, Press() as press:
            self.press = press
            self.project = Project(folder, press.sources_toml(troubles=True, **settings))
            calm = Project(folder / "calm", aside.sources_toml(**settings)).start()
            rough = self.project.start()
            self.calm = Crawl(ended=ended(calm), log=aside.log.take())
            self.rough = Crawl(ended=ended(rough), log=press.log.take())
            self.coverage: list[Coverage] = coverage(press, self.project)
            self.outlets = press.outlets
            self.later = crawl(press, self.project, "news", "-a", "sources=busy,closed,dead,drip,mute")

    def asked(self, slug: str) -> list[Asked]:
        return [one for one in self.rough.log if one.host == slug]


@pytest.fixture(scope="module")
def troubled(tmp_path_factory: pytest.TempPathFactory) -> Troubled:
    troubled = Troubled(tmp_path_factory.mktemp("troubles"))
    if not troubled.press.apart:
        pytest.skip("this machine has one loopback address only, and hosts are told apart by it")
    return troubled


@pytest.mark.slow
def test_trouble_with_one_host_is_told_and_costs_the_others_nothing(troubled: Troubled) -> None:
    assert troubled.calm.ended.code == 0, troubled.calm.ended.err
    assert troubled.rough.ended.code == 1
    for slug in ("dead", "mute", "closed"):
        assert f"{slug}: no feed answered" in troubled.rough.ended.err
    assert [one for one in troubled.coverage if one.outlet.slug != "farol" and one.missing] == []


@pytest.mark.slow
def test_trouble_with_one_host_does_not_slow_the_others(troubled: Troubled) -> None:
    outlets = {one.slug for one in troubled.outlets}
    calm, rough = (
        p95(gaps(asked for asked in one.log if asked.host in outlets)) for one in (troubled.calm, troubled.rough)
    )
    # whoever waited for a silent host would wait for its timeout; on a busy machine all wait, the larger crawl longer
    assert rough < max(2 * calm, _TIMEOUT / 2)


@pytest.mark.slow
def test_our_own_delay_holds_for_every_host(troubled: Troubled) -> None:
    for log in (troubled.calm.log, troubled.rough.log):
        for host in {one.host for one in log}:
            # delays vary by a quarter, so that they look less like a machine's
            assert pace(one for one in log if one.host == host) > _DELAY * 0.75 - 0.02, host


@pytest.mark.slow
def test_a_host_that_cannot_say_what_it_allows_is_asked_nothing_else(troubled: Troubled) -> None:
    assert [one.path for one in troubled.asked("closed")] == ["/robots.txt"]
    assert [one for one in troubled.later.log if one.host == "closed"] == []


@pytest.mark.slow
def test_a_mute_host_is_left_alone_after_its_time(troubled: Troubled) -> None:
    assert len(troubled.asked("mute")) <= 2


@pytest.mark.slow
def test_a_host_that_asks_us_to_wait_is_left_in_peace(troubled: Troubled) -> None:
    asked = troubled.asked("busy")
    first = next(n for n, one in enumerate(asked) if one.status == 429)
    assert len(asked) - first - 1 <= 3, "only what was on its way already"
    assert [one.path for one in troubled.later.log if one.host == "busy" and one.path.startswith("/story/")] == []


@pytest.mark.slow
def test_a_maze_of_sitemaps_ends(troubled: Troubled) -> None:
    assert len(troubled.asked("maze")) <= 250


@pytest.mark.slow
def test_pages_that_drip_fail_and_wait_for_later(troubled: Troubled) -> None:
    rows = troubled.project.rows("SELECT state, due_at FROM entries WHERE source_id = 'drip'")
    assert rows
    assert all(state != "fetched" for state, _ in rows)
