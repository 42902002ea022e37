"""What each line is: furniture, a field, or text. `strip` calls these in turn; each marks rows as cut.

The body runs from the first to the last line of running text. In the lead and the tail a line goes when a rule
fits it, when its place or its links tell what it is, or when it repeats what the page says of its own head. In
the body only named furniture, captions and second copies go.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.language import code_of
from pipelines.lines import ends_sentence, fold, is_prose, key, likeness, sentences, word_count
from pipelines.reading import read_line
from pipelines.rows import Row
from pipelines.rules import RuleSet
from pipelines.rules import structure as by
from pipelines.types import Claim

_HEAD_ROWS = 3  # lines of running text from the top that may still be headline or standfirst
_PENDING = 4  # unknown short lines that furniture on both sides may enclose
_DOUBLED = 0.85  # likeness of two lines from which one is the other's standfirst


@dataclass(frozen=True, slots=True)
class Known:
    """What the page claims its head consists of, as keys of lines."""

    titles: frozenset[str]
    descriptions: frozenset[str]
    authors: frozenset[str]
    labels: frozenset[str]
    language: str | None = None

    @classmethod
    def of(cls, claims: Sequence[Claim]) -> Known:
        """The keys of the claims that a line of the head may repeat."""
        sets: dict[str, set[str]] = {"title": set(), "description": set(), "authors": set(), "label": set()}
        for claim in claims:
            name = "label" if claim.field in ("section", "tags", "site") else claim.field
            if name in sets and isinstance(claim.value, str):
                sets[name].add(key(claim.value))
                if name == "title":  # without the site's name at either end
                    sets[name].update(
                        key(part) for part in re.split(r"\s[|–—»·-]\s", claim.value) if word_count(part) > 3
                    )
        languages = [code for claim in claims if claim.field == "language" and (code := code_of(claim.value))]
        titles, descriptions, authors, labels = (frozenset(one - {""}) for one in sets.values())
        return cls(titles, descriptions, authors, labels, languages[0] if languages else None)


def bounds(rows: list[Row], rules: RuleSet, known: Known) -> tuple[int, int]:
    """Indexes of the first and the last row of the body."""
    running = [
        i
        for i, row in enumerate(rows)
        if is_prose(row.text) and row.tag != "caption" and row.linked < 0.9 and key(row.text) not in known.titles
    ]
    first = next((i for i in running if not read_line(rows[i].text, "lead", rules)), None)
    if first is None:
        plain = [i for i, row in enumerate(rows) if word_count(row.text) > 3 and not _edge(row, rules)]
        plain = [i for i in plain if key(rows[i].text) not in known.titles] or plain
        return (plain[-1], plain[-1]) if plain else (0, len(rows) - 1)
    first = _below_head(rows, first, running, rules)
    end = _end(rows, first, running, rules)
    last = next((i for i in reversed(running) if i < end and not read_line(rows[i].text, "tail", rules)), first)
    return first, max(first, last)


def _edge(row: Row, rules: RuleSet) -> bool:
    return bool(read_line(row.text, "lead", rules) or read_line(row.text, "tail", rules))


def _below_head(rows: list[Row], first: int, running: list[int], rules: RuleSet) -> int:
    """Where the body begins when its first line is still head: the next one says it again, or byline, date or
    picture come only after it."""
    later = [i for i in running if first < i <= first + 4]
    for i in later:
        if likeness(rows[first].text, rows[i].text) >= _DOUBLED and key(rows[first].text) != key(rows[i].text):
            return i
    for row in rows[first + 1 : first + 3]:
        read = read_line(row.text, "lead", rules)
        if read and any(claim.field in ("authors", "published_at") for claim in read[1]) and later:
            return later[0]
    return first


def _end(rows: list[Row], first: int, running: list[int], rules: RuleSet) -> int:
    """Where a line such as the head of the comment form ends every article; the number of rows if none does."""
    for i in range(first + 1, len(rows)):
        if rules.ends_text(rows[i].text):
            after = sum(len(rows[j].text) for j in running if j > i)
            before = sum(len(rows[j].text) for j in running if j < i)
            if before > after:
                return i
    return len(rows)


def judge_lead(rows: list[Row], first: int, rules: RuleSet, known: Known) -> None:
    """Mark what stands above the text, and headline and standfirst among its first lines."""
    for row in rows[:first]:
        _by_rule(row, "lead", rules, known) or _by_head(row, known)
    for row in rows[first : first + _HEAD_ROWS]:
        if key(row.text) in known.titles:
            row.go("field", by.TITLE, [Claim("title", row.text, "text")])
    unknown = [row for row in rows[:first] if row.cut is None]
    if not known.titles and not any(row.cut and row.cut[1] is by.TITLE for row in rows):
        title = next((row for row in unknown if _like_title(row)), None)
        if title:
            title.go("field", by.TITLE, [Claim("title", title.text, "text")])
    _judge_around_title(rows, first)
    _judge_standfirst(rows, first, known)


def _like_title(row: Row) -> bool:
    return word_count(row.text) >= 4 and not row.text.endswith((":", ".", "。", "،")) and word_count(row.text) <= 40


def _by_rule(row: Row, zone: str, rules: RuleSet, known: Known) -> bool:
    if read := read_line(row.text, zone, rules, known.language):
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
        if (
            doubled
            or key(row.text) in known.descriptions
            or row.tag == "standfirst"
            or (below and _like_standfirst(row))
        ):
            row.go("field", by.STANDFIRST, [Claim("description", row.text, "text")])
            return
    if head and (head[-1].tag == "standfirst" or (head[-1].tag == "h" and _like_standfirst(head[-1]))):
        head[-1].go("field", by.STANDFIRST, [Claim("description", head[-1].text, "text")])


def _like_standfirst(row: Row) -> bool:
    return row.tag not in ("li", "caption") and word_count(row.text) >= 6 and not re.search(r"\||:$", row.text.strip())


def judge_tail(rows: list[Row], last: int, rules: RuleSet, known: Known) -> None:
    """Mark what stands below the text, up from the end to the first line that may be text."""
    ended = False
    for row in rows[last + 1 :]:
        if _by_rule(row, "tail", rules, known):
            ended = ended or rules.ends_text(row.text)
        elif ended:
            row.go("tail", by.AFTER_END)
        elif row.tag == "caption":
            row.go("field", by.CAPTION, [Claim("captions", row.text, "text")])
        elif row.linked >= 0.9:
            row.go("tail", by.LINK_ONLY)
    _judge_enclosed(rows[last + 1 :])


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
            pending, above = [], True
        elif ends_sentence(row.text) and word_count(row.text) > 2:
            pending, above = [], False
        else:
            pending.append(row)


def _beside(rows: list[Row], row: Row) -> list[Row]:
    place = next(i for i, one in enumerate(rows) if one is row)
    return rows[max(0, place - 1) : place] + rows[place + 1 : place + 2]


def judge_body(body: list[Row], rules: RuleSet, known: Known) -> None:
    """Mark named furniture and captions between the paragraphs."""
    for row in body:
        if row.cut is not None:
            continue
        if row.tag == "caption":
            row.go("field", by.CAPTION, [Claim("captions", row.text, "text")])
        else:
            _by_rule(row, "body", rules, known)


def judge_repeats(rows: list[Row]) -> None:
    """Mark paragraphs all of whose sentences stood before; a short line may repeat on purpose."""
    seen: set[str] = set()
    for row in rows:
        if row.cut is not None:
            continue
        parts = [fold(one) for one in sentences(row.text)]
        if word_count(row.text) >= 8 and all(part in seen for part in parts):
            row.go("body", by.REPEAT)
        else:
            seen.update(part for part in parts if len(part) > 20)
