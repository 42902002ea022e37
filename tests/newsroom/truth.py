"""What is true of the invented outlets: `outlets/<outlet>/outlet.toml` and one file for each article.

The same values render the pages, so that a page cannot drift from its right answers. A key that is missing
from an article's file is a fact that neither its page nor its feed gives.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any

from tests.newsroom.markup import Block, parse

OUTLETS = Path(__file__).parent / "outlets"
#: When each edition of the whole newsroom came out (UTC).
EDITIONS = (datetime(2025, 6, 2, 6, tzinfo=UTC), datetime(2025, 6, 3, 6, tzinfo=UTC))


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """The right answers for one article. `None` and empty say that nothing gives the fact."""

    id: int
    slug: str
    title: str
    description: str | None = None  # the standfirst, as shown
    body: tuple[str, ...] = field(repr=False)  # paragraphs in order, cross-heads and `opening` included
    opening: str | None = None  # the dateline or credit that opens the first paragraph, as written
    published_at: str | None = None
    published_precision: str | None = None
    published_partial: str | None = None  # a date without its year: "--03-14"
    modified_at: str | None = None
    authors: tuple[str, ...] = ()
    agency: str | None = None
    dateline: str | None = None
    credit: str | None = None
    captions: tuple[str, ...] = ()
    image: str | None = None
    section: str | None = None
    language: str
    tags: tuple[str, ...] = ()
    links: tuple[str, ...] = ()  # addresses linked from the body
    paywalled: bool = False
    url: str = ""
    furniture: tuple[str, ...] = field(default=(), repr=False)  # lines beside the body that are no part of it
    fields_shown: tuple[str, ...] = field(default=(), repr=False)  # byline, date, caption and credit lines
    shelf: str = ""  # section of the address
    blocks: tuple[Block, ...] = field(default=(), repr=False)
    page: Mapping[str, Any] = field(default_factory=dict, repr=False)  # how the page words things; no facts

    @property
    def text(self) -> str:
        """The body as one text, a blank line between paragraphs."""
        return "\n\n".join(self.body)

    def published(self, zone: timezone) -> datetime | None:
        """The time of publication on the outlet's own clock."""
        return moment(self.published_at, zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One outlet as it stands in one edition; `articles` are newest first."""

    slug: str
    name: str
    about: str
    language: str = "en"
    zone: timezone
    charset: str = "utf-8"
    charset_in_header: bool = True
    shell: str  # columns | table | plain: how the page around the article is built
    container: str = "<div>"  # the element around an article's text and the furniture beside it
    headline: str = "h1"
    crosshead: str = "<h3>{}</h3>"
    caption: str = "plain"  # plain | figcaption
    metadata: tuple[str, ...] = ()  # og | jsonld | graph | microdata
    means: tuple[str, ...]  # rss | atom | news-sitemap | sections
    feed: Mapping[str, Any] = field(default_factory=dict)  # path, announced, dates
    address: str  # pattern of an article's path
    sections: Mapping[str, str]  # part of the address → name
    front: int = 12  # articles on the front page
    per_page: int = 6  # articles on a section page
    robots: str | None = None
    layouts: tuple[tuple[str, ...], ...]  # lines of an article page, see layout.py
    wording: Mapping[str, str] = field(default_factory=dict)
    pages: tuple[Mapping[str, Any], ...] = ()  # pages that are no articles
    articles: tuple[Article, ...] = ()


def desks(edition: int) -> tuple[Desk, ...]:
    """The outlets in one edition (1 or 2), in the order of their folders."""
    return tuple(_desk(folder, edition) for folder in sorted(OUTLETS.iterdir()) if folder.is_dir())


def moment(text: str | None, zone: timezone) -> datetime | None:
    """A stored time on the clock of `zone`; a time without zone is taken as that clock's own."""
    if text is None:
        return None
    when = datetime.fromisoformat(text)
    return when.astimezone(zone) if when.tzinfo else when.replace(tzinfo=zone)


@cache
def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as problem:
        raise ValueError(f"{path}: {problem}") from None


def _values(path: Path) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in _read(path).items()}


def _desk(folder: Path, edition: int) -> Desk:
    raw = _values(folder / "outlet.toml")
    desk = Desk(**raw | {"slug": folder.name, "zone": timezone(timedelta(hours=raw["zone"]))})
    files = [path for path in folder.glob("*.toml") if path.name != "outlet.toml"]
    found = [_article(path, desk, edition) for path in files if _read(path).get("since", 1) <= edition]
    return replace(desk, articles=tuple(sorted(found, key=lambda one: -one.id)))


def _article(path: Path, desk: Desk, edition: int) -> Article:
    raw = _values(path)
    edit, text = raw.pop("edit", None), raw.pop("text")
    raw.pop("since", None)
    if edit and edition >= 2:
        raw["modified_at"] = edit["modified_at"]
        for old, new in edit["replace"]:
            assert text.count(old) == 1, f"{path}: {old!r} must occur once"
            text = text.replace(old, new)
    known = {one.name for one in fields(Article)} - {"slug", "body", "blocks", "links", "url", "furniture", "shelf"}
    assert raw.keys() <= known, f"{path}: unknown keys {sorted(raw.keys() - known)}"
    blocks = parse(raw.get("opening", "") + text.lstrip())
    shelf = raw.pop("section")
    when = moment(raw.get("published_at"), desk.zone)
    dated = {"y": f"{when:%Y}", "m": f"{when:%m}", "d": f"{when:%d}"} if when else {}
    return Article(
        slug=path.stem,
        language=raw.pop("language", desk.language),
        body=tuple(one.text for one in blocks),
        blocks=blocks,
        links=tuple(address for one in blocks for address in one.links),
        shelf=shelf,
        section=desk.sections[shelf] if desk.metadata else None,
        url=desk.address.format(section=shelf, slug=path.stem, id=raw["id"], **dated),
        **raw,
    )
