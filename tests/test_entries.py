"""Bytes to entries: feeds, sitemaps, section pages, discovery and the shape of addresses. Nothing is fetched."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime

import pytest

from crawler.entries import read_listing
from crawler.entries.discover import announced_feeds, named_sitemaps, usual_feeds, usual_sitemaps
from crawler.entries.listing import Listing, NoListingError
from crawler.entries.shape import Shape, date_in, is_file, shape
from pipelines.types import Capture, Source

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
    <link rel="alternate" hreflang="de" href="/de/">
    <link rel="alternate" type="application/atom+xml; charset=utf-8" href="a.atom">
    </head><body><a href="/service/news.rss">RSS</a><a href="/podcast/feed">Podcast</a></body></html>"""
    found = announced_feeds(capture(page, f"{SITE}/en/"))
    assert [one.url.removeprefix(SITE) for one in found] == ["/rss/all", "/en/a.atom", "/service/news.rss"]


def test_usual_places() -> None:
    assert [one.url for one in usual_feeds(f"{SITE}/")][:3] == [f"{SITE}/feed", f"{SITE}/rss", f"{SITE}/rss.xml"]
    assert f"{SITE}/en/feed" in [one.url for one in usual_feeds(f"{SITE}/en/index.html")]
    assert next(one.url for one in usual_sitemaps(f"{SITE}/")) == f"{SITE}/sitemap.xml"


def test_sitemaps_named_in_robots() -> None:
    robots = (
        b"User-agent: *\nDisallow:\nSitemap: https://paper.example/map.xml\nsitemap: /rel.xml\nSitemap: file:///x\n"
    )
    assert [one.url for one in named_sitemaps(robots, f"{SITE}/")] == [f"{SITE}/map.xml", f"{SITE}/rel.xml"]
