"""What a feed, a sitemap or a section page gave."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from crawler.entries.shape import date_in, number_in
from pipelines.types import Entry, Feed, Source
from pipelines.urls import absolute, urlkey, without_visit

#: Longer addresses are traps or mistakes.
LONGEST_URL = 2000
_NUMBERED = 0.9  # of addresses that have each a number of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The entries of one listing, newest or topmost first, and where it leads."""

    kind: str  # feed | sitemap | section
    entries: tuple[Entry, ...] = field(default=(), repr=False)
    feeds: tuple[Feed, ...] = field(default=(), repr=False)  # sitemaps of an index, sections of a front page
    next: str | None = None  # the next page of a section
    days: tuple[str, ...] = ()  # pages below this one that are called by a year, a month or a day, newest first
    cut: bool = False  # it was too long: only its beginning was read
    left: tuple[tuple[str, str], ...] = field(default=(), repr=False)  # links taken for something else, and why


class NoListingError(ValueError):
    """The bytes are no feed, no sitemap and no web page; the message says what they are."""


def usable(base: str, href: str | None) -> str | None:
    """An address of a listing in full, without session ids; None where it is none that can be fetched."""
    url = absolute(base, href or "")
    return without_visit(url) if url and len(url) <= LONGEST_URL else None


def once(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """The entries without those that name a page again; the first stays, with the longest title given to it."""
    found: dict[str, Entry] = {}
    for entry in entries:
        try:
            key = urlkey(entry.url)
        except ValueError:
            continue
        before = found.get(key)
        if before is None:
            found[key] = entry
        elif len(entry.title or "") > len(before.title or ""):
            found[key] = replace(before, title=entry.title)
    return tuple(found.values())


def newest_first(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """The entries by the best date known of each, undated ones last in the order of the document."""
    return tuple(sorted(entries, key=_date, reverse=True))


def newest(entries: tuple[Entry, ...], most: int) -> tuple[Entry, ...]:
    """The `most` newest of entries that stand newest first.

    Where no date is known of any, those with the largest numbers in their addresses, which grow with time; where there
    are no such numbers either, some from both ends of the document.
    """
    if len(entries) <= most or any(map(_date, entries)):
        return entries[:most]
    numbers = [number_in(one.url) for one in entries]
    if len({one for one in numbers if one}) >= _NUMBERED * len(entries):
        ranked = sorted(zip(numbers, entries, strict=True), key=lambda one: one[0], reverse=True)
        return tuple(entry for _, entry in ranked[:most])
    last = most // 2
    return (*entries[: most - last], *entries[len(entries) - last :])


def _date(entry: Entry) -> str:
    said = entry.published_at or entry.modified_at or ""
    return "".join(char for char in said if char.isdigit()) or date_in(entry.url)


def chosen(source: Source, url: str) -> bool | None:
    """What the source's own `follow` and `ignore` say of an address; None where they say nothing."""
    if any(re.search(pattern, url) for pattern in source.ignore):
        return False
    return any(re.search(pattern, url) for pattern in source.follow) if source.follow else None


def for_source(listing: Listing, source: Source, via: str) -> Listing:
    """The listing with its entries and feeds filed under `source`, as found at `via`; what it ignores is left out."""
    wanted = (one for one in listing.entries if chosen(source, one.url) is not False)
    return replace(
        listing,
        entries=tuple(replace(one, source=source.id, via=via) for one in wanted),
        feeds=tuple(replace(one, source=source.id) for one in listing.feeds),
    )
