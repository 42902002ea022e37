"""The tree that a reader gets: a copy without what is no article, and with the article marked where nothing is."""

from __future__ import annotations

from collections import Counter
from copy import copy
from typing import Any

from lxml import etree, html

from pipelines.bare import is_bare, wrap_bare_text
from pipelines.frame import (
    are_none,
    are_one,
    frame_of,
    holds_body,
    is_dwarfed,
    is_hollow,
    is_teaser,
    letters,
    mark_frame,
    pieces_of,
    prose,
    texts_of,
)
from pipelines.inserts import drop_invitations, free_posts
from pipelines.mend import selector_of
from pipelines.names import is_beside, is_crosshead, is_place, is_unseen
from pipelines.page import Page
from pipelines.threads import drop_threads
from pipelines.types import Source

#: What trafilatura drops in any case; without it the tree is a third, and every later pass is faster.
_NEVER_TEXT = (
    "head", "script", "style", "noscript", "svg", "iframe", "nav", "aside", "footer", "button", "select", "picture",
    "video", "audio", "canvas", "object", "embed", "map", "input", "textarea", "source", "track", "link", "dialog",
    "img",
)  # fmt: skip
_EMPTY = etree.XPath("//div[not(node()[not(self::text()) or normalize-space()])]")
_LIVE = "LiveBlogPosting"  # its entries have times too
_ENOUGH = 600  # characters of running text; with less, trafilatura looks at the rest of the page too
_LEAST = 200  # characters of running text below a headline that are an article
_CONTAINERS = ("div", "section", "ul", "ol", "header", "table")
_MENU, _MENU_SHARE = 4, 0.9  # links in a menu at least, and their share of its letters
_ARTICLE_SHARE = 1 / 3  # of the page's text: what holds more is the article's own container, whatever its name


def tree_for(
    page: Page, source: Source | None, *, whole: bool = False, wrap: bool = False, beside: bool = False
) -> tuple[html.HtmlElement, bool]:
    """A copy without what never is text, and with what the user marked: of the article's element where that is told
    and long enough to be read by itself, else of the whole page. Whether it is the element alone comes with it.
    `wrap` makes paragraphs of text that stands in none; `beside` keeps what is called beside the article."""
    selector, remove = (source.page.get("body"), source.page.get("remove")) if source else (None, None)
    title = page.tree.findtext(".//title") or ""
    frame = None if whole or selector or remove else _frame_at_once(page.tree, title)
    tree = copy(page.tree) if frame is None else _alone(copy(frame))
    _free_article(tree)
    free_posts(tree)
    drop_invitations(tree)
    etree.strip_elements(tree, *_NEVER_TEXT, with_tail=False)
    for element in [one for one in tree.iter("span") if is_unseen(one)]:
        element.drop_tree()
    for element in tree.cssselect(selector_of(remove)) if remove else ():  # it may tell of what is around the article
        if element.getparent() is not None:
            element.drop_tree()
    _drop_empty(tree)
    if wrap:
        wrap_bare_text(tree)
    if selector:
        found = tree.cssselect(selector_of(selector))
        matched = set(found)
        outer = [one for one in found if matched.isdisjoint(one.iterancestors())]  # the others are within them
        return _alone(*map(copy, outer)) if outer else tree, False
    if not beside:
        _drop_beside(tree)
    _drop_menus(tree)
    _name_headings(tree)
    if frame is None:
        frame = _told_or_marked(tree, page, title)
        frame = None if whole else _long(frame)
        if frame is not None:
            tree = _alone(frame)
    return tree, frame is not None


def _told_or_marked(tree: html.HtmlElement, page: Page, title: str) -> html.HtmlElement | None:
    """The article's element: called so, or now marked for what is in it."""
    frame = frame_of(tree)
    if frame is not None and _is_none(frame, tree, title):
        _drop_teasers(list(tree.iter("article")), tree, page.url)
        frame = frame_of(tree)
    pieces = pieces_of(tree)
    if frame is not None and (is_hollow(frame) or is_dwarfed(frame, pieces, tree)):
        frame.attrib.clear()  # whatever it is called
        frame = None
    if frame is not None and not are_one(pieces):
        return frame
    if frame is None:
        if is_bare(tree):
            wrap_bare_text(tree)
        if not any(_LIVE in (script.text or "") for script in page.elements("script")):
            drop_threads(tree)
    mark_frame(tree, title)
    return frame_of(tree)


def _drop_teasers(articles: list[html.HtmlElement], tree: html.HtmlElement, url: str) -> None:
    """Drop those that lead to other pages, unless they are the text: a digest of what others say."""
    teasers = [one for one in articles if is_teaser(one, url)]
    texts = texts_of(tree)
    told = texts[tree] - sum(texts[one] for one in teasers)
    for one in articles:
        one.tag = "div"
    for one in teasers if told >= 2 * _LEAST else ():
        one.drop_tree()


def _is_none(frame: html.HtmlElement, tree: html.HtmlElement, title: str) -> bool:
    return frame.tag == "article" and are_none(list(tree.iter("article")), tree, title)


def _frame_at_once(tree: html.HtmlElement, title: str) -> html.HtmlElement | None:
    """The article's element where it needs no work on the page around it to tell: what is never read costs nothing."""
    frame = _long(frame_of(tree))
    if frame is None or any(one.tag in _NEVER_TEXT or is_beside(one) for one in (frame, *frame.iterancestors())):
        return None
    pieces = pieces_of(tree)
    misled = are_one(pieces) or is_dwarfed(frame, pieces, tree) or _is_none(frame, tree, title)
    return None if misled else frame


def _long(frame: html.HtmlElement | None) -> html.HtmlElement | None:
    return frame if frame is not None and prose(frame) >= _ENOUGH else None


def _alone(*elements: html.HtmlElement) -> html.HtmlElement:
    """A page of nothing but these."""
    shell = html.document_fromstring("<article></article>")
    article = next(shell.iter("article"))
    for element in elements:
        element.tail = None
        article.append(element)
    return shell


def _free_article(tree: html.HtmlElement) -> None:
    """Some pages hold the article itself, headline and all, in what is made for things beside it."""
    around = {beside for one in tree.iter("h1") for beside in one.iterancestors("aside")}
    if around:
        texts = texts_of(tree)
        for beside in around:
            if 2 * texts[beside] > texts[tree]:
                beside.tag = "div"


def _drop_empty(tree: html.HtmlElement) -> None:
    """Drop containers that hold nothing: slots for advertising, spacers. They are a third of all, and part texts."""
    empty: Any = _EMPTY(tree)
    for element in empty:
        element.drop_tree()


def _drop_beside(tree: html.HtmlElement) -> None:
    """Drop containers whose names say that they stand beside the article, unless they hold the article itself."""
    called = [one for one in tree.iter(*_CONTAINERS) if is_beside(one)]
    most = len(tree.text_content()) * _ARTICLE_SHARE if called else 0
    headed = tree.find(".//h1") is not None
    texts = _Texts(tree)
    for element in called:
        if element.getparent() is None or element.find(".//h1") is not None:
            continue
        if len(element.text_content()) < most:
            may_hold = is_place(element) and frame_of(element) is not None
            goes = not (may_hold and 2 * texts.of(element) > texts.of(tree))
        else:  # what readers wrote, and teasers, can be longer than the article
            goes = headed and not holds_body(element) and texts.of(tree) - texts.of(element) >= _LEAST
        if goes:
            texts.drop(element)


class _Texts:
    """Running text in the elements of a tree, also after some were dropped; most pages do not need it counted."""

    def __init__(self, tree: html.HtmlElement) -> None:
        self._tree = tree
        self._counts: Counter[html.HtmlElement] | None = None

    def of(self, element: html.HtmlElement) -> int:
        if self._counts is None:
            self._counts = texts_of(self._tree)
        return self._counts[element]

    def drop(self, element: html.HtmlElement) -> None:
        if self._counts is not None:
            size = self._counts[element]
            for one in element.iterancestors() if size else ():
                self._counts[one] -= size
        element.drop_tree()


def _drop_menus(tree: html.HtmlElement) -> None:
    """Drop lists and tables that are hardly anything but links, as trafilatura would after some work on each."""
    for listing in list(tree.iter("ul", "ol", "table")):
        links = list(listing.iter("a"))
        if len(links) >= _MENU and len(letters(listing)) * _MENU_SHARE < sum(len(letters(one)) for one in links):
            listing.drop_tree()


def _name_headings(tree: html.HtmlElement) -> None:
    """Make headings of lines that are called so."""
    for one in tree.iter("div", "span"):
        if not len(one) and is_crosshead(one):
            one.tag = "h3"
