"""What stands around the text that a reader found: the page's head above it and the foot below.

Readers leave most of it out, rightly; but standfirst, byline, date, captions, credits and the lead image stand
there, and they are facts of the article.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from lxml import html

from pipelines.dates import find_moments
from pipelines.lines import ends_sentence, key, likeness, word_count
from pipelines.page import Line
from pipelines.reading import Reader
from pipelines.titles import says_title
from pipelines.types import Claim

_NAMES = re.compile(
    r"stand-?first|sub-?(?:title|head|headline|hed)|(?:^|[\s_-])(?:deck|dek|intro|lede?|chapo|chapeau|sapo|summary|excerpt|"
    r"abstract|vorspann|entradilla|bajada|sommario|occhiello|ingress|manchet|teaser-?text|article-?(?:lead|summary|"
    r"description|intro))(?:$|[\s_-])",
    re.IGNORECASE,
)  # fmt: skip
_BYLINE = re.compile(r"(?:^|[\s_-])(?:by-?line|author-?name|authors?|contributor|writer)(?:$|[\s_-])", re.IGNORECASE)
_READERS = re.compile(r"comment(?!ary|ator)|(?<!cor)respond|\brepl(?:y|ies)\b|discuss|disqus", re.IGNORECASE)
_LEADS_IN = re.compile(r"(?:[\W_]|\b[a-zà-ÿа-я]{1,3}\b)+$")  # what stands between a name and a date
_CAPTIONED = re.compile(r"caption|credit|copyright|legend|gallery|figure", re.IGNORECASE)
_HEAD, _ABOVE_TITLE, _FOOT = 14, 4, 6  # lines above the text, above the headline, below the text
_FARTHEST_TITLE = 40  # lines between headline and text at most: sharing tools, pictures, players
_NEAR_TITLE, _LONG_STANDFIRST = 3, 9  # lines below a headline and words, from which an unnamed line is a standfirst
_SHORTEST, _LABEL = 4, 12  # words of a standfirst at least; from which a line between it and the text is no label
_NEARLY = 0.9  # likeness of a line and the page's description of which one has a place name more
_HEADINGS = ("h2", "h3", "h4")
_DEEP = 2  # elements between a caption and a line of it
_AROUND = 5  # elements around a name that may say whose it is
_CREDITS = ("credit", "agency", "authors", "paywalled")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The page's visible lines, which of them the text holds, and what the page claims of itself."""

    lines: Sequence[Line]
    inside: frozenset[int]
    page: Sequence[Claim]
    within: int | None = field(init=False)  # the line of the text that is its standfirst
    _titles: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        titles = frozenset(key(str(one.value)) for one in self.page if one.field == "title")
        object.__setattr__(self, "_titles", titles)
        object.__setattr__(self, "within", self._standfirst_within())

    def claims(self, reader: Reader) -> Iterator[Claim]:
        """The facts that stand around the text."""
        head = self._head()
        if self.within is None and (above := self._standfirst(head)) is not None:
            yield Claim("description", above.text, "page:standfirst")
        for line in head:
            yield from self._facts(line, "lead", reader)
        last = max(self.inside)
        for line in self.lines[last + 1 : last + 1 + _FOOT]:
            yield from (one for one in self._facts(line, "tail", reader) if one.field in _CREDITS)
        for n in range(min(self.inside), last):
            if n not in self.inside and _is_in_caption(self.lines[n].element):
                yield Claim("captions", self.lines[n].text, "page:figcaption")
        if image := self._image():
            yield Claim("image", image, "page:img")

    def _head(self) -> Sequence[Line]:
        """The lines from just above the headline to the text, without those of the text and those that are links."""
        first = self._opening()
        start = max(0, first - _HEAD)
        for n in range(first - 1, max(0, first - _FARTHEST_TITLE) - 1, -1):
            if self._is_title(n):
                start = max(0, n - _ABOVE_TITLE)
                break
        return [
            self.lines[n]
            for n in range(start, first)
            if n not in self.inside or self._is_title(n)
            if self.lines[n].linked * 2 < len(self.lines[n].text) or _is_byline(self.lines[n].element)
        ]

    def _opening(self) -> int:
        """The first line of the text that is not the headline."""
        return next((n for n in sorted(self.inside) if not self._is_title(n)), min(self.inside))

    def _is_title(self, n: int) -> bool:
        line = self.lines[n]
        return line.element.tag == "h1" or says_title(line.text, self._titles)

    def _facts(self, line: Line, zone: str, reader: Reader) -> Iterator[Claim]:
        if _is_in_caption(line.element):
            yield Claim("captions", line.text, "page:figcaption")
        elif read := reader.read(line.text, zone):
            yield from read[1]
        for element in (line.element, *line.element.iter("a", "span", "address")):
            if _is_byline(element) and 3 < len(name := " ".join(element.text_content().split())) < 80:
                yield Claim("authors", _undated(name), "page:byline")

    def _standfirst(self, head: Sequence[Line]) -> Line | None:
        """The line above the text that the page's own description repeats, that its markup calls a standfirst, or
        that is running text right below the headline."""
        described = self._descriptions()
        heads = [n for n, line in enumerate(head) if line.element.tag == "h1" or key(line.text) in self._titles]
        below = [line for line in head[heads[-1] + 1 if heads else 0 :] if not _is_caption(line)]
        for line in below:
            if word_count(line.text) < 4:
                continue
            if says_the_same(key(line.text), described) or any(likeness(line.text, one) > _NEARLY for one in described):
                return line
        for line in below if heads else ():
            if word_count(line.text) >= 6 and is_called_standfirst(line.element):
                return line
        for line in below[:_NEAR_TITLE] if heads else ():
            whole = ends_sentence(line.text) or line.element.tag in _HEADINGS
            if word_count(line.text) >= _LONG_STANDFIRST and not line.links and whole:
                return line
        return None

    def _standfirst_within(self) -> int | None:
        """The line with which the text opens, where it is a standfirst: called so, or the page's description in an
        element of another kind than the paragraph after it. Below a headline it is a heading that is called so, or
        parted from the text."""
        first = min(self.inside)
        if self._opens_apart(first):
            return first
        below = self._opening()
        heading = self.lines[below].element.tag in _HEADINGS and is_called_standfirst(self.lines[below].element)
        return below if heading or (below != first and self._is_parted(below)) else None

    def _is_parted(self, n: int) -> bool:
        """Whether a line stands in another element than the text after it, and is called a standfirst, is what the page
        says of itself, or is a sentence with nothing but labels before the text: byline, date, sharing tools."""
        line, after = self.lines[n], min((m for m in self.inside if m > n), default=None)
        if after is None or line.element.getparent() is self.lines[after].element.getparent():
            return False
        if line.element.tag == "li" or _is_caption(line) or word_count(line.text) < _SHORTEST:
            return False
        if is_called_standfirst(line.element) or key(line.text) in self._descriptions():
            return True
        labels = self.lines[n + 1 : after]
        whole = word_count(line.text) >= _LONG_STANDFIRST and ends_sentence(line.text) and not line.links
        return whole and bool(labels) and all(word_count(one.text) < _LABEL for one in labels)

    def _opens_apart(self, first: int) -> bool:
        line = self.lines[first]
        if is_called_standfirst(line.element):
            return bool(line.element.tag != "li")  # notes and links to more stand in lists
        after = [n for n in self.inside if n > first]
        if not after or not says_the_same(key(line.text), self._descriptions()):
            return False
        return bool(line.element.tag != self.lines[min(after)].element.tag)

    def _descriptions(self) -> frozenset[str]:
        return frozenset(key(str(one.value)) for one in self.page if one.field == "description") - {""}

    def _image(self) -> str | None:
        """The first picture in the element that holds the text's first line, or around it."""
        holder = self.lines[min(self.inside)].element.getparent()
        around = holder.getparent() if holder is not None else None
        images = [image for one in (holder, around) if one is not None for image in one.iter("img")]
        for image in images:
            source = image.get("src") or image.get("data-src") or ""
            small = (image.get("width") or "999").isdecimal() and int(image.get("width") or "999") < 100
            if source and not source.startswith("data:") and not small:
                return str(source)
        return None


def says_the_same(text: str, described: frozenset[str]) -> bool:
    """Whether a line is a description, or one of the two is the other cut short."""
    return any(
        text == one or (len(min(text, one, key=len)) > 40 and (text.startswith(one) or one.startswith(text)))
        for one in described
    )


def is_called_standfirst(element: html.HtmlElement) -> bool:
    """Whether the element or its parent carries a name that designers give to standfirsts."""
    parent = element.getparent()
    near = [element] + ([parent] if parent is not None and len(parent) <= 2 else [])
    names = (one.get(attribute) or "" for one in near for attribute in ("class", "id", "itemprop"))
    return any(_NAMES.search(name) for name in names)


def _is_caption(line: Line) -> bool:
    element = line.element
    return _is_in_caption(element) or any(
        _CAPTIONED.search(one.get("class") or "") or one.tag == "figure" for one in (element, element.getparent())
    )


def _is_in_caption(element: html.HtmlElement) -> bool:
    """Whether a line is what a picture's caption says, or a paragraph of it."""
    return any(one.tag == "figcaption" for one in (element, *islice(element.iterancestors(), _DEEP)))


def _is_byline(element: html.HtmlElement) -> bool:
    return bool(_BYLINE.search(element.get("class") or "")) and not _is_of_readers(element)


def _undated(name: str) -> str:
    """`Ada Holm on 2 May 2024, 10:11` → `Ada Holm`."""
    date = next(find_moments(name), None) if any(map(str.isdecimal, name)) else None
    return _LEADS_IN.sub("", name[: date.start]) or name if date else name


def _is_of_readers(element: html.HtmlElement) -> bool:
    """Whether a name stands among comments, or in the form for one: the themes of many blogs call both an author."""
    around = (element, *islice(element.iterancestors("div", "section", "ul", "ol", "li", "form", "p"), _AROUND))
    return any(_READERS.search(f"{one.get('class')} {one.get('id')}") for one in around)
