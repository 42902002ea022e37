"""What is true of the kiosk's outlets: one file for each, `outlets/<outlet>.toml`, with template, layouts and articles.

`shell` is the whole page as HTML: `{head}` stands for the title and the feed's address, `{main}` for the article or
the list of articles, `{nav}` for links to the outlet's other pages. Where the shell names no charset, and
`charset_in_header` is set, only the HTTP header does.

A layout is the article's container in reading order, one piece of HTML after the other. `{title}`, `{byline}` and
`{kicker}` are the article's own, `{text 2}` its next two paragraphs, `{text}` all that are left, `{stories}` the
headlines of three other articles, each in the `story` wording. Everything else that a reader can see is furniture.
Every `#` in it is a figure that differs from article to article; `{day}` is the article's date as the outlet
writes it. Articles take turns with the outlet's layouts, or name theirs.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from datetime import timedelta, timezone
from functools import cache
from html import escape, unescape
from itertools import groupby
from pathlib import Path
from random import Random
from typing import Any

from tests.newsroom.markup import Block, html, parse
from tests.newsroom.truth import Article, Desk

_OUTLETS = Path(__file__).parent / "outlets"
_PLACE = re.compile(r"\{(title|kicker|byline|text|stories)(?: (\d))?\}")


@cache
def stands() -> tuple[Desk, ...]:
    """The outlets in the order of their files, each with its articles, newest first."""
    return tuple(_desk(path) for path in sorted(_OUTLETS.glob("*.toml")))


def again(slug: str) -> tuple[str, ...]:
    """The paragraphs that an outlet's articles repeat on purpose, and that are text all the same."""
    return tuple(_read(_OUTLETS / f"{slug}.toml").get("again", ()))


def container(article: Article, desk: Desk) -> tuple[str, tuple[str, ...]]:
    """The HTML inside an article's container, and the furniture in it, line by line as a reader sees it."""
    chance = Random(f"{desk.slug} {article.id}")
    others = [one for one in desk.articles if one.id != article.id]
    chance.shuffle(others)
    own = {"title": article.title, "byline": ", ".join(article.authors), "kicker": article.page.get("kicker", "")}
    blocks = list(article.blocks)
    parts, furniture = [], []
    for raw in desk.layouts[article.page.get("layout", article.id % len(desk.layouts))]:
        place = _PLACE.fullmatch(raw)
        if not place:
            part = _figures(raw.replace("{day}", _day(article, desk)) if "{day}" in raw else raw, chance)
            furniture += [seen] if (seen := _seen(part)) else []
            parts.append(part)
        elif place[1] == "text":
            count = int(place[2] or len(blocks))
            parts.append(_paragraphs(blocks[:count]))
            del blocks[:count]
        elif place[1] == "stories":
            named, others = others[:3], others[3:]
            rows = [desk.wording["story"].format(url=one.url, title=escape(one.title, quote=False)) for one in named]
            furniture += [_seen(row) for row in rows]
            parts += rows
        elif own[place[1]]:
            parts.append(desk.wording[place[1]].format(escape(own[place[1]], quote=False)))
    assert not blocks, f"{article.url}: the layout leaves paragraphs out"
    return "\n".join(parts), tuple(furniture)


def _paragraphs(blocks: list[Block]) -> str:
    parts = []
    for is_row, run in groupby(blocks, key=lambda one: one.kind == "row"):
        inside = html((one, "<tr>{}</tr>" if is_row else None) for one in run)
        parts.append(f"<table>\n{inside}\n</table>" if is_row else inside)
    return "\n".join(parts)


def _figures(line: str, chance: Random) -> str:
    """The line with figures for its marks; no number begins with 0."""
    line = re.sub(r"(?<![#\d,.])#", lambda _: str(chance.randint(1, 9)), line)
    return re.sub("#", lambda _: str(chance.randint(0, 9)), line)


def _seen(part: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", "", part)).split())


def _day(article: Article, desk: Desk) -> str:
    when = article.published(desk.zone)
    assert when is not None
    months, weekdays = desk.wording.get("months", "").split(), desk.wording.get("weekdays", "").split()
    return desk.wording["day"].format(
        when,
        month=months[when.month - 1] if months else "",
        weekday=weekdays[when.weekday()] if weekdays else "",
        number=when.timetuple().tm_yday,
    )


@cache
def _read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _desk(path: Path) -> Desk:
    raw = {key: value for key, value in _read(path).items() if key not in ("article", "again")}
    desk = Desk(
        **raw | {"slug": path.stem, "zone": timezone(timedelta(hours=raw["zone"])), "sections": {}, "means": ("rss",)}
    )
    found = [_article(table, number, desk) for number, table in enumerate(_read(path)["article"], start=1)]
    desk = replace(desk, articles=tuple(sorted(found, key=lambda one: one.published_at or "", reverse=True)))
    return replace(desk, articles=tuple(replace(one, furniture=container(one, desk)[1]) for one in desk.articles))


def _article(table: dict[str, Any], number: int, desk: Desk) -> Article:
    blocks = tuple(one for chunk in re.split(r"\n\s*\n", table["text"].strip()) for one in _blocks(chunk))
    return Article(
        id=number,
        slug=table["slug"],
        title=table["title"],
        language=desk.language,
        published_at=table["at"],
        authors=tuple(table.get("by", ())),
        body=tuple(one.text for one in blocks),
        blocks=blocks,
        url=desk.address.format(id=1000 + 7 * number, slug=table["slug"], date=table["at"][:10].replace("-", "/")),
        page={key: table[key] for key in ("kicker", "layout") if key in table},
    )


def _blocks(chunk: str) -> tuple[Block, ...]:
    """The blocks of a chunk in the newsroom's markup, to which the kiosk adds tables: lines of `| cell | cell |`."""
    if not chunk.startswith("| "):
        return parse(chunk)
    rows = [[cell.strip() for cell in line.strip("| ").split("|")] for line in chunk.splitlines()]
    return tuple(
        Block("row", " | ".join(cells), "".join(f"<td>{escape(cell, quote=False)}</td>" for cell in cells))
        for cells in rows
    )
