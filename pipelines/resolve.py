"""Stage three: one value for each field, chosen among all that was claimed. The claims themselves are kept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from pipelines import choose
from pipelines.dateline import read_opening
from pipelines.given import content_claim
from pipelines.lines import ends_sentence
from pipelines.people import agency_in, body_in, people
from pipelines.titles import best_title
from pipelines.types import Capture, Claim, Entry, Extraction, Source, Stripped
from pipelines.urls import absolute, same_site, urlkey

_URL_DATE = re.compile(r"/((?:19|20)\d\d)[/-]?(0[1-9]|1[0-2])[/-]?(0[1-9]|[12]\d|3[01])(?:[/_-]|$)")

_LIVE = "LiveBlogPosting"


def resolve(extraction: Extraction, stripped: Stripped, capture: Capture, source: Source | None) -> dict[str, Any]:
    """The fields of the article, by name. Nothing is invented: a field nobody claims is None or empty."""
    claims = [*stripped.claims, *extraction.claims, *_entry_claims(capture.entry), *_url_claims(capture)]
    claims += _text_claims(stripped.text, extraction.language)
    if content := content_claim(capture.entry.content if capture.entry else None, stripped.text):
        claims.append(content)
    zone = source.timezone if source else None
    sites = _site_names(capture, source)
    title = best_title(claims, sites)
    published = choose.best_moment(claims, "published_at", capture.fetched_at, zone)
    modified = choose.best_moment(claims, "modified_at", capture.fetched_at, zone)
    authors = people(claims, (*sites, *(str(one.value) for one in choose.of(claims, "site"))))
    agency = agency_in(claims)
    if published and modified and modified[0].value <= published[0].value:
        modified = None
    return {
        "url": _address(claims, capture),
        "title": str(title.value) if title else None,
        "description": _first(claims, "description", ("text", "page")),
        "authors": authors,
        "agency": agency,
        "credit": _first(claims, "credit") or (None if authors or agency else body_in(claims)),
        "dateline": _first(claims, "dateline"),
        "section": _first(claims, "section"),
        "tags": choose.distinct(one.value for one in choose.of(claims, "tags"))[:50],
        "language": extraction.language,
        "published_at": published[0].value if published else None,
        "published_precision": published[0].precision if published else None,
        "published_from": published[1].origin if published else None,
        "modified_at": modified[0].value if modified else None,
        "image": next(_absolute(claims, "image", capture), None),
        "captions": choose.distinct(one.value for one in choose.of(claims, "captions")),
        "links": _outbound(stripped, capture),
        "paywalled": bool(choose.of(claims, "paywalled")),
        "live": any(one.value == _LIVE for one in choose.of(claims, "type")),
        "claims": tuple(dict.fromkeys(claims)),
    }


def _entry_claims(entry: Entry | None) -> Iterator[Claim]:
    if entry is None:
        return
    origin = entry.kind if entry.kind in ("news", "sitemap", "section", "import") else "feed"
    for name in ("title", "published_at", "modified_at", "language"):
        if value := getattr(entry, name):
            yield Claim(name, value, origin)
    for author in entry.authors:
        yield Claim("authors", author, origin)
    for tag in entry.tags:
        yield Claim("tags", tag, origin)


def _url_claims(capture: Capture) -> Iterator[Claim]:
    if match := _URL_DATE.search(urlsplit(capture.final_url or capture.url).path):
        yield Claim("published_at", "-".join(match.groups()), "url")


def _text_claims(text: str, language: str | None) -> Iterator[Claim]:
    """What the opening and the end of the clean text say."""
    opening = read_opening(text, language)
    if opening:
        for name, value in (("dateline", opening.place), ("agency", opening.agency)):
            if value:
                yield Claim(name, value, "dateline")
        if opening.moment:
            yield Claim("published_at", opening.moment.claim, "dateline")
    if text and _open_ended(text):
        yield Claim("truncated", True, "text")


def _open_ended(text: str) -> bool:
    """Whether the text stops in the middle: an open quotation in the last paragraph, or no end of a sentence."""
    last = text.rsplit("\n", 1)[-1].rstrip()
    quoting = False
    for mark in re.findall(r'[“”„"«»]', last):
        quoting = mark in "“„«" or (mark == '"' and not quoting)
    return quoting or last.endswith(("...", "…", ",")) or (len(last) > 200 and not ends_sentence(last))


def _site_names(capture: Capture, source: Source | None) -> list[str]:
    host = (urlsplit(capture.final_url or capture.url).hostname or "").removeprefix("www.")
    names = [host, host.split(".")[0]]
    if source:
        names += [source.id, source.name or ""]
    return [name for name in names if name]


def _first(claims: list[Claim], field: str, origins: tuple[str, ...] = ()) -> str | None:
    for claim in choose.of(claims, field):
        if not origins or claim.origin.split(":")[0] in origins:
            return str(claim.value)
    return None


def _absolute(claims: list[Claim], field: str, capture: Capture) -> Iterator[str]:
    for claim in choose.of(claims, field):
        if url := absolute(capture.final_url or capture.url, str(claim.value)):
            yield url


def _address(claims: list[Claim], capture: Capture) -> str:
    """The page's canonical address where it names one of its own site that is not the front page."""
    here = capture.final_url or capture.url
    if here.startswith("urn:"):
        return here
    for claim in choose.of(claims, "url"):
        url = absolute(here, str(claim.value)) if claim.origin == "meta:canonical" else None
        if url and same_site(url, here) and (urlsplit(url).path.strip("/") or not urlsplit(here).path.strip("/")):
            return url
    return here


def _outbound(stripped: Stripped, capture: Capture) -> tuple[str, ...]:
    here = capture.final_url or capture.url
    links = dict.fromkeys(link.url for block in stripped.blocks for link in block.links)
    # most links of a text are local, and reading addresses is dear
    urls = (absolute(here, link) for link in links if not (link[:1] in "/#?" and link[:2] != "//"))
    return choose.distinct(url for url in urls if url and not same_site(url, here))


def key_of(url: str) -> str:
    """The article's key; an address that has none is its own key."""
    try:
        return urlkey(url)
    except ValueError:
        return url
