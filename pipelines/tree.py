"""The tree that a reader gets: a copy without what is no article, and with the article marked where nothing is."""

from __future__ import annotations

import re
from collections import Counter
from copy import copy
from functools import lru_cache
from itertools import takewhile
from typing import Any

from lxml import etree, html

from pipelines.page import Page
from pipelines.types import Source

#: What trafilatura drops in any case; without it the tree is a third, and every later pass is faster.
_NEVER_TEXT = (
    "head", "script", "style", "noscript", "svg", "iframe", "nav", "aside", "footer", "button", "select", "picture",
    "video", "audio", "canvas", "object", "embed", "map", "input", "textarea", "source", "track", "link", "dialog",
    "img",
)  # fmt: skip
#: Names designers give to what stands beside an article. A container so called goes unless it holds the article itself.
_BESIDE = re.compile(
    r"(?:^|[\s_-])(?:related|recommend(?:ed|ations?)?|newsletter|subscribe|share(?:bar|-?tools|-?buttons)?|sharing|"
    r"social(?:-?(?:share|media|bar|links|icons))?|comments?(?:-?(?:list|area|section|form))?|disqus\w*|promo(?:tion)?|"
    r"sidebar|advert\w*|ads?|banner|cookie\w*|consent|pop-?up|modal|breadcrumbs?|outbrain|taboola\w*|trending|"
    r"most-?(?:read|popular|viewed)|popular|sponsor(?:ed)?|teasers?|menu|navigation|navbar|toolbar|"
    r"site-?(?:header|footer|nav)|skip-?link)(?:$|[\s_-])",
    re.IGNORECASE,
)
#: Names by which trafilatura finds the element of an article; tests/test_page.py holds them against its own.
_FRAME = re.compile(
    r"^(?:post|entry|postarea|art-postcontent|text|cell|story|content|article|articleContent)$|^primary|^main|"
    r"^article |post[-_]text|post-body|post-?entry|post[-_]?content|postContent|post_inner_wrapper|article-?text|"
    r"articleText|(?:entry|page|text|article|art|theme|blog|section|single)-content|article__content|article(?:-|__)?body|"
    r"articleBody|ArticleContent|body-text|article__container|story-?content|story-body|single-post|main-column|"
    r"wpb_text_column|field-body|content[-_]main|content(?:-|__)body|contentBody|"
    r"(?i:fulltext)|[Mm]ain-[Cc]ontent|[Pp]age-[Cc]ontent"
)
_BODY = re.compile(r"body|text", re.IGNORECASE)  # in such a name: comments and teasers are entries, posts, contents too
_FRAMES = ("article", "main", "div", "section")
_EMPTY = etree.XPath("//div[not(node()[not(self::text()) or normalize-space()])]")
_CONTAINERS = ("div", "section", "ul", "ol", "header", "table")
_MENU, _MENU_SHARE = 4, 0.9  # links in a menu at least, and their share of its letters
_ARTICLE_SHARE = 1 / 3  # of the page's text: what holds more is the article's own container, whatever its name
_PARAGRAPH = 80  # characters from which a paragraph is running text
_FRAME_SHARE = 0.6  # of the page's running text that stands in the article's element
_FRAME_LEAST = 500  # characters of it


def tree_for(page: Page, source: Source | None) -> html.HtmlElement:
    """A copy of the tree without what never is text, and with what the user marked."""
    tree = copy(page.tree)
    etree.strip_elements(tree, *_NEVER_TEXT, with_tail=False)
    _drop_empty(tree)
    if not (source and source.page.get("body")):
        _drop_beside(tree)
        _drop_menus(tree)
        if not has_frame(tree) or _is_in_pieces(tree):
            _mark_frame(tree)
    if source and source.page:
        if remove := source.page.get("remove"):
            for element in tree.cssselect(remove):
                element.drop_tree()
        if (selector := source.page.get("body")) and (found := tree.cssselect(selector)):
            shell = html.document_fromstring("<article></article>")
            article = next(shell.iter("article"))
            for element in found:
                article.append(copy(element))
            return shell
    return tree


def _drop_empty(tree: html.HtmlElement) -> None:
    """Drop containers that hold nothing: slots for advertising, spacers. They are a third of all, and part texts."""
    empty: Any = _EMPTY(tree)
    for element in empty:
        element.drop_tree()


def _drop_beside(tree: html.HtmlElement) -> None:
    """Drop containers whose names say that they stand beside the article."""
    called = [one for one in tree.iter(*_CONTAINERS) if _stands_beside(f"{one.get('class', '')} {one.get('id', '')}")]
    most = len(tree.text_content()) * _ARTICLE_SHARE if called else 0
    for element in called:
        if element.getparent() is not None and len(element.text_content()) < most and element.find(".//h1") is None:
            element.drop_tree()


def _drop_menus(tree: html.HtmlElement) -> None:
    """Drop lists and tables that are hardly anything but links, as trafilatura would after some work on each."""
    for listing in list(tree.iter("ul", "ol", "table")):
        links = list(listing.iter("a"))
        if len(links) >= _MENU and _letters(listing) * _MENU_SHARE < sum(map(_letters, links)):
            listing.drop_tree()


def _letters(element: html.HtmlElement) -> int:
    return sum(map(len, "".join(element.itertext()).split()))


@lru_cache(maxsize=4096)
def _stands_beside(name: str) -> bool:
    return bool(_BESIDE.search(name))


def has_frame(tree: html.HtmlElement) -> bool:
    """Whether an element is called an article's."""
    return any(
        one.tag in ("article", "main")
        or _is_frame(one.get("class") or "")
        or _is_frame(one.get("id") or "")
        or one.get("itemprop") == "articleBody"
        or (one.get("role") or "").startswith(("article", "main"))
        for one in tree.iter(*_FRAMES)
    )


@lru_cache(maxsize=4096)
def _is_frame(name: str) -> bool:
    return bool(_FRAME.search(name))


def _mark_frame(tree: html.HtmlElement) -> None:
    """Call the innermost element that holds most of the running text what readers look for.

    Where nothing is called so, trafilatura gathers paragraphs from all over the page: teasers come along, headings and
    lists are lost.
    """
    texts: Counter[html.HtmlElement] = Counter()
    whole = 0
    for paragraph in tree.iter("p"):
        length = _running(paragraph)
        whole += length
        for holder in takewhile(lambda one: one.tag != "body", paragraph.iterancestors() if length else ()):
            texts[holder] += length
    holders = [one for one, length in texts.items() if length >= max(_FRAME_LEAST, _FRAME_SHARE * whole)]
    if not holders:
        return
    holder = max(holders, key=lambda one: sum(1 for _ in one.iterancestors()))
    frame = html.Element("div", itemprop="articleBody")
    frame.text, holder.text = holder.text, None
    frame.extend(list(holder))
    holder.append(frame)


def _is_in_pieces(tree: html.HtmlElement) -> bool:
    """Whether elements of one name share the running text, as where advertising parts an article: trafilatura reads
    the first of them. What has a linked headline of its own is another article."""
    pieces: dict[str, list[html.HtmlElement]] = {}
    for one in tree.iter("div", "section"):
        if (name := one.get("class")) and _is_frame(name) and _BODY.search(name):
            pieces.setdefault(name, []).append(one)
    return any(
        len(some) > 1
        and 0 < _prose(some[0]) < _FRAME_SHARE * sum(map(_prose, some))
        and not any(one.find(".//h1") is not None or one.find(".//h2//a") is not None for one in some[1:])
        for some in pieces.values()
    )


def _prose(element: html.HtmlElement) -> int:
    """Characters of its running text."""
    return sum(map(_running, element.iter("p")))


def _running(paragraph: html.HtmlElement) -> int:
    length = len(" ".join(paragraph.text_content().split()))
    return length if length >= _PARAGRAPH and length > 2 * _linked(paragraph) else 0


def _linked(element: html.HtmlElement) -> int:
    return sum(len(one.text_content()) for one in element.iter("a"))
