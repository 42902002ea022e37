"""Text that stands in no paragraph: in a `div` of its own, or parted by line breaks. Readers want paragraphs."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any

from lxml import etree, html

from pipelines.frame import linked, running
from pipelines.mend import PHRASES

_HOLDERS = ("div", "section", "article", "main", "center", "td")
_LONG = 40  # characters between two tags that are more than a label
_TEXTS = etree.XPath(f"//text()[string-length(normalize-space()) >= {_LONG}]")
_MOST = 5000  # of them, and elements in one; a paragraph of more would take readers too long
_LEAST = 300  # characters in one element; what is shorter stands beside an article


def is_bare(tree: html.HtmlElement) -> bool:
    """Whether the element that holds most running text itself holds it outside of paragraphs."""
    texts: Any = _TEXTS(tree)
    if len(texts) > _MOST:
        return False
    bare: Counter[html.HtmlElement] = Counter()
    for text in texts:
        holder = text.getparent() if text.is_text else text.getparent().getparent()
        while holder is not None and holder.tag in PHRASES and holder.tag != "a":
            holder = holder.getparent()
        if holder is not None and holder.tag in _HOLDERS:
            bare[holder] += len(text)
    for holder, size in list(bare.items()):
        if _is_leaf(holder):  # a paragraph, whatever it is called
            bare[holder.getparent()] += size
    told: Counter[html.HtmlElement] = Counter()
    for paragraph in tree.iter("p"):
        told[paragraph.getparent()] += running(paragraph)
    return max(bare.values(), default=0) > max(_LEAST, *told.values(), 0)


def wrap_bare_text(tree: html.HtmlElement) -> None:
    """Make paragraphs of it. Two line breaks part paragraphs, one parts lines."""
    for one in tree.iter("span", "font"):
        if any(a.tag == b.tag == "br" and not _said(a.tail) for a, b in pairwise(one)):
            one.tag = "div"  # made for words within a paragraph, it holds paragraphs
    for holder in list(tree.iter(*_HOLDERS)):
        if len(holder) <= _MOST and (_said(holder.text) or any(map(_is_bare_part, holder))):
            _wrap(holder)


def _wrap(holder: html.HtmlElement) -> None:
    children, text = list(holder), holder.text
    holder.text = None
    del holder[:]
    run = _Run(holder)
    run.say(text)
    broken = False  # whether a line ends here
    for child in children:
        tail, child.tail = child.tail, None
        if child.tag == "br" and broken:
            run.end()
        elif child.tag in PHRASES:
            run.put(child)
        else:
            run.end()
            holder.append(child)
        broken = child.tag == "br" and not _said(tail)
        run.say(tail)
    run.end()


class _Run:
    """Words and phrases at the end of an element, as the paragraph they become unless most of it is links."""

    def __init__(self, holder: html.HtmlElement) -> None:
        self._holder = holder
        self._paragraph: html.HtmlElement | None = None
        self._last: html.HtmlElement | None = None  # phrase in it; to count them all takes time

    def say(self, text: str | None) -> None:
        if not text or (self._paragraph is None and not _said(text)):
            return
        paragraph = self._begun()
        if self._last is None:
            paragraph.text = text
        else:
            self._last.tail = text

    def put(self, phrase: html.HtmlElement) -> None:
        if phrase.tag != "br" or self._paragraph is not None:
            self._begun().append(phrase)
            self._last = phrase

    def end(self) -> None:
        paragraph, self._paragraph, self._last = self._paragraph, None, None
        if paragraph is not None:
            size = len(paragraph.text_content().strip())
            if not size or size < 2 * linked(paragraph):
                paragraph.drop_tag()

    def _begun(self) -> html.HtmlElement:
        if self._paragraph is None:
            self._paragraph = etree.SubElement(self._holder, "p")
        return self._paragraph


def _is_bare_part(element: html.HtmlElement) -> bool:
    return element.tag in PHRASES or _said(element.tail)


def _is_leaf(element: html.HtmlElement) -> bool:
    return all(one.tag in PHRASES for one in element)


def _said(text: str | None) -> bool:
    return bool(text and text.strip())
