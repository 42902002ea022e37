"""Articles as an Atom feed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

from datasette import Response

from pipelines.exports.plain import plain

_ATOM = "http://www.w3.org/2005/Atom"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def feed(
    datasette: Any,
    request: Any,
    articles: Sequence[Mapping[str, Any]],
    *,
    title: str,
    name: str,
    page: str,
    more: str | None = None,
) -> Any:
    """The articles as a feed, in the order given.

    `name` is what the feed is known by for good, `page` the path of the same as a page, `more` of the older ones.
    Of an article are told its address, title, source_name or source_id, authors' outlet, passage or description, and
    when it was seen (seen_at, else first_seen_at). It is known by its address, so an edit is no new entry,
    but where a `fragment` of its page tells one from another.
    """
    ElementTree.register_namespace("", _ATOM)
    root = ElementTree.Element(f"{{{_ATOM}}}feed")
    _say(root, "id", _urn(name))
    _say(root, "title", title)
    _say(root, "updated", max((_seen(one) for one in articles), default="1970-01-01T00:00:00Z"))
    _link(root, "self", datasette.absolute_url(request, request.full_path), "application/atom+xml")
    _link(root, "alternate", datasette.absolute_url(request, page), "text/html")
    if more:
        _link(root, "next", datasette.absolute_url(request, more), "application/atom+xml")
    _say(root, "generator", "Tearsheet")
    for one in articles:
        path = f"/-/article/{one['id']}{one.get('fragment', '')}"
        _entry(root, one, datasette.absolute_url(request, datasette.urls.path(path)))
    body = '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode")
    return Response(body, content_type="application/atom+xml; charset=utf-8")


def _entry(root: ElementTree.Element, one: Mapping[str, Any], page: str) -> None:
    entry = ElementTree.SubElement(root, f"{{{_ATOM}}}entry")
    _say(entry, "id", _urn(f"{one['url']}{one.get('fragment', '')}"))
    _say(entry, "title", one.get("plain_title") or one.get("title") or "Untitled")
    _say(entry, "updated", _seen(one))
    published = one.get("published_at") or ""
    if _TIME.fullmatch(published):  # without a time zone it is no time that Atom knows
        _say(entry, "published", published)
    author = ElementTree.SubElement(entry, f"{{{_ATOM}}}author")
    _say(author, "name", one.get("source_name") or one.get("source_id") or "no source")
    _link(entry, "alternate", page, "text/html")
    if re.fullmatch(r"https?://[!-~]+", str(one["url"])):
        _link(entry, "via", str(one["url"]), None)
    if said := one.get("passage") or one.get("description"):
        _say(entry, "summary", said)


def _seen(one: Mapping[str, Any]) -> str:
    """When it came, always with a time zone."""
    for name in ("seen_at", "first_seen_at", "published_at"):
        if _TIME.fullmatch(one.get(name) or ""):
            return str(one[name])
    return "1970-01-01T00:00:00Z"


def _urn(text: str) -> str:
    return "urn:sha256:" + hashlib.sha256(text.encode(errors="replace")).hexdigest()


def _say(parent: ElementTree.Element, name: str, text: Any) -> None:
    element = ElementTree.SubElement(parent, f"{{{_ATOM}}}{name}")
    element.text = _NOT_XML.sub("", plain(str(text)))


def _link(parent: ElementTree.Element, rel: str, href: str, kind: str | None) -> None:
    attributes = {"rel": rel, "href": _NOT_XML.sub("", href)} | ({"type": kind} if kind else {})
    ElementTree.SubElement(parent, f"{{{_ATOM}}}link", attributes)
