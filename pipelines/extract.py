"""Stage one: the text a page or a file holds, as blocks, with all that it claims of itself.

The only door to trafilatura. Its fast reader gives the body; nothing is deduplicated there, for that keeps
state between pages.
"""

from __future__ import annotations

import logging
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import trafilatura
from lxml import etree, html
from trafilatura.settings import Extractor

from pipelines.bare import is_bare
from pipelines.frame import PARAGRAPH, prose
from pipelines.inscript import lines_in_scripts
from pipelines.page import Line, Page, clean_characters, folded
from pipelines.reading import Reader
from pipelines.rules import RuleSet
from pipelines.surroundings import Surroundings
from pipelines.tree import tree_for
from pipelines.types import Block, Claim, Extraction, Link, Source
from pipelines.weigh import Features, Lines, odds

logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # it reports refusals that are values here


class _Piece(NamedTuple):
    """A block before it has its place in the text."""

    text: str
    tag: str = "p"
    links: tuple[tuple[int, int, str], ...] = ()
    odds: float = 0.0


_READABLE = re.compile(r"\w")
_LITTLE = 1500  # characters; a text this long is not looked for again
_FEWEST = 2  # lines of an article's element; with less, the page around it is looked at
_FEWEST_HEAPED, _FIRST = 5, 500  # lines of the page within one of the reader, and those that are looked for
_SUSPICIOUS = 500  # characters of visible text that cannot be nothing
_TOLD = 0.75  # of the running text shown, in paragraphs; with less, it may be written without
_MORE = 1.1  # times as much must be read of a page with paragraphs made for it
_MANY_TIMES = 3  # as much must the page's scripts hold to be read instead of what it shows
_ELEMENTS = {"figcaption": "caption", "caption": "caption", "li": "li", "blockquote": "quote"}
_ELEMENTS |= dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), "h")
_TAGS = {"head": "h", "item": "li", "quote": "quote", "row": "row", "code": "code"}
_PARTS = frozenset(("p", "head", "item", "list", "quote", "table", "row", "code", "div", "body", "lb", "fw", "ab"))
_SEPARATOR = "\n\n"
_HARD_WRAP = 55, 100  # shortest and longest line of a text wrapped by hand


class ExtractionError(RuntimeError):
    """The page shows text, yet no reader found any: a fault to look at, not an empty page."""


def extract_page(page: Page, rules: RuleSet, source: Source | None = None, claims: Iterable[Claim] = ()) -> Extraction:
    """The article body of a page. Raises ExtractionError when a page full of text gives none."""
    claims = tuple(claims)
    return _found(_lines(page, source, claims), page, rules, claims)


def features_of(
    page: Page, source: Source | None = None, claims: Sequence[Claim] = ()
) -> list[tuple[str, Features | None]]:
    """Each line that would become a block, with what speaks for and against it: what weights are trained on."""
    lines = _lines(page, source, claims)
    return list(zip((text for text, _ in lines), _weighed(lines, _places(lines, page), page, claims), strict=True))


def _lines(page: Page, source: Source | None, claims: Sequence[Claim]) -> list[tuple[str, str]]:
    tree, alone = tree_for(page, source)
    lines = _read(tree)
    if alone and (len(lines) < _FEWEST or _size(lines) < _SUSPICIOUS):
        tree, alone = tree_for(page, source, whole=True)
        lines = _read(tree)
    if _in_doubt(lines, page):
        lines = _read(tree_for(page, source, whole=True)[0] if alone else tree, twice=True)
        if _in_doubt(lines, page):
            again = _read(tree_for(page, source, beside=True)[0], twice=True)
            lines = again if _size(again) > 2 * _size(lines) else lines
    if _may_be_bare(tree, page) and is_bare(tree):
        wrapped = _read(tree_for(page, source, wrap=True)[0])
        lines = wrapped if _size(wrapped) > max(_MORE * _size(lines), _size(lines) + 2 * PARAGRAPH) else lines
    if _is_heap(lines, page):
        lines = _read(tree_for(page, source, whole=True)[0], twice=True, others=True)
        lines = _own_lines(page) if _is_heap(lines, page) else lines
    if _size(lines) < _SUSPICIOUS and _size(kept := lines_in_scripts(page, claims)) > _MANY_TIMES * _size(lines):
        return kept
    if not lines:
        lines = _own_lines(page)
        if _size(lines) > _SUSPICIOUS:
            raise ExtractionError(f"{len(lines)} lines of visible text, but no reader finds an article")
    return lines


def _own_lines(page: Page) -> list[tuple[str, str]]:
    """What the page shows but for its links."""
    return [(line.text, "p") for line in page.lines() if line.linked * 2 < len(line.text)]


def _in_doubt(lines: Sequence[tuple[str, str]], page: Page) -> bool:
    """Whether a page shows much running text of which the reader found little."""
    found = _size(lines)
    return found < _LITTLE and found < 0.2 * sum(len(one.text) for one in page.lines() if not one.links)


def _may_be_bare(tree: html.HtmlElement, page: Page) -> bool:
    """Whether a page shows clearly more running text than stands in paragraphs of what is read."""
    shown = sum(len(one.text) for one in page.lines() if len(one.text) >= PARAGRAPH and not one.links)
    return prose(tree) < _TOLD * shown


def _is_heap(lines: Sequence[tuple[str, str]], page: Page) -> bool:
    """Whether the reader told no lines apart and gave all that it saw as one."""
    if len(lines) != 1:
        return False
    heap = _squeezed(lines[0][0])
    told = (_squeezed(one.text) for one in page.lines()[:_FIRST] if " " in one.text)
    return len(list(islice((one for one in told if one in heap and one != heap), _FEWEST_HEAPED))) == _FEWEST_HEAPED


def _size(lines: Sequence[tuple[str, str]]) -> int:
    return sum(len(text) for text, _ in lines)


def _read(tree: html.HtmlElement, *, twice: bool = False, others: bool = False) -> list[tuple[str, str]]:
    """The lines trafilatura finds; `twice` lets it look again, less strictly, when it found little, and `others` lets
    it ask the readers it knows beside its own."""
    # any format but "python": for that one it renders a text that nobody asks for here
    options = Extractor(output_format="txt", fast=not others, comments=False, links=False, formatting=False)
    options.min_extracted_size = 200
    options.min_output_size = 1
    options.max_file_size = 10**9  # the body was capped when it was fetched
    if not twice:  # it measures each short page as a whole for that, which costs more than the reading
        options.focus = "once"
    document: Any = trafilatura.bare_extraction(tree, options=options)
    return list(_lines_of(document.body)) if document is not None else []


def _lines_of(body: Any) -> Iterator[tuple[str, str]]:
    """(text, tag) of each line of trafilatura's tree."""
    pieces: list[tuple[str, str | None]] = []
    tags: list[str] = []
    for event, element in etree.iterwalk(body, events=("start", "end")):
        name, start = element.tag, event == "start"
        if name in _PARTS:
            if (line := folded(pieces)) and _READABLE.search(line[0]):
                yield line[0], tags[-1] if tags else "p"
            pieces = []
            if name in _TAGS:
                if start:
                    tags.append(_TAGS[name])
                else:
                    tags.pop()
        elif name == "cell" and start and pieces:
            pieces.append((" | ", None))
        piece = element.text if start else element.tail
        if piece and (start or element is not body):
            pieces.append((piece, None))
    if (line := folded(pieces)) and _READABLE.search(line[0]):
        yield line[0], "p"


def _found(lines: Sequence[tuple[str, str]], page: Page, rules: RuleSet, claims: tuple[Claim, ...]) -> Extraction:
    """The lines with what the page itself knows of them: the element they stand in, their links, their surroundings."""
    shown, at = page.lines(), _places(lines, page)
    weights = odds(_weighed(lines, at, page, claims))
    pieces = [
        _piece(text, tag, None if n is None else shown[n], weight)
        for (text, tag), n, weight in zip(lines, at, weights, strict=True)
    ]
    known = [n for n in at if n is not None]
    if known:
        inside = Surroundings(shown, frozenset(known), claims)
        claims += tuple(inside.claims(Reader(rules)))
        if inside.within is not None:
            n = at.index(inside.within)
            pieces[n] = pieces[n]._replace(tag="standfirst")
    return _joined(pieces, claims)


def _places(lines: Sequence[tuple[str, str]], page: Page) -> list[int | None]:
    return _aligned([text for text, _ in lines], [one.text for one in page.lines()])


def _weighed(
    lines: Sequence[tuple[str, str]], at: Sequence[int | None], page: Page, claims: Sequence[Claim]
) -> Iterator[Features | None]:
    if lines and all(one is None for one in at):  # the page shows none of it: there is nothing to weigh it by
        return iter([None] * len(lines))
    host = (urlsplit(page.url).hostname or "").removeprefix("www.").split(".")[0]
    return Lines(lines, at, page.lines(), claims, host).features()


def _aligned(texts: Sequence[str], shown: Sequence[str]) -> list[int | None]:
    """For each text the shown line it is; where the page shows it more than once, the one nearest its neighbours."""
    places: dict[str, list[int]] = {}
    for n, one in enumerate(shown):
        places.setdefault(_squeezed(one), []).append(n)
    found = [places.get(_squeezed(text), []) for text in texts]
    at = [one[0] if len(one) == 1 else None for one in found]
    mate = next((n for n in at if n is not None), None)  # place of the line before, of the first known one at first
    for i, candidates in enumerate(found):
        if len(candidates) > 1:
            at[i] = candidates[0] if mate is None else _nearest(mate, candidates)
        mate = mate if at[i] is None else at[i]
    return at


def _nearest(place: int, candidates: Sequence[int]) -> int:
    """The one of these places in ascending order that is nearest; the first of two."""
    after = bisect_left(candidates, place)
    return min(candidates[max(0, after - 1) : after + 1], key=lambda n: abs(n - place))


def _piece(text: str, tag: str, line: Line | None, weight: float) -> _Piece:
    if line is None:
        return _Piece(text, tag, (), weight)
    links = line.links if line.text == text else ((0, len(text), line.links[0][2]),) if _all_linked(line) else ()
    return _Piece(text, _ELEMENTS.get(str(line.element.tag), tag), links, weight)


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _all_linked(line: Line) -> bool:
    return bool(line.links) and line.linked >= 0.9 * len(line.text)


def extract_text(text: str, claims: Iterable[Claim] = ()) -> Extraction:
    """The lines of a plain text as blocks; lines wrapped by hand are joined to paragraphs."""
    text = clean_characters(text)
    paragraphs = [re.split(r"\n", part) for part in re.split(r"\n[^\S\n]*\n", text)]
    lines = [
        line for part in paragraphs for line in (part if not _hard_wrapped(paragraphs, part) else [" ".join(part)])
    ]
    return _joined([_Piece(line.strip()) for line in lines if line.strip()], tuple(claims))


def _hard_wrapped(paragraphs: list[list[str]], part: list[str]) -> bool:
    """Whether the lines of this paragraph were broken at a column, not by meaning."""
    shortest, longest = _HARD_WRAP
    widest = max((len(line) for paragraph in paragraphs for line in paragraph), default=0)
    return len(part) > 1 and widest <= longest and all(len(line.rstrip()) >= shortest for line in part[:-1])


def _joined(pieces: Iterable[_Piece], claims: tuple[Claim, ...]) -> Extraction:
    parts: list[str] = []
    blocks: list[Block] = []
    offset = 0
    for text, tag, links, weight in pieces:
        moved = tuple(Link(start + offset, stop + offset, url) for start, stop, url in links)
        blocks.append(Block(offset, offset + len(text), tag, moved, weight))
        parts.append(text)
        offset += len(text) + len(_SEPARATOR)
    return Extraction(text=_SEPARATOR.join(parts), blocks=tuple(blocks), claims=claims)
