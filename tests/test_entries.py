"""Bytes to entries: feeds, sitemaps, section pages, discovery and the shape of addresses. Nothing is fetched."""

from __future__ import annotations

import gzip
import html
import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.entries import read_listing
from crawler.entries.archive import days, is_between, pages
from crawler.entries.cdx import Memento, query_for, read_cdx, replay_prefix, replayed_at
from crawler.entries.discover import announced_feeds, named_sitemaps, usual_feeds, usual_sitemaps
from crawler.entries.listing import Listing, NoListingError, newest
from crawler.entries.pattern import Example, Patterns, patterns_of
from crawler.entries.shape import Shape, date_in, is_file, shape
from pipelines.types import Capture, Entry, Source

SITE = "https://paper.example"
SOURCE = Source(id="paper", homepage=f"{SITE}/")


def capture(body: str | bytes, url: str = f"{SITE}/list", mime: str = "") -> Capture:
    headers = (("Content-Type", mime),) if mime else ()
    return Capture(
        url=url, fetched_at=datetime(2025, 6, 2, tzinfo=UTC), body=body.encode() if isinstance(body, str) else body,
        headers=headers,
    )  # fmt: skip


def read(body: str | bytes, source: Source = SOURCE, url: str = f"{SITE}/list", mime: str = "") -> Listing:
    return read_listing(capture(body, url, mime), source)


def paths(listing: Listing) -> list[str]:
    return [one.url.removeprefix(SITE) for one in listing.entries]


# the shape of addresses

ARTICLES = """
/politics/1234567 /world/2024/may/03/slug /article/abc-123 /news/story.php?id=5 /news/articles/cq5dzl8eg2mo
/english/20240503/0a1b2c3d4e5f/c.html /n1/2024/0503/c1001-40228.html /news/20240503_12/ /view/AEN20240503001
/city/delhi/slug/articleshow/109823.cms /news/2024/5/3/two-words /2024/05/03/politics/two-words/index.html
/internacional/2024-05-03/slug-de-noticia.html /politica/slug-nid03052024/ /esteri/24_maggio_03/slug-abc.shtml
/nyheter/a/abc12345/slug /urix/slug-1.16872345 /a/74-20086789 /?p=308821 /p/my-short-post /node/12345
/index.php/politics/1234-slug-of-this /story.asp?sid=1234 /culture/choir-2104 /society/37093/bench-map/ /region/4501
/prime-minister-resigns-after-scandal /politics/archive/2024/05/slug/678/ /media/2024/may/03/bbc-chair-quits
/2024/05/slug-of-blog.html /article/q/0a1b2c3d4e5f6071.html /archives/123 /news/03-05-2024/storm /read/storm
/autoren/jane-doe/what-she-wrote-about-the-sea /inland/ahrtal-flut-bilanz-100.html
/news/%E9%A6%96%E7%9B%B8%E3%81%8C%E8%BE%9E%E4%BB%BB%E3%82%92%E8%A1%A8%E6%98%8E%E3%81%97%E3%81%9F
/%D8%AD%D8%A7%D9%81%D9%84%D8%A9-%D8%A7%D9%84%D9%83%D8%AA%D8%A8-%D8%AA%D8%B9%D9%88%D8%AF-%D8%A5%D9%84%D9%89-%D9%82%D8%B1%D9%89
"""
UNCLEAR = "/world/europe /politics /us-and-canada /culture/choir /sport/formula-1 /euro2024 /sport/top-100"
LISTINGS = """
/ /tag/some-long-tag-name-here-now /author/jane-doe-of-the-times-123456 /2024/05/ /2024/05/03/ /archive/2024/05/03
/calendar/2025/06 /gallery/regatta-in-pictures /login /wp-login.php /politics/page/2 /politics/2 /politics?page=3
/2024/05/page/2 /search?q=abc /a.pdf /story/slug-13127811/print /story/slug-13127811/amp /about /category.php?id=5
/video/2024/05/03/this-is-some-video /topics/the-war-in-some-country-now /section/politics /archive/
"""


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (one, kind)
        for kind, all_of_it in zip(Shape, (ARTICLES, UNCLEAR, LISTINGS), strict=True)
        for one in all_of_it.split()
    ],
)
def test_shape(path: str, expected: Shape) -> None:
    assert shape(SITE + path) is expected


def test_dates_and_files_in_addresses() -> None:
    assert date_in(f"{SITE}/2024/05/03/x") == date_in(f"{SITE}/x-20240503.html") == "20240503"
    assert date_in(f"{SITE}/sitemap-2024-05.xml") == "202405"
    assert date_in(f"{SITE}/politics/1234567") == ""
    assert is_file(f"{SITE}/a/episode.MP3?x=1")
    assert not is_file(f"{SITE}/a/page.html")


# feeds

RSS = """<?xml version="1.0"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>
<title>Paper</title><link>https://paper.example/</link><language>en-gb</language>
<item><title>Bread &amp;amp; &lt;b&gt;roses&lt;/b&gt;</title><link>/2024/05/03/bread?utm_source=rss</link>
<pubDate>Fri, 03 May 2024 12:30:00 +0200</pubDate><dc:creator>Ada Byron</dc:creator>
<category>Bread &amp;amp; wheat</category><category domain="x">Prices</category><category>Prices</category></item>
<item><title>Only a guid</title><guid>https://paper.example/2024/05/02/guid</guid></item>
<item><title>Sound</title><link>https://paper.example/episode.mp3</link></item>
<item><title>Bad</title><link>http://[bad</link></item>
<item><title>Script</title><link>javascript:alert(1)</link></item>
<item><title>Again</title><link>https://www.paper.example/2024/05/03/bread</link></item>
</channel></rss>"""


def test_rss() -> None:
    listing = read(RSS)
    assert listing.kind == "feed"
    assert paths(listing) == ["/2024/05/03/bread?utm_source=rss", "/2024/05/02/guid"]
    first = listing.entries[0]
    assert (first.title, first.published_at, first.authors) == ("Bread & roses", "2024-05-03T10:30:00Z", ("Ada Byron",))
    assert first.tags == ("Bread & wheat", "Prices")
    assert (first.source, first.via, first.kind, first.language) == ("paper", f"{SITE}/list", "feed", "en-gb")


def test_rss_without_zone_keeps_the_time_open() -> None:
    listing = read(RSS.replace(" +0200", ""))
    assert listing.entries[0].published_at in ("2024-05-03T12:30:00", "2024-05-03T12:30:00Z")


@pytest.mark.parametrize("damage", [lambda text: text.replace("Paper", "Pa\0per"), lambda text: text[:-320]])
def test_a_broken_feed_keeps_its_good_part(damage: object) -> None:
    assert "/2024/05/03/bread?utm_source=rss" in paths(read(damage(RSS)))  # type: ignore[operator]


def test_atom() -> None:
    listing = read(
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="fr"><title>P</title>'
        '<entry><title type="html">L&amp;apos;eau</title><link rel="enclosure" href="/a.jpg"/>'
        '<link rel="alternate" href="/article/eau-12345"/><id>tag:x</id><published>2024-05-03T10:00:00Z</published>'
        "<updated>2024-05-04T10:00:00Z</updated><author><name>Zoé</name></author>"
        '<category term="eau-12" label="L\'eau"/><category term="mer"/><category scheme="x"/></entry></feed>'
    )
    (entry,) = listing.entries
    assert (entry.url, entry.title, entry.authors) == (f"{SITE}/article/eau-12345", "L'eau", ("Zoé",))
    assert entry.tags == ("L'eau", "mer")
    assert (entry.published_at, entry.modified_at) == ("2024-05-03T10:00:00Z", "2024-05-04T10:00:00Z")


def test_rdf() -> None:
    listing = read(
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>P</title></channel><item>'
        "<title>T</title><link>https://paper.example/a-12345</link><dc:date>2024-05-03T10:00:00Z</dc:date></item></rdf:RDF>"
    )
    assert [(one.url, one.published_at) for one in listing.entries] == [(f"{SITE}/a-12345", "2024-05-03T10:00:00Z")]


def test_json_feed() -> None:
    items = [
        {"id": "1", "url": "/a-12345", "title": "T", "date_published": "2024-05-03T10:00:00+02:00", "tags": "x"},
        {"id": f"{SITE}/b-12345", "authors": [{"name": "Ada"}, {"x": 1}], "tags": ["a", 7, "b"], "language": "de"},
        {"id": "3", "url": 7},
        "nonsense",
    ]
    listing = read(json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": items}))
    assert paths(listing) == ["/a-12345", "/b-12345"]
    assert listing.entries[0].published_at == "2024-05-03T08:00:00Z"
    assert (listing.entries[1].authors, listing.entries[1].tags) == (("Ada",), ("a", "b"))
    assert listing.entries[0].tags == ()


def test_bytes_are_never_taken_for_a_file_name() -> None:
    with pytest.raises(NoListingError):
        read(b"/etc/hosts")


# sitemaps

SITEMAP = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def test_news_sitemap() -> None:
    listing = read(
        f'<?xml version="1.0"?><urlset {SITEMAP} xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
        ' xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">'
        "<url><image:image><image:loc>https://paper.example/pic-12345.html</image:loc></image:image>"
        "<loc> https://paper.example/x </loc><news:news><news:publication><news:name>P</news:name>"
        "<news:language>en</news:language></news:publication><news:publication_date>2024-05-03</news:publication_date>"
        "<news:title> A  title </news:title><news:keywords> bread, New York;wheat,, bread</news:keywords></news:news>"
        "</url></urlset>"
    )
    (entry,) = listing.entries
    assert (entry.kind, entry.url, entry.title) == ("news", f"{SITE}/x", "A title")
    assert (entry.published_at, entry.language) == ("2024-05-03", "en")
    assert entry.tags == ("bread", "New York", "wheat")


def _urlset(*rows: tuple[str, str]) -> str:
    inner = "".join(f"<url><loc>{loc}</loc>{f'<lastmod>{mod}</lastmod>' if mod else ''}</url>" for loc, mod in rows)
    return f"<urlset {SITEMAP}>{inner}</urlset>"


def test_archive_sitemap_lists_articles_newest_first() -> None:
    body = _urlset(
        (f"{SITE}/", "2024-06-01"),
        (f"{SITE}/politics/", ""),
        (f"{SITE}/tag/bread", ""),
        (f"{SITE}/2023/01/05/old", ""),
        (f"{SITE}/news/a-long-way-to-go", "2024-05-01"),
        (f"{SITE}/news/b-long-way-to-go", "2024-05-03T10:00:00+00:00"),
        ("javascript:alert(1)", ""),
        ("http://[bad", ""),
    )
    expected = ["/news/b-long-way-to-go", "/news/a-long-way-to-go", "/2023/01/05/old"]
    assert paths(read(body)) == expected
    assert paths(read(gzip.compress(body.encode()))) == expected


def test_a_sitemap_whose_addresses_tell_nothing_is_taken_as_it_is() -> None:
    assert paths(read(_urlset((f"{SITE}/", ""), (f"{SITE}/sea/choir", ""), (f"{SITE}/tag/x", "")))) == ["/sea/choir"]


def test_bare_ampersands_are_part_of_addresses() -> None:
    urls = [f"{SITE}/index.php?page=story&id={n}&cat=2" for n in (551, 552)]
    escaped = f"{SITE}/index.php?page=story&amp;id=553&#38;cat=2"
    assert paths(read(_urlset(*((url, "") for url in (*urls, escaped))))) == [
        f"/index.php?page=story&id={n}&cat=2" for n in (551, 552, 553)
    ]


def test_a_cut_sitemap_keeps_what_came_before() -> None:
    body = _urlset((f"{SITE}/a-12345", ""), (f"{SITE}/b-12345", ""))
    assert paths(read(body[: body.index("b-12345")])) == ["/a-12345"]


def test_index_puts_news_and_the_latest_first() -> None:
    members = "".join(
        f"<sitemap><loc>{SITE}/{name}</loc>{f'<lastmod>{mod}</lastmod>' if mod else ''}</sitemap>"
        for name, mod in (("2023-01.xml", ""), ("old.xml", "2020-01-01"), ("fresh.xml", "2024-05-01"), ("news.xml", ""))
    )
    listing = read(f"<sitemapindex {SITEMAP}>{members}</sitemapindex>")
    assert [one.url.removeprefix(SITE) for one in listing.feeds] == [
        "/news.xml",
        "/fresh.xml",
        "/old.xml",
        "/2023-01.xml",
    ]
    assert {one.source for one in listing.feeds} == {"paper"}


def test_undated_members_of_an_index_come_from_both_ends() -> None:
    members = "".join(f"<sitemap><loc>{SITE}/part-{n}.xml</loc></sitemap>" for n in range(1, 6))
    listing = read(f"<sitemapindex {SITEMAP}>{members}</sitemapindex>")
    assert [one.url[-5] for one in listing.feeds] == ["5", "1", "4", "2", "3"]


@pytest.mark.parametrize(
    ("names", "kept"),
    [
        ([f"news/{n}" for n in (8998, 8999, 10000, 10001)], ["news/10001", "news/10000"]),
        ([f"{name}-that-has-a-long-name" for name in "abcd"], ["a-that-has-a-long-name", "d-that-has-a-long-name"]),
        ([f"2024/05/0{n}/story" for n in (1, 2, 3, 4)], ["2024/05/04/story", "2024/05/03/story"]),
    ],
)
def test_the_newest_of_many(names: list[str], kept: list[str]) -> None:
    listing = read(_urlset(*((f"{SITE}/{one}", "") for one in names)))
    assert [one.url.removeprefix(f"{SITE}/") for one in newest(listing.entries, 2)] == kept


def test_text_sitemap() -> None:
    assert paths(read(f"{SITE}/a-12345\r\n\r\nftp://x/y\n{SITE}/b-12345\n")) == ["/a-12345", "/b-12345"]


def test_entities_are_not_resolved() -> None:
    doctype = '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/hosts">]>'
    body = doctype + _urlset((f"{SITE}/&f;a-12345", ""))
    assert all("localhost" not in one.url for one in read(body).entries)


def test_packed_sitemaps_are_bounded() -> None:
    bomb = gzip.compress(f"<urlset {SITEMAP}>".encode() + b" " * (80 * 1024**2))
    assert read(bomb).entries == ()


@pytest.mark.parametrize(
    "body", [b"", b"   ", b"hello", b"{}", b'{"items": 3}', b"\x89PNG\r\n\x1a\n" + bytes(2000), b"[" * 90000]
)
def test_what_is_no_listing_says_so(body: bytes) -> None:
    with pytest.raises(NoListingError, match=r"\w"):
        read(body)


# section pages

SECTION = """<html><head><title>News</title></head><body>
<header><nav class="menu"><a href="/">Home</a> <a href="/news/">News</a> <a href="/sport/">Sport</a>
<a href="/news/2024/05/01/a-featured-story-in-the-menu">A featured story in the menu</a>
<a href="/latest/12345">12345</a></nav></header><main>
<div class="teaser"><a href="/news/2024/05/03/bread"><img src="x.jpg"></a>
<h2><a href="/news/2024/05/03/bread">Bread is dear this year</a></h2>
<a href="/news/2024/05/03/bread#more">More</a></div>
<h3><a href="/culture/choir">Choir sings again</a></h3>
<p><a href="/culture/harp">A harp maker on the hill opens her workshop</a> <a href="/culture/x">Short one</a></p>
<a href="/tag/bread-and-butter-of-the-nation">Bread and butter of the nation</a>
<a href="/author/ada-byron">Ada Byron who writes about bread</a>
<a href="/gallery/regatta-in-pictures">The spring regatta in pictures, a gallery</a>
<a href="https://other.example/2024/05/03/elsewhere">What another paper writes about bread</a>
<a href="mailto:x@y">Write to us about this and that</a> <a href="http://[bad">A link that is no link at all</a>
<a href="/news/?page=2">2</a> <a href="/news/?page=3">3</a></main>
<footer><a href="/legal/terms-of-use-7467885.html">Terms of use</a>
<a href="/politics/">Politics</a></footer></body></html>"""


def test_section_page() -> None:
    listing = read(SECTION, url=f"{SITE}/news/")
    assert listing.kind == "section"
    assert [(one.url.removeprefix(SITE), one.title) for one in listing.entries] == [
        ("/news/2024/05/01/a-featured-story-in-the-menu", "A featured story in the menu"),
        ("/news/2024/05/03/bread", "Bread is dear this year"),
        ("/culture/choir", "Choir sings again"),
        ("/culture/harp", "A harp maker on the hill opens her workshop"),
    ]
    assert listing.next == f"{SITE}/news/?page=2"
    assert [one.url for one in listing.feeds] == [f"{SITE}/news/", f"{SITE}/sport/"]


def test_next_page_as_the_page_says_it() -> None:
    page = '<html><body><a rel="next" href="/news/older">Older</a><a href="/news/page/2">2</a></body></html>'
    assert read(page, url=f"{SITE}/news/").next == f"{SITE}/news/older"
    links = "".join(f'<a href="/{one}">n</a>' for one in ("news/page/4", "sport/page/3", "news/page/3"))
    numbered = f"<html><body>{links}</body></html>"
    assert read(numbered, url=f"{SITE}/news/page/2").next == f"{SITE}/news/page/3"
    assert read(numbered, url=f"{SITE}/news/page/9").next is None


def test_the_sources_own_patterns_win() -> None:
    own = Source(id="paper", homepage=SITE, follow=(r"/culture/\w+$", r"other\.example"), ignore=("harp",))
    assert [one.url for one in read(SECTION, own, f"{SITE}/news/").entries] == [
        f"{SITE}/culture/choir",
        f"{SITE}/culture/x",
        "https://other.example/2024/05/03/elsewhere",
    ]
    assert paths(read(RSS, Source(id="paper", ignore=("guid",)))) == ["/2024/05/03/bread?utm_source=rss"]
    body = _urlset((f"{SITE}/sea", ""), (f"{SITE}/news/a-long-way-to-go", ""))
    assert paths(read(body, Source(id="paper", follow=("/sea$",)))) == ["/sea"]


def test_a_script_without_spaces() -> None:
    page = '<html><body><h2><a href="/kiji/umi">首相が辞任を表明、後任は未定</a></h2><a href="/seiji">政治</a></body>'
    assert paths(read(page, url=f"{SITE}/")) == ["/kiji/umi"]


# discovery


def test_announced_feeds() -> None:
    page = """<html><head><link rel="alternate" type="application/rss+xml" href="/rss/all">
    <link rel="alternate" type="application/rss+xml" title="Comments" href="/comments/feed">
    <link rel="alternate" hreflang="de" href="/de/"><link rel="alternate" type="text/xml" href="/backend.php">
    <link rel="alternate" type="application/atom+xml; charset=utf-8" href="a.atom">
    </head><body><a href="/service/news.rss">RSS</a><a href="/podcast/feed">Podcast</a></body></html>"""
    found = announced_feeds(capture(page, f"{SITE}/en/"))
    assert [one.url.removeprefix(SITE) for one in found] == [
        "/rss/all", "/backend.php", "/en/a.atom", "/service/news.rss",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("href", "title", "taken"),
    [
        ("/index.php?format=feed&type=rss", "RSS 2.0", True),
        ("/blog?format=rss", "", True),
        ("/feed", "The Commentator » Feed", True),
        ("https://www.commentary.example/commentary/feed/", "Commentary", True),
        ("https://www.commentary.example/comments/feed/", "", False),
        ("/feed/2", "The Commentator » Comments Feed", False),
        ("/feed/2", "Die Zeitung » Kommentar-Feed", False),
        ("/?feed=comments-rss2", "", False),
        ("/wp-json/oembed/1.0/embed?url=x&format=xml", "", False),
    ],
)
def test_feeds_of_comments_are_told_by_their_own_words(href: str, title: str, taken: bool) -> None:
    link = f'<link rel="alternate" type="application/rss+xml" title="{title}" href="{html.escape(href)}">'
    assert bool(announced_feeds(capture(f"<html><head>{link}</head></html>", f"{SITE}/"))) is taken


def test_usual_places() -> None:
    assert [one.url for one in usual_feeds(f"{SITE}/")][:3] == [f"{SITE}/feed", f"{SITE}/rss", f"{SITE}/rss.xml"]
    assert f"{SITE}/en/feed" in [one.url for one in usual_feeds(f"{SITE}/en/index.html")]
    assert next(one.url for one in usual_sitemaps(f"{SITE}/")) == f"{SITE}/sitemap.xml"


def test_sitemaps_named_in_robots() -> None:
    robots = (
        b"User-agent: *\nDisallow:\nSitemap: https://paper.example/map.xml\nsitemap: /rel.xml\nSitemap: file:///x\n"
    )
    assert [one.url for one in named_sitemaps(robots, f"{SITE}/")] == [f"{SITE}/map.xml", f"{SITE}/rel.xml"]


# what feeds give whole

STORY = "".join(
    f"<p>Paragraph {n} of the story of the harbour tells what the council said, and to whom.</p>" for n in range(9)
)


def test_full_content_of_rss_atom_and_json() -> None:
    whole = f"<content:encoded><![CDATA[{STORY}<img src='data:image/png;base64,AAAA'>]]></content:encoded><category>"
    names = 'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc='
    rss = RSS.replace("xmlns:dc=", names).replace("<category>", whole, 1)
    first, second, *_ = read(rss).entries
    assert first.content is not None
    assert first.content.startswith("<p>Paragraph 0")
    assert "base64" not in first.content
    assert second.content is None
    atom = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>x</title><entry><title>A</title><link href="/a/slug-12345"/>'
        f'<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">{STORY}</div></content></entry></feed>'
    )
    assert "Paragraph 8" in str(read(atom).entries[0].content)
    said = {"version": "https://jsonfeed.org/version/1.1", "items": [{"url": "/a/slug-12345", "content_html": STORY}]}
    assert read(json.dumps(said)).entries[0].content == STORY


def test_a_teaser_is_no_content_and_a_long_description_is() -> None:
    short = RSS.replace("<category>", "<description>Two lines of a teaser.</description><category>", 1)
    assert read(short).entries[0].content is None
    escaped = (STORY + STORY).replace("<", "&lt;")
    assert "Paragraph 3" in str(
        read(RSS.replace("<category>", f"<description>{escaped}</description><category>", 1)).entries[0].content
    )


# addresses that one outlet has shown


def patterns(articles: str, others: str = "") -> Patterns:
    return Patterns.of(
        [
            *(Example(SITE + one, article=True) for one in articles.split()),
            *(Example(SITE + one, article=False) for one in others.split()),
        ]
    )


@pytest.mark.parametrize(
    ("path", "exact", "opened"),
    [
        ("/sport/2024/05/cup-final-51234.html", "/sport/<year>/<dd>/<word>-<number>.html", "/<word>/<year>/<dd>/"),
        ("/a/74-20086789", "/a/<number>", "/<word>/<number>"),
        ("/news/harbour-fire", "/news/<word>", "/<word>/<word>"),
        ("/story.php?sid=5&sort=a", "/story.php?sid=<number>&sort=<word>", "/<word>.php?sid="),
        ("/live/cq5dzl8eg2mo/index.html", "/live/<token>", "/<word>/<token>"),
        ("/2024/05/03/a-b-c-d/", "/<year>/<dd>/<dd>/<words>", "/<year>/<dd>/<dd>/<words>"),
        ("/news/x-y-z-12345;jsessionid=AB12CD34", "/news/<words>-<number>", "/<word>/<words>-<number>"),
    ],
)
def test_an_address_as_a_pattern(path: str, exact: str, opened: str) -> None:
    found = patterns_of(SITE + path)
    assert found[0] == exact
    assert found[1].startswith(opened)


def test_addresses_like_those_that_a_feed_lists_are_articles() -> None:
    learned = patterns("/n/fire-101 /n/flood-102 /n/storm-103 /gallery/a-b-c /gallery/d-e-f /gallery/g-h-i")
    verdict = learned.judge(f"{SITE}/n/thaw-104")
    assert (verdict.shape, verdict.learned) == (Shape.ARTICLE, True)
    assert verdict.why == "address like 3 known: /n/<word>-<number>"
    assert learned.judge(f"{SITE}/gallery/j-k-l").shape is Shape.ARTICLE  # this outlet calls them so
    assert learned.judge(f"{SITE}/tag/j-k-l").shape is Shape.LISTING
    assert learned.judge(f"{SITE}/n/thaw-104/amp").shape is Shape.LISTING


def test_addresses_like_those_that_proved_to_be_none_are_none() -> None:
    learned = patterns(
        "/news/a-b-c-1001 /news/d-e-f-1002 /news/g-h-i-1003",
        "/deals/the-best-of-all-1 /deals/the-best-of-all-2 /deals/the-best-of-all-3 /news/x-y-z-1009",
    )
    verdict = learned.judge(f"{SITE}/deals/the-best-of-all-4")
    assert (verdict.shape, verdict.why) == (Shape.LISTING, "3 pages like /deals/<words> were no articles")
    assert learned.judge(f"{SITE}/news/j-k-l-1004").shape is not Shape.LISTING  # one bad page condemns no pattern


def test_one_section_says_nothing_of_others_and_two_do() -> None:
    one = patterns("/news/a-b-c /news/d-e-f /news/g-h-i")
    two = patterns("/news/a-b-c /sport/d-e-f /news/g-h-i")
    assert one.judge(f"{SITE}/film/j-k-l").shape is Shape.UNCLEAR
    assert two.judge(f"{SITE}/film/j-k-l").why == "address like 3 known: /<word>/<words>"


def test_sections_look_like_short_headlines_so_their_links_must_tell() -> None:
    learned = patterns("/news/fire /news/flood /news/storm /news/thaw")
    assert learned.judge(f"{SITE}/news/politics").shape is Shape.UNCLEAR
    page = capture('<body><a href="/news/politics">Politics</a> <a href="/news/frost">Frost ruins the early apples</a>')
    listing = read_listing(page, SOURCE, learned)
    assert [one.url for one in listing.entries] == [f"{SITE}/news/frost"]
    assert dict(listing.left) == {f"{SITE}/news/politics": "no headline"}


def test_a_number_says_more_than_words_where_much_is_known_of_another_section() -> None:
    known = [Example(f"{SITE}/local/the-bridge-of-marvik-closed-{n}", article=True) for n in range(8801, 8813)]
    verdict = Patterns.of(known).judge(f"{SITE}/sport/the-ferry-cup-goes-to-linga-8820")
    assert (verdict.shape, verdict.why) == (Shape.ARTICLE, "words and a number in the last part")
    assert Patterns.of(known).judge(f"{SITE}/sport/all-that-we-sell-in-one-place").shape is Shape.UNCLEAR


def test_links_unlike_all_known_articles_are_left_out_where_much_is_known() -> None:
    known = " ".join(f"/news/a-b-c-{n}" for n in range(1000, 1012))
    page = capture('<body><a href="/offers/mugs">Mugs and bags of our own for every day</a>')
    assert read_listing(page, SOURCE).entries
    listing = read_listing(page, SOURCE, patterns(known))
    assert listing.left == ((f"{SITE}/offers/mugs", "unlike all 12 articles known"),)


@given(st.lists(st.text(alphabet="abc-/0123456789?=&.;%é", max_size=30), max_size=12), st.text(max_size=30))
def test_learning_never_fails_and_does_not_depend_on_order(found: list[str], path: str) -> None:
    examples = [Example(f"{SITE}/{one}", article=n % 3 > 0) for n, one in enumerate(dict.fromkeys(found))]
    one, other = Patterns.of(examples), Patterns.of(reversed(examples))
    assert (one.articles, one.others) == (other.articles, other.others)
    assert one.judge(f"{SITE}/{path}") == other.judge(f"{SITE}/{path}")


TRAPS = """
/calendar/2031/02/ /events?month=5&year=2031 /a/b/a/b/story-of-the-long-night /x/x/x/story-of-the-long-night
/news/story-of-the-long-night?sort=asc /news/story-of-the-long-night/print /news/story-of-the-long-night?print=1
/amp/news/story-of-the-long-night /news?page=17 /1/2/3/4/5/6/7/8/9/10/11/12/13/story-of-the-long-night
"""


@pytest.mark.parametrize("path", TRAPS.split())
def test_traps_are_no_articles(path: str) -> None:
    assert shape(SITE + path) is Shape.LISTING


def test_a_session_id_makes_no_article() -> None:
    assert shape(f"{SITE}/politics;jsessionid=1A2B3C4D5E6F7890") is Shape.UNCLEAR
    assert shape(f"{SITE}/news/story-of-the-long-night;jsessionid=1A2B3C4D5E6F7890") is Shape.ARTICLE


# archives by date


def test_pages_of_an_archive() -> None:
    today = date(2024, 6, 2)
    assert days("2024-05", "2024-05", today) == (date(2024, 5, 1), date(2024, 5, 31))
    assert days("2023", "", today) == (date(2023, 1, 1), today)
    with pytest.raises(ValueError, match="since=May: no day; write since=2024-05-03"):
        days("May", "", today)
    found = list(pages("https://x/{year}/{m}/", date(2023, 12, 30), date(2024, 2, 2)))
    assert found == ["https://x/2024/2/", "https://x/2024/1/", "https://x/2023/12/"]
    assert next(pages("https://x/{year}-{month}-{day}", date(2024, 5, 3), date(2024, 5, 3))) == "https://x/2024-05-03"


def test_entries_between_two_days() -> None:
    def between(path: str, **said: str) -> bool:
        return is_between(Entry(url=SITE + path, **said), date(2024, 5, 2), date(2024, 5, 9), undated=False)

    assert between("/x", published_at="2024-05-02T23:00:00Z")
    assert not between("/x", published_at="2024-05-10")
    assert between("/2024/05/x")
    assert not between("/2024/04/30/x", modified_at="2024-05-03")
    assert between("/x", modified_at="2024-05-03")
    assert not between("/x")


# web archives

ROW = ["com,paper)/a", "20190503101112", "http://paper.com:80/a", "text/html", "200", "ABC", "100"]
NAMES = ["urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length"]


@pytest.mark.parametrize(
    ("body", "wayback", "resume"),
    [
        (json.dumps([NAMES, ROW, [], ["com,paper)/b+2019"]]), True, "com,paper)/b+2019"),
        (json.dumps([NAMES, ROW]), True, None),
        (" ".join(ROW) + "\n\ncom,paper)/b+2019\n", True, "com,paper)/b+2019"),
        ('com,paper)/a 20190503101112 {"url": "http://paper.com/a", "mime": "text/html", "status": "200", '
         '"digest": "ABC"}', False, None),
        (json.dumps({"timestamp": ROW[1], "url": ROW[2], "mime": "text/html", "status": "200", "digest": "ABC"}),
         False, None),
    ],
)  # fmt: skip
def test_the_answers_of_indexes(body: str, wayback: bool, resume: str | None) -> None:
    answer = read_cdx(body.encode())
    (one,) = answer.mementos
    assert one == Memento(
        url="http://paper.com/a", at=datetime(2019, 5, 3, 10, 11, 12, tzinfo=UTC), status=200, mime="text/html",
        digest="ABC",
    )  # fmt: skip
    assert (answer.wayback, answer.resume) == (wayback, resume)


@pytest.mark.parametrize("body", [b"", b"[]", b"[[]]", b"<html>", b'{"a": 1}', b"[1, 2]", b"a b c", b"[[[]], [], [1]]"])
def test_an_index_that_answers_nonsense_lists_nothing(body: bytes) -> None:
    assert read_cdx(body).mementos == ()


@given(st.binary(max_size=200))
def test_no_answer_of_an_index_is_an_error(body: bytes) -> None:
    read_cdx(body)


def test_where_pages_are_replayed() -> None:
    assert replay_prefix("https://web.archive.org/cdx/search/cdx") == "https://web.archive.org/web/"
    assert replay_prefix("http://localhost:8080/news/cdx") == "http://localhost:8080/news/"
    assert replay_prefix("http://localhost:8080/news-cdx?x=1") == "http://localhost:8080/news/"
    assert query_for("https://www.paper.com/") == {"url": "paper.com", "matchType": "domain"}
    assert query_for("https://host.com/paper/") == {"url": "host.com/paper/", "matchType": "prefix"}
    assert str(replayed_at("https://web.archive.org/web/20190503101112id_/http://x.y/")) == "2019-05-03 10:11:12+00:00"
