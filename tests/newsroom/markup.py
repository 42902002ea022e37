"""The little markup of the article files: blocks apart by blank lines, with links inside them.

`## ` opens a cross-head, `> ` a quotation, `- ` a list item; anything else is a paragraph. A link is
`[text](address)`. A paragraph may run over several lines of the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from itertools import groupby

_LINK = re.compile(r"\[([^\]]+)\]\(([^()\s]+)\)")
_MARKS = {"## ": "head", "> ": "quote", "- ": "item"}
_TAGS = {
    "paragraph": "<p>{}</p>",
    "head": "<h3>{}</h3>",
    "quote": "<blockquote><p>{}</p></blockquote>",
    "item": "<li>{}</li>",
}


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph, cross-head, quotation or list item: what a reader sees, and the HTML inside its tag."""

    kind: str  # paragraph | head | quote | item
    text: str
    inner: str
    links: tuple[str, ...] = ()


def parse(source: str) -> tuple[Block, ...]:
    """The blocks of a text in the order of the file."""
    blocks = []
    for chunk in re.split(r"\n\s*\n", source.strip()):
        lines = re.split(r"\n(?=- )", chunk) if chunk.startswith("- ") else [chunk]
        blocks += [block(re.sub(r"[ \t]*\n[ \t]*", " ", line)) for line in lines]
    return tuple(blocks)


def block(line: str) -> Block:
    """One line of markup as a block."""
    kind = next((kind for mark, kind in _MARKS.items() if line.startswith(mark)), "paragraph")
    if kind != "paragraph":
        line = line.split(" ", 1)[1]
    text = _LINK.sub(r"\1", line)
    inner = _LINK.sub(r'<a href="\2">\1</a>', escape(line, quote=False))
    return Block(kind, text, inner, tuple(address for _, address in _LINK.findall(line)))


def html(framed: Iterable[tuple[Block, str | None]]) -> str:
    """Blocks as HTML, one element a line, list items gathered in lists. A frame replaces a block's own tag."""
    parts = []
    for is_item, run in groupby(framed, key=lambda pair: pair[0].kind == "item"):
        rows = [(frame or _TAGS[one.kind]).format(one.inner) for one, frame in run]
        parts += ["<ul>", *rows, "</ul>"] if is_item else rows
    return "\n".join(parts)
