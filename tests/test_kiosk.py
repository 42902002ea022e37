"""The kiosk's pages say what they should, no rule knows their furniture, and they can be crawled and read."""

from __future__ import annotations

import urllib.request
from collections import Counter
from collections.abc import Iterator

import pytest
from lxml import html

from pipelines.lessons import recipe_in_force
from pipelines.process import process
from pipelines.rules import rule_set, shipped_rules
from pipelines.sources import read_sources
from pipelines.store.archive import Archive
from pipelines.types import Article, Extracted
from tests.crawls import Project
from tests.kiosk import Kiosk, leftovers
from tests.kiosk.leftovers import missing, within
from tests.kiosk.stands import again, stands
from tests.newsroom import Outlet
from tests.newsroom.truth import Desk
from tests.test_golden import read

#: How each outlet names its charset: in the HTTP header, in the page, or both.
CHARSETS = {
    "asagiri": ("shift_jis", "page"),
    "beacon": ("utf-8", "both"),
    "farol": ("utf-8", "both"),
    "kurier": ("utf-8", "both"),
    "ledger": ("utf-8", "both"),
    "mina": ("utf-8", "both"),
    "vallonne": ("iso-8859-1", "header"),
    "vestnik": ("windows-1251", "page"),
}
#: Share of the articles that may keep a line of furniture after one crawl.
LEFT = 0.02
OUTLETS = pytest.mark.parametrize("slug", sorted(CHARSETS))
STANDS = pytest.mark.parametrize("desk", stands(), ids=lambda desk: desk.slug)


@pytest.fixture(scope="module")
def kiosk() -> Iterator[Kiosk]:
    with Kiosk() as kiosk:
        yield kiosk


def path_of(url: str, outlet: Outlet) -> str:
    return outlet.slug + url.removeprefix(outlet.base)


# the site


def test_eight_outlets_in_seven_languages(kiosk: Kiosk) -> None:
    assert [outlet.slug for outlet in kiosk.outlets] == sorted(CHARSETS)
    assert {outlet.language for outlet in kiosk.outlets} == {"ar", "de", "en", "fr", "ja", "pt", "ru"}
    assert all(len(outlet.articles) >= 11 for outlet in kiosk.outlets)


@OUTLETS
def test_pages_name_their_charset_where_they_should(kiosk: Kiosk, slug: str) -> None:
    charset, where = CHARSETS[slug]
    for url in (kiosk[slug].base, kiosk[slug].articles[0].url):
        with urllib.request.urlopen(url) as response:
            body, said = response.read(), response.headers.get_content_charset()
        assert said == (None if where == "page" else charset)
        assert (f"charset={charset}".encode() in body.replace(b'"', b"")) == (where != "header")
        assert body.decode(charset).encode(charset) == body


@OUTLETS
def test_pages_show_every_paragraph_and_every_line_of_furniture(kiosk: Kiosk, slug: str) -> None:
    for article in kiosk[slug].articles:
        with urllib.request.urlopen(article.url) as response:
            tree = html.document_fromstring(response.read().decode(CHARSETS[slug][0]))
        shown = " ".join(tree.text_content().split())
        assert article.title in shown
        assert article.furniture
        for line in article.furniture:
            assert line in shown, article.url
        for paragraph in article.body:
            for cell in paragraph.split(" | "):
                assert shown.count(cell) >= article.body.count(paragraph), article.url


# the truth


@STANDS
def test_furniture_is_unknown_to_the_rules(desk: Desk) -> None:
    rules = rule_set(shipped_rules())
    known = [line for article in desk.articles for line in article.furniture if rules.fits(line)]
    assert not known


@STANDS
def test_furniture_is_what_repeats(desk: Desk) -> None:
    fixed = Counter(line for article in desk.articles for line in article.furniture)
    assert sum(count == len(desk.articles) for count in fixed.values()) >= 2
    assert not [line for article in desk.articles for line in article.furniture if within([line], article.text)]


@STANDS
def test_paragraphs_repeat_only_where_stated(desk: Desk) -> None:
    counts = Counter(paragraph for article in desk.articles for paragraph in article.body)
    assert {paragraph for paragraph, count in counts.items() if count > 1} == set(again(desk.slug))


def test_true_text_that_repeats_across_articles_and_outlets() -> None:
    desks = {desk.slug: desk for desk in stands()}
    holding = {
        (slug, line): sum(line in article.body for article in desks[slug].articles)
        for slug in desks
        for line in again(slug)
    }
    assert sorted(holding.values()) == [1, 1, 2, 2, 2, 3]
    ledger, beacon = ({article.body for article in desks[slug].articles} for slug in ("ledger", "beacon"))
    assert len(ledger & beacon) == 1  # the wire's story, word for word


# reading and crawling


@OUTLETS
def test_pages_are_read_without_losing_a_paragraph(kiosk: Kiosk, slug: str) -> None:
    outlet = kiosk[slug]
    lost = {}
    for truth in outlet.articles:
        article = read(truth, slug)
        assert article.title == truth.title
        assert article.language == truth.language
        if gone := missing(truth.body, article.text):
            lost[path_of(truth.url, outlet)] = gone
    assert lost == {}


@pytest.fixture(scope="module")
def crawled(kiosk: Kiosk, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The kiosk crawled once; only for reading."""
    project = Project(tmp_path_factory.mktemp("kiosk"), kiosk.sources_toml())
    ended = project.crawl()
    assert ended.code == 0, ended.err
    return project


def test_a_crawl_from_homepages_alone_finds_every_article(kiosk: Kiosk, crawled: Project) -> None:
    stored = {url for (url,) in crawled.rows("SELECT url FROM articles")}
    assert stored == {article.url for outlet in kiosk.outlets for article in outlet.articles}


def test_one_crawl_learns_what_no_rule_knows(kiosk: Kiosk, crawled: Project) -> None:
    furniture, lost = leftovers(crawled.db)
    assert lost == {}
    assert len(furniture) <= LEFT * sum(len(outlet.articles) for outlet in kiosk.outlets), furniture
    assert crawled.one("SELECT count(*) FROM revisions") == 0
    learned = crawled.rows("SELECT DISTINCT source_id FROM ledger WHERE origin = 'learned' AND why GLOB 'Stands in *'")
    assert {source for (source,) in learned} == set(CHARSETS)


def test_stripping_again_gives_what_reading_again_gives(crawled: Project) -> None:
    with Archive(crawled.db) as archive:
        recipe = recipe_in_force(archive, read_sources(crawled.folder / "sources.toml").sources)
        again = dict(archive.again("outcome = 'article'", (), recipe.base_for))
        for capture_id, capture in archive.captures("outcome = 'article'"):
            kept = again[capture_id]
            assert isinstance(kept, Extracted)
            article = process(kept, recipe)
            assert article == process(capture, recipe)
            stored = archive.article(capture.url)
            assert stored is not None
            assert isinstance(article, Article)
            assert (stored["text"], stored["recipe_id"]) == (article.text, article.recipe)
            assert stored["digest"] == article.fingerprint.digest


def test_leftovers_name_furniture_that_stayed_and_paragraphs_that_went() -> None:
    assert within(["Ein Satz.", "Noch einer."], "Text.Ein  Satz.\n\nEnde.") == ["Ein Satz."]
    assert missing(("Ja.", "Nein.", "Ja."), "Ja.\n\nVielleicht.") == ["Nein.", "Ja."]
