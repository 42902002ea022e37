"""The article's element: the one readers look for by name, or the one that holds the text where none is named."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import chain, takewhile
from typing import TypeAlias
from urllib.parse import urljoin, urlsplit

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
PARAGRAPH = 80  # characters from which a paragraph is running text
_DWARFED = 4  # times the running text of an element
_SHARE = 0.6  # of the page's running text that stands in the article's element
_LEAST = 500  # characters of it
_HEADED, _HEADED_BESIDE = 200, 400  # of a text with a headline; a standfirst is shorter than the second
_HEADLINE = 10  # letters; with less it may be a section's name


def frame_of(tree: html.HtmlElement) -> html.HtmlElement | None:
    """The element that trafilatura would read first; None where no element is called an article's."""
    best, found = _NO_FRAME, None
    for one in tree.iter(*_ELEMENTS):
        rank = _rank_of(one)
        if rank < best:
            best, found = rank, one
            if not best:
                break
    return found


def holds_body(element: html.HtmlElement) -> bool:
    """Whether it is called an article's body, or something in it is."""
    return any(not _rank_of(one) for one in element.iter(*_ELEMENTS))


def _rank_of(element: html.HtmlElement) -> int:
    get = element.get
    return _rank(element.tag, get("class") or "", get("id") or "", get("itemprop") or "", get("role") or "")


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
    paragraphs = [one for one in _running(tree) if all(holder.tag != "li" for holder in one[1])]  # lists hold teasers
    texts = _texts(paragraphs)
    holder = _headed(tree, title, texts, _holder(texts, sum(length for length, *_ in paragraphs)))
    if holder is None:
        return
    article = next(holder.iterancestors("article"), holder)
    holder = next(one for one in (holder, *holder.iterancestors()) if texts[one] == texts[article])
    frame = html.Element("div", itemprop="articleBody")
    frame.text, holder.text = holder.text, None
    frame.extend(list(holder))
    holder.append(frame)


#: Characters of a running paragraph, the elements around it, and itself.
_Running: TypeAlias = tuple[int, list[html.HtmlElement], html.HtmlElement]


def _running(tree: html.HtmlElement) -> list[_Running]:
    return [(length, _around(one), one) for one in tree.iter("p") if (length := running(one))]


def texts_of(tree: html.HtmlElement) -> Counter[html.HtmlElement]:
    """Characters of running text in each element within the body, and in the whole tree."""
    paragraphs = _running(tree)
    texts = _texts(paragraphs)
    texts[tree] = sum(length for length, *_ in paragraphs)
    return texts


def _texts(paragraphs: Iterable[_Running]) -> Counter[html.HtmlElement]:
    texts: Counter[html.HtmlElement] = Counter()
    for length, around, _ in paragraphs:
        for holder in around:
            texts[holder] += length
    return texts


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
    headline = _headline(tree, title)
    if headline is None:
        return holder
    around = _around(headline)
    least = _HEADED if holder is None else _HEADED_BESIDE
    headed = next((one for one in around if texts[one] >= least), None)
    if headed is None or (holder is not None and (holder in around or headed in holder.iterancestors())):
        return holder
    return headed


def _headline(tree: html.HtmlElement, title: str) -> html.HtmlElement | None:
    """The longest heading that the title says: others have the name of the site or of a section."""
    spoken = "".join(title.split())
    headings = ((letters(one), one) for one in tree.iter("h1", "h2", "h3"))
    said = [(len(words), one) for words, one in headings if len(words) >= _HEADLINE and words in spoken]
    return max(said, key=lambda one: one[0])[1] if said else None


def are_none(articles: Sequence[html.HtmlElement], tree: html.HtmlElement, title: str) -> bool:
    """Whether `article` elements are not the page's article: teasers or comments, where the headline stands with a text
    of its own elsewhere, or most of the text does; or parts of it, where they stand right below the headline."""
    if len(articles) < 2 or any(one.find(".//h1") is not None for one in articles):
        return False
    headline = _headline(tree, title)
    around = [] if headline is None else _around(headline)
    if any(one.tag == "article" for one in around):
        return False
    if any(one.getparent() in around for one in articles):
        return True
    paragraphs = _running(tree)
    elsewhere = [one for one in paragraphs if all(holder.tag != "article" for holder in one[1])]
    texts, own = _texts(paragraphs), _texts(elsewhere)
    enough = _HEADED if texts[articles[0]] < _HEADED else _HEADED_BESIDE
    if any(own[holder] >= enough for holder in around):
        return True
    return sum(length for length, *_ in elsewhere) >= max(_LEAST, 2 * max(texts[one] for one in articles))


def is_teaser(article: html.HtmlElement, url: str) -> bool:
    """Whether the first heading in it leads from the page at `url` to another one."""
    heading = next(article.iter("h2", "h3", "h4", "h5"), None)
    if heading is None:
        return False
    link = next(chain(heading.iter("a"), heading.iterancestors("a")), None)
    return link is not None and 2 * len(letters(link)) > len(letters(heading)) and _leads_on(link.get("href", ""), url)


def _leads_on(href: str, url: str) -> bool:
    try:
        there, here = urlsplit(urljoin(url, href.strip())), urlsplit(url)
    except ValueError:
        return False
    return (there.netloc, there.path) != (here.netloc, here.path)


def letters(element: html.HtmlElement) -> str:
    """Its text without any space."""
    return "".join(element.text_content().split())


def _around(paragraph: html.HtmlElement) -> list[html.HtmlElement]:
    return list(takewhile(lambda one: one.tag != "body", paragraph.iterancestors()))


#: Elements of a page by the names that call them an article's body or text.
Pieces: TypeAlias = dict[str, list[html.HtmlElement]]


def pieces_of(tree: html.HtmlElement) -> Pieces:
    """What is called so, in order."""
    found: Pieces = {}
    for one in tree.iter("div", "section"):
        if (name := one.get("class")) and _is_piece(name):
            found.setdefault(name, []).append(one)
    return found


def are_one(pieces: Pieces) -> bool:
    """Whether elements of one name share the running text, as where advertising parts an article: trafilatura reads
    the first of them."""
    return any(
        len(some) > 1 and 0 < prose(some[0]) < _SHARE * sum(map(prose, some)) and not any(map(_is_another, some[1:]))
        for some in pieces.values()
    )


def is_dwarfed(frame: html.HtmlElement, pieces: Pieces, tree: html.HtmlElement) -> bool:
    """Whether what readers find first is only the standfirst: an element of another name, called the article's body
    too, is far longer."""
    named = (some[0] for name, some in pieces.items() if name != frame.get("class"))
    around = {frame, *frame.iterancestors()}
    others = [one for one in named if one not in around and frame not in one.iterancestors()]
    if not others:
        return False
    texts = texts_of(tree)
    most = max(_LEAST, _DWARFED * texts[frame])
    return any(texts[one] > most and not _is_another(one) for one in others)


def _is_another(element: html.HtmlElement) -> bool:
    """Whether it is another article: it has a headline of its own, or a linked one."""
    headings = (one for one in element.iter("h2") if one.find(".//a") is not None)  # of a note, perhaps
    return element.find(".//h1") is not None or any(2 * linked(one) > len(letters(one)) for one in headings)


@lru_cache(maxsize=4096)
def _is_piece(name: str) -> bool:
    return bool(_PIECE.search(name)) and _rank("div", name, "", "", "") < _NO_FRAME


def prose(element: html.HtmlElement) -> int:
    """Characters of its running text."""
    return sum(map(running, element.iter("p")))


def running(paragraph: html.HtmlElement) -> int:
    """Characters of a paragraph, if it is long enough and not mostly links."""
    length = len(" ".join(paragraph.text_content().split()))
    return length if length >= PARAGRAPH and length > 2 * linked(paragraph) else 0


def linked(element: html.HtmlElement) -> int:
    """Characters of its links."""
    return sum(len(one.text_content()) for one in element.iter("a"))
