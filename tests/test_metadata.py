"""What pages say of themselves, shape by shape: each field through the front door."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from pipelines.process import process
from pipelines.recipe import Recipe
from pipelines.types import Article, Capture, Entry

SEEN = datetime(2024, 6, 1, tzinfo=UTC)
BODY = "".join(
    f"<p>{one}</p>"
    for one in (
        "The old bridge over the Marv will be closed for repairs from Monday, the council said after its meeting.",
        "Ferries will run every ten minutes, and cyclists can use the railway crossing further up the river.",
        "The works are to cost four million and last until the autumn, if the weather is kind to the masons.",
    )
)


def read(head: str = "", above: str = "<h1>Bridge to close in May</h1>", **capture: Any) -> Article:
    """The article of a page with this head and this above its text."""
    page = f"<html><head>{head}</head><body><main><article>{above}{BODY}</article></main></body></html>"
    url = capture.pop("url", "https://www.marvikpost.example/local/bridge")
    outcome = process(
        Capture(url=url, fetched_at=SEEN, body=page.encode(), mime="text/html", **capture), Recipe.default()
    )
    assert isinstance(outcome, Article)
    return outcome


def jsonld(text: str) -> str:
    return f'<script type="application/ld+json">{text}</script>'


AUTHOR = '"headline": "Bridge to close in May", "author"'


@pytest.mark.parametrize(
    ("script", "authors"),
    [
        ('{"@type": "NewsArticle", %s: "Ada Holm"}', ("Ada Holm",)),
        ('{"@type": ["Thing", "NewsArticle"], %s: {"@type": "Person", "name": "Ada Holm"}}', ("Ada Holm",)),
        (
            '[{"@type": "WebSite"}, {"@type": "Article", %s: [{"name": "Ada Holm"}, "Bo Lind"]}]',
            ("Ada Holm", "Bo Lind"),
        ),
        ('{"@type": "Article", %s: {"name": ["Ada Holm", "Bo Lind", "Cy Marr"]}}', ("Ada Holm", "Bo Lind", "Cy Marr")),
        ('{"@type": "Article", %s: "Ada Holm, Bo Lind and Cy Marr"}', ("Ada Holm", "Bo Lind", "Cy Marr")),
        ('{"@type": "Article", %s: {"@type": "Person", "givenName": "Ada", "familyName": "Holm"}}', ("Ada Holm",)),
        (
            '{"@graph": [{"@type": "Person", "@id": "#ada", "name": "Ada Holm"},'
            ' {"@type": "NewsArticle", %s: {"@id": "#ada"}}]}',
            ("Ada Holm",),
        ),
        ('{"@type": "WebPage", "mainEntity": {"@type": "NewsArticle", %s: "Ada Holm"}}', ("Ada Holm",)),
        ('<!-- {"@type": "Article", %s: "Ada Holm",} -->', ("Ada Holm",)),
        ('//<![CDATA[\n{"@type": "Article", %s: "Ada Holm"};\n//]]>', ("Ada Holm",)),
        ('{"@type": "WebSite"} {"@type": "Article", %s: "Ada Holm"}', ("Ada Holm",)),
        ('{"@type": "Article", %s: "Ada Holm &amp;amp; Bo Lind"}', ("Ada Holm", "Bo Lind")),
        ('{"@type": "Article", %s: "ada holm"}', ("ada holm",)),
        ('{"@type": "Article", %s: {"@type": "Organization", "name": "Ada Holm Media"}}', ()),
    ],
)
def test_jsonld_in_all_its_shapes(script: str, authors: tuple[str, ...]) -> None:
    assert read(jsonld(script % AUTHOR)).authors == authors


def test_of_several_articles_the_one_that_names_the_page_is_its_own() -> None:
    article = read(
        jsonld(
            '[{"@type": "NewsArticle", "headline": "Mayor resigns", "url": "https://www.marvikpost.example/local/mayor",'
            ' "datePublished": "2024-05-01T09:00Z", "articleBody": "No.", "author": "Bo Lind"},'
            ' {"@type": "NewsArticle", "headline": "Bridge to close in May", "author": "Ada Holm",'
            ' "mainEntityOfPage": {"@id": "https://www.marvikpost.example/local/bridge"},'
            ' "datePublished": "2024-05-02T10:11:12+02:00"}]'
        )
    )
    assert (article.authors, article.published_at) == (("Ada Holm",), "2024-05-02T08:11:12Z")


def test_two_objects_of_one_article_complete_each_other() -> None:
    article = read(
        jsonld('{"@type": "Article", "headline": "Bridge to close in May", "author": "Ada Holm", "articleBody": "The"}')
        + jsonld('{"@type": "NewsArticle", "headline": "Bridge to close in May", "author": ["Ada Holm", "Bo Lind"]}')
    )
    assert article.authors == ("Ada Holm", "Bo Lind")


@pytest.mark.parametrize(
    "head",
    [
        '<meta name="author" content="Ada Holm">',
        '<meta name="DC.creator" content="Ada Holm">',
        '<meta name="citation_author" content="Ada Holm">',
        '<meta name="parsely-author" content="Ada Holm">',
        '<meta name="sailthru.author" content="Ada Holm">',
        '<meta property="article:author" content="Ada Holm">',
        """<meta name="parsely-page" content='{"title": "Bridge", "authors": ["Ada Holm"]}'>""",
    ],
)
def test_authors_of_meta_elements(head: str) -> None:
    assert read(head).authors == ("Ada Holm",)


@pytest.mark.parametrize(
    "byline",
    [
        "<p>By Ada Holm and Bo Lind</p>",
        "<p>Von Ada Holm und Bo Lind</p>",
        "<p>Par Ada Holm et Bo Lind</p>",
        "<p>Por Ada Holm y Bo Lind</p>",
        "<p>Tekst: Ada Holm og Bo Lind</p>",
        '<p>von <a href="/autoren/ada-holm">Ada Holm</a>, <a href="/autoren/bo-lind">Bo Lind</a></p>',
        '<p><a href="/author/ada-holm/">Ada Holm</a> · <a href="/author/bo-lind/">Bo Lind</a></p>',
        '<p itemprop="author" itemscope><b itemprop="name">Ada Holm, Bo Lind</b> of this paper</p>',
        '<span property="schema:author">Ada Holm &amp; Bo Lind</span>',
        '<p class="byline">By Ada Holm, Senior Reporter, and Bo Lind (@bolind)</p>',
        '<p class="author">Ada Holm and Bo Lind on May 2, 2024, 12:43 PM</p>',
        '<p class="author">Von Ada Holm und Bo Lind am 2. Mai 2024</p>',
    ],
)
def test_bylines_that_only_readers_see(byline: str) -> None:
    assert read(above=f"<h1>Bridge to close in May</h1>{byline}").authors == ("Ada Holm", "Bo Lind")


def test_a_byline_completes_the_first_name_that_the_data_gives() -> None:
    article = read(
        jsonld(f'{{"@type": "Article", {AUTHOR}: "Bo Lind"}}'),
        "<h1>Bridge to close in May</h1><p>By Ada Holm and Bo Lind</p>",
    )
    assert article.authors == ("Ada Holm", "Bo Lind")


def test_who_took_the_picture_did_not_write_the_text() -> None:
    article = read(
        above="<h1>Bridge to close in May</h1><figure itemscope itemtype='https://schema.org/ImageObject'>"
        "<img src='/a.jpg'><figcaption>The bridge. <b itemprop='author'>Cy Marr</b></figcaption></figure>"
        "<span itemprop='author'>Foto: Bo Lind</span><span itemprop='author'>Ada Holm</span>"
    )
    assert article.authors == ("Ada Holm",)


@pytest.mark.parametrize(
    ("head", "above", "title"),
    [
        ("<title>Bridge to close in May | Marvik Post</title>", "", "Bridge to close in May"),
        ("<title>Bridge to close in May - Local - Marvikpost</title>", "<h1>Bridge to close in May</h1>", None),
        ('<meta property="og:title" content="Bridge to close in May｜Marvik Post">', "", "Bridge to close in May"),
        (
            '<meta property="og:title" content="Bridge to close in May – MP – 02.05.2024">'
            + jsonld('{"@type": "Article", "headline": "Bridge to close in May"}'),
            "<h1>Log in</h1>",
            None,
        ),
        ("<title>Marvik Post: x</title>", "<h1>Bridge to close<br>in May</h1>", None),
        ("", "<h1>Bridge to clo\u00adse in\u200b May\u2060</h1>", None),
        (
            '<meta property="og:title" content="Bridge &amp;quot;to close&amp;quot; in May">',
            "",
            'Bridge "to close" in May',
        ),
        (
            jsonld('{"@type": "Article", "headline": "Repairs: Bridge to close in May"}')
            + '<meta property="og:title" content="Repairs: Bridge to close in May">',
            "<h1><span>Repairs</span>Bridge to close in May</h1>",
            "Repairs: Bridge to close in May",
        ),
        (
            '<meta property="og:title" content="Bridge to close in May as council starts on its …">',
            "<h1>Bridge to close in May as council starts on its long-awaited repairs</h1>",
            "Bridge to close in May as council starts on its long-awaited repairs",
        ),
    ],
)
def test_titles(head: str, above: str, title: str | None) -> None:
    head += '<meta property="og:site_name" content="Marvik Post">'
    assert read(head, above).title == (title or "Bridge to close in May")


def test_a_headline_that_calls_itself_the_site_s_name_is_one() -> None:
    headline = "Bridge to close in May for repairs, council says"
    article = read(f'<meta name="application-name" content="{headline}">', f"<h1>{headline}</h1>")
    assert article.title is None  # nothing tells it from a site that is called so
    named = f'<meta name="application-name" content="{headline}"><meta property="og:site_name" content="Marvik Post">'
    assert read(named, f"<h1>{headline}</h1>").title == headline


@pytest.mark.parametrize(
    ("head", "above", "published"),
    [
        ('<meta name="citation_publication_date" content="2024/05/02">', "", "2024-05-02"),
        ('<meta name="dcterms.created" content="2024-05-02T10:11">', "", "2024-05-02T10:11:00"),
        ("", '<span property="dc:date" content="2024-05-02T10:11:00+02:00">2 May</span>', "2024-05-02T08:11:00Z"),
        ("", '<time title="2 May 2024, 10:11">four weeks ago</time>', "2024-05-02T10:11:00"),
        ("", "<span>Ada Holm | 02.05.2024 - 10:11</span>", "2024-05-02T10:11:00"),
        ("", '<p>by <a href="/a">Ada Holm</a> | 2 May 2024 | <a href="/local">Local</a></p>', "2024-05-02"),
        ("", '<abbr itemprop="datePublished" title="2024-05-02T10:11:00+02:00">10:11</abbr>', "2024-05-02T08:11:00Z"),
        ("", '<footer><time datetime="2024-05-02T10:11:12Z">Thu, 2 May</time></footer>', "2024-05-02T10:11:12Z"),
        ("<script>var page = {'published_at': '2024-05-02T10:11:12Z'}</script>", "", "2024-05-02T10:11:12Z"),
        (jsonld('{"@type": "WebPage", "datePublished": "2024-05-02T10:11Z"}'), "", "2024-05-02T10:11:00Z"),
    ],
)
def test_where_dates_are_found(head: str, above: str, published: str) -> None:
    assert read(head, f"<h1>Bridge to close in May</h1>{above}").published_at == published


@pytest.mark.parametrize("site", ["", "<h1>Marvik Post</h1>"])
def test_a_headline_that_is_no_h1_has_its_date_beside_it(site: str) -> None:
    """So do blogs write it; what stands farther above is of others."""
    menu = "<p>9 May 2024</p><ul>" + "<li>News</li>" * 4 + "</ul>"
    page = (
        f"<title>Bridge to close in May | Marvik Post</title><body>{site}<div>{menu}</div><h3>Bridge to close in May"
        f'</h3><p>2 May 2024 | <a href="/local">Local</a></p><p>by Ada Holm</p><article>{BODY}</article></body>'
    )
    article = process(Capture(url="https://m.example/1", fetched_at=SEEN, body=page.encode()), Recipe.default())
    assert isinstance(article, Article)
    assert (article.published_at, article.authors) == ("2024-05-02", ("Ada Holm",))


@pytest.mark.parametrize(
    "below",
    [
        '<div id="comments"><p class="comment-author vcard"><cite>Bo Lind</cite> says:</p><p>I will swim.</p></div>',
        '<div id="respond"><form><p class="comment-form-author"><label>Name *</label></p></form></div>',
        '<a rel="author" href="/profiles/1">View profile</a>',
    ],
)
def test_readers_and_their_tools_are_neither_authors_nor_credits(below: str) -> None:
    page = f"<body><article><h1>Bridge to close in May</h1>{BODY}</article>{below}</body>"
    outcome = process(Capture(url="https://m.example/1", fetched_at=SEEN, body=page.encode()), Recipe.default())
    assert isinstance(outcome, Article)
    assert (outcome.authors, outcome.credit) == ((), None)


def test_a_label_dates_the_page_only_where_it_stands_alone() -> None:
    foot = "<footer><p>Posted on: 2 May 2024</p>{}</footer>"
    assert read(above="<h1>Bridge to close in May</h1>" + foot.format("")).published_at == "2024-05-02"
    assert (
        read(
            above="<h1>Bridge to close in May</h1>" + "<p>Teaser</p>" * 15 + foot.format("<p>Posted on: 4 May 2023</p>")
        ).published_at
        is None
    )


def test_the_date_of_another_article_is_not_taken_for_the_first_publication() -> None:
    article = read(
        jsonld(
            '{"@type": "Article", "headline": "Bridge", "datePublished": "2024-05-02T10:11Z",'
            ' "dateModified": "2024-05-02T10:11Z"}'
        ),
        '<h1>Bridge to close in May</h1><a href="/x">See also: <time datetime="2024-04-01T07:00Z">1 April</time></a>',
    )
    assert article.published_at == "2024-05-02T10:11:00Z"


def test_a_change_that_is_passed_off_as_the_publication_is_seen_through() -> None:
    changed = "2024-05-09T10:11Z"
    article = read(
        jsonld(f'{{"@type": "Article", "headline": "B", "datePublished": "{changed}", "dateModified": "{changed}"}}')
        + '<meta property="article:published_time" content="2024-05-02T08:00Z">'
    )
    assert (article.published_at, article.modified_at) == ("2024-05-02T08:00:00Z", "2024-05-09T10:11:00Z")


def test_a_date_after_the_capture_is_none() -> None:
    article = read(
        jsonld('{"@type": "Article", "headline": "B", "datePublished": "2031-01-01T10:11Z"}'),
        entry=Entry(url="https://www.marvikpost.example/local/bridge", published_at="2024-05-02T10:11:00Z"),
    )
    assert (article.published_at, article.published_from) == ("2024-05-02T10:11:00Z", "feed")


def test_every_claim_is_kept_with_its_origin() -> None:
    article = read('<meta name="author" content="Reuters"><meta property="og:title" content="Close the bridge">')
    said = {(claim.field, claim.value, claim.origin) for claim in article.claims}
    assert ("authors", "Reuters", "meta:author") in said
    assert ("title", "Close the bridge", "meta:og:title") in said
    assert (article.authors, article.agency) == ((), "Reuters")


@pytest.mark.parametrize(
    ("above", "live"),
    [
        ('<div itemscope itemtype="https://schema.org/LiveBlogPosting"><h1>Bridge: the day live</h1></div>', True),
        ('<div typeof="schema:LiveBlogPosting"><h1>Bridge: the day live</h1></div>', True),
        (
            "<h1>Bridge to close in May</h1>"
            '<aside itemscope itemtype="https://schema.org/LiveBlogPosting"><h3>Fog: live</h3></aside>',
            False,
        ),
        ('<div itemscope itemtype="https://schema.org/NewsArticle"><h1>Bridge to close in May</h1></div>', False),
    ],
)
def test_a_live_blog_says_so_in_microdata_too(above: str, live: bool) -> None:
    assert read("", above).live is live


@pytest.mark.parametrize(
    ("opening", "dateline", "agency"),
    [
        ("FARGO — ", "FARGO", None),
        ("HOUMA, La. — ", "HOUMA, La.", None),
        ("BISMARCK, N.D. (AP) — ", "BISMARCK, N.D.", "AP"),
        ("London (Reuters) - ", "London", "Reuters"),
        ("GAZETTA – ", None, "GAZETTA"),
        ("Miss — that was the word: ", None, None),
    ],
)
def test_where_and_by_whom_a_report_opens(opening: str, dateline: str | None, agency: str | None) -> None:
    text = f"{opening}The old bridge over the Marv will be closed for repairs from Monday, the council said on Friday."
    capture = Capture(url="urn:example:1", fetched_at=SEEN, body=text.encode(), mime="text/plain")
    outcome = process(capture, Recipe.default())
    assert isinstance(outcome, Article)
    assert (outcome.dateline, outcome.agency, outcome.text) == (dateline, agency, text)
