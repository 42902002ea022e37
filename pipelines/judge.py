"""What each line is: furniture, a field, or text. `strip` calls these in turn; each marks rows as cut.

The body runs from the first to the last line of running text. In the lead and the tail a line goes when a rule
fits it, when its place or its links tell what it is, or when it repeats what the page says of its own head. In
the body only named furniture, captions and second copies go.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

from pipelines.edges import judge_edges
from pipelines.lines import ends_sentence, is_prose, key, likeness, sentence_keys, word_count
from pipelines.pointers import is_teaser, judge_pointers
from pipelines.reading import Reader
from pipelines.rows import Row
from pipelines.rules import structure as by
from pipelines.types import Claim

_HEAD_ROWS = 3  # lines of running text from the top that may still be headline or standfirst
_PENDING = 4  # unknown short lines that furniture on both sides may enclose
_FEWEST_NOTES, _NOTE = 2, 4  # items of a list that sums an article up, and words of each
_LISTED = 3  # lines below the text, each with a bare address after it, that are a list of the article's
_ADDRESS = "common.address-only"  # the rule for a line that is nothing but a web address
_LOOSE = (_ADDRESS, "common.figures")  # rules for lines that fence nothing: prices stand between them, and hours
_PARTS, _MOST_PARTS = re.compile(r"\s[|–—»·-]\s"), 10  # of a title
_REPEATED = 8  # words of a line that is not said twice by chance
_DOUBLED = 0.85  # likeness of two lines from which one is the other's standfirst


@dataclass(frozen=True, slots=True)
class Known:
    """What the page claims its head consists of, as keys of lines."""

    titles: frozenset[str]
    descriptions: frozenset[str]
    authors: frozenset[str]
    labels: frozenset[str]
    standfirst: bool  # whether one was found already: a text has one
    urls: tuple[str, ...]  # addresses of the page itself

    @classmethod
    def of(cls, claims: Sequence[Claim]) -> Known:
        """The keys of the claims that a line of the head may repeat."""
        sets: dict[str, set[str]] = {"title": set(), "description": set(), "authors": set(), "label": set()}
        for claim in claims:
            name = "label" if claim.field in ("section", "tags", "site") else claim.field
            if name in sets and isinstance(claim.value, str):
                sets[name].add(key(claim.value))
                if name == "title":  # without the site's name at either end
                    sets[name].update(key(part) for part in _parts(claim.value) if word_count(part) > 3)
        found = any(one.field == "description" and one.origin in ("text", "page:standfirst") for one in claims)
        titles, descriptions, authors, labels = (frozenset(one - {""}) for one in sets.values())
        urls = tuple(str(one.value) for one in claims if one.field == "url")
        return cls(titles, descriptions, authors, labels, found, urls)


def _parts(title: str) -> Iterator[str]:
    """What its dashes and bars part, and what stands before and after each."""
    yield from _PARTS.split(title)
    for sign in islice(_PARTS.finditer(title), _MOST_PARTS):
        yield title[: sign.start()]
        yield title[sign.end() :]


def judge(rows: list[Row], reader: Reader, known: Known) -> None:
    """Mark every row that is to go, as far as one look tells; with these gone, a second look may tell more."""
    _judge_repeats(rows)
    rows = [row for row in rows if row.cut is None]
    if not rows:
        return
    first, last = _bounds(rows, reader, known)
    _judge_lead(rows, first, reader, known)
    _judge_tail(rows[last + 1 :], reader)
    _judge_body(rows[first : last + 1], reader, known)
    judge_edges([row for row in rows if row.cut is None])


def _bounds(rows: list[Row], reader: Reader, known: Known) -> tuple[int, int]:
    """Indexes of the first and the last row of the body."""
    running = [
        i
        for i, row in enumerate(rows)
        if is_prose(row.text) and row.tag != "caption" and row.linked < 0.9 and key(row.text) not in known.titles
    ]
    first = next((i for i in running if not reader.read(rows[i].text, "lead")), None)
    if first is None:
        plain = [i for i, row in enumerate(rows) if word_count(row.text) > 3 and not _edge(row, reader)]
        plain = [i for i in plain if key(rows[i].text) not in known.titles] or plain
        return (plain[-1], plain[-1]) if plain else (0, len(rows) - 1)
    first = _below_head(rows, first, running, reader)
    end = _end(rows, first, running, reader)
    last = next((i for i in reversed(running) if i < end and not reader.read(rows[i].text, "tail")), first)
    return first, max(first, last)


def _edge(row: Row, reader: Reader) -> bool:
    return bool(reader.read(row.text, "lead") or reader.read(row.text, "tail"))


def _below_head(rows: list[Row], first: int, running: list[int], reader: Reader) -> int:
    """Where the body begins when its first line is still head: the next one says it again, or byline, date or
    picture come only after it."""
    later = [i for i in running if first < i <= first + 4]
    for i in later:
        if likeness(rows[first].text, rows[i].text) >= _DOUBLED and key(rows[first].text) != key(rows[i].text):
            return i
    for row in rows[first + 1 : first + 3]:
        read = reader.read(row.text, "lead")
        if read and any(claim.field in ("authors", "published_at") for claim in read[1]) and later:
            return later[0]
    return first


def _end(rows: list[Row], first: int, running: list[int], reader: Reader) -> int:
    """Where a line such as the head of the comment form ends every article; the number of rows if none does."""
    for i in range(first + 1, len(rows)):
        if reader.ends_text(rows[i].text):
            after = sum(len(rows[j].text) for j in running if j > i)
            before = sum(len(rows[j].text) for j in running if j < i)
            if before > after:
                return i
    return len(rows)


def _judge_lead(rows: list[Row], first: int, reader: Reader, known: Known) -> None:
    """Mark what stands above the text, and headline and standfirst among its first lines."""
    for row in rows[:first]:
        _by_rule(row, "lead", reader) or _by_head(row, known)
    titles = known.titles
    if not titles and (title := next((row for row in rows[:first] if row.cut is None and _like_title(row)), None)):
        titles = frozenset((key(title.text),))
    for row in rows[: first + _HEAD_ROWS]:
        if row.cut is None and key(row.text) in titles:
            row.go("field", by.TITLE, [Claim("title", row.text, "text")])
    _judge_around_title(rows, first)
    _judge_standfirst(rows, first, known)
    _judge_highlights([row for row in rows[:first] if row.cut is None], rows[first])


def _judge_highlights(lead: list[Row], body: Row) -> None:
    """A list between headline and text whose items are notes: no sentences, and too long for a menu."""
    notes = [row for row in lead if row.tag == "li" and not ends_sentence(row.text)]
    long = all(word_count(row.text) >= _NOTE for row in notes)
    if _FEWEST_NOTES <= len(notes) == len(lead) and long and body.tag == "p":
        for row in notes:
            row.go("lead", by.HIGHLIGHTS)


def _like_title(row: Row) -> bool:
    return word_count(row.text) >= 4 and not row.text.endswith((":", ".", "。", "،")) and word_count(row.text) <= 40


def _by_rule(row: Row, zone: str, reader: Reader) -> bool:
    if read := reader.read(row.text, zone) or (reader.read(row.form, zone) if row.form != row.text else None):
        rule, claims = read
        row.go("field" if claims else zone, rule, claims)
    return row.cut is not None


def _by_head(row: Row, known: Known) -> bool:
    text = key(row.text)
    if text in known.titles:
        row.go("field", by.TITLE, [Claim("title", row.text, "text")])
    elif row.tag == "caption":
        row.go("field", by.CAPTION, [Claim("captions", row.text, "text")])
    elif text in known.authors or any(
        text == f"{word} {name}" for name in known.authors for word in ("by", "von", "par")
    ):
        row.go("field", by.BYLINE)
    elif text in known.labels:
        row.go("lead", by.LABEL)
    elif row.linked >= 0.9:
        row.go("lead", by.LINK_ONLY)
    return row.cut is not None


def _judge_around_title(rows: list[Row], first: int) -> None:
    """Short lines above a headline in the lead are kickers and menu entries."""
    title = next((i for i, row in enumerate(rows[:first]) if row.cut and row.cut[1] is by.TITLE), 0)
    for row in rows[:title]:
        if row.cut is None and word_count(row.text) <= 4:
            row.go("lead", by.ABOVE_TITLE)


def _judge_standfirst(rows: list[Row], first: int, known: Known) -> None:
    """The line between headline and text, or a first paragraph that the next one says again."""
    head = [row for row in rows[: first + 1] if row.cut is None]
    title = next((i for i, row in enumerate(rows[:first]) if row.cut and row.cut[1] is by.TITLE), None)
    for row in head[:-1]:
        below = title is not None and row.start > rows[title].start
        doubled = likeness(row.text, rows[first].text) >= _DOUBLED and key(row.text) != key(rows[first].text)
        likely = doubled or row.tag == "standfirst" or (below and _like_standfirst(row))
        if key(row.text) in known.descriptions or (likely and not known.standfirst):
            row.go("field", by.STANDFIRST, [Claim("description", row.text, "text")])
            return
    last = head[-1] if head and not known.standfirst else None
    if last and (last.tag == "standfirst" or (last.tag == "h" and _like_standfirst(last))):
        last.go("field", by.STANDFIRST, [Claim("description", last.text, "text")])


def _like_standfirst(row: Row) -> bool:
    return row.tag not in ("li", "caption") and word_count(row.text) >= 6 and not re.search(r"\||:$", row.text.strip())


def _judge_tail(tail: list[Row], reader: Reader) -> None:
    """Mark what stands below the text, up from the end to the first line that may be text."""
    ended = False
    for row in tail:
        if _by_rule(row, "tail", reader):
            ended = ended or reader.ends_text(row.text)
        elif ended:
            row.go("tail", by.AFTER_END)
        elif row.tag == "caption":
            row.go("field", by.CAPTION, [Claim("captions", row.text, "text")])
        elif row.linked >= 0.9:
            row.go("tail", by.LINK_ONLY)
    _keep_list(tail)
    _judge_enclosed(tail)


def _keep_list(tail: list[Row]) -> None:
    """Give back addresses that belong to what the article lists: those with text below them, and where one stands
    below each of several lines, as with sources, the last one too."""
    listed = [row for above, row in pairwise(tail) if above.cut is None and row.cut and row.cut[1].id == _ADDRESS]
    last = max((n for n, row in enumerate(tail) if row.cut is None), default=0)
    amid = [row for row in tail[:last] if row.cut and row.cut[1].id == _ADDRESS]
    for row in (*amid, *(listed if len(listed) >= _LISTED else ())):
        row.cut = None


def _judge_enclosed(tail: list[Row]) -> None:
    """Short lines between furniture go with it; beside a date they are headlines of other articles."""
    pending: list[Row] = []
    above = False
    for row in tail:
        if row.cut is not None:
            if above and len(pending) <= _PENDING:
                for one in pending:
                    dated = any(mate.cut and mate.cut[1] is by.DATE_ROW for mate in _beside(tail, one))
                    one.go("tail", by.DATED_HEADLINE if dated else by.FENCED)
            pending, above = [], above or row.cut[1].id not in _LOOSE
        elif ends_sentence(row.text) and word_count(row.text) > 2:
            pending, above = [], False
        else:
            pending.append(row)


def _beside(rows: list[Row], row: Row) -> list[Row]:
    place = next(i for i, one in enumerate(rows) if one is row)
    return rows[max(0, place - 1) : place] + rows[place + 1 : place + 2]


def _judge_body(body: list[Row], reader: Reader, known: Known) -> None:
    """Mark named furniture and captions between the paragraphs."""
    for row in body:
        if row.cut is not None:
            continue
        if row.tag == "caption":
            row.go("field", by.CAPTION, [Claim("captions", row.text, "text")])
        elif not _by_rule(row, "body", reader) and is_teaser(row, known.urls):
            row.go("body", by.LINK_LIST)
    judge_pointers([row for row in body if row.cut is None], known.urls)


def _judge_repeats(rows: list[Row]) -> None:
    """Mark what the page gives twice: paragraphs all of whose sentences stood before."""
    seen: set[str] = set()
    for row in rows:
        parts = sentence_keys(row.text)
        if _may_go(row) and all(part in seen for part in parts):
            row.go("body", by.REPEAT)
        else:
            seen.update(part for part in parts if len(part) > 20)


def _may_go(row: Row) -> bool:
    """Whether a second copy is a fault: cross-heads, questions and verses come back on purpose."""
    if row.tag == "h" or row.text[-1] in "?？؟" or row.text[0].islower():
        return False
    return word_count(row.text) >= _REPEATED and ends_sentence(row.text)
