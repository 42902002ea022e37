"""The stages composed: one pure function from a capture and a recipe to an article or the reason why there is none.

The same capture and recipe give the same outcome in any process, order and year. Whoever runs it (a crawl, an
import, a pool) brings the clock and the archive.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from lxml.etree import LxmlError

from pipelines.extract import extract_page, extract_text
from pipelines.fingerprint import fingerprint
from pipelines.given import as_page, is_its_page, is_wanted
from pipelines.language import language_of
from pipelines.lines import SHORTEST, word_count
from pipelines.marks import digest_in, digest_of, form_of, marks_of
from pipelines.metadata import page_claims
from pipelines.notices import notice
from pipelines.packing import Read, pack, unpack
from pipelines.page import Line, Page, UndecodableError, charset_of, decode, parse
from pipelines.paging import join
from pipelines.recipe import Recipe
from pipelines.resolve import key_of, resolve
from pipelines.rules import RuleSet, own_rules, rule_set
from pipelines.strip import strip
from pipelines.types import (
    Article,
    Block,
    Capture,
    Claim,
    Extracted,
    Extraction,
    Reason,
    Reject,
    Rule,
    Source,
    Stripped,
)
from pipelines.urls import leads_back, same_site

_FIGURE = re.compile(r"\d")
_TOO_LITTLE = (Reason.EMPTY, Reason.TOO_SHORT)
_HTML_MIMES = ("text/html", "application/xhtml+xml", "application/xml", "text/xml")


def process(given: Capture | Extracted, recipe: Recipe) -> Article | Reject:
    """Read one capture by a recipe, or strip again what was extracted of it: the outcome is the same.

    Raises only for faults of the code or of a reader, never for a strange page; ValueError where an extraction
    and its text do not belong together.
    """
    if isinstance(given, Extracted):
        return finish(unpack(given.packed, given.text), given.capture, recipe)
    found = read(given, recipe)
    outcome = found if isinstance(found, Reject) else finish(found, given, recipe)
    if isinstance(outcome, Article) and given.pages:
        further = (process(page, recipe) for page in given.pages)
        return join(outcome, (one for one in further if isinstance(one, Article)))
    return _as_the_feed_gives_it(given, found, outcome, recipe) or outcome


def _as_the_feed_gives_it(
    capture: Capture, found: Read | Reject, outcome: Article | Reject, recipe: Recipe
) -> Article | None:
    """The article by the text that came with its entry, where the page shows none or only its beginning."""
    if capture.entry is None or not is_wanted(outcome, capture.entry):
        return None
    page = as_page(capture)
    given = read(page, recipe) if page else None
    if not isinstance(given, Read):
        return None
    own = found.extraction.claims if isinstance(found, Read) and is_its_page(outcome, capture.entry) else ()
    claims = (*own, *given.extraction.claims, Claim("text_from", "feed", "feed"))
    article = finish(replace(given, extraction=replace(given.extraction, claims=claims)), capture, recipe)
    return article if isinstance(article, Article) else None


def read(capture: Capture, recipe: Recipe) -> Read | Reject:
    """The extraction of a capture; it depends on everything in the recipe but what was learned."""
    source = recipe.sources.get(capture.source or "")
    if reject := _led_away(capture, source) or _refused(capture):
        return reject
    try:
        page, extraction = _extraction(capture, source, _rules_for(recipe, capture.source, learned=False))
    except UndecodableError as problem:
        return Reject(Reason.UNDECODABLE, str(problem))
    if not extraction.text:
        return Reject(Reason.EMPTY)
    kept = [_form(extraction.text, block) for block in extraction.blocks]
    shown = kept if page is None else [_shown(line) for line in page.lines()]
    marks = marks_of(shown, kept)
    return Read(extraction=extraction, plain=page is None, marks=marks)


def finish(found: Read, capture: Capture, recipe: Recipe) -> Article | Reject:
    """The article that an extraction makes; of the capture everything is needed but its body.

    What was learned of a source takes lines, and never makes an article too short to be one: where nothing is left of
    it, all stays.
    """
    stripped = _stripped(found.extraction, recipe, capture.source)
    outcome = _made_of(stripped, found, capture, recipe)
    if not isinstance(outcome, Reject) or outcome.reason not in _TOO_LITTLE:
        return outcome
    if not recipe.lessons.get(capture.source or ""):
        return outcome
    whole = strip(found.extraction, _rules_for(recipe, capture.source, learned=False))
    untaught = _made_of(whole, found, capture, recipe)
    if isinstance(untaught, Reject):
        return outcome
    return untaught if outcome.reason is Reason.EMPTY else _made_of(stripped, found, capture, recipe, fewest=1)


def _made_of(
    stripped: Stripped, found: Read, capture: Capture, recipe: Recipe, fewest: int = SHORTEST
) -> Article | Reject:
    """The article with this text, unless it is none; `fewest` words are enough."""
    source = recipe.sources.get(capture.source or "")
    labels = [one.value for one in found.extraction.claims if one.field == "language"]
    language = language_of(stripped.text, [*labels, source.language if source else None])
    fields = resolve(replace(found.extraction, language=language), stripped, capture, source)
    words = word_count(stripped.text)
    if reject := _unfit(stripped, fields, words, fewest, plain=found.plain):
        return reject
    return Article(
        urlkey=key_of(fields["url"]),
        source=capture.source,
        text=stripped.text,
        word_count=words,
        removals=stripped.removals,
        fingerprint=fingerprint(stripped.text),
        text_from="feed" if any(one.field == "text_from" for one in found.extraction.claims) else "page",
        recipe=recipe.id_for(capture.source),
        base=recipe.base_for(capture.source),
        packed=pack(found),
        **fields,
    )


def _stripped(extraction: Extraction, recipe: Recipe, source: str | None) -> Stripped:
    """The text without furniture. Where a lesson takes nearly all of it, lines with figures in them stay: reports that
    differ in their figures alone look alike, and are no furniture."""
    lesson = recipe.lessons.get(source or "", ())
    stripped = strip(extraction, _rules_for(recipe, source, learned=True))
    if not lesson or word_count(stripped.text) >= max(SHORTEST, word_count(extraction.text) // 10):
        return stripped
    lines = (extraction.text[block.start : block.stop] for block in extraction.blocks)
    told = {digest_of(line) for line in lines if _FIGURE.search(line)}
    spared = tuple(rule for rule in lesson if digest_in(rule.id) not in told)
    if len(spared) == len(lesson):
        return stripped
    return strip(extraction, rule_set((*spared, *_rules(recipe, source))))


def _form(text: str, block: Block) -> str:
    links = [(link.start - block.start, link.stop - block.start) for link in block.links]
    return form_of(text[block.start : block.stop], links)


def _shown(line: Line) -> str:
    return form_of(line.text, [(start, stop) for start, stop, _ in line.links]) if line.links else line.text


def _led_away(capture: Capture, source: Source | None) -> Reject | None:
    """Why the page that an address led to is not its own."""
    if not capture.final_url or capture.final_url == capture.url:
        return None
    if leads_back(capture.url, capture.final_url):
        return Reject(Reason.LOGIN, f"leads to {capture.final_url[:200]}")
    asked, came = key_of(capture.url), key_of(capture.final_url)
    home = key_of(source.homepage) if source and source.homepage else None
    if asked in (came, home) or asked.endswith(")/") or not (came == home or came.endswith(")/")):
        return None
    # the front page of another site may be a wall: what leads there need not be gone
    gone = same_site(capture.url, capture.final_url)
    return Reject(Reason.NOT_FOUND if gone else Reason.LISTING, f"leads to the front page, {capture.final_url[:200]}")


def _refused(capture: Capture) -> Reject | None:
    if capture.status in (404, 410):
        return Reject(Reason.NOT_FOUND, f"HTTP {capture.status}")
    if capture.status >= 400:
        return Reject(Reason.BLOCKED, f"HTTP {capture.status}")
    if not capture.body.strip():
        return Reject(Reason.EMPTY)
    mime = (capture.mime or "").split(";")[0].strip().lower()
    if mime and mime not in _HTML_MIMES and mime != "text/plain":
        return Reject(Reason.NOT_HTML, mime)
    return None


def _extraction(capture: Capture, source: Source | None, rules: RuleSet) -> tuple[Page | None, Extraction]:
    if _is_plain(capture):
        return None, extract_text(decode(capture.body, charset_of(capture)))
    try:
        page = parse(capture)
    except (LxmlError, ValueError) as problem:
        if isinstance(problem, UndecodableError):
            raise
        return None, Extraction(text="", blocks=())
    claims = tuple(page_claims(page))
    return page, extract_page(page, rules, source, claims)


def _is_plain(capture: Capture) -> bool:
    if capture.mime:
        return capture.mime.startswith("text/plain")
    head = capture.body[:2048].lower()
    return not any(mark in head for mark in (b"<html", b"<!doctype", b"<head", b"<body", b"<div", b"<p>", b"<?xml"))


def _unfit(stripped: Stripped, fields: Mapping[str, Any], words: int, fewest: int, *, plain: bool) -> Reject | None:
    if words == 0:
        return Reject(Reason.EMPTY)
    if plain:
        return None  # whoever imports a text means it
    if reject := notice(fields["title"], stripped.text, words, fields["claims"]):
        return reject
    linked = sum(link.stop - link.start for block in stripped.blocks for link in block.links)
    if linked > 0.5 * len(stripped.text):
        return Reject(Reason.LISTING, f"{100 * linked // len(stripped.text)} % of the text is links")
    if words < fewest:
        return Reject(Reason.TOO_SHORT, f"{words} words")
    return None


@lru_cache(maxsize=1024)
def _rules_for(recipe: Recipe, source: str | None, *, learned: bool) -> RuleSet:
    return rule_set((*(recipe.lessons.get(source or "", ()) if learned else ()), *_rules(recipe, source)))


def _rules(recipe: Recipe, source: str | None) -> tuple[Rule, ...]:
    """The user's own rules, then the shipped ones."""
    own = recipe.sources.get(source or "")
    return (*own_rules(own.id, own.strip), *recipe.rules) if own else recipe.rules
