"""The article of a page that shows none: many sites send it within their scripts, for a browser to put in place.

Read are JSON-LD's articleBody, scripts of JSON (Next.js and the like), the flight rows of React's server components
(`self.__next_f.push`), and objects assigned to a name (`window.__STATE__ = {…}`). A body counts only where it is told
to be this page's: by the headline beside it, or because nothing else in the scripts is nearly as long.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from lxml import etree, html

from pipelines.jsonld import jsonld_nodes, plain
from pipelines.lines import ends_sentence, key, word_count
from pipelines.page import Page, clean_characters, visible_lines
from pipelines.types import Claim

#: (text, tag) of each line, as a reader of the page gives them.
Told = list[tuple[str, str]]

_FLIGHT = re.compile(r'self\.__next_f\.push\(\[1,\s*("(?:[^"\\]|\\.)*")\s*\]\)')
_ROW = re.compile(rb"([0-9a-f]*):(?:T([0-9a-f]+),)?")
_ASSIGNED = re.compile(r"(?:^|[;\s.])[\w$.]+(?:\[[\"'][\w$-]+[\"']\])?\s*=\s*(JSON\.parse\(\s*)?(?=[{\[\"])")
_NO_BODY = re.compile(r"comment|description|summary|caption|legal|terms|policy|schema|css|style|script|bio|svg|config")
_WORDS_OF_PARTS = ("content", "text", "html", "value", "body", "paragraph", "data", "children")
_TAGS = {"h1": "h", "h2": "h", "h3": "h", "h4": "h", "h5": "h", "h6": "h", "li": "li", "blockquote": "quote"}
_ASIDE = re.compile(
    r"(?:^|[\s_-])(?:caption|figcaption|credit|photo-?desc\w*|img-?(?:desc\w*|box))(?:$|[\s_-])", re.IGNORECASE
)
_PLACEHOLDER = re.compile(r"(?:\$\$|\{\{|\[\[|%%)[^\n]{1,60}?(?:\$\$|\}\}|\]\]|%%)")  # for what a script puts there
_MARKUP = re.compile(r"<(?:p|br|div|h[1-6]|li|section|article)\b", re.IGNORECASE)
_FEWEST = 60  # words of a body
_PROSE = 8  # words of a line that may be a sentence
_TELLING = 15  # characters of a title that no other would begin with
_RIVAL = 0.5  # of its length: as long as that, another body may be the page's as well
_MOST_VALUES, _MOST_BODIES = 200_000, 200  # that are looked at
_SMALLEST = 400  # characters of a script that may hold an article


class _Body(NamedTuple):
    lines: Told
    words: int
    beside: Mapping[str, Any]  # the object it belongs to


def lines_in_scripts(page: Page, claims: Sequence[Claim]) -> Told:
    """The lines of the article that the page's scripts hold; none where there is none, or where several may be it."""
    titles = {key(str(claim.value)) for claim in claims if claim.field == "title"} - {""}
    bodies = sorted(islice(_bodies(page), _MOST_BODIES), key=lambda one: -one.words)
    own = [one for one in bodies if any(_is_called(name, titles) for name in _names(one.beside))]
    if own:
        return own[0].lines
    if not bodies or any(_are_rivals(bodies[0], one) for one in bodies[1:]):
        return []
    return bodies[0].lines


def _is_called(name: str, titles: set[str]) -> bool:
    """Whether a name is the page's title, or what the title begins with: the site's own name may follow."""
    return name in titles or (len(name) >= _TELLING and any(title.startswith(name) for title in titles))


def _are_rivals(first: _Body, other: _Body) -> bool:
    return other.words > _RIVAL * first.words and key(other.lines[0][0]) != key(first.lines[0][0])


def _names(beside: Mapping[str, Any]) -> Iterator[str]:
    """The short texts of an object, as a headline would stand there; those of its own objects, too."""
    for value in beside.values():
        for one in value.values() if isinstance(value, dict) else (value,):
            if isinstance(one, str) and len(one) < 300:
                yield key(plain(one))


def _bodies(page: Page) -> Iterator[_Body]:
    for node in jsonld_nodes(page):
        if isinstance(text := node.get("articleBody"), str):
            yield from _body(_told(text), node)
    for state in _states(page):
        for beside, value in _values(state):
            yield from _body(_told(value) if isinstance(value, str) else _of_parts(value), beside)


def _body(lines: Told, beside: Mapping[str, Any]) -> Iterator[_Body]:
    prose = [text for text, _ in lines if word_count(text) >= _PROSE and ends_sentence(text)]
    words = sum(word_count(text) for text in prose)
    if words >= _FEWEST:
        yield _Body(lines, words, beside)


def _values(state: Any) -> Iterator[tuple[Mapping[str, Any], Any]]:
    """(object, value) of each long text and each list of parts within it, outer ones first."""
    waiting: list[tuple[Mapping[str, Any], Any]] = [({}, state)]
    for _ in range(_MOST_VALUES):
        if not waiting:
            return
        beside, value = waiting.pop()
        if isinstance(value, dict):
            waiting += [(value, one) for name, one in value.items() if not _NO_BODY.search(str(name).lower())]
        elif isinstance(value, list):
            if sum(isinstance(one, dict | str) for one in value) > 1:
                yield beside, value
            waiting += [(beside, one) for one in value if isinstance(one, dict | list)]
        elif isinstance(value, str) and len(value) >= _SMALLEST:
            yield beside, value


def _of_parts(parts: Iterable[Any]) -> Told:
    """A body that is kept as a list of paragraphs: texts, or objects with a text each."""
    found: Told = []
    for part in parts:
        if isinstance(part, dict):
            kind = str(part.get("type") or part.get("kind") or part.get("__typename") or "").lower()
            text = next((part[name] for name in _WORDS_OF_PARTS if isinstance(part.get(name), str)), "")
            if text and not _NO_BODY.search(kind):
                tag = "h" if "head" in kind or "title" in kind else "quote" if "quote" in kind else ""
                found += [(line, tag or own) for line, own in _told(text)]
        elif isinstance(part, str) and " " in part:
            found += _told(part)
    return found


def _told(text: str) -> Told:
    """The lines of a text or of HTML."""
    text = clean_characters(text)
    if "&lt;" in text and not _MARKUP.search(text):
        text = plain(text)
    if not _MARKUP.search(text):
        lines = [(" ".join(one.split()), "p") for one in plain(text).split("\n")]
        return [one for one in lines if one[0] and not _PLACEHOLDER.fullmatch(one[0])]
    try:
        tree: html.HtmlElement = html.document_fromstring(f"<html><body><article>{text}</article></body></html>")
    except (etree.LxmlError, ValueError):
        return []
    for element in list(tree.iter("figure", "figcaption", "div", "span", "p", "em")):
        if element.tag.startswith("fig") or _ASIDE.search(element.get("class") or ""):
            element.drop_tree()
    lines = [(line.text, _TAGS.get(str(line.element.tag), "p")) for line in visible_lines(tree)]
    return [one for one in lines if not _PLACEHOLDER.fullmatch(one[0])]


def _states(page: Page) -> Iterator[Any]:
    """The data within the page's scripts."""
    flight: list[str] = []
    for script in page.elements("script"):
        text, kind = script.text or "", (script.get("type") or "").lower()
        if "__next_f" in text:
            flight += _FLIGHT.findall(text)
        elif len(text) < _SMALLEST or "ld+json" in kind:
            continue
        elif "json" in kind:
            yield from _loaded(text)
        elif not kind or "javascript" in kind or kind == "module":
            yield from _assigned(text)
    if flight:
        yield _rows("".join(one for part in flight for one in _loaded(part) if isinstance(one, str)))


def _loaded(text: str) -> Iterator[Any]:
    try:
        yield json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return


def _assigned(text: str) -> Iterator[Any]:
    """Values that are written as JSON, assigned to names."""
    decoder = json.JSONDecoder(strict=False)
    position = 0
    while match := _ASSIGNED.search(text, position):
        position = match.end()
        try:
            value, position = decoder.raw_decode(text, position)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, str) and match[1]:
            yield from _loaded(value)
        elif isinstance(value, dict | list):
            yield value


def _rows(stream: str) -> Any:
    """The rows of a flight stream (`id:json` lines, and `id:Tlength,text` of so many bytes), texts put where they are
    referred to as "$id"."""
    data, position = stream.encode(), 0
    texts: dict[str, str] = {}
    values: list[Any] = []
    while match := _ROW.match(data, position):
        name, length = match[1].decode(), match[2]
        if length:
            stop = match.end() + int(length, 16)
            texts[f"${name}"] = data[match.end() : stop].decode(errors="replace")
            position = stop
        else:
            stop = data.find(b"\n", match.end())
            stop = len(data) if stop < 0 else stop
            values += _loaded(data[match.end() : stop].decode(errors="replace"))
            position = stop + 1
    return _filled(values, texts, 0)


def _filled(value: Any, texts: Mapping[str, str], depth: int) -> Any:
    if isinstance(value, str):
        return texts.get(value, value)
    if depth > 100:
        return None
    if isinstance(value, dict):
        return {name: _filled(one, texts, depth + 1) for name, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, texts, depth + 1) for one in value]
    return value
