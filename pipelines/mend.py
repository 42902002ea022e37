"""What is mended in a tree before anybody reads it."""

from __future__ import annotations

import re
from itertools import islice
from typing import Any

from lxml import etree, html

_MAX_DEPTH = 200  # libxml2's own limit is 256; below it every reader of the tree is safe
_TOO_DEEP = etree.XPath(f"boolean({'/*' * (_MAX_DEPTH + 1)})")
_MOST, _PARTS = 2000, 100  # words with readings, and quotations, of a page, and parts of one such word
_CUSTOM = etree.XPath("//*[contains(name(), '-')]")
_TYPE = re.compile(r"\[[^]]*]|(?<![\w.#:-])([A-Za-z]\w*(?:-[\w-]+)+)")
#: Elements within a line.
PHRASES = frozenset(
    ("a", "abbr", "acronym", "b", "bdi", "bdo", "big", "br", "cite", "code", "del", "dfn", "em", "font", "i", "ins",
     "kbd", "label", "mark", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u",
     "var", "wbr")
)  # fmt: skip
_WRAPPERS = ("div", "span", "section", "font", "b", "i", "blockquote", "article")


def flatten(tree: html.HtmlElement) -> None:
    """Lift what is nested too deep: beyond the limit, containers give way to their contents, in order."""
    if not _TOO_DEEP(tree):
        return
    depth = {tree: 1}
    deep: list[html.HtmlElement] = []
    for element in tree.iter():
        parent = element.getparent()
        level = depth[element] = depth[parent] + 1 if parent is not None and element is not tree else 1
        if level > _MAX_DEPTH and element.tag in _WRAPPERS:
            deep.append(element)
    for element in reversed(deep):
        element.drop_tag()


def name_custom_elements(tree: html.HtmlElement) -> None:
    """Make elements of a site's own (`news-story`) the ones that readers know, with their name as a class: a part of a
    sentence where they stand among words and hold nothing else, a container elsewhere."""
    found: Any = _CUSTOM(tree)
    for element in reversed(found):  # what they hold comes first
        element.set("class", f"{element.get('class', '')} {element.tag}".strip())
        element.tag = "span" if _is_among_words(element) else "div"


def selector_of(selector: str) -> str:
    """A CSS selector that finds the same after that: `news-story > p` → `.news-story > p`."""
    return _TYPE.sub(lambda found: f".{found[1].lower()}" if found[1] else found[0], selector)


def _is_among_words(element: html.HtmlElement) -> bool:
    before, parent = element.getprevious(), element.getparent()
    words = (element.tail, before.tail if before is not None else None if parent is None else parent.text)
    return any(one and one.strip() for one in words) and all(
        one.tag in PHRASES or one.tag == "img" for one in element.iterchildren()
    )


def spell_out_ruby(tree: html.HtmlElement) -> None:
    """Write the readings of words behind them in brackets, as browsers do that know no ruby: readers drop them."""
    for ruby in list(islice(tree.iter("ruby"), _MOST)):
        bracketed = next(ruby.iter("rp"), None) is not None  # it brings brackets of its own
        for part in list(islice(ruby.iter("rb", "rp", "rt", "rtc"), _PARTS)):
            if part.tag == "rt" and not bracketed and (part.text or len(part)):
                _put_between("（", part, "）")
            part.drop_tag()
        ruby.drop_tag()


def spell_out_quotes(tree: html.HtmlElement) -> None:
    """Write the marks of quotations within a sentence, which browsers draw; readers take them for paragraphs."""
    for quote in list(islice(tree.iter("q"), _MOST)):
        _put_between("“", quote, "”")
        quote.drop_tag()


def _put_between(opening: str, element: html.HtmlElement, closing: str) -> None:
    element.text = opening + (element.text or "").lstrip()
    if len(element):
        element[-1].tail = (element[-1].tail or "").rstrip() + closing
    else:
        element.text = element.text.rstrip() + closing
