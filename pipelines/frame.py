"""The article's element: the one readers look for by name, or the one that holds the text where none is named."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from itertools import takewhile

from lxml import html

_ELEMENTS = ("article", "main", "div", "section")
#: The names by which trafilatura finds it, best first; tests/test_page.py holds them against its own.
_BODY_ID = re.compile(
    r"^articleContent$|(?:entry|article|art)-content|article__content|article(?:-|__)?body|articleBody|body-text"
)
_BODY_CLASS = re.compile(
    r"^(?:post|entry)$|post[-_]text|post-body|post-?entry|post[-_]?content|postContent|post_inner_wrapper|article-?text|"
    r"articleText|(?:entry|page|text|article|art)-content|article__content|article(?:-|__)?body|articleBody|"
    r"ArticleContent|body-text|article__container"
)
_STORY_ID = re.compile(r"^(?:article|story)$|^primary|story-body")
_STORY_CLASS = re.compile(
    r"^(?:postarea|art-postcontent|text|cell|story)$|^article |post-bodycopy|story-?content|"
    r"(?:theme|blog|section|single)-content|single-post|main-column|wpb_text_column|story-body|field-body|(?i:fulltext)"
)
_MAIN_ID = re.compile(r"^content$|content-main|content-body|contentBody|[Mm]ain-[Cc]ontent")
_MAIN_CLASS = re.compile(r"^content$|content[-_]main|content(?:-|__)body|[Mm]ain-[Cc]ontent|[Pp]age-[Cc]ontent")
_NO_FRAME = 5
_PIECE = re.compile(r"body|text", re.IGNORECASE)  # in a name: comments and teasers are entries, posts, contents too
_PARAGRAPH = 80  # characters from which a paragraph is running text
_SHARE = 0.6  # of the page's running text that stands in the article's element
_LEAST = 500  # characters of it
_HEADED, _HEADED_BESIDE = 200, 400  # of a text with a headline; a standfirst is shorter than the second
_HEADLINE = 10  # letters; with less it may be a section's name


def frame_of(tree: html.HtmlElement) -> html.HtmlElement | None:
    """The element that trafilatura would read first; None where no element is called an article's."""
    best, found = _NO_FRAME, None
    for one in tree.iter(*_ELEMENTS):
        get = one.get
        rank = _rank(one.tag, get("class") or "", get("id") or "", get("itemprop") or "", get("role") or "")
        if rank < best:
            best, found = rank, one
            if not best:
                break
    return found


@lru_cache(maxsize=4096)
def _rank(tag: str, name: str, identity: str, part: str, role: str) -> int:
    """In which of trafilatura's looks at a page it finds an element, from 0; five are none."""
    if part == "articleBody" or _BODY_ID.search(identity) or _BODY_CLASS.search(name):
        return 0
    if tag == "article":
        return 1
    if role == "article" or _STORY_ID.search(identity) or _STORY_CLASS.search(name):
        return 2
    if _MAIN_ID.search(identity) or _MAIN_CLASS.search(name):
        return 3
    return 4 if "main" in (tag, name[:4], identity[:4], role[:4]) else _NO_FRAME


def is_hollow(frame: html.HtmlElement) -> bool:
    """Whether an element is called an article's and holds no text to speak of: a teaser, a menu, a counter."""
    return not prose(frame) and len(" ".join(frame.text_content().split())) < _LEAST


def mark_frame(tree: html.HtmlElement, title: str) -> None:
    """Call the innermost element that holds most of the running text, or what stands below the headline, what readers
    look for. The headline is known by the page's `title`.

    Where nothing is called so, trafilatura gathers paragraphs from all over the page: teasers come along, headings and
    lists are lost.
    """
    paragraphs = [(length, _around(one)) for one in tree.iter("p") if (length := running(one))]
    paragraphs = [one for one in paragraphs if all(holder.tag != "li" for holder in one[1])]  # lists hold teasers
    texts: Counter[html.HtmlElement] = Counter()
    for length, around in paragraphs:
        for holder in around:
            texts[holder] += length
    holder = _headed(tree, title, texts, _holder(texts, sum(length for length, _ in paragraphs)))
    if holder is None:
        return
    article = next(holder.iterancestors("article"), holder)
    holder = next(one for one in (holder, *holder.iterancestors()) if texts[one] == texts[article])
    frame = html.Element("div", itemprop="articleBody")
    frame.text, holder.text = holder.text, None
    frame.extend(list(holder))
    holder.append(frame)


def _holder(texts: Counter[html.HtmlElement], whole: int) -> html.HtmlElement | None:
    enough = max(_LEAST, _SHARE * whole)
    holders = [one for one, length in texts.items() if length >= enough and not _is_quoted(one)]
    return max(holders, key=lambda one: sum(1 for _ in one.iterancestors()), default=None)


def _is_quoted(element: html.HtmlElement) -> bool:
    return element.tag == "blockquote" or next(element.iterancestors("blockquote"), None) is not None


def _headed(
    tree: html.HtmlElement, title: str, texts: Counter[html.HtmlElement], holder: html.HtmlElement | None
) -> html.HtmlElement | None:
    """The innermost element around the headline that has a text, where that is in no holder: what readers wrote below
    an article can be longer than the article."""
    spoken = "".join(title.split())
    headings = ((letters(one), one) for one in tree.iter("h1", "h2", "h3"))
    said = [(len(words), one) for words, one in headings if len(words) >= _HEADLINE and words in spoken]
    if not said:
        return holder
    _, headline = max(said, key=lambda one: one[0])  # others have the name of the site or of a section
    around = _around(headline)
    least = _HEADED if holder is None else _HEADED_BESIDE
    headed = next((one for one in around if texts[one] >= least), None)
    if headed is None or (holder is not None and (holder in around or headed in holder.iterancestors())):
        return holder
    return headed


def letters(element: html.HtmlElement) -> str:
    """Its text without any space."""
    return "".join(element.text_content().split())


def _around(paragraph: html.HtmlElement) -> list[html.HtmlElement]:
    return list(takewhile(lambda one: one.tag != "body", paragraph.iterancestors()))


def is_in_pieces(tree: html.HtmlElement) -> bool:
    """Whether elements of one name share the running text, as where advertising parts an article: trafilatura reads
    the first of them. What has a linked headline of its own is another article."""
    pieces: dict[str, list[html.HtmlElement]] = {}
    for one in tree.iter("div", "section"):
        if (name := one.get("class")) and _is_piece(name):
            pieces.setdefault(name, []).append(one)
    return any(
        len(some) > 1
        and 0 < prose(some[0]) < _SHARE * sum(map(prose, some))
        and not any(one.find(".//h1") is not None or one.find(".//h2//a") is not None for one in some[1:])
        for some in pieces.values()
    )


@lru_cache(maxsize=4096)
def _is_piece(name: str) -> bool:
    return bool(_PIECE.search(name)) and _rank("div", name, "", "", "") < _NO_FRAME


def prose(element: html.HtmlElement) -> int:
    """Characters of its running text."""
    return sum(map(running, element.iter("p")))


def running(paragraph: html.HtmlElement) -> int:
    """Characters of a paragraph, if it is long enough and not mostly links."""
    length = len(" ".join(paragraph.text_content().split()))
    return length if length >= _PARAGRAPH and length > 2 * linked(paragraph) else 0


def linked(element: html.HtmlElement) -> int:
    """Characters of its links."""
    return sum(len(one.text_content()) for one in element.iter("a"))
