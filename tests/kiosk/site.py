"""An outlet of the kiosk as a web site: homepage, articles, its other pages and its feed, in its own charset."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from html import escape

from tests.kiosk.stands import container, stands
from tests.newsroom.feeds import rss
from tests.newsroom.site import Resource
from tests.newsroom.truth import Desk


@lru_cache(maxsize=40)
def site(slug: str, base: str) -> Mapping[str, Resource]:
    """Every resource of an outlet by path; the key `""` is the 404 page."""
    desk = next(one for one in stands() if one.slug == slug)
    charset = f"; charset={desk.charset}" if desk.charset_in_header else ""
    front = "\n".join(f'<div><a href="{one.url}">{escape(one.title, quote=False)}</a></div>' for one in desk.articles)
    pages = {"/": _page(desk, desk.about, front), "": _page(desk, "404", "<h1>404</h1>")}
    pages |= {
        one["path"]: _page(desk, one["title"], f"<h1>{one['title']}</h1><p>{one['text']}</p>") for one in desk.pages
    }
    pages |= {one.url: _page(desk, one.title, desk.container.format(container(one, desk)[0])) for one in desk.articles}
    found = {
        path: Resource(f"text/html{charset}", text.encode(desk.charset), status=200 if path else 404)
        for path, text in pages.items()
    }
    feed = Resource("application/rss+xml", rss(desk, base).encode(desk.charset, "xmlcharrefreplace"))
    return found | {desk.feed["path"]: feed}


def _page(desk: Desk, title: str, main: str) -> str:
    head = (
        f"<title>{escape(title, quote=False)} {desk.wording.get('mark', '|')} {escape(desk.name)}</title>\n"
        f'<link rel="alternate" type="application/rss+xml" href="{desk.feed["path"]}">'
    )
    nav = " ".join(f'<a href="{page["path"]}">{page["title"]}</a>' for page in desk.pages)
    return desk.shell.replace("{head}", head).replace("{nav}", nav).replace("{main}", main)
