"""RSS, Atom and RDF by feedparser, JSON Feed by hand: bytes to entries."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from io import BytesIO
from typing import Any

import feedparser

from crawler.entries.listing import Listing, NoListingError, once, usable
from crawler.entries.shape import is_file
from pipelines.dates import moment_of
from pipelines.lines import word_count
from pipelines.types import Capture, Entry

_MOST_ENTRIES = 5000
_LONGEST_CONTENT = 100_000  # characters; longer ones are left to the page
_FEWEST_WORDS = 60  # of a feed's text that may be the article itself
_FEWEST_WORDS_OF_A_SUMMARY = 150
_INLINE_DATA = re.compile(r"data:[\w/+.-]+;base64,[A-Za-z0-9+/=\s]+")
_TAG = re.compile(r"<[^<>]{1,200}>")


def read_feed(capture: Capture) -> Listing:
    """The entries of an RSS, Atom or RDF feed, as far as it can be read. Raises NoListingError for anything else."""
    base = capture.final_url or capture.url
    content_type = next((value for name, value in capture.headers if name.lower() == "content-type"), "")
    # a stream: bytes alone would be tried as the name of a file
    parsed = feedparser.parse(
        BytesIO(capture.body),
        response_headers={"content-location": base, "content-type": content_type},
        resolve_relative_uris=False,
        sanitize_html=False,
    )
    if not parsed.version and not parsed.entries:
        raise NoListingError("no feed")
    language = _text(parsed.feed.get("language"))
    rss = str(parsed.version).startswith("rss")
    return Listing(kind="feed", entries=once(_entries(parsed.entries[:_MOST_ENTRIES], base, language, rss)))


def _entries(items: Iterable[Mapping[str, Any]], base: str, language: str | None, rss: bool) -> Iterator[Entry]:
    for item in items:
        url = usable(base, item.get("feedburner_origlink") or item.get("link") or _permalink(item))
        if url is None or is_file(url):
            continue
        published = item.get("published")
        updated = item.get("updated") if "updated" in item else None  # feedparser would give `published` for it
        yield Entry(
            url=url,
            title=_text(item.get("title")),
            published_at=_time(published or (updated if rss else None)),
            modified_at=_time(updated),
            language=_text(item.get("language")) or language,
            authors=_names(item.get("authors") or [{"name": item.get("author")}]),
            tags=_once(one.get("label") or one.get("term") for one in item.get("tags") or ()),
            content=_content(
                [one.get("value") for one in item.get("content") or () if "html" in one.get("type", "html")],
                item.get("summary"),
            ),
        )


def _permalink(item: Mapping[str, Any]) -> str | None:
    """The item's id, where that is an address and nothing else is given."""
    own = str(item.get("id") or "")
    return own if own.startswith(("http://", "https://")) else None


def read_json_feed(capture: Capture) -> Listing:
    """The entries of a JSON Feed. Raises NoListingError for anything else."""
    try:
        feed = json.loads(capture.body)
    except (ValueError, RecursionError):
        raise NoListingError("no JSON") from None
    if not isinstance(feed, dict) or not isinstance(feed.get("items"), list):
        raise NoListingError("JSON, but no JSON Feed")
    base = capture.final_url or capture.url
    language = _text(feed.get("language"))
    items = [one for one in feed["items"][:_MOST_ENTRIES] if isinstance(one, dict)]
    return Listing(kind="feed", entries=once(_json_entries(items, base, language)))


def _json_entries(items: Iterable[Mapping[str, Any]], base: str, language: str | None) -> Iterator[Entry]:
    for item in items:
        url = usable(base, _text(item.get("url")) or _text(item.get("external_url")) or _permalink(item))
        if url is None or is_file(url):
            continue
        authors, tags = item.get("authors") or [item.get("author")], item.get("tags")
        yield Entry(
            url=url,
            title=_text(item.get("title")),
            published_at=_time(item.get("date_published")),
            modified_at=_time(item.get("date_modified")),
            language=_text(item.get("language")) or language,
            authors=_names(authors if isinstance(authors, list) else []),
            tags=_once(tags if isinstance(tags, list) else []),
            content=_content([item.get("content_html"), _paragraphs(item.get("content_text"))]),
        )


def _content(given: Iterable[object], summary: object = None) -> str | None:
    """The article as HTML, where a feed gives it whole; a summary is one only where it is long."""
    for values, fewest in (given, _FEWEST_WORDS), ((summary,), _FEWEST_WORDS_OF_A_SUMMARY):
        texts = [_INLINE_DATA.sub("", one) for one in values if isinstance(one, str)]
        best = max(texts, key=len, default="")
        words = word_count(_text(best) or "") if len(best) <= _LONGEST_CONTENT else 0
        if words >= fewest:
            return best
    return None


def _paragraphs(text: object) -> str | None:
    """Plain text as HTML."""
    if not isinstance(text, str):
        return None
    return "".join(f"<p>{html.escape(one)}</p>" for one in text.splitlines() if one.strip())


def _names(authors: Iterable[object]) -> tuple[str, ...]:
    return _once(one.get("name") for one in authors if isinstance(one, Mapping))


def _once(values: Iterable[object]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for value in values if (text := _text(value))))


def _time(value: object) -> str | None:
    moment = moment_of(value) if value else None
    return moment.value if moment else None


def _text(value: object) -> str | None:
    """One line of plain text of a value that may hold markup or entities; None where nothing is left."""
    if not isinstance(value, str):
        return None
    return " ".join(html.unescape(_TAG.sub(" ", html.unescape(value))).split()) or None
