"""Rows of other tools, and of our own export, as pages: each tool's fields by what they mean here.

A row that holds the page is read from the page; what the tool read of it is claimed beside. Of a row without it the
text is the page. docs/imports.md says which field becomes what.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Any

from pipelines.dates import moment_of
from pipelines.readers.found import Page
from pipelines.types import Capture, Entry
from pipelines.urls import absolute, urn_for

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a row says of a page. Times are as the tool writes them; one without a zone is UTC."""

    url: object = None
    final_url: object = None
    page: object = None  # HTML
    text: object = None  # lines that are paragraphs
    standfirst: object = None  # as the page shows it
    description: object = None  # as the page's data has it
    image: object = None
    fetched_at: object = None
    title: object = None
    published_at: object = None
    modified_at: object = None
    language: object = None
    authors: object = ()
    tags: object = ()


def _news_please(row: Row) -> Told:
    return Told(
        url=row.get("url"),
        page=row.get("html"),
        text=row.get("maintext") or row.get("text"),
        description=row.get("description"),
        image=row.get("image_url"),
        fetched_at=row.get("date_download"),
        title=row.get("title") or row.get("title_rss"),
        published_at=row.get("date_publish"),
        modified_at=row.get("date_modify"),
        language=row.get("language"),
        authors=row.get("authors"),
    )


def _newspaper4k(row: Row) -> Told:
    return Told(
        url=row.get("canonical_link") or row.get("url"),
        page=row.get("html"),
        text=row.get("text"),
        description=row.get("meta_description"),
        image=row.get("top_image") or row.get("meta_img"),
        title=row.get("title"),
        published_at=row.get("publish_date"),
        language=row.get("meta_lang") or row.get("language"),
        authors=row.get("authors"),
        tags=row.get("meta_keywords"),
    )


def _fundus(row: Row) -> Told:
    page = row.get("html")
    of_page: Row = page if isinstance(page, Mapping) else {}
    body = row.get("body")
    return Told(
        url=of_page.get("requested_url") or row.get("url"),
        final_url=of_page.get("responded_url"),
        page=of_page.get("content") if of_page else page,
        text=row.get("plaintext") or "\n".join(_paragraphs(body)),
        standfirst="\n".join(_texts(body.get("summary"))) if isinstance(body, Mapping) else None,
        fetched_at=of_page.get("crawl_date"),
        title=row.get("title"),
        published_at=row.get("publishing_date"),
        language=row.get("lang"),
        authors=row.get("authors"),
        tags=row.get("topics"),
    )


def _trafilatura(row: Row) -> Told:
    return Told(
        url=row.get("source") or row.get("url"),
        page=row.get("html"),
        text=row.get("text") or row.get("raw_text"),
        description=row.get("excerpt") or row.get("description"),
        image=row.get("image"),
        fetched_at=row.get("filedate"),
        title=row.get("title"),
        published_at=row.get("date"),
        language=row.get("language"),
        authors=_parts(row.get("author")),
        tags=[*_parts(row.get("tags")), *_parts(row.get("categories"))],
    )


def _tearsheet(row: Row) -> Told:
    return Told(
        url=row.get("url"),
        text=row.get("text"),
        standfirst=row.get("description"),
        image=row.get("image"),
        fetched_at=row.get("first_seen_at"),
        title=row.get("title"),
        published_at=row.get("published_at"),
        modified_at=row.get("modified_at"),
        language=row.get("language"),
        authors=row.get("authors"),
        tags=row.get("tags"),
    )


#: Each tool by fields that its rows all have and those of no other tool do.
_TOOLS: dict[str, tuple[tuple[tuple[str, ...], ...], Callable[[Row], Told]]] = {
    "tearsheet": ((("text", "published_precision"), ("text", "first_seen_at")), _tearsheet),
    "news-please": ((("source_domain", "date_publish"), ("source_domain", "date_download")), _news_please),
    "newspaper4k": ((("publish_date", "meta_description"), ("publish_date", "top_image", "text")), _newspaper4k),
    "fundus": ((("publishing_date", "body"), ("publishing_date", "plaintext"), ("publishing_date", "html")), _fundus),
    "trafilatura": ((("source-hostname", "text"), ("hostname", "raw_text"), ("source", "fingerprint")), _trafilatura),
}


def tool_of(row: Row) -> str | None:
    """Which tool wrote a row; None for one that is not known."""
    for name, (marks, _) in _TOOLS.items():
        if any(all(field in row for field in fields) for fields in marks):
            return name
    return "trafilatura" if row.keys() == {"text", "comments"} else None  # as it writes without metadata


def page_of(row: Row, at: datetime, name: str) -> Page | None:
    """The page of a row in the file called `name`, as it was found, else at the time `at`; None: it holds none."""
    tool = tool_of(row)
    told = _TOOLS[tool][1](row) if tool else None
    if told is None:
        return None
    html = isinstance(told.page, str) and bool(told.page.strip())
    body = _bytes(told.page) if html else _as_page(told)
    if body is None:
        return None
    url = absolute("", told.url) if isinstance(told.url, str) else None
    url = url or urn_for(body)
    fetched_at = _moment(told.fetched_at)
    entry = Entry(
        url=url,
        kind="import",
        via=f"{name} ({tool})",
        title=_line(told.title),
        published_at=_time(told.published_at),
        modified_at=_time(told.modified_at),
        language=_line(told.language),
        authors=_lines(told.authors),
        tags=_lines(told.tags),
    )
    final = absolute("", told.final_url) if isinstance(told.final_url, str) else None
    capture = Capture(
        url=url,
        final_url=final,
        fetched_at=fetched_at or at,
        body=body,
        mime="text/html",
        headers=(("Content-Type", "text/html; charset=utf-8"),),  # the tool has read it, and wrote it down as UTF-8
        rendered=True,
        entry=entry,
    )
    return Page(capture, dated=fetched_at is not None)


def _as_page(told: Told) -> bytes | None:
    """A page with nothing on it but what the row gives: headline, standfirst, paragraphs, description and image."""
    text = told.text if isinstance(told.text, str) else ""
    if not text.strip():
        return None
    title, standfirst = _line(told.title), _line(told.standfirst)
    said = (("description", _line(told.description) or standfirst), ("og:image", _line(told.image)))
    head = "".join(f'<meta property="{name}" content="{escape(value)}">' for name, value in said if value)
    top = f"<h1>{escape(title)}</h1>" if title else ""
    if standfirst and standfirst not in text:
        top += f'<p class="standfirst">{escape(standfirst)}</p>'
    lines = "".join(f"<p>{escape(line.strip())}</p>" for line in text.splitlines() if line.strip())
    body = f"<header>{top}</header><article>{lines}</article>"
    return _bytes(f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>")


def _bytes(text: object) -> bytes:
    return str(text).encode("utf-8", errors="replace")


def _paragraphs(body: object) -> list[str]:
    """The text of Fundus' body: sections with a headline and paragraphs."""
    if not isinstance(body, Mapping) or not isinstance(body.get("sections"), list):
        return []
    found = []
    for section in body["sections"]:
        if isinstance(section, Mapping):
            found += [*_texts(section.get("headline")), *_texts(section.get("paragraphs"))]
    return found


def _texts(value: object) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [one for one in values if isinstance(one, str) and one.strip()]


def _parts(value: object) -> list[str]:
    """A list that its tool writes as one text."""
    return [part.strip() for part in value.split(";")] if isinstance(value, str) else _texts(value)


def _line(value: object) -> str | None:
    return " ".join(value.split()) or None if isinstance(value, str) else None


def _lines(value: object) -> tuple[str, ...]:
    return tuple(line for one in _texts(value) if (line := _line(one)))


def _time(value: object) -> str | None:
    """A time that is one; a tool that knows none may write the text None."""
    moment = moment_of(value, None) if isinstance(value, str) else None
    return value if moment and isinstance(value, str) else None


def _moment(value: object) -> datetime | None:
    """A time to the second, UTC where it says no zone; None where it is none, or only a day."""
    if not isinstance(value, str) or len(value.strip()) < 16:
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
