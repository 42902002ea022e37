"""Whether a page that comes under another address is an article that is held already, edited or not.

Many outlets write the headline into the address: another headline is another address, and only a number in it stays.
An address proves little by itself, so the texts decide, word by word.
"""

from __future__ import annotations

import re
from collections import Counter

from sqlite_utils.utils import sqlite3

from pipelines.alike import Text, alike
from pipelines.store import revisits
from pipelines.types import Article
from pipelines.urls import same_site

TIMED = ("minute", "second")
_HOLDERS = 64  # of a band, that are looked at
_COMPARED = 8
_EARLIER = 20  # texts an article had before, beside the present one
_OVERLAP, _FEWEST = 0.3, 20  # share and number of shingles that are more than what stands under every page
_ENDING = re.compile(r"[.][a-z]{2,5}$")
_NUMBER = re.compile(r"[a-z]*(\d{5,})")
_TOKEN = re.compile(r"(?=(?:[a-z]*\d){2})(?=\d*[a-z])[a-z0-9]{10,}")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TELLING = re.compile(r"\d|[^-_]+(?:[-_][^-_]+){2}")  # what stands at the end of one article's address only
_YEAR, _MONTH, _DAY = r"(?:19|20)\d\d", r"(?:0[1-9]|1[0-2])", r"(?:0[1-9]|[12]\d|3[01])"
_DATE = re.compile(f"{_YEAR}{_MONTH}(?:{_DAY}(?:[0-9]{{4}}|[0-9]{{6}})?)?|{_DAY}{_MONTH}{_YEAR}|{_MONTH}{_DAY}{_YEAR}")


def same_moment(known: sqlite3.Row, article: Article) -> bool:
    """Whether both say that they were published in one and the same minute or second."""
    return article.published_precision in TIMED and known["published_at"] == article.published_at


def may_be(connection: sqlite3.Connection, known: sqlite3.Row, article: Article, url: str, key: str) -> bool:
    """Whether a known article may have moved to an address: in its outlet, and to no page that lists articles."""
    return (
        known["source_id"] == article.source
        and same_site(known["url"], url)
        and not revisits.lists_articles(connection, article.source, key)
    )


def same_story(connection: sqlite3.Connection, known: sqlite3.Row, article: Article) -> bool:
    """Whether a text is one that an article has or had, edited: half of all words stay, or a part and the minute."""
    text, timed = Text(article.text), same_moment(known, article)
    earlier = connection.execute(
        "SELECT text FROM revisions WHERE article_id = ? ORDER BY n DESC LIMIT ?", (known["id"], _EARLIER)
    )
    return any(_is_edited(Text(one), text, timed) for one in (known["text"], *(row["text"] for row in earlier)))


def numbered(connection: sqlite3.Connection, article: Article, key: str) -> list[int]:
    """The source's articles that share bands with a text and a number with its address, the likeliest first."""
    if not (mine := _numbers(key, article.published_at)):
        return []
    shared: Counter[int] = Counter()
    for band, value in enumerate(article.fingerprint.bands):
        shared.update(
            article_id
            for (article_id,) in connection.execute(
                "SELECT article_id FROM bands WHERE band = ? AND value = ? LIMIT ?", (band, value, _HOLDERS)
            )
        )
    found = []
    for article_id, _ in sorted(shared.items(), key=lambda one: (-one[1], one[0])):
        row = connection.execute(
            "SELECT urlkey, published_at FROM articles WHERE id = ? AND source_id IS ?", (article_id, article.source)
        ).fetchone()
        if row and mine & _numbers(row["urlkey"], row["published_at"]):
            found.append(article_id)
    return found[:_COMPARED]


def is_respelled(one: str, other: str) -> bool:
    """Whether two urlkeys of pages with equal words differ in letter case only, or in the folders before what names the
    article; folders with figures may be days."""
    if one.casefold() == other.casefold():
        return one != other
    (site, folders, name), (other_site, other_folders, other_name) = _parts(one), _parts(other)
    if (site, name) != (other_site, other_name) or not _TELLING.search(name):
        return False
    return not any(re.search(r"\d", folder) for folder in set(folders) ^ set(other_folders))


def _parts(key: str) -> tuple[str, list[str], str]:
    """Host, folders, and the last part of the path with the query."""
    page, mark, query = key.partition("?")
    site, _, path = page.partition(")")
    *folders, name = path.split("/")
    return site, folders, name + mark + query


def _is_edited(old: Text, new: Text, timed: bool) -> bool:
    found = alike(old, new)
    if found is not None and found.kind != "contains":
        return True
    common = len(old.shingles & new.shingles)
    return timed and common >= max(_FEWEST, _OVERLAP * min(len(old.shingles), len(new.shingles)))


def _numbers(key: str, published_at: str | None) -> set[str]:
    """What names one article in the last part of an address's path: numbers and tokens, but no dates."""
    last = _ENDING.sub("", key.partition("?")[0].rpartition("/")[2].lower())
    found = set(_UUID.findall(last))
    for part in re.split(r"[^a-z0-9]+", last):
        number = _NUMBER.fullmatch(part)
        if (number and not _is_date(number[1], published_at)) or (not number and _TOKEN.fullmatch(part)):
            found.add(part)
    return found


def _is_date(number: str, published_at: str | None) -> bool:
    if _DATE.fullmatch(number):
        return True
    day = (published_at or "")[2:10].split("-")
    return len(number) == 6 and len(day) == 3 and sorted(day) == sorted((number[:2], number[2:4], number[4:]))
