"""From bytes to one clean tree: what every reader of a page shares.

A page lies about its charset, holds characters that XML forbids and nests deeper than parsers like; each of
these makes extractors lose the whole article without a word. Here they are mended, once.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from charset_normalizer import from_bytes
from lxml import etree, html

from pipelines.mend import PHRASES, flatten, name_custom_elements, spell_out_quotes, spell_out_ruby
from pipelines.names import is_unseen
from pipelines.types import Capture

#: Elements that hold no readable text of the page.
SILENT = frozenset(("script", "style", "noscript", "template", "svg", "iframe", "object", "head"))
#: Elements in which a page speaks of itself.
_TELLING = ("script", "meta", "link", "title", "h1", "time", "a")
#: Elements that end a line of text.
_BREAKING = frozenset((
    "address", "article", "aside", "blockquote", "body", "br", "button", "caption", "center", "dd", "details",
    "dialog", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4",
    "h5", "h6", "header", "hr", "label", "legend", "li", "main", "nav", "ol", "option", "p", "pre", "section",
    "select", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
))  # fmt: skip
_C0 = bytes((*range(9), 11, 12, *range(14, 32), 127))
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufeff\ufffe\uffff]")
#: Signs that nobody sees, and with which no search finds a word: soft hyphens, joiners, and spaces without width, which
#: part words in scripts of Southeast Asia only.
_INVISIBLE = re.compile("[\xad\u2060]|\u200b(?![\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff])")
#: References that may stand for a forbidden character; `_harmless` knows for sure. Most pages have none.
_CUSTOM_ELEMENT = re.compile(rb"</[A-Za-z]\w*-")
_SUSPECT_REFERENCE = re.compile(
    rb"&#(?:x0*((?:[01]?[0-9a-f]|7f|[df][0-9a-f]{3})(?![0-9a-f])|[0-9a-f]{5,8})|"
    rb"0*((?:[12]?[0-9]|3[01]|127)(?![0-9])|[0-9]{5,8}));?",
    re.IGNORECASE,
)
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_SPACES = re.compile(r"[ \t\n\r\f]{2,}|[\t\n\r\f]")
_BLANK = " \t\n\r"
_SURROGATES = re.compile("[\ud800-\udfff]")


class UndecodableError(ValueError):
    """The bytes are no text."""


@dataclass(slots=True)
class Page:
    """A parsed page. The tree is shared: whoever changes it copies it first. Scripts and styles stand outside it."""

    url: str
    tree: html.HtmlElement
    _lines: list[Line] | None = field(default=None, repr=False)
    _elements: dict[str, list[html.HtmlElement]] | None = field(default=None, repr=False)

    def lines(self) -> list[Line]:
        """The visible lines of the page in order, read once."""
        if self._lines is None:
            self._lines = list(visible_lines(self.tree))
        return self._lines

    def elements(self, tag: str) -> list[html.HtmlElement]:
        """All elements of a tag that speaks of the page, in order; the tree is walked once for all such tags."""
        if self._elements is None:
            self._elements = {tag: [] for tag in _TELLING}
            for element in self.tree.iter(*_TELLING):
                self._elements[element.tag].append(element)
        return self._elements[tag]


class Line(NamedTuple):
    """A visible line of a page: its text, the element that holds it, and its links by their span in the text."""

    text: str
    element: html.HtmlElement
    links: tuple[tuple[int, int, str], ...]

    @property
    def linked(self) -> int:
        """How many characters of it are within links."""
        return sum(stop - start for start, stop, _ in self.links)


def decode(body: bytes, charset: str | None = None) -> str:
    """The text of a body. Valid UTF-8 wins over any label; then BOM, `charset`, the page's own meta, a guess.

    Raises UndecodableError for bytes that are no text.
    """
    for bom, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if body.startswith(bom):
            return body.decode(name, errors="replace")
    try:
        # deleting bytes is far cheaper than translating the text
        return body.translate(None, _C0).decode("utf-8")
    except UnicodeDecodeError as problem:
        if problem.start >= len(body) - 3:  # cut in the middle of a character
            return body.decode("utf-8", errors="ignore")
    if b"\x00" in body[:4096] and not _looks_utf16(body):
        raise UndecodableError("binary data")
    meta = _META_CHARSET.search(body[:4096])
    for label in (charset, meta and meta[1].decode("ascii")):
        text = _decoded_as(body, label)
        if text is not None:
            return text
    if body.count(b"\xef\xbf\xbd") or _nearly_utf8(body):
        return body.decode("utf-8", errors="replace")
    best = from_bytes(body[:65536]).best()
    if best is None:
        raise UndecodableError("no known text encoding")
    return body.decode(best.encoding, errors="replace")


def _decoded_as(body: bytes, label: str | None) -> str | None:
    try:
        name = codecs.lookup(label or "").name
        # browsers read these labels as their Windows supersets, and so do the pages' authors
        name = {"iso8859-1": "cp1252", "ascii": "cp1252", "iso8859-9": "cp1254"}.get(name, name)
        text = body.decode(name, errors="replace")
    except (LookupError, TypeError):
        return None
    return text if text.count("\ufffd") * 100 <= len(text) else None


def _looks_utf16(body: bytes) -> bool:
    head = body[:4096]
    return max(head[0::2].count(0), head[1::2].count(0)) > len(head) // 3


def _nearly_utf8(body: bytes) -> bool:
    text = body.decode("utf-8", errors="replace")
    return (
        0 < text.count("\ufffd") * 200 < len(text)
        and not text.isascii()
        and any(c > "\x7f" for c in text if c != "\ufffd")
    )


def clean_characters(text: str) -> str:
    """Text without the characters that no reader shows and XML forbids; line ends become `\\n`."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _SURROGATES.sub("\ufffd", _FORBIDDEN.sub("", _seen(text)))


def parse(capture: Capture) -> Page:
    """The capture's page as a tree. Raises UndecodableError; ValueError for a document without any element."""
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False, huge_tree=True)
    # one class for all elements: lxml.html asks Python for the class of each, which costs more than the parse
    parser.set_element_class_lookup(etree.ElementDefaultClassLookup(element=html.HtmlElement))
    markup = _markup(capture)
    tree = html.document_fromstring(markup, parser=parser)
    flatten(tree)
    if _CUSTOM_ELEMENT.search(markup):
        name_custom_elements(tree)
    spell_out_ruby(tree)
    spell_out_quotes(tree)
    page = Page(url=capture.final_url or capture.url, tree=tree)
    # half of a page is scripts: without them the tree is copied and searched in less time
    page.elements("script")
    etree.strip_elements(tree, "script", "style", with_tail=False)
    return page


def _markup(capture: Capture) -> bytes:
    """The page in UTF-8, without what XML forbids. Most bodies are UTF-8 already and stay bytes."""
    markup = capture.body.translate(None, _C0).removeprefix(codecs.BOM_UTF8)
    try:
        text = markup.decode("utf-8")
    except UnicodeDecodeError:
        text = decode(capture.body, charset_of(capture))
        markup = text.encode("utf-8").translate(None, _C0)
    if "\ufffe" in text or "\uffff" in text:
        markup = clean_characters(text).encode("utf-8")
    return _SUSPECT_REFERENCE.sub(_harmless, markup)


def charset_of(capture: Capture) -> str | None:
    """The charset that the Content-Type header names."""
    for name, value in capture.headers:
        if name.lower() == "content-type":
            match = re.search(r"charset\s*=\s*[\"']?([\w.:-]+)", value, re.IGNORECASE)
            return match[1] if match else None
    return None


def _harmless(match: re.Match[bytes]) -> bytes:
    code = int(match[1], 16) if match[1] else int(match[2])
    bad = bool(_FORBIDDEN.match(chr(min(code, 0x10FFFF)))) or code > 0x10FFFF or 0xD800 <= code <= 0xDFFF
    # 128 to 159 are read as Windows characters by browsers and by libxml2
    return b"" if bad and not 128 <= code <= 159 else match[0]


def visible_lines(tree: html.HtmlElement) -> Iterator[Line]:
    """The page's text line by line, as block elements and line breaks part it."""
    pieces: list[tuple[str, str | None]] = []
    current: html.HtmlElement | None = None
    for text, holder, href in _texts(tree):
        if holder is not current:
            if current is not None and (line := folded(pieces)):
                yield Line(line[0], current, line[1])
            pieces, current = [], holder
        if pieces or not text.isspace():
            pieces.append((text, href))
    if current is not None and (line := folded(pieces)):
        yield Line(line[0], current, line[1])


def _texts(tree: html.HtmlElement) -> Iterator[tuple[str, html.HtmlElement | None, str | None]]:
    """The shown texts in order, each with the block element that holds it and the link it stands in; without a holder
    where a line breaks."""
    holder: html.HtmlElement | None = None  # None: not shown
    href: str | None = None
    left = 1  # elements still to come at this level: counting them is cheaper than asking each for its parent
    around: list[tuple[html.HtmlElement, html.HtmlElement | None, str | None, int]] = []
    for element in tree.iter():
        tag = element.tag
        within, link = holder, href
        if tag in _BREAKING:
            if tag == "br":
                yield "", None, None
            elif holder is not None or tag == "body":
                within = element
        elif tag in SILENT:
            within = None
        elif tag == "a":
            link = element.get("href", "")
        elif tag == "span" and is_unseen(element):
            within = None
        # a space parts words within a line, and nothing between blocks
        if within is not None and (text := element.text) and (text.strip(_BLANK) or tag in PHRASES):
            yield text, within, link
        if inner := len(element):
            around.append((element, holder, href, left))
            holder, href, left = within, link, inner
            continue
        while True:
            if holder is not None and (tail := element.tail) and (tail.strip(_BLANK) or element.tag in PHRASES):
                yield tail, holder, href
            left -= 1
            if left or not around:
                break
            element, holder, href, left = around.pop()


def folded(pieces: list[tuple[str, str | None]]) -> tuple[str, tuple[tuple[int, int, str], ...]] | None:
    """Pieces of one line, each with the link it stands in, as text with folded spaces and the spans of its links."""
    while pieces and pieces[-1][0].isspace():
        pieces.pop()
    if len(pieces) == 1:  # most lines
        return _folded_alone(*pieces[0])
    parts: list[str] = []
    links: list[tuple[int, int, str]] = []
    length, spaced = 0, True
    for piece, href in pieces:
        text = " " if piece.isspace() else _single_spaced(piece)
        if spaced:
            text = text.lstrip(" ")
        if not text:
            continue
        spaced = text[-1] == " "
        if href is not None and (bare := text.strip()):
            start = length + text.index(bare)
            if links and links[-1][2] == href and start - links[-1][1] <= 1:
                start = links.pop()[0]
            links.append((start, length + len(text.rstrip()), href))
        parts.append(text)
        length += len(text)
    text = "".join(parts).rstrip()
    return (text, tuple(links)) if text else None


def _folded_alone(piece: str, href: str | None) -> tuple[str, tuple[tuple[int, int, str], ...]] | None:
    text = _single_spaced(piece.strip(_BLANK)).rstrip()
    if not text:
        return None
    return text, () if href is None else ((len(text) - len(text.lstrip()), len(text), href),)


def _single_spaced(text: str) -> str:
    text = _seen(text)
    return _SPACES.sub(" ", text) if "\n" in text or "  " in text or "\t" in text or "\r" in text else text


def _seen(text: str) -> str:
    if text.isascii() or not ("\xad" in text or "\u200b" in text or "\u2060" in text):
        return text
    return _INVISIBLE.sub("", text)
