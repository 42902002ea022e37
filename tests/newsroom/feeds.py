"""The places that list an outlet's addresses: RSS, Atom, and sitemaps behind an index."""

from __future__ import annotations

from email.utils import format_datetime
from html import escape

from tests.newsroom.metadata import iso
from tests.newsroom.truth import EDITIONS, Article, Desk

_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_NEWS = "http://www.google.com/schemas/sitemap-news/0.9"
_IN_NEWS = 5  # articles in the news sitemap; the archive sitemap lists the others


def teaser(article: Article) -> str:
    """The words that stand under a headline in a list: the standfirst, or how the text begins."""
    if article.description:
        return article.description
    words = article.body[0].split()
    return " ".join(words[:24]) + (" …" if len(words) > 24 else "")


def rss(desk: Desk, base: str) -> str:
    """RSS 2.0, newest first, in the outlet's own charset; pages marked `listed` stand among the articles."""
    items = [_item(article, desk, base) for article in desk.articles]
    for page in desk.pages:
        if page.get("listed"):
            items.insert(2, f"<item><title>{escape(page['title'])}</title><link>{base}{page['path']}</link></item>")
    return "\n".join(
        [
            f'<?xml version="1.0" encoding="{desk.charset}"?>',
            '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>',
            f"<title>{escape(desk.name)}</title><link>{base}/</link><language>{desk.language}</language>",
            f"<description>{escape(desk.about)}</description>",
            *items,
            "</channel></rss>\n",
        ]
    )


def _item(article: Article, desk: Desk, base: str) -> str:
    when = article.published(desk.zone) if desk.feed["dates"] else None
    return "".join(
        [
            f"<item><title>{escape(article.title)}</title><link>{base}{article.url}</link>",
            f'<guid isPermaLink="false">{desk.slug}-{article.id}</guid>',
            f"<pubDate>{format_datetime(when)}</pubDate>" if when else "",
            *(f"<dc:creator>{escape(name)}</dc:creator>" for name in article.authors),
            *(f"<category>{escape(tag)}</category>" for tag in article.tags),
            f"<description>{escape(escape(teaser(article), quote=False), quote=False)}</description></item>",
        ]
    )


def atom(desk: Desk, base: str) -> str:
    """Atom 1.0, newest first."""
    changed = max(filter(None, (one.modified_at or one.published_at for one in desk.articles)))
    entries = [
        "".join(
            [
                f"<entry><title>{escape(one.title)}</title><id>tag:{desk.slug}.example,2025:{one.id}</id>",
                f'<link rel="alternate" type="text/html" href="{base}{one.url}"/>',
                f"<published>{iso(one.published_at, one, desk)}</published>",
                f"<updated>{iso(one.modified_at or one.published_at, one, desk)}</updated>",
                *(f"<author><name>{escape(name)}</name></author>" for name in one.authors),
                *(f'<category term="{escape(tag)}"/>' for tag in one.tags),
                f"<summary>{escape(teaser(one))}</summary></entry>",
            ]
        )
        for one in desk.articles
    ]
    return "\n".join(
        [
            '<?xml version="1.0" encoding="utf-8"?>',
            f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{desk.language}">',
            f"<title>{escape(desk.name)}</title><id>tag:{desk.slug}.example,2025:feed</id><updated>{changed}</updated>",
            f'<link rel="self" href="{base}{desk.feed["path"]}"/><link href="{base}/"/>',
            f"<author><name>{escape(desk.name)}</name></author>",
            *entries,
            "</feed>\n",
        ]
    )


def sitemap_index(base: str) -> str:
    """The index that robots.txt names: the news sitemap and the gzipped archive."""
    members = "".join(
        f"<sitemap><loc>{base}{path}</loc><lastmod>{EDITIONS[0]:%Y-%m-%d}</lastmod></sitemap>"
        for path in ("/sitemaps/news.xml", "/sitemaps/archive.xml.gz")
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<sitemapindex xmlns="{_SITEMAP}">{members}</sitemapindex>\n'


def news_sitemap(desk: Desk, base: str) -> str:
    """The newest articles with title and time, as news search engines ask for them."""
    rows = [
        f"<url><loc>{base}{one.url}</loc><news:news><news:publication><news:name>{escape(desk.name)}</news:name>"
        f"<news:language>{one.language}</news:language></news:publication>"
        f"<news:publication_date>{iso(one.published_at, one, desk)}</news:publication_date>"
        f"<news:title>{escape(one.title)}</news:title>"
        f"<news:keywords>{escape(', '.join(one.tags))}</news:keywords></news:news></url>"
        for one in desk.articles[:_IN_NEWS]
    ]
    body = "\n".join(rows)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="{_SITEMAP}" xmlns:news="{_NEWS}">\n{body}\n</urlset>\n'
    )


def archive_sitemap(desk: Desk, base: str) -> str:
    """The older articles, and the front and section pages that real archive sitemaps hold as well."""
    rows = [f"<url><loc>{base}/</loc></url>", *(f"<url><loc>{base}/{part}/</loc></url>" for part in desk.sections)]
    for one in desk.articles[_IN_NEWS:]:
        said = iso(one.modified_at or one.published_at, one, desk)
        rows.append(f"<url><loc>{base}{one.url}</loc>{f'<lastmod>{said}</lastmod>' if said else ''}</url>")
    body = "\n".join(rows)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="{_SITEMAP}">\n{body}\n</urlset>\n'
