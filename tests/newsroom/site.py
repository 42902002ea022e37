"""An outlet as a web site: every path it answers, made once for each edition and host name."""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from tests.newsroom import feeds, pages
from tests.newsroom.truth import EDITIONS, Desk, desks


@dataclass(frozen=True, slots=True)
class Resource:
    """One answer: bytes and their type, or an address to go to instead."""

    mime: str
    body: bytes = field(repr=False)
    modified: datetime = EDITIONS[0]
    status: int = 200
    location: str | None = None


@lru_cache(maxsize=40)
def site(slug: str, edition: int, base: str) -> Mapping[str, Resource]:
    """Every resource of an outlet by path, absolute links starting with `base`; the key `""` is the 404 page.

    A resource is as old as the edition that last changed a byte of it.
    """
    desk = next(one for one in desks(edition) if one.slug == slug)
    found = _resources(desk, base)
    if edition > 1:
        before = site(slug, edition - 1, base)
        for path, now in found.items():
            same = path in before and before[path].body == now.body
            stamp = before[path].modified if same else EDITIONS[edition - 1]
            found[path] = Resource(now.mime, now.body, stamp, now.status, now.location)
    return found


def _resources(desk: Desk, base: str) -> dict[str, Resource]:
    charset = f"; charset={desk.charset}" if desk.charset_in_header else ""
    html = {"/": pages.front_page(desk), **pages.other_pages(desk)}
    for part in desk.sections:
        html |= pages.section_pages(desk, part)
    html |= {one.url: pages.article_page(one, desk, base) for one in desk.articles}
    found = {path: Resource(f"text/html{charset}", _encoded(text, desk)) for path, text in html.items()}
    for part in desk.sections:
        found[f"/{part}"] = Resource("text/html", b"", status=301, location=f"{base}/{part}/")
    found[""] = Resource(f"text/html{charset}", _encoded(pages.missing_page(desk), desk), status=404)
    for one in desk.articles:
        if one.image:
            found[one.image] = Resource("image/png", picture(one.id))
    if desk.robots is not None:
        found["/robots.txt"] = Resource("text/plain; charset=utf-8", desk.robots.format(base=base).encode())
    return found | _feeds(desk, base, charset)


def _feeds(desk: Desk, base: str, charset: str) -> dict[str, Resource]:
    found = {}
    if "rss" in desk.means:
        found[desk.feed["path"]] = Resource(f"application/rss+xml{charset}", _encoded(feeds.rss(desk, base), desk))
    if "atom" in desk.means:
        found[desk.feed["path"]] = Resource(f"application/atom+xml{charset}", feeds.atom(desk, base).encode())
    if "news-sitemap" in desk.means:
        found["/sitemap-index.xml"] = Resource("application/xml", feeds.sitemap_index(base).encode())
        found["/sitemaps/news.xml"] = Resource("application/xml", feeds.news_sitemap(desk, base).encode())
        packed = gzip.compress(feeds.archive_sitemap(desk, base).encode(), mtime=0)
        found["/sitemaps/archive.xml.gz"] = Resource("application/gzip", packed)
    return found


def _encoded(text: str, desk: Desk) -> bytes:
    return text.encode(desk.charset, "xmlcharrefreplace")


def picture(number: int, width: int = 64, height: int = 36) -> bytes:
    """A small PNG in one colour."""
    row = b"\0" + bytes((number * 37 % 200, number * 61 % 200, number * 83 % 200)) * width
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(row * height)),
        (b"IEND", b""),
    )
    packed = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)
