"""What the pages of a source have in common, as bytes: the content of the dictionary they are compressed with.

It holds markup, scripts and labels, and no article's words, for what is forgotten has to be gone from here too:

1. More than three words in a row are never taken, however many pages have them, and wherever they stand: in a text,
   an attribute, a script or an address (`/2024/05/minister-resigns-after-vote`). So no sentence, headline or teaser is.
2. Two or three words in a row, such as labels of a menu, are taken where nearly every page has them, unless an
   article is titled so.
3. Everything else is taken where three pages and a fifth of all have it.

A text between two tags is one row. Elsewhere, words are in a row as long as there is nothing between them but space,
hyphens, underscores and marks of a sentence. A long word counts as several: not all scripts have spaces. Style sheets
and names of classes hold no words.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import cache, partial
from itertools import groupby
from typing import TypeAlias

LIMIT = 256 * 1024  # bytes of a dictionary

_LEAST = 3  # pages that have a piece
_SHARE = 0.2  # of all pages
_NEARLY_ALL = 0.9  # of all pages
_LABEL = 100  # bytes, at most, of what may be a title
_SHORTEST = 8  # bytes that stand together
_MOST_WORDS = 3  # in a row
_LONG = 20  # ASCII letters that count as a further word: there is base64
_LONG_OTHER = 9  # other bytes that do: three signs of Chinese
_GAP = b"\0"  # stands where something was left out, so that the ends do not make new words

_LETTERS = (
    rb"(?:[0-9A-Za-z\x80-\xc1\xc3-\xff]++|\xc2(?!\xa0)|\\u[0-9A-Fa-f]{4}|%(?!20)[0-9A-Fa-f]{2}"
    rb"|&(?!nbsp;|#160;|#32;)#?\w{1,8}+;)++"
)
_SPACE = rb"(?:\s|[-_+]|\xc2\xa0|%20|&nbsp;|&#160;|&#32;|\\[nrt])"
_MARKS = rb"(?:[][,.;:!?'\"()*\xab\xbb]|\\[\"'/]){0,3}+"
_WORD = re.compile(_LETTERS)
#: Two words in a row and more, or one that may be long.
_ROW = re.compile(
    rb"%(letters)b(?:(?:%(marks)b%(space)b++%(marks)b|'|\xe2\x80\x99)%(letters)b)++|[^\s<>=\"'/.;,(){}]{10,}+"
    % {b"letters": _LETTERS, b"marks": _MARKS, b"space": _SPACE}
)
_CODED = re.compile(rb"\\u[0-9A-Fa-f]{4}|%[0-9A-Fa-f]{2}|&#?\w{1,8};")
_ASCII = bytes(range(0x80))
_TWO_LETTERS = re.compile(rb"[A-Za-z]{2}")

#: None of these looks at a byte more than a few times, whatever a page leaves open.
_PART = re.compile(
    rb"<!--.*?(?:-->|\Z)|(?P<style><style\b.*?(?:</style\b|\Z))|(?P<script><script\b.*?(?:</script\b|\Z))"
    rb"|(?P<tag></?[A-Za-z][^<>]*+>?)|(?P<text>[^<]++)|<",
    re.DOTALL | re.IGNORECASE,
)
_ATTRIBUTE = re.compile(rb"""(?<![\w:.-])([\w:.-]++)\s*+=\s*+("[^"]*+"|'[^']*+'|[^\s>"']++)""")
_WORDLESS = (b"class", b"style")
#: Ends a row of words in a script, and in no sentence.
_CODE = re.compile(rb"""['"]\s*+[:,]\s*+(?=['"\[{\d])|;\s*+\n|\)\s*+[;{]|(?<=\w)\(""")
_STATEMENT = re.compile(rb"[^\n;,{}]*+[\n;,{}]|[^\n;,{}]++")

#: In UTF-8 signs of another encoding (UTF-16, ISO-2022), elsewhere letters of any.
_CONTROLS, _FOREIGN = re.compile(rb"[\0\x1b]"), re.compile(rb"[\0\x1b\x80-\xff]")
_UNKNOWN = 1000  # words, where nobody knows

#: Bytes of a page, and how many words in a row they are.
Piece: TypeAlias = tuple[bytes, int]
_Rows: TypeAlias = Callable[[bytes], Iterator[Piece]]
_Titles: TypeAlias = Callable[[AbstractSet[str]], AbstractSet[str]]
_Cut: TypeAlias = Callable[[str | None, bytes, re.Pattern[bytes]], Iterable[Piece]]


def content(pages: Sequence[bytes], titles: _Titles = frozenset().intersection) -> bytes:
    """What `pages` of different articles share, the most telling last, as zstd likes it; may be empty.

    `titles` tells which of some labels, as `folded` leaves them, are titles of articles.
    """
    return content_of(cut_up(pages), titles)


def cut_up(pages: Iterable[bytes]) -> list[list[Piece]]:
    """The pieces of each page: most of the work, done once for whatever choice of the pages is asked for."""
    cut = cache(_cut)  # what pages share is cut once
    return [list(pieces(page, cut)) for page in pages]


def content_of(pages: Sequence[Sequence[Piece]], titles: _Titles = frozenset().intersection) -> bytes:
    """The same as `content`, of pages that are cut up."""
    counts = Counter(piece for page in pages for piece in set(page))
    taken = {piece for piece, count in counts.items() if _is_shared(piece, count, len(pages))}
    labels = {piece: folded(piece[0].decode(errors="replace")) for piece in taken if len(piece[0]) <= _LABEL}
    not_to_take = titles(frozenset(label for label in labels.values() if " " in label))
    taken.difference_update(piece for piece, label in labels.items() if label in not_to_take)
    # the page that has most of it keeps its order; the others add what it lacks
    found: dict[bytes, None] = {}
    for page in sorted(pages, key=partial(_shared_bytes, taken), reverse=True):
        found.update(dict.fromkeys(_stretches(page, taken)))
        taken.difference_update(page)
    return _GAP.join(reversed(list(_within(LIMIT, found))))


def _within(limit: int, stretches: Iterable[bytes]) -> Iterator[bytes]:
    for stretch in stretches:
        limit -= len(stretch) + len(_GAP)
        if limit < 0:
            return
        yield stretch


def _is_shared(piece: Piece, count: int, pages: int) -> bool:
    words = piece[1]
    if words > _MOST_WORDS:
        return False
    return count >= max(_LEAST, (_SHARE if words < 2 else _NEARLY_ALL) * pages)


def _shared_bytes(taken: Container[Piece], page: Sequence[Piece]) -> int:
    return sum(len(piece[0]) for piece in page if piece in taken)


def _stretches(page: Sequence[Piece], taken: Container[Piece]) -> Iterator[bytes]:
    """What a page has of it: what stands together there, last first."""
    kept = ([one[0] for one in run] for is_taken, run in groupby(reversed(page), key=taken.__contains__) if is_taken)
    return (stretch for run in kept if len(stretch := b"".join(reversed(run))) >= _SHORTEST)


def folded(text: str) -> str:
    """A title or a label by its words alone."""
    return " ".join(re.findall(r"[^\W_]+", html.unescape(text).casefold()))


def pieces(page: bytes, cut: _Cut | None = None) -> Iterator[Piece]:
    """A page cut up; joined, its pieces are the page again."""
    opaque = _FOREIGN if _is_foreign(page) else _CONTROLS
    for part in _PART.finditer(page):
        yield from (cut or _cut)(part.lastgroup, part[0], opaque)


def _cut(kind: str | None, part: bytes, opaque: re.Pattern[bytes]) -> tuple[Piece, ...]:
    rows = partial(_rows, opaque=opaque)
    match kind:
        case "style":
            return tuple((one, 0) for one in _STATEMENT.findall(part))
        case "tag":
            return tuple(_of_tag(part, rows))
        case "script":
            return tuple(_of_script(part, rows))
        case "text" if not opaque.search(part):
            return tuple(_of_text(part))
        case _:
            return tuple(rows(part))


def _is_foreign(page: bytes) -> bool:
    try:
        page.decode()
    except UnicodeDecodeError:
        return True
    return False


def _of_tag(tag: bytes, rows: _Rows) -> Iterator[Piece]:
    end = 0
    for attribute in _ATTRIBUTE.finditer(tag):
        yield from rows(tag[end : attribute.start(2)])
        yield from ((attribute[2], 0),) if attribute[1].lower() in _WORDLESS else rows(attribute[2])
        end = attribute.end()
    yield from rows(tag[end:])


def _of_text(text: bytes) -> Iterator[Piece]:
    """What stands between two tags is one row, whatever is between its words."""
    row = text.strip()
    words = _words(row)
    start = text.index(row)
    found = ((text[:start], 0), (row, words), (text[start + len(row) :], 0)) if words > 1 else ((text, 0),)
    yield from (piece for piece in found if piece[0])


def _of_script(script: bytes, rows: _Rows) -> Iterator[Piece]:
    end = 0
    for code in _CODE.finditer(script):
        yield from _statements(script[end : code.start()], rows)
        yield code[0], 0
        end = code.end()
    yield from _statements(script[end:], rows)


def _statements(code: bytes, rows: _Rows) -> Iterator[Piece]:
    for piece, words in rows(code):
        if words:
            yield piece, words
        else:
            yield from ((one, 0) for one in _STATEMENT.findall(piece))


def _rows(text: bytes, opaque: re.Pattern[bytes]) -> Iterator[Piece]:
    """Text cut into rows of at least two words, and what stands between them, which counts as none.

    Where it is `opaque`, nobody knows where its words end.
    """
    if opaque.search(text):
        yield text, _UNKNOWN
        return
    end = 0
    for row in _ROW.finditer(text):
        words = _words(row[0])
        if words > 1:
            if row.start() > end:
                yield text[end : row.start()], 0
            yield row[0], words
            end = row.end()
    if end < len(text):
        yield text[end:], 0


def _words(row: bytes) -> int:
    """How many words of two letters and more; what has no spaces counts by its length."""
    count = 0
    for word in _WORD.findall(row):
        other = len(word.translate(None, _ASCII)) + 3 * len(_CODED.findall(word))
        if other:
            count += 1 + other // _LONG_OTHER
        elif _TWO_LETTERS.search(word):
            count += 1 + len(word) // _LONG
    return count
