"""From an article to the lines of its page, by the layout of its outlet.

A layout is a list of lines in reading order. `{title}`, `{standfirst}`, `{byline}`, `{figure}`, `{notice}`,
`{body}`, `{credit}` and `{tags}` stand for what the article has and vanish when it has none; `{related}`
is a row of older headlines run together with their date stamps, and with the words after it. Every other
line is furniture in the markup of markup.py, with `{day_long}`, `{clock}`, `{id}` and the like filled in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from tests.newsroom.markup import Block, block
from tests.newsroom.truth import Article, Desk

_MONTHS = {
    "en": (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
    "de": (
        *("Januar", "Februar", "März", "April", "Mai", "Juni"),
        *("Juli", "August", "September", "Oktober", "November", "Dezember"),
    ),
}
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an article page and what it is."""

    role: str  # title | description | body | field | furniture | image
    block: Block
    frame: str | None = None  # HTML around it where the block's own tag will not do


def lines(article: Article, desk: Desk) -> tuple[Line, ...]:
    """Everything that stands in the article's container, in reading order."""
    layout = desk.layouts[article.page.get("layout", article.id % len(desk.layouts))]
    found: list[Line] = []
    for raw in layout:
        if raw == "{body}":
            found += _body(article, desk)
        elif raw.startswith("{related}"):
            found += _related(article, desk, raw.removeprefix("{related}"))
        else:
            found += _line(raw, article, desk)
    return tuple(found)


def values(article: Article, desk: Desk) -> dict[str, str]:
    """What a furniture line may mention: the article's number, counters, and its date in many coats."""
    said: dict[str, object] = {"id": article.id, "views": article.id % 97, "few": article.id % 4 + 2}
    when = article.published(desk.zone)
    return {key: str(value) for key, value in said.items()} | (_dates(when, desk) if when else {})


def _dates(when: datetime, desk: Desk) -> dict[str, str]:
    month = _MONTHS[desk.language][when.month - 1]
    weekday = _WEEKDAYS[when.weekday()]
    ending = "th" if 10 < when.day < 14 else {1: "st", 2: "nd", 3: "rd"}.get(when.day % 10, "th")
    return {
        "day_us": f"{when:%m/%d/%Y}",
        "day": f"{month} {when.day}, {when.year}",
        "day_dots": f"{when.day}. {month} {when.year}",
        "day_plain": f"{when.day} {month} {when.year}",
        "day_long": f"{weekday}, {month} {when.day}{ending}, {when.year}",
        "clock": f"{when:%H:%M}",
        "clock_12": f"{when.hour % 12 or 12}:{when:%M} {'am' if when.hour < 12 else 'pm'}",
        "stamp": f"GMT {when:%H:%M} {when.year} {weekday} ,{when.day} {month}",
    }


def _line(raw: str, article: Article, desk: Desk) -> Iterator[Line]:
    if raw == "{title}":
        frame = f'<{desk.headline} itemprop="headline">' if "microdata" in desk.metadata else f"<{desk.headline}>"
        yield Line("title", block(article.title), f"{frame}{{}}</{desk.headline}>")
    elif raw == "{standfirst}":
        if article.description:
            yield Line("description", block(article.description))
    elif raw == "{byline}":
        if article.authors:
            line = desk.wording["byline"].format(authors=_named(article.authors, desk))
            yield Line("field", block(line), '<p itemprop="author">{}</p>' if "microdata" in desk.metadata else None)
    elif raw == "{figure}":
        if article.image:
            yield from _figure(article, desk)
    elif raw == "{notice}":
        if article.paywalled:
            yield Line("furniture", block(desk.wording["notice"]))
    elif raw == "{credit}":
        if "credit" in article.page:
            yield Line("field", block(article.page["credit"]))
    elif raw == "{tags}":
        if article.tags:
            linked = ", ".join(f"[{tag}](/tag/{tag.replace(' ', '-').lower()})" for tag in article.tags)
            yield Line("furniture", block(desk.wording["tags"].format(tags=linked)))
    else:
        dated = "{day" in raw or "{clock" in raw
        yield Line("field" if dated else "furniture", block(raw.format_map(values(article, desk))))


def _named(authors: tuple[str, ...], desk: Desk) -> str:
    pattern = desk.wording.get("author", "{author}")
    return desk.wording.get("and", " and ").join(
        pattern.format(author=one, slug=one.lower().replace(" ", "-")) for one in authors
    )


def _figure(article: Article, desk: Desk) -> Iterator[Line]:
    picture = f'<img src="{article.image}" alt="" width="640" height="360">'
    if article.captions and desk.caption == "figcaption":
        frame = f"<figure>{picture}<figcaption>{{}}</figcaption></figure>"
        yield Line("field", block(article.captions[0]), frame)
        return
    yield Line("image", Block("paragraph", "", picture), "<div>{}</div>")
    for caption in article.captions:
        yield Line("field", block(caption))


def _body(article: Article, desk: Desk) -> Iterator[Line]:
    """The body, with the repeats that the article's file asks for: paragraphs again, or a last sentence again."""
    repeat, echo = article.page.get("repeat", ()), article.page.get("echo")
    for number, one in enumerate(article.blocks, start=1):
        yield Line("body", one, desk.crosshead if one.kind == "head" else None)
        if echo and one.text.endswith(echo):
            yield Line("furniture", block(echo))
        if number == article.page.get("repeat_after"):
            for again in repeat:
                yield Line("furniture", article.blocks[again - 1])


def _related(article: Article, desk: Desk, glued: str) -> Iterator[Line]:
    older = [one for one in desk.articles if one.id < article.id][:4] or list(desk.articles[-4:-1])
    stamps = [values(one, desk)["stamp"] for one in older]
    yield Line("furniture", block(stamps[0]))
    for one, after in zip(older, [*stamps[1:], glued], strict=True):
        yield Line("furniture", block(f"[{one.title}]({one.url}){after}"))
