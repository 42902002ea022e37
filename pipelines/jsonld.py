"""What a page says of itself in JSON-LD, in whatever shape it is written.

Objects stand alone, in lists, in `@graph`, within each other, or are named by `@id`; scripts are wrapped in comments,
end in a stray comma or hold two objects in a row. A page may describe other articles beside its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from pipelines.lines import key
from pipelines.page import Page
from pipelines.types import Claim

_ARTICLE = re.compile(r"(?:Article|Posting|Report|Review)$")
_PAGE = re.compile(r"(?:WebPage|ItemPage|VideoObject|AudioObject|PodcastEpisode)$")
_WITHIN = ("@graph", "mainEntity", "mainEntityOfPage", "hasPart", "itemListElement", "item")
_WRAPPING = re.compile(r"^(?://\s*)?<!\[CDATA\[|(?://\s*)?\]\]>$|^/\*.*?\*/|/\*[^*]*\*/$")
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_DEEPEST, _LONGEST = 12, 500  # levels that are followed, members of a list that are read

Node = dict[str, Any]


def jsonld_claims(page: Page, canonical: str | None = None) -> Iterator[Claim]:
    """What the page's own article claims. Where several objects describe it, the fullest speaks first."""
    nodes = list(jsonld_nodes(page))
    names = {str(node["@id"]): node for node in nodes if node.get("@id") and ("name" in node or "familyName" in node)}
    for node in _own(nodes, {_path(url) for url in (page.url, canonical or "")} - {""}):
        yield from _facts(node, names)


def jsonld_nodes(page: Page) -> Iterator[Node]:
    """Every object of the page's JSON-LD, nested and @graph members too; broken scripts are skipped."""
    for script in page.elements("script"):
        if "ld+json" in (script.get("type") or "").lower() and script.text:
            for value in _loads(script.text):
                yield from _objects(value, 0)


def plain(text: str) -> str:
    """Text without the tags and character references that editors' systems leave in values."""
    if "&" in text:
        text = unescape(unescape(text))
    return _TAG.sub("", text) if "<" in text else text


def _loads(text: str) -> list[Any]:
    text = text.strip().removeprefix("<!--").removesuffix("-->").strip().rstrip(";")
    if not text.startswith(("{", "[")):
        text = _WRAPPING.sub("", _WRAPPING.sub("", text).strip()).strip().rstrip(";")
    try:
        return [json.loads(text, strict=False)]
    except (ValueError, RecursionError):
        # trailing commas are the commonest fault, two objects in a row the next
        return _in_a_row(re.sub(r",(?:\s*,)*\s*([}\]])", r"\1", text))


def _in_a_row(text: str) -> list[Any]:
    decoder = json.JSONDecoder(strict=False)
    found: list[Any] = []
    position = 0
    while position < len(text):
        try:
            value, position = decoder.raw_decode(text, position)
        except (ValueError, RecursionError):
            break
        found.append(value)
        position += len(text[position:]) - len(text[position:].lstrip(" \t\r\n,;"))
    return found


def _objects(value: Any, depth: int) -> Iterator[Node]:
    if depth > _DEEPEST:
        return
    if isinstance(value, dict):
        yield value
        for name in _WITHIN:
            if name in value:
                yield from _objects(value[name], depth + 1)
    elif isinstance(value, list):
        for one in value[:_LONGEST]:
            yield from _objects(one, depth + 1)


def _types(node: Node) -> list[str]:
    return [str(kind) for kind in _many(node.get("@type"))] or [""]


def _own(nodes: list[Node], paths: set[str]) -> list[Node]:
    """The objects that describe the page's article: the one that names the page, has a body or the most fields, and
    others with its headline. Where there is no article, the page itself if it is dated."""
    articles = [node for node in nodes if any(_ARTICLE.search(kind) for kind in _types(node))]
    if not articles:
        dated = (node for node in nodes if "datePublished" in node)
        return list(islice((node for node in dated if any(_PAGE.search(one) for one in _types(node))), 1))

    def fullness(node: Node) -> tuple[bool, bool, bool, int]:
        return _names_page(node, paths), "articleBody" in node, "datePublished" in node, len(node)

    best = max(articles, key=fullness)
    headline = _headline(best)
    return [best, *(one for one in articles if one is not best and headline and headline == _headline(one))]


def _headline(node: Node) -> str:
    return key(str(node.get("headline") or ""))


def _names_page(node: Node, paths: set[str]) -> bool:
    place = node.get("mainEntityOfPage")
    named = (node.get("url"), node.get("@id"), place.get("@id") if isinstance(place, dict) else place)
    return any(isinstance(one, str) and _path(one) in paths for one in named)


def _path(url: str) -> str:
    try:
        return urlsplit(url).path.rstrip("/")
    except ValueError:
        return ""


def _facts(node: Node, names: dict[str, Node]) -> Iterator[Claim]:
    is_article = any(_ARTICLE.search(kind) for kind in _types(node))
    for field, value in (
        ("title", node.get("headline") or (node.get("name") if is_article else None)),
        ("description", node.get("description")),
        ("published_at", node.get("datePublished") or node.get("dateCreated")),
        ("modified_at", node.get("dateModified")),
        ("section", _text(node.get("articleSection"))),
        ("language", _text(node.get("inLanguage"))),
        ("image", _image(node.get("image"))),
        ("site", next((name for name, _ in _named(node.get("publisher"), names)), None)),
        ("dateline", node.get("dateline")),
        ("type", next((kind for kind in _types(node) if kind == "LiveBlogPosting"), _types(node)[0])),
    ):
        if isinstance(value, (str, int)):
            yield Claim(field, plain(str(value)), "jsonld")
    for name, is_organisation in _named(node.get("author") or node.get("creator"), names):
        yield Claim("authors", plain(name), "jsonld:organisation" if is_organisation else "jsonld")
    for tag in _many(node.get("keywords")):
        for one in re.split(r"\s*[,;]\s*", str(tag)) if isinstance(tag, str) else []:
            yield Claim("tags", plain(one), "jsonld")
    if str(node.get("isAccessibleForFree", "")).lower() in ("false", "no", "0"):
        yield Claim("paywalled", True, "jsonld")


def _many(value: Any) -> list[Any]:
    return value[:_LONGEST] if isinstance(value, list) else [] if value is None else [value]


def _text(value: Any) -> Any:
    one = value[0] if isinstance(value, list) and value else value
    return (one.get("alternateName") or one.get("name")) if isinstance(one, dict) else one


def _image(value: Any) -> Any:
    one = value[0] if isinstance(value, list) and value else value
    return (one.get("url") or one.get("contentUrl")) if isinstance(one, dict) else one


def _named(value: Any, names: dict[str, Node]) -> Iterator[tuple[str, bool]]:
    """(name, whether it is an organisation) of each author or publisher: texts, objects, lists and references."""
    for one in _many(value):
        if isinstance(one, dict):
            is_organisation = any(kind.endswith(("Organization", "Corporation")) for kind in _types(one))
            given = " ".join(str(one[part]) for part in ("givenName", "familyName") if one.get(part))
            for name in _many(one.get("name") or given):
                if isinstance(name, str) and name:
                    yield name, is_organisation
            if not (one.get("name") or given) and (other := names.get(str(one.get("@id")))) not in (None, one):
                yield from _named(other, {})
        elif isinstance(one, list):
            yield from _named(one[0] if one else None, names)
        elif isinstance(one, str):
            yield from _named(names.get(one), {}) if one in names else ((one, False),)
