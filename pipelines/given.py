"""Articles that a feed gives whole: a claim beside the page's own text, and in its place where the page shows none.

Nothing is swapped in silence: such an article says `text_from` feed, and its claims say so too.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from lxml.etree import LxmlError

from pipelines.lines import fold, word_count
from pipelines.page import UndecodableError, parse
from pipelines.types import Article, Capture, Claim, Entry, Reason, Reject

_LONGEST = 20_000  # characters of a claim
_SAMPLE = 200  # characters of one that says no more than the page
_FEWEST = 60  # words below which a feed's text is a teaser too
_NO_TIME = datetime.min.replace(tzinfo=UTC)
#: Pages that may well hold the article, for readers other than us.
_UNREAD = (Reason.EMPTY, Reason.TOO_SHORT, Reason.BLOCKED, Reason.LOGIN, Reason.UNDECODABLE)
#: How often the page's words a feed must give: of a page that asks for money, and of any other.
_MORE_THAN_A_TEASER, _MORE_THAN_A_PAGE = 1.3, 3.0


def as_page(capture: Capture) -> Capture | None:
    """What the feed gives of this page, as a page of its own; None where it gives none."""
    if capture.entry is None or not capture.entry.content:
        return None
    body = f"<html><body><article>{capture.entry.content}</article></body></html>"
    return replace(
        capture, body=body.encode(errors="replace"), status=200, mime="text/html", headers=(), completeness="whole"
    )


def is_wanted(outcome: Article | Reject, entry: Entry | None) -> bool:
    """Whether the feed's text should stand in for what the page was read as.

    A page that is gone stays gone, and a listing is no article, whatever a feed says.
    """
    if entry is None or not entry.content:
        return False
    words = word_count(text_of(entry.content))
    if words < _FEWEST:
        return False
    if isinstance(outcome, Reject):
        return outcome.reason in _UNREAD
    return words > outcome.word_count * (_MORE_THAN_A_TEASER if outcome.paywalled else _MORE_THAN_A_PAGE)


def is_its_page(outcome: Article | Reject, entry: Entry) -> bool:
    """Whether a page that shows too little is the article's all the same, by its headline: then its claims count."""
    if isinstance(outcome, Reject) or not outcome.title or not entry.title:
        return False
    one, other = fold(outcome.title), fold(entry.title)
    return one in other or other in one


def text_of(content: str) -> str:
    """The plain text of an article that a feed gives, a line for each paragraph; empty where it cannot be read."""
    try:
        page = parse(Capture(url="urn:content", fetched_at=_NO_TIME, body=content.encode(errors="replace")))
    except (LxmlError, UndecodableError, ValueError):
        return ""
    return "\n".join(line.text for line in page.lines())


def content_claim(content: str | None, text: str) -> Claim | None:
    """What a feed gives as the article, beside the article's own `text`: in full only where it says more."""
    given = text_of(content) if content else ""
    if not given:
        return None
    says_more = word_count(given) > 1.2 * word_count(text)
    longest = _LONGEST if says_more else _SAMPLE
    return Claim("content", given if len(given) <= longest else given[: longest - 1] + "…", "feed")
