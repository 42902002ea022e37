"""What is set between the paragraphs of an article: posts that it quotes, and invitations that it could do without."""

from __future__ import annotations

import re
from itertools import islice

from lxml import html

from pipelines.frame import holds_body, letters, running

#: Quotations that a network's script turns into its own box.
_POST = re.compile(
    r"\b(?:twitter-(?:tweet|video)|instagram-media|tiktok-embed|bluesky-embed|mastodon-embed|reddit-(?:card|embed)|"
    r"fb-(?:post|video)|text-post-media)\b"
)
_HOLDERS = ("div", "section", "figure", "aside", "center", "span")
_ADDRESS = re.compile(r"e-?mail|newsletter", re.IGNORECASE)
_UNTYPED = ("hidden", "checkbox", "radio", "submit", "button")
_MOST = 350  # letters of an invitation
_FEW, _FIELDS = 4, 50  # elements in one that holds a post alone; fields of a page that are looked at


def free_posts(tree: html.HtmlElement) -> None:
    """Make plain containers of those around a post alone: for their names (`social-embed`) readers drop them."""
    for post in tree.iter("blockquote"):
        if not _POST.search(post.get("class") or ""):
            continue
        inner = post
        for holder in post.iterancestors(*_HOLDERS):
            if holder is not inner.getparent() or not _is_alone(inner, holder):
                break
            holder.attrib.clear()
            holder.tag = "div"
            inner = holder


def _is_alone(inner: html.HtmlElement, holder: html.HtmlElement) -> bool:
    """Whether an element holds nothing to be read but this one."""
    if len(holder) > _FEW or any(text and text.strip() for text in (holder.text, *(one.tail for one in holder))):
        return False
    return all(one is inner or one.tag in ("script", "style") for one in holder)


def drop_invitations(tree: html.HtmlElement) -> None:
    """Drop the box around a field for an address, `Sign up for our newsletter`, where it parts running text."""
    for field in list(islice(tree.iter("input"), _FIELDS)):
        named = " ".join(field.get(one) or "" for one in ("type", "name", "placeholder"))
        if field.get("type") in _UNTYPED or not _ADDRESS.search(named):
            continue
        box = _box_of(field)
        if box is not None and _parts_text(box):
            box.drop_tree()


def _box_of(field: html.HtmlElement) -> html.HtmlElement | None:
    """The largest element around a field that holds no more than a box does."""
    box = None
    for one in field.iterancestors():
        told = (
            one.tag in ("body", "main", "article", "td") or one.find(".//h1") is not None or len(letters(one)) > _MOST
        )
        if told or holds_body(one) or sum(running(each) > 0 for each in one.iter("p")) > 1:
            break
        box = one
    return box


def _parts_text(box: html.HtmlElement) -> bool:
    """Whether running text stands beside it, before and after."""
    return all(
        any(one.tag == "p" and running(one) for one in box.itersiblings(preceding=before)) for before in (True, False)
    )
