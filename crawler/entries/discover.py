"""Where an outlet may list its articles, going by its homepage alone: what it announces, and the usual places."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

from protego import Protego

from crawler.entries.listing import usable
from pipelines.page import UndecodableError, parse
from pipelines.types import Capture, Feed

_MOST_ANNOUNCED = 10
_FEED_TYPES = {
    "application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json",
    "text/xml", "application/xml", "text/rss+xml", "text/atom+xml",  # of older outlets; what comes must be a feed
}  # fmt: skip
_FEED_ADDRESS = re.compile(
    r"(?:\.(?:rss|atom|rdf)|/(?:rss|atom|feed)(?:\.xml)?/?|/(?:rss|feed)s?/[\w/-]+\.xml)$", re.IGNORECASE
)
#: Feeds of something else than articles, by path and query, and by the title a page gives them: an outlet may well be
#: called The Commentator, or have a section for commentary.
_BESIDE = re.compile(r"(?<![a-z])(?:comments?|kommentare?)(?![a-z])|podcast|/video|/audio|oembed", re.IGNORECASE)
_CALLED_BESIDE = re.compile(r"\bcomments\b|\bcomment feed|\bkommentare\b|\bkommentar-feed|podcast", re.IGNORECASE)
_FEEDS = ("feed", "rss", "rss.xml", "feed.xml", "atom.xml", "index.xml", "feed/rss", "rss/all.xml", "feed.json")
_SITEMAPS = (
    "sitemap.xml", "news-sitemap.xml", "sitemap-news.xml", "sitemap_index.xml", "sitemap-index.xml", "sitemap_news.xml",
    "sitemap.xml.gz", "sitemaps.xml", "sitemap/news.xml", "sitemap.txt",
)  # fmt: skip


def announced_feeds(capture: Capture) -> tuple[Feed, ...]:
    """The feeds a page names in its head, then those it links to; of comments, podcasts and videos none."""
    try:
        page = parse(capture)
    except (UndecodableError, ValueError):
        return ()
    named, linked = [], []
    for element in page.tree.iter("link", "a"):
        href = usable(page.url, element.get("href"))
        if href is None or _is_beside(href, element.get("title") or ""):
            continue
        if element.tag == "a":
            linked += [href] if _FEED_ADDRESS.search(urlsplit(href).path) else []
        elif "alternate" in (element.get("rel") or "").lower() and _type(element.get("type")) in _FEED_TYPES:
            named.append(href)
    urls = list(dict.fromkeys([*named, *linked]))[:_MOST_ANNOUNCED]
    return tuple(Feed(source="", url=url, kind="feed") for url in urls)


def _is_beside(url: str, title: str) -> bool:
    parts = urlsplit(url)
    return bool(_BESIDE.search(f"{parts.path}?{parts.query}") or _CALLED_BESIDE.search(title))


def _type(value: str | None) -> str:
    return (value or "").partition(";")[0].strip().lower()


def usual_feeds(homepage: str) -> tuple[Feed, ...]:
    """The places where feeds are kept, the commonest first."""
    return _places(homepage, _FEEDS, "feed")


def usual_sitemaps(homepage: str) -> tuple[Feed, ...]:
    """The places where sitemaps are kept, the commonest first."""
    return _places(homepage, _SITEMAPS, "sitemap")


def _places(homepage: str, names: tuple[str, ...], kind: str) -> tuple[Feed, ...]:
    """The names beside the homepage, and at the root of its host where that is another place."""
    roots = dict.fromkeys((urljoin(homepage, "/"), urljoin(homepage, ".")))
    return tuple(Feed(source="", url=urljoin(root, name), kind=kind) for root in roots for name in names)


def named_sitemaps(robots: bytes, url: str) -> tuple[Feed, ...]:
    """The sitemaps that a robots.txt names."""
    listed = Protego.parse(robots.decode("utf-8", errors="replace")).sitemaps
    found = dict.fromkeys(one for one in (usable(url, each) for each in listed) if one)
    return tuple(Feed(source="", url=one, kind="sitemap") for one in found)
