"""Listings that mean harm: feeds, sitemaps, sections and a robots.txt with a trap between good articles.

Each is served at `/list/NAME`; what is good in it are two pages, `good_in(base, NAME)`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from html import escape

from tests.hostile import answers
from tests.hostile.answers import Answer
from tests.hostile.prose import title

_MIB = 1024 * 1024
#: One address in many spellings; `{port}` and `{port_6}` are those of the secret listeners.
SPELLINGS = (
    "http://127.0.0.2:{port}/secret/dotted-and-listed-here",
    "http://127.0.0.2.:{port}/secret/with-a-dot-behind-it",
    "http://2130706434:{port}/secret/as-one-decimal-number",
    "http://0x7f000002:{port}/secret/as-one-hex-number",
    "http://0x7f.2:{port}/secret/in-two-hex-parts",
    "http://0177.0.0.2:{port}/secret/octal-in-its-first-part",
    "http://127.2:{port}/secret/shortened-to-two-parts",
    "http://[::ffff:127.0.0.2]:{port}/secret/mapped-into-ipv6",
    "http://[::1]:{port_6}/secret/the-loopback-of-ipv6",
    "http://①②⑦.0.0.②:{port}/secret/in-circled-digits-here",
    "http://127.0.0.1@127.0.0.2:{port}/secret/behind-a-user-name",
    "file:///etc/passwd",
    "ftp://127.0.0.2/secret",
    "data:text/html,<h1>secret</h1>",
    "javascript:alert(1)",
)


def listings(base: str, port: int, port_6: int) -> Mapping[str, Callable[[], Answer]]:
    """Every listing by name; made when asked for, as some are large."""
    links = [one.format(port=port, port_6=port_6) for one in SPELLINGS]
    good = {name: good_in(base, name) for name in LISTED}
    return {
        "spelled-feed": lambda: _feed(*_between(good["spelled-feed"], map(_item, links))),
        "spelled-sitemap": lambda: _sitemap(*_between(good["spelled-sitemap"], links)),
        "spelled-index": lambda: _index(f"{base}/list/spelled-index-good", *links),
        "spelled-index-good": lambda: _sitemap(*good["spelled-index"]),
        "spelled-section": lambda: _section(*_between(good["spelled-section"], links)),
        "laughs": lambda: _feed(*_between(good["laughs"], [f"<item><title>&z;</title><link>{base}/z</link></item>"]),
                                head=_LAUGHS),
        "outside": lambda: _feed(*_between(good["outside"], [f"<item><title>&x;</title><link>{base}/x</link></item>"]),
                                 head='<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
        "nul": lambda: _feed(*_between(good["nul"], ["<item><title>\0\x0b\x1b[31m</title></item>"])),
        "cut": lambda: _part(_feed(*map(_item, good["cut"]), _item(f"{base}/list/" + "x" * 500)), 0.8),
        "dates": lambda: _feed(*_between(good["dates"], [
            f"<item><link>{base}/good/dates/3</link><pubDate>{when}</pubDate></item>"
            for when in ("99999-99-99", "-1", "Mon, 32 Foo 0000 99:99:99 +9999", "9" * 5000)
        ])),
        "huge": lambda: _feed(*map(_item, good["huge"]), *(_item(f"{base}/z/{n}", "y" * 2000) for n in range(3500))),
        "packed": lambda: answers.bomb("<rss><channel>" + "".join(map(_item, good["packed"])), "gzip"),
        "deep": lambda: Answer(mime="application/feed+json", body=_deep(good["deep"])),
        "packed-sitemap": lambda: Answer(
            mime="application/gzip",
            body=answers.bomb(_text(_sitemap(*good["packed-sitemap"])).removesuffix("</urlset>"), "gzip").body,
        ),
        "ring": lambda: _index(f"{base}/list/ring", f"{base}/list/ring?again", f"{base}/list/ring-good"),
        "ring-good": lambda: _sitemap(*good["ring"]),
        "crowd": lambda: _section(*good["crowd"], *(f"/crowd/{n}" for n in range(100_000))),
    }  # fmt: skip


#: What is crawled as a source of its own, and the key under which a source names it.
LISTED = {
    "spelled-feed": "feeds", "spelled-sitemap": "sitemaps", "spelled-index": "sitemaps", "spelled-section": "sections",
    "laughs": "feeds", "outside": "feeds", "nul": "feeds", "cut": "feeds", "dates": "feeds", "huge": "feeds",
    "packed": "feeds", "deep": "feeds", "packed-sitemap": "sitemaps", "ring": "sitemaps", "crowd": "sections",
}  # fmt: skip
_LAUGHS = (
    '<!DOCTYPE rss [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefghijkl", "bcdefghijklz", strict=True))
    + "]>"
)


def good_in(base: str, name: str) -> list[str]:
    """The addresses of the articles in a listing; sitemaps and sections say nothing but how they look."""
    return [f"{base}/good/{name}/{n}/an-article-of-several-words" for n in (1, 2)]


def endless(base: str) -> Callable[[int], Answer]:
    """A section in pages: each holds an article that is new, and leads to the next."""

    def page(n: int) -> Answer:
        follows = f'<a rel="next" href="{base}/pages/{n + 1}">Next</a>'
        return _section(f"{base}/good/endless-{n}/1/an-article-of-several-words", after=follows)

    return page


def _between(good: list[str], bad: Iterator[str] | map[str] | list[str]) -> Iterator[str]:
    """The bad ones between the two good ones, in the form of the bad ones' listing."""
    rows = list(bad)
    form = _item if rows and rows[0].startswith("<item>") else str
    yield form(good[0])
    yield from rows
    yield form(good[1])


def _item(url: str, more: str = "") -> str:
    return f"<item><title>{title(url)}</title><link>{escape(url)}</link><description>{more}</description></item>"


def _feed(*items: str, head: str = "") -> Answer:
    text = f'<?xml version="1.0"?>{head}<rss version="2.0"><channel><title>x</title>{"".join(items)}</channel></rss>'
    return Answer(mime="application/rss+xml", body=text.encode())


def _sitemap(*urls: str) -> Answer:
    rows = "".join(f"<url><loc>{escape(url)}</loc></url>" for url in urls)
    return Answer(mime="application/xml", body=f"<urlset>{rows}</urlset>".encode())


def _index(*urls: str) -> Answer:
    rows = "".join(f"<sitemap><loc>{escape(url)}</loc></sitemap>" for url in urls)
    return Answer(mime="application/xml", body=f"<sitemapindex>{rows}</sitemapindex>".encode())


def _section(*urls: str, after: str = "") -> Answer:
    rows = "".join(f'<h3><a href="{escape(url)}">A headline of several words</a></h3>' for url in urls)
    return answers.html(f"<html><head><title>x</title></head><body><main>{rows}</main>{after}</body></html>")


def _part(answer: Answer, part: float) -> Answer:
    assert isinstance(answer.body, bytes)
    return Answer(mime=answer.mime, body=answer.body[: int(len(answer.body) * part)])


def _text(answer: Answer) -> str:
    assert isinstance(answer.body, bytes)
    return answer.body.decode()


def _deep(good: list[str]) -> bytes:
    items = [{"url": url, "title": title(url)} for url in good]
    feed = json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": items})
    return (feed[:-1] + ', "_x": ' + "[" * 100_000 + "]" * 100_000 + "}").encode()
