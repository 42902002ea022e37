"""What the names that designers give to elements say of what is in them."""

from __future__ import annotations

import re
from functools import lru_cache

from lxml import html

#: What stands beside an article, unless the name says whether the page has it (`has-sidebar`).
_BESIDE = re.compile(
    r"(?:^|[\s_-])(?<!\bhas[_-])(?<!\bno[_-])(?<!\bwith[_-])(?:related|recommend(?:ed|ations?)?|newsletter|subscribe|"
    r"share(?:bar|-?tools|-?buttons)?|sharing|social(?:-?(?:share|media|bar|links|icons))?|"
    r"comments?(?:-?(?:list|area|section|form))?|disqus\w*|cookie\w*|consent|pop-?up|modal|breadcrumbs?|outbrain|"
    r"taboola\w*|trending|most-?(?:read|popular|viewed)|popular|teasers?|site-?(?:header|footer|nav)|skip-?link|"
    r"(?P<place>sidebar|advert\w*|ads?|banner|menu|navigation|navbar|toolbar|promo(?:tion)?|sponsor(?:ed)?))(?:$|[\s_-])",
    re.IGNORECASE,
)
#: A heading between paragraphs, of which readers know none but `h1` to `h6`.
_CROSSHEAD = re.compile(
    r"sub-?_?head(?!er)|cross-?_?head|inter-?_?t[ií]t|zwischen-?_?(?:titel|ueberschr)", re.IGNORECASE
)
#: Words for those who do not see the page: `(opens in a new window)` within a sentence.
_UNSEEN = re.compile(
    r"(?:^|[\s_-])(?:visually-?hidden|sr-?only|screen-?reader\S*|vh|u-hidden-visually)(?:$|\s)", re.IGNORECASE
)


def is_beside(element: html.HtmlElement) -> bool:
    """Whether a container is called something that stands beside an article."""
    return bool(_beside(f"{element.get('class', '')} {element.get('id', '')}"))


def is_place(element: html.HtmlElement) -> bool:
    """Whether its name only says where it stands, or what it earns: `l-sidebar-fixed` may hold the article."""
    return _beside(f"{element.get('class', '')} {element.get('id', '')}") == "place"


def is_crosshead(element: html.HtmlElement) -> bool:
    """Whether a line is called a heading within a text."""
    name = element.get("class")
    return bool(name) and _crosshead(name)


def is_unseen(span: html.HtmlElement) -> bool:
    """Whether a part of a line is said to screen readers only."""
    name = span.get("class")
    return bool(name) and _unseen(name)


# pages name hundreds of elements by few names


@lru_cache(maxsize=4096)
def _beside(names: str) -> str:
    """`place` where all that it says is that; `other` where it says more; nothing where it says neither."""
    found = {match.lastgroup or "other" for match in _BESIDE.finditer(names)}
    return "other" if "other" in found else "".join(found)


@lru_cache(maxsize=4096)
def _crosshead(name: str) -> bool:
    return bool(_CROSSHEAD.search(name))


@lru_cache(maxsize=4096)
def _unseen(name: str) -> bool:
    return bool(_UNSEEN.search(name))
