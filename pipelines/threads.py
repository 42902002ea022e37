"""What readers wrote below a text, where no name tells: items of one make, each with a link and the time it was
written at."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice, takewhile

from lxml import html

from pipelines.dates import find_moments

_ITEMS = ("li", "div", "article", "section", "dt")
_FEWEST = 3  # items of a thread
_BEFORE = 200  # characters of running text before the first: there is an article that they are about
_LINE, _PARTS = 120, 20  # most characters and elements of a line that says when
_MOST = 1000  # such lines of a page that are looked at
_CLOCK = re.compile(r"\d{1,2}[:.h]\d{2}")
_DAY = re.compile(r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}")

_Sizes = dict[html.HtmlElement, int]
_Items = dict[html.HtmlElement, str]  # with the time each was written at, as ISO text; empty: not known


def drop_threads(tree: html.HtmlElement) -> None:
    """Drop them. What goes back in time stays: it may be a live report."""
    threads = list(_threads(tree))
    before = _before(tree, (next(iter(one)) for one in threads)) if threads else {}
    for items in threads:
        first, *_, last = items
        if before[first] >= _BEFORE and items[first] <= items[last] and not _holds_article(items, before[first]):
            for one in items:
                _drop(one)


def _threads(tree: html.HtmlElement) -> Iterator[_Items]:
    siblings: dict[tuple[html.HtmlElement, str, str], _Items] = {}
    for stamp, when in _stamps(tree):
        below = stamp
        for above in takewhile(lambda one: one.tag != "body", stamp.iterancestors()):
            if below.tag in _ITEMS and (below is not stamp or below.tag == "dt"):
                make = (below.get("class") or "").split()
                siblings.setdefault((above, str(below.tag), make[0] if make else ""), {}).setdefault(below, when)
            below = above
    for items in siblings.values():
        if len(items) >= _FEWEST and all(map(_is_signed, items)):
            yield items


def _holds_article(items: _Items, before: int) -> bool:
    """Whether one of them is longer than what stands before them, and than all others: rows of a layout."""
    sizes = [len(one.text_content()) for one in items]
    return max(sizes) > max(before, sum(sizes) / 2)


def _is_signed(item: html.HtmlElement) -> bool:
    """Whether it leads to its writer, to itself or to an answer, and is no article with a headline."""
    return item.find(".//h1") is None and (item.tag == "dt" or item.find(".//a") is not None)


def _stamps(tree: html.HtmlElement) -> Iterator[tuple[html.HtmlElement, str]]:
    """Elements that are little more than a day and the time of day, and what they say."""
    for one, text in islice(_clocks(tree), _MOST):
        if one.tag == "time" and "T" in (when := one.get("datetime") or ""):
            yield one, when
        elif found := next(find_moments(text), None):
            yield one, found.moment.value
        elif _DAY.search(text):
            yield one, ""


def _clocks(tree: html.HtmlElement) -> Iterator[tuple[html.HtmlElement, str]]:
    for one in tree.iter():
        own = (one.text or "") + "".join(child.tail or "" for child in islice(one, _PARTS))
        if one.tag == "time":
            yield one, own
        elif any(map(str.isdecimal, own)) and len(list(islice(one.iter(), _PARTS))) < _PARTS:
            text = " ".join(one.text_content().split())
            if len(text) <= _LINE and _CLOCK.search(text):
                yield one, text


def _before(tree: html.HtmlElement, items: Iterable[html.HtmlElement]) -> _Sizes:
    """Characters of paragraphs before each of these."""
    wanted = set(items)
    found: _Sizes = {}
    size = 0
    for one in tree.iter():
        if one in wanted:
            found[one] = size
        if one.tag == "p":
            size += len(one.text_content())
    return found


def _drop(item: html.HtmlElement) -> None:
    if item.getparent() is None:  # part of one that is gone
        return
    if item.tag == "dt":
        for one in list(takewhile(lambda one: one.tag == "dd", item.itersiblings())):
            one.drop_tree()
    item.drop_tree()
