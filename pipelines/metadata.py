"""What a page says of itself: claims from JSON-LD, meta elements, microdata, links and its visible head.

Nothing is decided here; `resolve` chooses among the claims, and all of them are kept.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import Any, cast

from lxml import etree, html

from pipelines.page import Page
from pipelines.types import Claim
from pipelines.urls import absolute

_ARTICLE_TYPES = re.compile(r"(?:Article|BlogPosting|Report)$")
_ITEMS = etree.XPath("//@itemprop/..")


@cache
def _names() -> tuple[dict[str, str], dict[str, str]]:
    """Field by name of a meta element, and by itemprop."""
    table = tomllib.loads(files("pipelines").joinpath("data/meta.toml").read_text(encoding="utf-8"))
    itemprops = table.pop("itemprop")
    meta, micro = ({name: field for field, names in one.items() for name in names} for one in (table, itemprops))
    return meta, micro


def page_claims(page: Page) -> Iterator[Claim]:
    """Every claim the page makes, in the order of the readers; empty values are left out."""
    for claim in (*_jsonld(page), *_meta(page), *_microdata(page), *_head(page)):
        if isinstance(claim.value, str):
            value = " ".join(claim.value.split())
            if value:
                yield Claim(claim.field, value, claim.origin)
        elif claim.value is not None:
            yield claim


def jsonld_nodes(page: Page) -> Iterator[dict[str, Any]]:
    """Every object of the page's JSON-LD, nested and @graph members too; broken scripts are skipped."""
    for script in page.elements("script"):
        if "ld+json" in (script.get("type") or "").lower() and script.text:
            yield from _objects(_loads(script.text), 0)


def _loads(text: str) -> Any:
    text = text.strip().removeprefix("<!--").removesuffix("-->").strip().rstrip(";")
    text = re.sub(r"^//<!\[CDATA\[|//\]\]>$|^<!\[CDATA\[|\]\]>$", "", text).strip()
    try:
        return json.loads(text, strict=False)
    except ValueError:
        try:  # trailing commas are the commonest fault
            return json.loads(re.sub(r",\s*([}\]])", r"\1", text), strict=False)
        except (ValueError, RecursionError):
            return None
    except RecursionError:
        return None


def _objects(value: Any, depth: int) -> Iterator[dict[str, Any]]:
    if depth > 12:
        return
    if isinstance(value, dict):
        yield value
        for key in ("@graph", "mainEntity", "mainEntityOfPage", "hasPart", "itemListElement", "item", "liveBlogUpdate"):
            if key in value and key != "liveBlogUpdate":
                yield from _objects(value[key], depth + 1)
    elif isinstance(value, list):
        for one in value[:500]:
            yield from _objects(one, depth + 1)


def _types(node: dict[str, Any]) -> list[str]:
    kinds = node.get("@type")
    return [str(kind) for kind in kinds] if isinstance(kinds, list) else [str(kinds or "")]


def _jsonld(page: Page) -> Iterator[Claim]:
    nodes = list(jsonld_nodes(page))
    articles = [node for node in nodes if any(_ARTICLE_TYPES.search(kind) for kind in _types(node))]
    # a page may list other articles too: the one with a body or the most fields is its own
    articles.sort(key=lambda node: ("articleBody" in node, "datePublished" in node, len(node)), reverse=True)
    names = {str(node.get("@id")): node.get("name") for node in nodes if node.get("@id") and node.get("name")}
    for node in articles[:1]:
        for field, value in (
            ("title", node.get("headline") or node.get("name")),
            ("description", node.get("description")),
            ("published_at", node.get("datePublished") or node.get("dateCreated")),
            ("modified_at", node.get("dateModified")),
            ("section", _first(node.get("articleSection"))),
            ("language", _first(node.get("inLanguage"))),
            ("image", _image(node.get("image"))),
            ("site", _name(node.get("publisher"), names)),
            ("dateline", node.get("dateline")),
            ("type", _types(node)[0]),
        ):
            if isinstance(value, (str, int)):
                yield Claim(field, _plain(str(value)), "jsonld")
        for author in _many(node.get("author") or node.get("creator")):
            if name := _name(author, names):
                yield Claim(
                    "authors", _plain(name), "jsonld" if not _is_organisation(author) else "jsonld:organisation"
                )
        for tag in _many(node.get("keywords")):
            for one in re.split(r"\s*[,;]\s*", str(tag)) if isinstance(tag, str) else []:
                yield Claim("tags", _plain(one), "jsonld")
        if str(node.get("isAccessibleForFree", "")).lower() in ("false", "no", "0"):
            yield Claim("paywalled", True, "jsonld")


def _plain(text: str) -> str:
    return str(html.fragment_fromstring(text, create_parent="p").text_content()) if "&" in text or "<" in text else text


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _first(value: Any) -> Any:
    one = value[0] if isinstance(value, list) and value else value
    return (one.get("alternateName") or one.get("name")) if isinstance(one, dict) else one


def _image(value: Any) -> Any:
    one = value[0] if isinstance(value, list) and value else value
    return one.get("url") or one.get("contentUrl") if isinstance(one, dict) else one


def _name(value: Any, names: dict[str, Any]) -> str | None:
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = value.get("name") or names.get(str(value.get("@id")))
    value = _first(value)
    return value if isinstance(value, str) else None


def _is_organisation(value: Any) -> bool:
    return isinstance(value, dict) and any(kind.endswith("Organization") for kind in _types(value))


def _meta(page: Page) -> Iterator[Claim]:
    for element in page.elements("meta"):
        name = (element.get("property") or element.get("name") or element.get("http-equiv") or "").strip().lower()
        field = _names()[0].get(name)
        content = element.get("content")
        if field and content:
            for value in re.split(r"\s*[,;]\s*", content) if field == "tags" else [content]:
                yield Claim(field, value, f"meta:{name}")
    language = page.tree.get("lang") or page.tree.get("{http://www.w3.org/XML/1998/namespace}lang")
    yield Claim("language", language, "meta:html")
    for element in page.elements("link"):
        rel = (element.get("rel") or "").lower().split()
        if not ("canonical" in rel or "amphtml" in rel):
            continue
        if href := absolute(page.url, element.get("href") or ""):
            yield Claim(
                "url" if "canonical" in rel else "amp", href, "meta:canonical" if "canonical" in rel else "meta:amphtml"
            )


def _microdata(page: Page) -> Iterator[Claim]:
    for element in cast(list[html.HtmlElement], _ITEMS(page.tree)):
        field = _names()[1].get(element.get("itemprop").strip().lower())
        if field is None or (field == "title" and element.tag == "meta" and not element.get("content")):
            continue
        value = element.get("content") or element.get("datetime")
        if value is None and field == "authors":
            named = element.xpath(".//*[@itemprop='name']")
            value = (named[0].get("content") or named[0].text_content()) if named else element.text_content()
        yield Claim(field, value or element.text_content(), "microdata")


def _head(page: Page) -> Iterator[Claim]:
    """What a reader sees at the head of the page: title, h1 and time elements, and links to the author."""
    title = next((one for one in page.elements("title") if not any(True for _ in one.iterancestors("svg"))), None)
    if title is not None:
        yield Claim("title", title.text_content(), "meta:title")
    heads = [one for one in page.elements("h1") if " ".join(one.text_content().split())]
    for one in heads[:3]:
        yield Claim("title", one.text_content(), "page:h1")
    times = (one for one in page.elements("time") if one.get("datetime"))
    apart = (one for one in times if not any(True for _ in one.iterancestors("aside", "footer", "nav")))
    for element in page.elements("a"):
        if element.get("rel") == "author":
            yield Claim("authors", element.text_content(), "page:byline")
    for element in islice(apart, 3):
        yield Claim("published_at", element.get("datetime"), "page:time")
