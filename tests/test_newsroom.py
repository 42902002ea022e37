"""The newsroom is as promised: pages, feeds and HTTP agree with the truth beside them."""

from __future__ import annotations

import gzip
import html
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPMessage
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest

from tests.newsroom import Article, Newsroom, Outlet, PortTakenError
from tests.newsroom.site import site

SLUGS = ("bote", "dalmara", "observer", "palmera", "severline")


@pytest.fixture(scope="module")
def newsroom() -> Iterator[Newsroom]:
    with Newsroom() as running:
        yield running


@pytest.fixture(params=SLUGS)
def outlet(newsroom: Newsroom, request: pytest.FixtureRequest) -> Outlet:
    return newsroom[request.param]


def fetch(url: str, method: str = "GET", **headers: str) -> tuple[int, HTTPMessage, bytes]:
    parts = urlsplit(url)
    assert parts.hostname is not None
    connection = HTTPConnection(parts.hostname, parts.port, timeout=10)
    connection.request(method, parts.path, headers={name.replace("_", "-"): one for name, one in headers.items()})
    response = connection.getresponse()
    found = response.status, response.headers, response.read()
    connection.close()
    return found


def source(url: str) -> str:
    status, headers, body = fetch(url)
    assert status == 200, url
    return body.decode(headers.get_content_charset() or "utf-8")


def visible(page: str) -> str:
    """The text of a page on one line; elements are apart by a space only where lines are."""
    page = re.sub(r"(?s)<(script|head).*?</\1>", "", page)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", page)).split())


def flat(text: str) -> str:
    return " ".join(text.split())


def listed(outlet: Outlet) -> set[str]:
    """The addresses that an outlet's feed or sitemaps list."""
    if "news-sitemap" in outlet.means:
        index = re.findall(r"(?m)^Sitemap: (\S+)$", source(f"{outlet.base}/robots.txt"))
        members = [loc for one in index for loc in re.findall(r"<loc>(.*?)</loc>", source(one))]
        bodies = [fetch(one)[2] for one in members]
        texts = [(gzip.decompress(one) if one[:2] == b"\x1f\x8b" else one).decode() for one in bodies]
        return {loc for text in texts for loc in re.findall(r"<loc>(.*?)</loc>", text)}
    path = {"bote": "/rss/aktuell.xml", "dalmara": "/feed", "palmera": "/en/latest.atom"}[outlet.slug]
    feed = ElementTree.fromstring(fetch(outlet.base + path)[2])
    links = [one.text for one in feed.iterfind(".//item/link")]
    links += [one.get("href") for one in feed.iterfind(".//{*}entry/{*}link")]
    return {one for one in links if one}


def test_five_outlets_with_articles_of_their_own(newsroom: Newsroom) -> None:
    outlets = newsroom.outlets
    assert tuple(one.slug for one in outlets) == SLUGS
    assert sum(one.language == "en" for one in outlets) >= 3
    for one in outlets:
        assert 8 <= len(one.articles) <= 12
        assert all(150 <= len(article.text.split()) <= 500 for article in one.articles)
    paragraphs = [body for one in outlets for article in one.articles for body in article.body if len(body) > 60]
    carried = {body for body in paragraphs if paragraphs.count(body) == 3}
    assert len(carried) >= 3, "one story is carried by three outlets"


def test_pages_show_the_truth_and_the_furniture(outlet: Outlet) -> None:
    for article in outlet.articles:
        page = source(article.url)
        seen = visible(page)
        for line in (article.title, article.description or "", *article.body, *article.captions):
            assert flat(line) in seen, (article.slug, line)
        assert article.furniture, article.slug
        for line in (*article.furniture, *article.fields_shown):
            assert flat(line) in seen, (article.slug, line)
        assert all(link.removeprefix(outlet.base) in page for link in (*article.links, article.image or ""))


def test_every_fact_is_given_by_the_page_or_its_feed(outlet: Outlet) -> None:
    for article in outlet.articles:
        page = html.unescape(source(article.url))
        facts = [article.agency, article.dateline, article.credit, article.section, *article.authors, *article.tags]
        for fact in facts:
            assert fact is None or fact in page, (article.slug, fact)
        assert article.opening is None or article.body[0].startswith(article.opening)
        assert (article.published_at is None) == (article.published_precision is None)
        shapes = {"day": r"\d{4}-\d\d-\d\d", "minute": r".*T\d\d:\d\d:00Z?", "second": r".*T\d\d:\d\d:(?!00)\d\dZ"}
        if article.published_precision:
            assert re.fullmatch(shapes[article.published_precision], article.published_at or ""), article.slug


def test_an_article_without_a_year_has_no_date(newsroom: Newsroom) -> None:
    (undated,) = (one for outlet in newsroom.outlets for one in outlet.articles if one.published_at is None)
    assert undated.published_partial == "--03-27"
    assert "2025" not in source(undated.url)


def test_variety(newsroom: Newsroom) -> None:
    articles = [one for outlet in newsroom.outlets for one in outlet.articles]
    assert sum(one.paywalled for one in articles) >= 2
    assert sum(bool(one.captions) for one in articles) >= 5
    assert any(one.startswith("https://") for article in articles for one in article.links)
    assert {one.language for one in articles} == {"en", "de", "ar"}
    assert len({one.title for one in articles}) == len(articles)


@pytest.mark.parametrize("slug", ["bote", "dalmara", "palmera", "severline"])
def test_feeds_list_every_article(newsroom: Newsroom, slug: str) -> None:
    outlet = newsroom[slug]
    articles = {one.url for one in outlet.articles}
    assert articles <= listed(outlet)
    assert listed(outlet) - articles <= {*outlet.disallowed, *outlet.others}


def test_a_feed_lists_an_address_that_robots_txt_forbids(newsroom: Newsroom) -> None:
    outlet = newsroom["bote"]
    (forbidden,) = outlet.disallowed
    assert forbidden in listed(outlet)
    assert "Disallow: /anzeigen/" in source(f"{outlet.base}/robots.txt")
    assert forbidden.startswith(f"{outlet.base}/anzeigen/")
    assert fetch(f"{newsroom['dalmara'].base}/robots.txt")[0] == 404


def test_only_section_pages_lead_to_every_article(newsroom: Newsroom) -> None:
    outlet = newsroom["observer"]
    articles = {one.url for one in outlet.articles}
    seen, queue = set(), [f"{outlet.base}/"]
    while queue:
        url = queue.pop()
        if url not in seen and (url == f"{outlet.base}/" or re.search(r"/(news|culture)/(page/\d+)?$", url)):
            seen.add(url)
            queue += [outlet.base + path for path in re.findall(r'href="(/[^"]*)"', source(url))]
        elif url not in seen:
            seen.add(url)
    assert articles <= seen
    front = source(f"{outlet.base}/")
    assert any(one.removeprefix(outlet.base) not in front for one in articles)
    traps = ("/tag/", "/author/", "/login", "/about", "/gallery/", "/calendar/")
    assert all(any(trap in one for one in outlet.others) for trap in traps)
    assert all(fetch(one)[0] == 200 for one in outlet.others)
    for path in ("/rss.xml", "/feed", "/atom.xml", "/sitemap.xml"):
        assert fetch(outlet.base + path)[0] == 404


def test_validators_and_304(outlet: Outlet) -> None:
    for path in site(outlet.slug, 1, outlet.base):
        if not path or fetch(outlet.base + path)[0] == 301:
            continue
        _, headers, body = fetch(outlet.base + path)
        assert body
        for condition in ({"If_None_Match": headers["ETag"]}, {"If_Modified_Since": headers["Last-Modified"]}):
            status, _, empty = fetch(outlet.base + path, **condition)
            assert (status, empty) == (304, b""), path
    assert fetch(f"{outlet.base}/", If_None_Match='"other"', If_Modified_Since=headers["Last-Modified"])[0] == 200


def test_gzip_head_redirect_and_404(outlet: Outlet) -> None:
    url = outlet.articles[0].url
    plain = fetch(url)[2]
    _, headers, packed = fetch(url, Accept_Encoding="br, gzip")
    assert headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed) == plain
    assert headers["ETag"] != fetch(url)[1]["ETag"]
    assert fetch(url, If_None_Match=headers["ETag"])[0] == 304
    status, headers, empty = fetch(url, "HEAD")
    assert (status, int(headers["Content-Length"]), empty) == (200, len(plain), b"")
    assert fetch(f"{outlet.base}/no-such-page")[0] == 404
    section = next(one for one in outlet.others if one != f"{outlet.base}/")
    status, headers, _ = fetch(section.rstrip("/"))
    assert (status, headers["Location"]) == (301, section)


def test_charsets(newsroom: Newsroom) -> None:
    said = {one.slug: fetch(f"{one.base}/")[1]["Content-Type"] for one in newsroom.outlets}
    assert said.pop("dalmara") == "text/html"
    assert said.pop("bote") == "text/html; charset=windows-1252"
    assert set(said.values()) == {"text/html; charset=utf-8"}


def test_links_follow_the_host_header(newsroom: Newsroom) -> None:
    page = fetch(newsroom["severline"].articles[0].url, Host="severline.test:99")[2].decode()
    assert "http://severline.test:99/" in page
    assert "127.0.0.1" not in page


def test_every_request_is_logged() -> None:
    with Newsroom() as newsroom:
        outlet = newsroom["palmera"]
        _, headers, body = fetch(f"{outlet.base}/", User_Agent="reader/1")
        fetch(f"{outlet.base}/", If_None_Match=headers["ETag"])
        fetch(f"{outlet.base}/gone")
        first, second, third = newsroom.log.of("palmera")
        assert (first.method, first.path, first.status, first.user_agent) == ("GET", "/", 200, "reader/1")
        assert first.sent == len(body)
        assert (second.status, second.if_none_match, second.sent) == (304, headers["ETag"], 0)
        assert third.status == 404
        newsroom.log.clear()
        assert len(newsroom.log) == 0


def test_the_second_edition_changes_only_what_it_promises() -> None:
    with Newsroom() as newsroom:
        before = {one.slug: site(one.slug, 1, one.base) for one in newsroom.outlets}
        old = {one.url: one for outlet in newsroom.outlets for one in outlet.articles}
        change = newsroom.next_edition()
        after = {one.slug: site(one.slug, 2, one.base) for one in newsroom.outlets}
        now = {one.url: one for outlet in newsroom.outlets for one in outlet.articles}
        changed = {
            f"{newsroom[slug].base}{path}"
            for slug, pages in after.items()
            for path, one in pages.items()
            if path not in before[slug] or before[slug][path].body != one.body
        }
        bote, palmera = newsroom["bote"].base, newsroom["palmera"].base
        lists = {f"{palmera}/en/latest.atom", f"{bote}/", f"{bote}/rss/aktuell.xml", f"{bote}/lokales/"}
        assert changed == lists | {f"{bote}/lokales/page/2", change.edited.url, change.added.url}
        assert now.keys() - old.keys() == {change.added.url}
        assert {url for url in old if now[url] != old[url]} == {change.edited.url}
        _check_edit(old[change.edited.url], change.edited)
        assert source(change.added.url)
        status, headers, _ = fetch(f"{bote}/", If_Modified_Since="Mon, 02 Jun 2025 06:00:00 GMT")
        assert (status, headers["Last-Modified"]) == (200, "Tue, 03 Jun 2025 06:00:00 GMT")


def _check_edit(old: Article, new: Article) -> None:
    (pair,) = [(was, now) for was, now in zip(old.body, new.body, strict=True) if was != now]
    assert "41 families" in pair[0]
    assert "57 families" in pair[1]
    assert flat(pair[1]) in visible(source(new.url))
    assert (old.modified_at, new.modified_at) == (None, "2025-06-02T16:20:11Z")


def test_sources_file_names_every_outlet(newsroom: Newsroom) -> None:
    text = newsroom.sources_toml()
    for one in newsroom.outlets:
        assert f'[source.{one.slug}]\nhomepage = "{one.base}/"' in text


def test_a_taken_port_gives_one_clear_line(newsroom: Newsroom) -> None:
    port = urlsplit(newsroom["palmera"].base).port
    assert port is not None
    with pytest.raises(PortTakenError, match=rf"^port {port} on 127\.0\.0\.1 is in use: .*another first port$"):
        Newsroom(first_port=port)
    done = _serve("--first-port", str(port))
    assert done.wait(10) == 1
    assert done.stderr is not None
    assert done.stderr.read() == f"port {port} on 127.0.0.1 is in use: " + (
        "stop the program that holds it, or choose another first port (--first-port)\n"
    )


def test_served_as_a_program_until_interrupted() -> None:
    served = _serve("--edition", "2")
    assert served.stdout is not None
    bases = [served.stdout.readline().split()[0] for _ in SLUGS]
    assert fetch(f"{bases[0]}2025/06/02/wochenmarkt.html")[0] == 200
    served.send_signal(signal.SIGINT)
    assert served.wait(10) == 0


def _serve(*options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.newsroom", *options],
        cwd=Path(__file__).parent.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
