"""Listings of the press, of every kind that machines read: `links` pairs the address to be listed with its article."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Sequence
from email.utils import format_datetime
from html import escape

from tests.newsroom.feeds import teaser
from tests.newsroom.markup import html
from tests.newsroom.truth import Article, Desk, moment
from tests.press.pages import Answer

Links = Sequence[tuple[str, Article]]
_MAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_NEWS = "http://www.google.com/schemas/sitemap-news/0.9"


def rss(desk: Desk, base: str, links: Links, more: Iterable[tuple[str, str]] = ()) -> Answer:
    """RSS 2.0; `more` are addresses and titles of items that are no articles."""
    rows = [
        f"<item><title>{escape(one.title)}</title><link>{escape(url)}</link>"
        f'<guid isPermaLink="false">{desk.slug}-{one.id}</guid><pubDate>{_mail(one, desk)}</pubDate>'
        f"<description>{escape(teaser(one))}</description></item>"
        for url, one in links
    ]
    rows += [f"<item><title>{escape(title)}</title><link>{escape(url)}</link></item>" for url, title in more]
    return _xml(
        f'<rss version="2.0"><channel><title>{escape(desk.name)}</title><link>{base}/</link>'
        f"<language>{desk.language}</language><description>{escape(desk.about)}</description>{_lines(rows)}"
        "</channel></rss>",
        "application/rss+xml",
    )


def atom(desk: Desk, links: Links, more: Iterable[tuple[str, str]] = ()) -> Answer:
    """Atom 1.0, with `updated` for each entry."""
    rows = [
        f"<entry><title>{escape(one.title)}</title><id>tag:{desk.slug}.example,2025:{one.id}</id>"
        f'<link href="{escape(url)}"/><published>{_when(one, desk)}</published>'
        f"<updated>{_changed(one, desk)}</updated><summary>{escape(teaser(one))}</summary></entry>"
        for url, one in links
    ]
    rows += [
        f'<entry><title>{escape(title)}</title><id>{escape(url)}</id><link href="{escape(url)}"/></entry>'
        for url, title in more
    ]
    newest = max(_changed(one, desk) for _, one in links)
    return _xml(
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{desk.language}"><title>{escape(desk.name)}</title>'
        f"<id>tag:{desk.slug}.example,2025:feed</id><updated>{newest}</updated>{_lines(rows)}</feed>",
        "application/atom+xml",
    )


def rdf(desk: Desk, base: str, links: Links, more: Iterable[tuple[str, str]] = ()) -> Answer:
    """RSS 1.0."""
    rows = [
        f'<item rdf:about="{escape(url)}"><title>{escape(one.title)}</title><link>{escape(url)}</link>'
        f"<dc:date>{_when(one, desk)}</dc:date><description>{escape(teaser(one))}</description></item>"
        for url, one in links
    ]
    rows += [
        f'<item rdf:about="{escape(url)}"><title>{escape(title)}</title><link>{escape(url)}</link></item>'
        for url, title in more
    ]
    return _xml(
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"'
        f' xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="{base}/"><title>{escape(desk.name)}</title>'
        f"<link>{base}/</link><description>{escape(desk.about)}</description></channel>{_lines(rows)}</rdf:RDF>",
        "application/rdf+xml",
    )


def json_feed(desk: Desk, base: str, links: Links, more: Iterable[tuple[str, str]] = ()) -> Answer:
    """JSON Feed 1.1 with the whole text of each article."""
    items = [
        {
            "id": f"{desk.slug}-{one.id}",
            "url": url,
            "title": one.title,
            "date_published": _when(one, desk),
            "date_modified": _changed(one, desk),
            "content_html": html((block, None) for block in one.blocks),
        }
        for url, one in links
    ]
    items += [{"id": url, "url": url, "title": title, "content_text": title} for url, title in more]
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": desk.name,
        "home_page_url": f"{base}/",
        "language": desk.language,
        "items": items,
    }
    return Answer(mime="application/feed+json", body=json.dumps(feed, ensure_ascii=False).encode())


def sitemap(desk: Desk, links: Links, more: Iterable[str] = (), *, packed: bool = False) -> Answer:
    """A sitemap with `lastmod`; `more` are addresses of other pages."""
    rows = [f"<url><loc>{escape(url)}</loc></url>" for url in more]
    rows += [f"<url><loc>{escape(url)}</loc><lastmod>{_changed(one, desk)}</lastmod></url>" for url, one in links]
    answer = _xml(f'<urlset xmlns="{_MAP}">{_lines(rows)}</urlset>', "application/xml")
    return Answer(mime="application/gzip", body=gzip.compress(answer.body, mtime=0)) if packed else answer


def news_sitemap(desk: Desk, links: Links) -> Answer:
    """A news sitemap."""
    rows = [
        f"<url><loc>{escape(url)}</loc><news:news><news:publication><news:name>{escape(desk.name)}</news:name>"
        f"<news:language>{desk.language}</news:language></news:publication>"
        f"<news:publication_date>{_when(one, desk)}</news:publication_date>"
        f"<news:title>{escape(one.title)}</news:title></news:news></url>"
        for url, one in links
    ]
    return _xml(f'<urlset xmlns="{_MAP}" xmlns:news="{_NEWS}">{_lines(rows)}</urlset>', "application/xml")


def sitemap_index(urls: Iterable[tuple[str, str | None]]) -> Answer:
    """An index of sitemaps with their `lastmod`."""
    rows = [
        f"<sitemap><loc>{escape(url)}</loc>{f'<lastmod>{changed}</lastmod>' if changed else ''}</sitemap>"
        for url, changed in urls
    ]
    return _xml(f'<sitemapindex xmlns="{_MAP}">{_lines(rows)}</sitemapindex>', "application/xml")


def text_sitemap(urls: Iterable[str]) -> Answer:
    """A sitemap that is a list of addresses."""
    return Answer(mime="text/plain", body="".join(f"{url}\n" for url in urls).encode())


def _lines(rows: Iterable[str]) -> str:
    return "\n" + "\n".join(rows) + "\n"


def _xml(text: str, mime: str) -> Answer:
    return Answer(mime=mime, body=f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'.encode())


def _mail(one: Article, desk: Desk) -> str:
    when = one.published(desk.zone)
    assert when is not None
    return format_datetime(when)


def _when(one: Article, desk: Desk) -> str:
    when = one.published(desk.zone)
    assert when is not None
    return when.isoformat()


def _changed(one: Article, desk: Desk) -> str:
    when = moment(one.modified_at or one.published_at, desk.zone)
    assert when is not None
    return when.isoformat()
