"""Front and section pages: which of their links are articles, which are sections, and where the next page is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from urllib.parse import unquote, urlsplit

from lxml import html

from crawler.entries.listing import Listing, NoListingError, chosen, once, usable
from crawler.entries.pattern import Patterns
from crawler.entries.shape import Shape, shape, slug_words
from pipelines.page import UndecodableError, parse
from pipelines.types import Capture, Entry, Feed, Source
from pipelines.urls import same_site

_MOST_LINKS = 5000
_MOST_SECTIONS = 12
_MENU = re.compile(
    r"(?:^|[\s_-])(?:nav|navbar|navigation|menu|submenu|footer|breadcrumbs?|pagination|pager|share|social|cookie|legal)(?:$|[\s_-])",
    re.IGNORECASE,
)
_PAGE = re.compile(
    r"(?:/(?:page|seite|pagina|pag)[/-]?(\d{1,4})(?=/|$|\.)|[?&](?:page|paged|pg|seite|pagina)=(\d{1,4})(?=&|$)|"
    r"/(\d{1,3})/?$)",
    re.IGNORECASE,
)
_CALLED_BY_DATE = re.compile(r"(?:(?:19|20)\d\d[/-]?)?(?:\d\d?[/-]?)?(?:\d\d?)?(?<=\d)")
_HERE = "this very page"
_FILED_UNDER = frozenset((
    "section", "sections", "category", "kategorie", "categoria", "rubric", "rubrik", "rubrique", "channel",
    "channels",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Link:
    url: str
    text: str
    menu: bool  # within a menu, a header or a footer
    footer: bool
    heading: bool
    next: bool


def read_section(capture: Capture, source: Source, patterns: Patterns) -> Listing:
    """The articles a page links to, in its order; as feeds, the sections it shows. Raises NoListingError."""
    try:
        page = parse(capture)
    except (UndecodableError, ValueError):
        raise NoListingError("no web page") from None
    site = capture.final_url or capture.url
    links = list(islice(_links(page.tree, _base(page.tree, page.url)), _MOST_LINKS))
    titles: dict[str, str] = {}
    for one in links:  # a teaser links its picture, its headline and a "read more" to one address
        titles[one.url] = max(titles.get(one.url, ""), one.text, key=len)
    entries: list[Entry] = []
    left: dict[str, str] = {}
    for one in links:
        taken, why = _judged(one, titles[one.url], site, source, patterns)
        if taken:
            entries.append(Entry(url=one.url, kind="section", title=titles[one.url] or None, why=why))
        elif why != _HERE:
            left.setdefault(one.url, why)
    for entry in entries:
        left.pop(entry.url, None)
    return Listing(
        kind="section",
        entries=once(entries),
        feeds=_sections(links, entries, site),
        next=_next(links, site),
        days=_days(links, site),
        left=tuple(left.items()),
    )


def _base(tree: html.HtmlElement, url: str) -> str:
    for element in tree.iter("base"):
        return usable(url, element.get("href")) or url
    return url


def _links(tree: html.HtmlElement, base: str) -> Iterator[_Link]:
    for element in tree.iter("a", "link"):
        follows = "next" in (element.get("rel") or "").lower().split()
        if element.tag == "link" and not follows:
            continue
        url = usable(base, element.get("href"))
        if url is None:
            continue
        text = " ".join(element.text_content().split()) if element.tag == "a" else ""
        menu, footer, heading = _place(element)
        yield _Link(url, text[:500], menu, footer, heading, follows)


def _place(element: html.HtmlElement) -> tuple[bool, bool, bool]:
    """(within a menu, within the footer, within a heading) of a link; a teaser's own header and footer do not count."""
    menu = footer = False
    heading = any(True for _ in element.iter("h1", "h2", "h3", "h4"))
    for above in islice(element.iterancestors(), 15):
        tag = above.tag
        heading = heading or tag in ("h1", "h2", "h3", "h4")
        if tag in ("article", "main", "body"):
            break
        footer = footer or tag == "footer"
        named = f"{above.get('class') or ''} {above.get('id') or ''}"
        menu = (
            menu or tag in ("nav", "header", "footer") or above.get("role") == "navigation" or bool(_MENU.search(named))
        )
    return menu, footer, heading


def _judged(link: _Link, title: str, site: str, source: Source, patterns: Patterns) -> tuple[bool, str]:
    """Whether a link leads to an article, and why."""
    own = chosen(source, link.url)
    if own is not None:
        return own, "follow pattern" if own else "ignore pattern, or no follow pattern"
    if not same_site(link.url, site):
        return False, "another site"
    if link.url.rstrip("/") == site.rstrip("/"):
        return False, _HERE
    verdict, words = patterns.judge(link.url), _words(title)
    if verdict.shape is Shape.LISTING:
        return False, verdict.why
    if verdict.shape is Shape.ARTICLE:
        if not title and not link.menu:
            return True, verdict.why
        fewest = (1 if not link.menu else 3) if verdict.learned else (3 if not link.menu else 4)
        return words >= fewest, verdict.why if words >= fewest else f"{verdict.why}, but no headline"
    if link.menu:
        return False, "in a menu"
    if patterns.telling and not verdict.learned:
        return False, f"unlike all {patterns.known} articles known"
    fewest = (3 if link.heading else 5) - verdict.learned
    taken = words >= fewest and len(title.encode()) >= 15
    return taken, (verdict.why or f"a headline of {words} words") if taken else "no headline"


def _words(text: str) -> int:
    """Words of a link's text; three letters of a script without spaces count as one."""
    unspaced = sum("\u0e00" <= char <= "\u0eff" or "\u3040" <= char <= "\u9fff" for char in text)
    return len(text.split()) + unspaced // 3


def _sections(links: list[_Link], entries: list[Entry], site: str) -> tuple[Feed, ...]:
    """The sections a page shows: those first that its own articles stand under, then those in its menus."""
    shelves = Counter(_shelf(one.url) for one in entries)
    found: dict[str, tuple[bool, bool]] = {}
    for one in links:
        if one.footer or not same_site(one.url, site) or not 1 <= _words(one.text) <= 4 or len(one.text) > 30:
            continue
        if urlsplit(one.url).query or not _is_section(one.url):
            continue
        holds = _path(one.url) in shelves
        before = found.get(one.url, (False, False))
        found[one.url] = (before[0] or holds, before[1] or one.menu)
    ranked = sorted((url for url, kind in found.items() if any(kind)), key=lambda url: found[url], reverse=True)
    return tuple(Feed(source="", url=url, kind="section") for url in ranked[:_MOST_SECTIONS])


def _is_section(url: str) -> bool:
    parts = [one for one in unquote(urlsplit(url).path).split("/") if one]
    if not 1 <= len(parts) <= 3 or any(char.isdigit() for char in "".join(parts)):
        return False
    if len(parts) > 1 and parts[-2].lower() in _FILED_UNDER:
        return True
    return shape(url) is Shape.UNCLEAR and slug_words(url) <= 3


def _path(url: str) -> str:
    return urlsplit(url).path.rstrip("/").lower()


def _shelf(url: str) -> str:
    """The path above an article: `/news` of `/news/2024/05/03/slug`."""
    parts = _path(url).split("/")[:-1]
    while len(parts) > 1 and any(char.isdigit() for char in parts[-1]):
        parts.pop()
    return "/".join(parts)


def _next(links: list[_Link], site: str) -> str | None:
    """The page after this one: as the page says by rel=next, else the same address with the next number."""
    base, number = _numbered(site)
    for one in links:
        if one.next and same_site(one.url, site) and one.url != site:
            return one.url
    for one in links:
        if _numbered(one.url) == (base, number + 1):
            return one.url
    return None


def _days(links: list[_Link], site: str) -> tuple[str, ...]:
    """The pages of an archive that lie below this page and are called by dates: `/archive/2024/05/`."""
    root = _path(site) + "/"
    below = {
        one.url: _path(one.url)[len(root) :] for one in links if same_site(one.url, site) and _under(one.url, root)
    }
    dated = [url for url, rest in below.items() if _CALLED_BY_DATE.fullmatch(rest)]
    return tuple(sorted(dated, key=lambda url: below[url].ljust(10, "~"), reverse=True))


def _under(url: str, root: str) -> bool:
    return _path(url).startswith(root) and not urlsplit(url).query


def _numbered(url: str) -> tuple[str, int]:
    """The address without its page number, and that number; 1 where there is none."""
    match = _PAGE.search(url)
    if match is None:
        return url.rstrip("/"), 1
    number = next(int(one) for one in match.groups() if one)
    return (url[: match.start()] + url[match.end() :]).rstrip("/?&"), number
