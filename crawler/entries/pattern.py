"""How one outlet's article addresses look, learned from those it lists itself and from what became of them.

An address becomes a pattern: `/sport/2024/05/cup-final-drawn-51234.html` is `/sport/<year>/<dd>/<words>-<number>.html`
and, with its section open, `/<word>/<year>/…`. A pattern that enough known articles show, and few pages that proved to
be something else, makes further addresses like them articles; the other way round it rules them out. The general
rules of `shape.py` hold wherever an outlet has not shown its ways.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

from crawler.entries.shape import WORDS, Shape, is_file, looks
from pipelines.urls import plain_form, urlkey

_ENOUGH = 3  # addresses that make a pattern
_FEW_OTHERS = 4  # times as many articles as others, or the other way round
_TELLING = 10  # known articles from which on it means something to be unlike all of them
_SHARE = 0.8  # of them that have to have a pattern in common with others
_ENDING = re.compile(r"\.(?:[a-z]{2,6}\d?)$", re.IGNORECASE)
_PIECE = re.compile(r"\d+|[^\W\d_]+")
_TOKEN = re.compile(r"(?=.*\d.*\d)(?=.*[a-z])[0-9a-z]{8,}", re.IGNORECASE)
_YEAR = re.compile(r"(?:19|20)\d\d")
_UNSPACED = re.compile("[\u0e00-\u0eff\u3040-\u9fff]{6,}")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an address is taken for, and why in a few words; `learned` where the outlet's own pages say so."""

    shape: Shape
    why: str = ""
    learned: bool = False


@dataclass(frozen=True, slots=True)
class Example:
    """An address of a source with what is known of its page."""

    url: str
    article: bool


@dataclass(frozen=True, slots=True)
class Patterns:
    """What one outlet's addresses have shown; without examples only the general rules speak."""

    articles: Counter[str] = field(default_factory=Counter, repr=False)
    others: Counter[str] = field(default_factory=Counter, repr=False)
    known: int = 0  # articles learned from
    alike: int = 0  # of these, such as have a pattern in common with enough others

    @classmethod
    def of(cls, examples: Iterable[Example]) -> Patterns:
        """Learn from addresses. Each counts once, and what became of a page outweighs that a feed listed it."""
        found: dict[str, Example] = {}
        for one in examples:
            try:
                key = urlkey(plain_form(one.url)[1])
            except ValueError:
                continue
            if key not in found or not one.article:
                found[key] = one
        counts = {True: Counter[str](), False: Counter[str]()}
        under: defaultdict[str, set[str]] = defaultdict(set)
        for one in found.values():
            exact, open_ = patterns_of(one.url)
            counts[one.article].update({exact, open_})
            under[open_].add(exact)
        for open_, those in under.items():  # one section is no evidence for others
            if len(those) < 2 and open_ not in those:
                for counted in counts.values():
                    counted.pop(open_, None)
        learned = cls(articles=counts[True], others=counts[False])
        known = [one.url for one in found.values() if one.article]
        alike = sum(any(learned._holds(pattern) for pattern in patterns_of(url)) for url in known)
        return cls(articles=counts[True], others=counts[False], known=len(known), alike=alike)

    @property
    def telling(self) -> bool:
        """Whether so much is known of the outlet's addresses that one unlike them all is hardly an article."""
        return self.known >= _TELLING and self.alike >= _SHARE * self.known

    def judge(self, url: str) -> Verdict:
        """What the page at an address is likely to be: by the outlet's own ways, then by its looks."""
        shape, why = looks(url)
        if not self.articles and not self.others:
            return Verdict(shape, why)
        form, plain = plain_form(url)
        if form in ("amp", "print") or is_file(url):
            return Verdict(shape, why)
        exact, open_ = _patterns(plain)
        if self._fails(exact) or (self._fails(open_) and not self._holds(exact)):
            worst = exact if self._fails(exact) else open_
            return Verdict(Shape.LISTING, f"{self.others[worst]} pages like {worst} were no articles", learned=True)
        for pattern in (exact, open_):
            # what an outlet lists itself outweighs the general rules, but only in the very place where it does
            if self._holds(pattern) and _informs(pattern) and (shape is not Shape.LISTING or pattern == exact):
                return Verdict(Shape.ARTICLE, f"address like {self.articles[pattern]} known: {pattern}", learned=True)
        if self._holds(exact) and shape is Shape.UNCLEAR:
            return Verdict(Shape.UNCLEAR, f"address like {self.articles[exact]} known: {exact}", learned=True)
        if shape is Shape.ARTICLE and self.telling and why.endswith(WORDS):  # a shop has long names for its pages too
            return Verdict(Shape.UNCLEAR)
        return Verdict(shape, why)

    def _holds(self, pattern: str) -> bool:
        count = self.articles[pattern]
        return count >= _ENOUGH and count >= _FEW_OTHERS * self.others[pattern]

    def _fails(self, pattern: str) -> bool:
        count = self.others[pattern]
        return count >= _ENOUGH and count >= _FEW_OTHERS * self.articles[pattern]


#: Of an outlet that has shown nothing yet.
UNKNOWN = Patterns()


def patterns_of(url: str) -> tuple[str, str]:
    """An address as a pattern with its sections, and with sections open."""
    return _patterns(plain_form(url)[1])


def _patterns(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    segments = [one for one in unquote(parts.path).split("/") if one]
    if len(segments) > 1 and re.fullmatch(r"(?:index|default)(?:\.\w+)?", segments[-1], re.IGNORECASE):
        segments.pop()
    ending = match[0].lower() if segments and (match := _ENDING.search(segments[-1])) else ""
    if ending:
        segments[-1] = segments[-1][: -len(ending)]
    headline = -1 if parts.query else len(segments) - 1  # with a query, the last part names a script
    exact = [_pattern(one, headline=n == headline) for n, one in enumerate(segments)]
    open_ = [one if "<" in one else "<word>" for one in exact]
    names = sorted({key.lower(): value for key, value in parse_qsl(parts.query)}.items())
    query = "&".join(f"{key}={_value(value)}" for key, value in names)
    tail = ending + (f"?{query}" if query else "")
    return f"/{'/'.join(exact)}{tail}", f"/{'/'.join(open_)}{tail}"


def _pattern(segment: str, *, headline: bool) -> str:
    """One part of a path: a section as it is written, a headline as what it is made of."""
    segment = segment.lower()
    if _YEAR.fullmatch(segment):
        return "<year>"
    if re.fullmatch(r"\d{4}-\d\d-\d\d", segment):
        return "<date>"
    if _TOKEN.fullmatch(segment):
        return "<token>"
    pieces = _PIECE.findall(segment)
    words = sum(not one.isdigit() for one in pieces)
    if not words:
        return "<number>" if any(map(_is_long, pieces)) else "<dd>"
    if not headline and words <= 2 and not any(map(_is_long, pieces)):
        return segment
    made = "<words>" if words >= 3 or _UNSPACED.search(segment) else "<word>"
    if _is_long(pieces[-1]) or _TOKEN.fullmatch(re.split(r"[-_.,~]", segment)[-1]):
        return f"{made}-<number>"
    return f"<number>-{made}" if _is_long(pieces[0]) else made


def _is_long(piece: str) -> bool:
    """Whether it is a number that names a page, and not a day, a rank or a year."""
    return piece.isdigit() and len(piece) >= 3 and not _YEAR.fullmatch(piece)


def _value(value: str) -> str:
    return "<number>" if value.isdigit() else "<word>"


def _informs(pattern: str) -> bool:
    """Whether a pattern holds anything that sections do not have too."""
    return any(mark in pattern for mark in ("<words>", "<number>", "<date>", "<token>", "-<"))
