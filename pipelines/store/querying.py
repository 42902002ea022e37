"""What a reader wants of the archive, as a value: words in the query language, and what narrows them.

`parse` reads `source:ID`, `lang:xx`, `agency:`, `section:`, `tag:`, `note:`, `since:2026-01-31` and `until:2026-02` out
of what was typed; a value with blanks stands in quotes. Nothing that can be typed is an error: `hints` say what was
done.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pipelines.store import expression
from pipelines.store.expression import MOST_TERMS, ExpressionError, Node
from pipelines.store.rows import same_length

LONGEST = 2000  # characters of a query that are read
_MOST_VALUES = 50  # of one filter
_FILTER = re.compile(
    r"""(?P<before>(?:(?:^|(?<=[\s(]))(?:NOT\s+|-))?)(?:^|(?<=[\s(-]))
    (?P<name>source|language|lang|agency|section|tag|note|since|until):(?P<value>"[^"]*"|[^\s"()]+)""",
    re.VERBOSE | re.IGNORECASE,
)
_NO_WORD = "There is no word in this. Type a word to look for."
_QUOTED = re.compile(r'"[^"]*"')
_NAMES = {"sources": "source", "languages": "lang", "agencies": "agency", "sections": "section", "tags": "tag",
          "notes": "note"}  # fmt: skip
Given = str | Iterable[str] | None
_DAY = re.compile(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A search: of several values of one filter one will do, and all filters hold.

    `words` is in the query language (`expression.py`); `since` and `until` are a year, month or day, both included.
    `tree` is None where nothing is looked for in the texts: then the filters alone decide.
    """

    words: str = ""
    sources: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    agencies: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    since: str | None = None
    until: str | None = None
    tree: Node | None = field(default=None, compare=False, repr=False)
    hints: tuple[str, ...] = field(default=(), compare=False)

    def __bool__(self) -> bool:
        """Whether it asks for anything."""
        return self.tree is not None or self.is_narrowed

    @property
    def is_narrowed(self) -> bool:
        """Whether a filter is set."""
        return any(getattr(self, name) for name in _NAMES) or bool(self.since or self.until)

    @property
    def hint(self) -> str:
        """What was done with what could not be taken as it was typed; empty where all could."""
        return " ".join(self.hints)

    def span(self) -> tuple[int, int]:
        """The first and the last id that its dates allow; ids are times of publication (seconds × 2^20)."""
        first = _moment(self.since, last=False) << 20 if self.since else -(1 << 63)
        last = ((_moment(self.until, last=True) + 1) << 20) - 1 if self.until else (1 << 63) - 1
        return first, last


def parse(
    typed: str,
    *,
    source: Given = None,
    language: Given = None,
    agency: Given = None,
    section: Given = None,
    tag: Given = None,
    note: Given = None,
    since: str | None = None,
    until: str | None = None,
) -> Query:
    """Read what was typed, and what a form or options say beside it; for whatever it is, a query."""
    hints: list[str] = []
    if len(typed) > LONGEST:
        hints.append(f"Only the first {LONGEST:,} characters of this were read.")
    text = re.sub(r"[\x00-\x1f\x7f\ufffd]+", " ", same_length(typed[:LONGEST]))
    text = re.sub("[“”„‟]", '"', text).strip()
    given = {"source": source, "lang": language, "agency": agency, "section": section, "tag": tag, "note": note,
             "since": since, "until": until}  # fmt: skip
    found = {name: [value] if isinstance(value, str) else list(value or ()) for name, value in given.items()}
    words = _without_filters(text, found, hints)
    groups = {group: _values(found[name]) for group, name in _NAMES.items()}
    days = {name: _day(name, found[name], hints) for name in ("since", "until")}
    tree = _tree(words, hints)
    return Query(words=words, tree=tree, hints=tuple(dict.fromkeys(hints)), **groups, **days)  # type: ignore[arg-type]


def typed(query: Query) -> str:
    """The whole query as one would type it; `parse` gives the same again."""
    said = [query.words] if query.words else []
    said += [f"{name}:{_quoted(value)}" for group, name in _NAMES.items() for value in getattr(query, group)]
    said += [f"{name}:{value}" for name, value in (("since", query.since), ("until", query.until)) if value]
    return " ".join(said)


def _values(values: Iterable[str]) -> tuple[str, ...]:
    cleaned = (" ".join(same_length(value).split()) for value in values)
    return tuple(dict.fromkeys(value for value in cleaned if value))[:_MOST_VALUES]


def _without_filters(typed: str, found: dict[str, list[str]], hints: list[str]) -> str:
    """The words; each filter goes where it belongs. What stands in quotes is no filter."""
    kept, end = [], 0
    quotes = [match.span() for match in _QUOTED.finditer(typed)]
    for match in _FILTER.finditer(typed):
        if any(start < match.start("name") < stop for start, stop in quotes):
            continue
        kept.append(typed[end : match.start()])
        end = match.end()
        name, value = match["name"].lower(), match["value"].strip('"')
        if match["before"]:
            hints.append(f"{name}: only narrows; it cannot leave out, so {match[0].strip()} was not looked at.")
        elif name in ("since", "until"):
            found[name].append(value)
        else:
            found["lang" if name == "language" else name].append(value)
    return " ".join("".join([*kept, typed[end:]]).split())


def _tree(words: str, hints: list[str]) -> Node | None:
    try:
        tree = expression.read(words)
    except ExpressionError as problem:
        tree = expression.as_words(words)
        said = "All words were looked for as they stand." if tree else _NO_WORD
        hints.append(f"{problem}. {said}")
        return tree
    if words and tree is None:
        hints.append(_NO_WORD)
    return _bounded(tree, hints)


def _bounded(tree: Node | None, hints: list[str]) -> Node | None:
    """At most so many words; an expression with more is searched for its first ones."""
    if tree is None:
        return None
    if sum(1 for _ in _every(tree)) <= MOST_TERMS:
        return tree
    hints.append(f"Only the first {MOST_TERMS} words were looked for.")
    match tree:
        case expression.All() | expression.Any() if all(isinstance(one, expression.Term) for one in tree.parts):
            return type(tree)(tree.parts[:MOST_TERMS])
        case _:
            return expression.All(tuple(dict.fromkeys(_every(tree)))[:MOST_TERMS])


def _every(node: Node) -> Iterator[expression.Term]:
    if isinstance(node, expression.Without):
        yield from _every(node.kept)
        yield from _every(node.left_out)
    elif isinstance(node, expression.All | expression.Any):
        for part in node.parts:
            yield from _every(part)
    else:
        yield from expression.terms(node)


def _day(name: str, values: list[str], hints: list[str]) -> str | None:
    """The last one that is a day, month or year."""
    good = None
    for value in values:
        if not value.strip():
            continue
        if _is_day(value.strip()):
            good = value.strip()
        else:
            hints.append(f"{name}: wants a day, month or year, such as 2026-01-31 or 2026-01; {value!r} is none.")
    return good


def _is_day(value: str) -> bool:
    match = _DAY.fullmatch(value)
    if not match or not value.isascii():
        return False
    try:
        datetime(int(match[1]), int(match[2] or 1), int(match[3] or 1))
    except ValueError:
        return False
    return True


def _moment(day: str | None, *, last: bool) -> int:
    """The first or last second of a year, month or day, in seconds since 1970."""
    match = _DAY.fullmatch(day or "")
    assert match
    year, month = int(match[1]), int(match[2] or (12 if last else 1))
    number = int(match[3] or (calendar.monthrange(year, month)[1] if last else 1))
    moment = datetime(year, month, number, tzinfo=UTC)
    return int(moment.timestamp()) + (86_399 if last else 0)


def _quoted(value: str) -> str:
    return f'"{value}"' if re.search(r"[\s()]", value) else value
