"""How likely each line of a text is furniture: by its place, its kin, its links and its looks, not by its words.

A logistic regression. Every feature has one weight in data/weights.toml, made by `bench/train.py` from public test
pages; the weights of what is true of a line add up to log-odds. Above zero it is rather furniture than text. Of words
only those count with which a page, in many languages, speaks of itself or to its reader.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from itertools import accumulate
from typing import TypeAlias

from lxml import html

from pipelines.lines import ends_sentence, key, word_count
from pipelines.page import Line
from pipelines.types import Claim

#: What is true of a line, and how much; what is not true is left out.
Features: TypeAlias = dict[str, float]

_AUTHOR = re.compile(r"author|byline|bio(?:$|[\s_-])|contributor|writer|autor", re.IGNORECASE)
_CAPTION = re.compile(r"caption|credit|copyright|legend|photo|image|figure|media|gallery|picture", re.IGNORECASE)
_APART = re.compile(
    r"newsletter|promo|related|recommend|teaser|subscri|social|share|follow|comment|sign-?up|support|donat|banner|advert|"
    r"also|read-?(?:more|next)|more|widget|paywall|aside|sidebar|box|embed|tags?(?:$|[\s_-])|topics?|footer|disclaimer|"
    r"feedback|correction|contact|info|note|extra",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"@|https?:|www\.|\w\.(?:com|org|net|de|co)\b")
_POST = re.compile(r"\(@\w+\)|pic\.twitter|^RT @|https://t\.co")
_TIME = re.compile(r"\b(?:19|20)\d\d\b|\b\d{1,2}[:.h]\d{2}\b")
_SPEECH = re.compile(r"[“”„«»\"「」『』]")
_FIGURE = re.compile(r"\d")
_BARS = re.compile(r"[|»]|(?<![:/])/(?!/)")
_AROUND = 4  # elements above a line whose names are looked at
_SURELY_TEXT = -9.0  # log-odds of a paragraph among its like
_NEXT = 5  # shown lines after it whose links are counted
#: What weighs differently below the last and above the first paragraph of the article.
_TAIL = (
    "reader", "address", "author", "site", "words<4", "words<10", "italic", "ends", "time", "speech", "linked", "main",
    "near", "links follow", "heading", "item", "kin", "repeated", "named apart", "named author", "bold", "words>60",
    "title",
)  # fmt: skip
_HEAD = (
    "words<4", "words<10", "ends", "title", "description", "main", "kin", "time", "named caption", "linked", "reader",
    "heading", "italic",
)  # fmt: skip


def odds(features: Iterable[Features | None], weights: Mapping[str, float] | None = None) -> list[float]:
    """The log-odds (natural, to hundredths) that each line is furniture, by the shipped weights or others."""
    known = _weights() if weights is None else weights
    return [
        _SURELY_TEXT if one is None else round(sum(known.get(name, 0.0) * value for name, value in one.items()), 2)
        for one in features
    ]


@cache
def _weights() -> dict[str, float]:
    text = files("pipelines").joinpath("data/weights.toml").read_text(encoding="utf-8")
    return {str(name): float(weight) for name, weight in tomllib.loads(text)["weight"].items()}


@cache
def _pronouns() -> tuple[frozenset[str], re.Pattern[str]]:
    text = files("pipelines").joinpath("data/pronouns.toml").read_text(encoding="utf-8")
    table = {language: str(words).split() for language, words in tomllib.loads(text).items()}
    spaceless = table.pop("spaceless")
    return frozenset(word for words in table.values() for word in words), re.compile("|".join(spaceless))


class Lines:
    """The lines (text, tag) a reader found, each with its place among the shown lines of the page (None: unknown)."""

    def __init__(
        self,
        lines: Sequence[tuple[str, str]],
        at: Sequence[int | None],
        shown: Sequence[Line],
        claims: Sequence[Claim],
        host: str,
    ) -> None:
        self._lines, self._at, self._shown = lines, at, shown
        self._preceding = [None, *accumulate(at, _latest)]  # place of the nearest known line before each
        self._elements = [None if n is None else shown[n].element for n in at]
        self._parents = [None if one is None else one.getparent() for one in self._elements]
        self._kinds = [None if one is None else (one.tag, one.get("class")) for one in self._elements]
        self._words = [word_count(text) for text, _ in lines]
        self._ends = [ends_sentence(text) for text, _ in lines]
        self._linked = [0.0 if n is None else min(1.0, shown[n].linked / max(1, len(shown[n].text))) for n in at]
        self._prose = [
            words >= 12 and linked < 0.5 and (ends or words >= 30)
            for words, linked, ends in zip(self._words, self._linked, self._ends, strict=True)
        ]
        self._find_main()
        self._find_known(claims, host)
        self._before = [0, *accumulate(len(text) for text, _ in lines)]
        self._follow = [*accumulate(reversed(self._prose), initial=0)][::-1]
        self._runs = self._row_lengths()
        self._seen = Counter(line.text for line in shown)

    def _find_main(self) -> None:
        """The element that holds most running text, and the kinds of elements that make it up."""
        parents: Counter[html.HtmlElement] = Counter()
        above: Counter[html.HtmlElement] = Counter()
        self._kin: Counter[tuple[str, str | None]] = Counter()
        for i, parent in enumerate(self._parents):
            kind = self._kinds[i]
            if self._prose[i] and parent is not None and kind is not None:
                length = len(self._lines[i][0])
                parents[parent] += length
                self._kin[kind] += length
                if (grand := parent.getparent()) is not None:
                    above[grand] += length
        self._main = parents.most_common(1)[0][0] if parents else None
        self._above_main = above.most_common(1)[0][0] if above else None
        self._running = sum(self._kin.values()) or 1
        self._alike = Counter(kind for kind in self._kinds if kind)
        prose = [i for i, yes in enumerate(self._prose) if yes]
        own = [i for i in prose if self._parents[i] is self._main] or prose or [0]
        self._first, self._last = own[0], own[-1]

    def _find_known(self, claims: Sequence[Claim], host: str) -> None:
        def keys(field: str) -> set[str]:
            return {key(str(one.value)) for one in claims if one.field == field and len(str(one.value)) < 600}

        self._titles = [set(one.split()) for one in keys("title")]
        self._descriptions = [set(one.split()) for one in keys("description")]
        self._authors = [one for one in keys("authors") if 4 < len(one) < 50]
        self._sites = [one for one in keys("site") | {key(host)} if len(one) > 2]

    def _row_lengths(self) -> list[int]:
        """For each line how many lines of its kind follow each other there: items of a list, rows of a table."""
        lengths: list[int] = []
        i = 0
        while i < len(self._lines):
            j = i + 1
            while j < len(self._lines) and self._kinds[j] is not None and self._kinds[j] == self._kinds[i]:
                j += 1
            lengths += [j - i] * (j - i)
            i = j
        return lengths

    def features(self) -> Iterator[Features | None]:
        """What speaks for or against each line; None for a paragraph among its like: nothing needs to be asked."""
        for i in range(len(self._lines)):
            if self._surely_text(i):
                yield None
                continue
            found = {"bias": 1.0}
            found |= {name: float(value) for name, value in self._place(i) if value}
            found |= {name: float(value) for name, value in self._looks(i) if value}
            if i > self._last or i >= len(self._lines) - 2:
                found["tail"] = 1.0
                found |= {f"tail · {name}": found[name] for name in _TAIL if name in found}
            if i < self._first or i == 0:
                found["head"] = 1.0
                found |= {f"head · {name}": found[name] for name in _HEAD if name in found}
            yield found

    def _surely_text(self, i: int) -> bool:
        amidst = 1 < i < len(self._lines) - 3 and self._prose[i] and self._parents[i] is self._main
        return amidst and self._linked[i] < 0.3 and self._seen[self._lines[i][0]] < 2

    def _place(self, i: int) -> Iterator[tuple[str, float]]:
        """Where the line stands, in the text and in the page."""
        count, place, parent, kind = len(self._lines), self._at[i], self._parents[i], self._kinds[i]
        tag = self._lines[i][1]
        yield from (("first", i == 0), ("second", i == 1), ("above", i < self._first), ("beyond", i > self._last))
        yield from (("last", i == count - 1), ("last but one", i == count - 2), ("last but two", i == count - 3))
        yield "before", self._before[i] / max(1, self._before[-1])
        yield "text follows", min(5, self._follow[i + 1]) / 5
        yield from (("heading", tag == "h"), ("item", tag == "li"), ("quote", tag == "quote"), ("row", tag == "row"))
        yield "run", tag != "p" and self._runs[i] >= 3
        yield "row run", tag == "row" and self._runs[i] >= 3
        yield "after short", i > 0 and self._words[i - 1] < 8 and not self._ends[i - 1]
        yield "after colon", i > 0 and self._lines[i - 1][0].endswith(":")
        if place is None or parent is None or kind is None:
            yield "unknown", 1.0
            return
        grand = parent.getparent()
        yield "main", parent is self._main
        yield "near", parent is self._above_main or (grand is not None and grand in (self._above_main, self._main))
        yield "kin", self._kin[kind] / self._running
        yield "kins", min(5, self._alike[kind]) / 5
        before = self._preceding[i]
        yield "gap", 0 if before is None else min(2.0, math.log1p(max(0, place - before - 1)))
        after = self._shown[place + 1 : place + 1 + _NEXT]
        yield "links follow", sum(one.linked > 0.7 * len(one.text) for one in after) / max(1, len(after))
        yield from self._around(i)

    def _around(self, i: int) -> Iterator[tuple[str, float]]:
        """What the elements around the line are and are called, up to the one that holds the article."""
        element = self._elements[i]
        names, tags = [], set()
        for _ in range(_AROUND):
            if element is None or element is self._main or element is self._above_main:
                break
            names += [element.get("class") or "", element.get("id") or ""]
            tags.add(element.tag)
            element = element.getparent()
        yield from _called(" ".join(names))
        yield from (("figure", bool(tags & {"figure", "figcaption"})), ("quoted", "blockquote" in tags))
        yield "aside", bool(tags & {"aside", "footer", "form"})

    def _looks(self, i: int) -> Iterator[tuple[str, float]]:
        """What the line itself looks like, and whether it says what is known of the page."""
        text, words, linked = self._lines[i][0], self._words[i], self._linked[i]
        yield from (("words<4", words < 4), ("words<10", 3 < words < 10))
        yield from (("words<60", 25 < words <= 60), ("words>60", words > 60))
        yield from (("ends", self._ends[i]), ("linked", linked), ("mostly linked", linked > 0.5))
        yield "italic", _styled(self._elements[i], text, ("em", "i", "small"))
        yield "bold", _styled(self._elements[i], text, ("strong", "b"))
        yield from (("address", bool(_ADDRESS.search(text))), ("post", bool(_POST.search(text))))
        yield from (("bars", bool(_BARS.search(text))), ("speech", bool(_SPEECH.search(text))))
        yield from (("copyright", "©" in text), ("colon", text.endswith(":")))
        yield from (("question", text.endswith("?")), ("exclamation", text.endswith("!")))
        yield "figures", len(_FIGURE.findall(text)) > 0.15 * len(text)
        yield "repeated", self._seen[text] > 1
        if words < 80:
            yield from self._says(key(text), text)
        if words < 30:
            yield "time", bool(_TIME.search(text))
        if words <= 15:
            letters = [one for one in text.split() if one[0].isalpha()]
            yield "capitals", sum(one[0].isupper() for one in letters) / max(1, len(letters))

    def _says(self, words: str, text: str) -> Iterator[tuple[str, float]]:
        own = set(words.split())
        pronouns, spaceless = _pronouns()
        spoken = len(own & pronouns) + (0 if text.isascii() else len(spaceless.findall(text)))
        yield "reader", min(2, spoken) / 2
        yield "site", any(one in words for one in self._sites)
        yield "author", any(one in words for one in self._authors)
        yield "title", max((_dice(one, own) for one in self._titles), default=0)
        yield "description", max((_dice(one, own) for one in self._descriptions), default=0)


@lru_cache(maxsize=4096)
def _called(names: str) -> tuple[tuple[str, bool], ...]:
    kinds = (("named author", _AUTHOR), ("named caption", _CAPTION), ("named apart", _APART))
    return tuple((kind, bool(pattern.search(names))) for kind, pattern in kinds)


def _latest(known: int | None, n: int | None) -> int | None:
    return known if n is None else n


def _dice(one: set[str], other: set[str]) -> float:
    return 2 * len(one & other) / (len(one) + len(other)) if one and other else 0.0


def _styled(element: html.HtmlElement | None, text: str, tags: tuple[str, ...]) -> bool:
    """Whether the whole line is set in one of these styles."""
    if element is None:
        return False
    parent = element.getparent()
    if element.tag in tags or (parent is not None and parent.tag in tags):
        return True
    only = element[0] if len(element) == 1 and not (element.text or "").strip() else None
    return only is not None and only.tag in tags and len(only.text_content()) > 0.8 * len(text)
