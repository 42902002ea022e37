"""The query language as a tree: what was typed is read once, for whichever index finds it.

It is FTS5's own: words are all wanted; "a phrase", AND, OR, NOT, (brackets), NEAR(a b, 5), begin*, ^first, title:word.
Beside it -word leaves out, and *piece* looks inside the words of titles. Any other sign is part of a word: C++, it's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pipelines.store.scripts import has_word

MOST_TERMS = 64  # words that are looked for; thousands of them take seconds
_DEEPEST = 16  # brackets within brackets
_NEAR = 10  # words apart, where no number says so
#: Columns of the index, by what a reader may call them.
COLUMNS = {"title": "title", "standfirst": "description", "description": "description", "text": "text"}
_TOKEN = re.compile(
    r"""\s*(?:
    (?P<near>NEAR\s*\((?P<inside>(?:[^()"]|"(?:[^"]|"")*")*)\))
    |(?P<column>(?i:title|standfirst|description|text))\s*:(?!/)\s*
    |(?P<not>-)(?=["\w*])
    |(?P<open>\()|(?P<close>\))
    |(?P<operator>AND|OR|NOT)(?![^\s()"])
    |(?P<first>\^)(?=\s*["\w])
    |(?P<within>\*(?=\w))?"(?P<phrase>(?:[^"]|"")*)"(?P<begin>\s?\*)?
    |(?P<sub>\*(?=\w))?(?P<word>[^\s()"*]+)(?P<star>\*)?
    |(?P<other>["*])
    )""",
    re.VERBOSE,
)
_WITHIN_NEAR = re.compile(r'"((?:[^"]|"")*)"(\s?\*)?|([^\s"*,]+)(\*)?|,\s*(\d{1,4})\s*$|[",*]')


class ExpressionError(Exception):
    """What was typed is no expression; the message says where, for a reader."""


@dataclass(frozen=True, slots=True)
class Term:
    """A word or phrase. `columns` where it must stand (none: anywhere); `first`: it opens the column."""

    text: str
    prefix: bool = False
    within: bool = False  # a piece of a word
    first: bool = False
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Near:
    """Terms at most so many words apart."""

    terms: tuple[Term, ...]
    distance: int


@dataclass(frozen=True, slots=True)
class All:
    """All of it."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Any:
    """One of it at least."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Without:
    """The one where the other is not."""

    kept: Node
    left_out: Node


Node = Term | Near | All | Any | Without


def terms(node: Node | None) -> Iterator[Term]:
    """What a hit may show of it: every term but those that must not stand there."""
    match node:
        case Term():
            yield node
        case Near():
            yield from node.terms
        case All() | Any():
            for part in node.parts:
                yield from terms(part)
        case Without():
            yield from terms(node.kept)


def read(typed: str) -> Node | None:
    """The tree of an expression; None where it holds no word. Raises ExpressionError."""
    return _Reader(typed).read()


def as_words(typed: str) -> Node | None:
    """Every word of it as it stands, all of them wanted; operators are none."""
    words = (word for word in re.sub(r"[\"()^*]", " ", typed).split() if word not in ("AND", "OR", "NOT", "NEAR"))
    return _all([Term(word) for word in words if has_word(word)][:MOST_TERMS])


def _all(parts: Sequence[Node]) -> Node | None:
    unique = tuple(dict.fromkeys(parts))
    return unique[0] if len(unique) == 1 else All(unique) if unique else None


class _Reader:
    """FTS5's precedence: words side by side first, then NOT, AND, OR."""

    def __init__(self, typed: str) -> None:
        self._tokens = [match for match in _TOKEN.finditer(typed) if match[0].strip()]
        self._next = 0
        self._terms = 0

    def read(self) -> Node | None:
        node = self._either(0)
        if self._peek("close"):
            raise ExpressionError("A bracket is closed that was never opened")
        return node

    def _peek(self, kind: str, said: str | None = None) -> bool:
        if self._next >= len(self._tokens):
            return False
        found = self._tokens[self._next][kind]
        return found is not None and (said is None or found == said)

    def _take(self, kind: str, said: str | None = None) -> bool:
        found = self._peek(kind, said)
        self._next += found
        return found

    def _either(self, depth: int) -> Node | None:
        parts = [self._both(depth)]
        while self._take("operator", "OR"):
            parts.append(self._wanted("OR", parts[-1], self._both(depth)))
        found = tuple(dict.fromkeys(part for part in parts if part))
        return Any(found) if len(found) > 1 else found[0] if found else None

    def _both(self, depth: int) -> Node | None:
        parts = [self._except(depth)]
        while self._take("operator", "AND"):
            parts.append(self._wanted("AND", parts[-1], self._except(depth)))
        return _all([part for part in parts if part])

    def _except(self, depth: int) -> Node | None:
        node = self._side_by_side(depth)
        while self._take("operator", "NOT"):
            left_out = self._side_by_side(depth)
            if node is None or left_out is None:
                raise ExpressionError("NOT wants a word before it and one after it, as in flood NOT river")
            node = Without(node, left_out)
        return node

    def _wanted(self, operator: str, before: Node | None, after: Node | None) -> Node:
        if before is None or after is None:
            raise ExpressionError(f"{operator} wants a word on both sides, as in flood {operator} storm")
        return after

    def _side_by_side(self, depth: int) -> Node | None:
        wanted, left_out = list[Node](), list[Node]()
        while self._next < len(self._tokens) and not self._peek("operator") and not self._peek("close"):
            side = left_out if self._take("not") else wanted
            part = self._primary(depth)
            if part is not None:
                side.append(part)
        if not wanted and left_out:
            raise ExpressionError("A minus leaves a word out, and beside it there is none to look for")
        node = _all(wanted)
        return Without(node, left_out[0] if len(left_out) == 1 else Any(tuple(left_out))) if node and left_out else node

    def _primary(self, depth: int) -> Node | None:
        if self._peek("column"):
            column = COLUMNS[self._tokens[self._next]["column"].lower()]
            self._next += 1
            node = self._primary(depth) if self._next < len(self._tokens) else None
            return _within_column(node, column)
        if self._take("open"):
            if depth >= _DEEPEST:
                raise ExpressionError("There are too many brackets within brackets")
            node = self._either(depth + 1)
            if not self._take("close"):
                raise ExpressionError("A bracket is not closed")
            return node
        if self._next >= len(self._tokens) or self._peek("operator") or self._peek("close"):
            return None
        first = self._take("first")
        if self._next >= len(self._tokens):
            return None
        token = self._tokens[self._next]
        self._next += 1
        if token["other"] == '"':
            raise ExpressionError("A quote is not closed")
        if token["near"]:
            return self._near(token["inside"])
        if (token["word"] or "").startswith("NEAR") and self._peek("open"):
            raise ExpressionError("NEAR wants words in brackets, as in NEAR(bridge repair, 5)")
        return self._term(token, first)

    def _near(self, inside: str) -> Node | None:
        found, distance = list[Term](), _NEAR
        for match in _WITHIN_NEAR.finditer(inside):
            text = match[3] or (match[1] or "").replace('""', '"')
            if match[5]:
                distance = int(match[5])
            elif has_word(text):
                found.append(Term(text, prefix=bool(match[2] or match[4])))
        self._count(len(found))
        if len(found) < 2:
            raise ExpressionError("NEAR wants two words at least, as in NEAR(bridge repair, 5)")
        return Near(tuple(found), distance)

    def _term(self, token: re.Match[str], first: bool) -> Term | None:
        text = token["word"] or (token["phrase"] or "").replace('""', '"')
        if not has_word(text):
            return None
        self._count(1)
        prefix = bool(token["star"] or token["begin"])
        return Term(text, prefix=prefix, within=bool(token["sub"] or token["within"]), first=first)

    def _count(self, more: int) -> None:
        self._terms += more
        if self._terms > 50 * MOST_TERMS:
            raise ExpressionError("There are too many words in this")


def _within_column(node: Node | None, column: str) -> Node | None:
    match node:
        case Term():
            return replace(node, columns=(column,))
        case Near():
            return replace(node, terms=tuple(replace(one, columns=(column,)) for one in node.terms))
        case All() | Any():
            return replace(node, parts=tuple(one for part in node.parts if (one := _within_column(part, column))))
        case Without():
            kept, left_out = _within_column(node.kept, column), _within_column(node.left_out, column)
            return Without(kept, left_out) if kept and left_out else kept
    return None
