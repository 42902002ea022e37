"""How clean an archive of the kiosk is: furniture that stayed in texts, and paragraphs that went."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from pipelines.store.archive import Archive
from tests.kiosk.stands import stands


def leftovers(archive_path: Path) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """The articles of a crawled kiosk with a furniture line in their text, and those that lost a paragraph of it.

    Both by `outlet/path`, with the lines in question; an article that the archive does not hold lost all of them.
    """
    with Archive(archive_path) as archive:
        texts = {
            row["source_id"] + urlsplit(row["url"]).path: row["text"]
            for row in archive.db.query("SELECT source_id, url, text FROM articles")
        }
    furniture, lost = {}, {}
    for desk in stands():
        for one in desk.articles:
            text = texts.get(desk.slug + one.url, "")
            if stayed := within(one.furniture, text):
                furniture[desk.slug + one.url] = stayed
            if gone := missing(one.body, text):
                lost[desk.slug + one.url] = gone
    return furniture, lost


def within(lines: Iterable[str], text: str) -> list[str]:
    """The lines that stand somewhere in a text, alone or glued to another line; white space makes no difference."""
    folded = " ".join(text.split())
    return [line for line in lines if " ".join(line.split()) in folded]


def missing(lines: tuple[str, ...], text: str) -> list[str]:
    """The lines of a body that a text has fewer times than the body."""
    left = [" ".join(line.split()) for line in text.split("\n\n")]
    gone = []
    for line in (" ".join(one.split()) for one in lines):
        if line in left:
            left.remove(line)
        else:
            gone.append(line)
    return gone
