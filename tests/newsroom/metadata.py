"""What the head of an article page says to machines, in the dialects that real sites use."""

from __future__ import annotations

import json
from html import escape
from typing import Any

from tests.newsroom.truth import Article, Desk, moment


def head(article: Article, desk: Desk, base: str) -> str:
    """The metadata elements of an article page: those of the dialects that its outlet speaks."""
    parts = [f'<link rel="canonical" href="{base}{article.url}">'] if desk.metadata else []
    if "summary" in article.page:
        parts.append(_meta("name", "description", article.page["summary"]))
    if "og" in desk.metadata:
        parts += _open_graph(article, desk, base)
    if "jsonld" in desk.metadata:
        parts.append(_script({"@context": "https://schema.org", **_news_article(article, desk, base)}))
    if "graph" in desk.metadata:
        publisher = {"@type": "Organization", "@id": f"{base}/#publisher", "name": desk.name, "url": f"{base}/"}
        page = {"@type": "WebPage", "@id": f"{base}{article.url}", "name": f"{article.title} - {desk.name}"}
        graph = [publisher, page, _news_article(article, desk, base)]
        parts.append(_script({"@context": "https://schema.org", "@graph": graph}))
    return "\n".join(parts)


def inner(article: Article, desk: Desk) -> str:
    """Microdata that stands beside the text, for outlets that use it."""
    if "microdata" not in desk.metadata:
        return ""
    said = {
        "articleSection": article.section or "",
        "keywords": ", ".join(article.tags),
        "inLanguage": article.language,
    }
    return "\n".join(f'<meta itemprop="{key}" content="{escape(value)}">' for key, value in said.items() if value)


def _news_article(article: Article, desk: Desk, base: str) -> dict[str, Any]:
    people = [{"@type": "Person", "name": name} for name in article.authors]
    said = {
        "@type": "NewsArticle",
        "mainEntityOfPage": f"{base}{article.url}",
        "headline": article.title,
        "description": article.description or article.page.get("summary"),
        "datePublished": iso(article.published_at, article, desk),
        "dateModified": iso(article.modified_at, article, desk),
        "author": people or {"@type": "Organization", "name": desk.name},
        "publisher": {"@type": "Organization", "name": desk.name},
        "articleSection": article.section,
        "keywords": list(article.tags),
        "inLanguage": article.language,
        "image": f"{base}{article.image}" if article.image else None,
        "isAccessibleForFree": False if article.paywalled else None,
    }
    return {key: value for key, value in said.items() if value not in (None, [])}


def _open_graph(article: Article, desk: Desk, base: str) -> list[str]:
    said = [
        ("og:type", "article"),
        ("og:site_name", desk.name),
        ("og:title", article.title),
        ("og:description", article.description or article.page.get("summary")),
        ("og:url", f"{base}{article.url}"),
        ("og:image", f"{base}{article.image}" if article.image else None),
        ("article:section", article.section),
    ]
    if "jsonld" in desk.metadata:
        said.append(("article:published_time", iso(article.published_at, article, desk)))
    said += [("article:tag", tag) for tag in article.tags]
    return [_meta("property", key, value) for key, value in said if value]


def iso(text: str | None, article: Article, desk: Desk) -> str | None:
    """A stored time as machines are told it: on the outlet's clock, with its zone, as precise as it is known."""
    when = moment(text, desk.zone)
    if when is None:
        return None
    return when.isoformat(timespec="minutes" if article.published_precision == "minute" else "seconds")


def _meta(kind: str, key: str, value: str) -> str:
    return f'<meta {kind}="{key}" content="{escape(value)}">'


def _script(data: dict[str, Any]) -> str:
    text = json.dumps(data, ensure_ascii=False).replace("</", "<\\/")
    return f'<script type="application/ld+json">{text}</script>'
