"""Rules that are code: what a line is by its place, links and likeness. The ledger names them too."""

from __future__ import annotations

from pipelines.types import Rule


def _rule(id_: str, zone: str, why: str) -> Rule:
    return Rule(id=f"structure.{id_}", zone=zone, pattern="", why=why)


TITLE = _rule("title", "lead", "The headline is a field, not part of the text.")
STANDFIRST = _rule("standfirst", "lead", "The standfirst is a field (description), not part of the text.")
BYLINE = _rule("byline", "lead", "The line names the page's authors; it is a field.")
LABEL = _rule("label", "lead", "The line repeats the page's section, a tag or the site's name.")
ABOVE_TITLE = _rule("above-title", "lead", "A short line above the headline is a kicker or a menu entry.")
CAPTION = _rule("caption", "any", "The description of a picture is a field.")
DATE_ROW = _rule("date-row", "edge", "A row of dates, times and page tools is about the article; its date is a field.")
LINK_ONLY = _rule("link-only", "edge", "A line at an edge that is nothing but a link leads elsewhere.")
LINK_LIST = _rule(
    "link-list", "any", "A list item that is nothing but a headline with a link leads to another article."
)
POINTER = _rule("pointer", "body", "A label and nothing but a linked headline after it leads to another article.")
HIGHLIGHTS = _rule("highlights", "lead", "Notes in a list above the text sum it up, as a standfirst does.")
DATED_HEADLINE = _rule("dated-headline", "tail", "A headline beside a date after the end is another article's.")
FENCED = _rule("fenced", "edge", "A short line enclosed by furniture belongs to it.")
AFTER_END = _rule("after-end", "tail", "It stands after a line that ends every article.")
UNLIKELY = _rule("unlikely", "any", "By its place, its kin, its links and its looks the line is furniture, not text.")
REPEAT = _rule("repeat", "any", "The paragraph stood before; its first occurrence stays.")

STRUCTURE = (
    TITLE, STANDFIRST, BYLINE, LABEL, ABOVE_TITLE, CAPTION, DATE_ROW, LINK_ONLY, LINK_LIST, POINTER,
    HIGHLIGHTS, DATED_HEADLINE, FENCED, AFTER_END, UNLIKELY, REPEAT,
)  # fmt: skip
