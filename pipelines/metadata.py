"""What a page says of itself: claims from JSON-LD, meta elements, microdata and RDFa, links and its visible head.

Nothing is decided here; `resolve` chooses among the claims, and all of them are kept.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from itertools import chain, islice
from typing import Any, cast

from lxml import etree, html

from pipelines.bylines import head_claims
from pipelines.jsonld import jsonld_claims, plain
from pipelines.page import Page
from pipelines.types import Claim
from pipelines.urls import absolute

_ITEMS = etree.XPath("//@itemprop/.. | //body//@property/..")
#: Characters that shape a line and are no text: soft hyphen, zero-width space, word joiner, byte order mark.
_UNSEEN = dict.fromkeys(map(ord, "\u00ad\u200b\u2060\ufeff"))
_TEXTS = frozenset(("title", "description", "authors", "tags", "section", "site"))
_PARTED = frozenset(("br", "div", "p", "small", "h2", "h3", "li"))  # elements that no word runs across
_OF_ARTICLE = frozenset(("authors", "published_at", "modified_at"))  # fields that pictures and comments have too
_HEADS, _TIMES, _AUTHORS = 3, 3, 3  # h1 and time elements, and links to authors, that are read
_OTHER_THINGS = re.compile(r"/(?:\w*Object|Photograph|Comment|Organization|Offer|Product)$", re.IGNORECASE)


@cache
def _names() -> tuple[dict[str, str], dict[str, str]]:
    """Field by name of a meta element, and by itemprop or RDFa property."""
    table = tomllib.loads(files("pipelines").joinpath("data/meta.toml").read_text(encoding="utf-8"))
    itemprops = table.pop("itemprop")
    meta, micro = ({name: field for field, names in one.items() for name in names} for one in (table, itemprops))
    return meta, micro


def page_claims(page: Page) -> Iterator[Claim]:
    """Every claim the page makes, in the order of the readers; empty values are left out."""
    links = list(_links(page))
    canonical = next((claim.value for claim in links if claim.field == "url"), None)
    made: list[Claim] = []
    readers = jsonld_claims(page, canonical), _meta(page), links, _microdata(page), _live(page), _head(page)
    for claim in chain(*readers):
        if isinstance(claim.value, str):
            value = _tidy(plain(claim.value) if claim.field in _TEXTS else claim.value)
            if value:
                made.append(Claim(claim.field, value, claim.origin))
        elif claim.value is not None:
            made.append(claim)
    yield from made
    yield from head_claims(page, made)


def _tidy(text: str) -> str:
    return " ".join((text if text.isascii() else text.translate(_UNSEEN)).split())


def _meta(page: Page) -> Iterator[Claim]:
    names = _names()[0]
    for element in page.elements("meta"):
        name = (element.get("property") or element.get("name") or element.get("http-equiv") or "").strip().lower()
        field = names.get(name)
        content = element.get("content")
        if not content:
            continue
        if name == "parsely-page":
            yield from _parsely(content)
        elif field:
            for value in re.split(r"\s*[,;]\s*", content) if field == "tags" else [content]:
                yield Claim(field, value, f"meta:{name}")
    language = page.tree.get("lang") or page.tree.get("{http://www.w3.org/XML/1998/namespace}lang")
    yield Claim("language", language, "meta:html")


def _parsely(content: str) -> Iterator[Claim]:
    """The older form of parsely's tags: one JSON object."""
    try:
        said: Any = json.loads(content)
    except (ValueError, RecursionError):
        return
    if isinstance(said, dict):
        for field, value in (("title", said.get("title")), ("published_at", said.get("pub_date"))):
            yield Claim(field, value if isinstance(value, str) else None, "meta:parsely-page")
        authors = said.get("authors") or said.get("author")
        for one in authors if isinstance(authors, list) else [authors]:
            yield Claim("authors", one if isinstance(one, str) else None, "meta:parsely-page")


def _links(page: Page) -> Iterator[Claim]:
    for element in page.elements("link"):
        rel = (element.get("rel") or "").lower()
        for kind, field in (("canonical", "url"), ("amphtml", "amp")):
            if kind in rel and (href := absolute(page.url, element.get("href") or "")):
                yield Claim(field, href, f"meta:{kind}")
                break


def _microdata(page: Page) -> Iterator[Claim]:
    names = _names()[1]
    for element in cast(list[html.HtmlElement], _ITEMS(page.tree)):
        said = element.get("itemprop") or (element.get("property") if element.tag != "meta" else None) or ""
        terms = (term for name in said.lower().split() for term in (name, name.rpartition(":")[2]))
        field = next((names[term] for term in terms if term in names), None)
        if field is None or (field == "title" and element.tag == "meta" and not element.get("content")):
            continue
        if field in _OF_ARTICLE and _is_of_another_thing(element):
            continue
        value = element.get("content") or element.get("datetime")
        if element.tag == "abbr":  # `<abbr title="2026-11-18T14:22Z">2:22 pm</abbr>`
            value = value or element.get("title")
        if value is None and field == "authors":
            named = element.xpath(".//*[@itemprop='name']")
            value = (named[0].get("content") or named[0].text_content()) if named else text_of(element)
        yield Claim(field, value or text_of(element), "microdata")


def _live(page: Page) -> Iterator[Claim]:
    """That the item which has the page's headline is a live blog."""
    for head in page.elements("h1")[:_HEADS]:
        for one in head.iterancestors():
            if "LiveBlogPosting" in f"{one.get('itemtype')} {one.get('typeof')}":
                yield Claim("type", "LiveBlogPosting", "microdata")


def _is_of_another_thing(element: html.HtmlElement) -> bool:
    """Whether the item it belongs to is a picture, a comment or the like, and not the article."""
    if element.tag in ("figure", "figcaption"):
        return True
    for one in element.iterancestors():
        if one.tag in ("figure", "figcaption"):
            return True
        if (kind := one.get("itemtype")) is not None:
            return bool(_OTHER_THINGS.search(kind))
    return False


def _head(page: Page) -> Iterator[Claim]:
    """What a reader sees at the head of the page: title, h1 and time elements, and links to the author."""
    title = next((one for one in page.elements("title") if not any(True for _ in one.iterancestors("svg"))), None)
    if title is not None:
        yield Claim("title", title.text_content(), "meta:title")
    heads = [text for one in page.elements("h1") if (text := text_of(one)).strip()]
    for text in heads[:_HEADS]:
        yield Claim("title", text, "page:h1")
    links = [element for element in page.elements("a") if "author" in (element.get("rel") or "")]
    # teasers of other articles link to their authors too
    for element in links if len({one.get("href") for one in links}) <= _AUTHORS else links[:1]:
        yield Claim("authors", text_of(element), "page:byline")
    apart = (one for one in page.elements("time") if not any(True for _ in one.iterancestors("aside", "footer", "nav")))
    for element in islice((one for one in apart if one.get("datetime")), _TIMES):
        yield Claim("published_at", element.get("datetime"), "page:time")


def text_of(element: html.HtmlElement) -> str:
    """The element's text, with a space where a line breaks or a part that opens with a capital letter is set apart."""
    return _joined(element) if len(element) else element.text or ""


def _joined(element: html.HtmlElement) -> str:
    text = element.text or ""
    for child in element:
        inner = "" if child.tag in ("svg", "style", "script", "template") else text_of(child)
        parted = child.tag in _PARTED or (text[-1:].islower() and inner[:1].isupper())
        text += (" " if parted else "") + inner
        tail = child.tail or ""
        parted = child.tag in _PARTED or (text[-1:].islower() and tail[:1].isupper())
        text += (" " if parted else "") + tail
    return text
