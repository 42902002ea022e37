"""Stage two: take the furniture off, and write down every cut.

What goes is decided in `judge`; here the text is cut so that every kept pair of neighbours keeps exactly one
separator, and every cut is a span of the extracted text: text and removals give it back.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from itertools import accumulate, groupby

from pipelines.judge import Known, judge
from pipelines.reading import Reader
from pipelines.rows import Row, rows_of
from pipelines.rules import RuleSet
from pipelines.types import Block, Extraction, Link, Removal, Stripped, kept

_LOOKS = 12  # what is gone may bring more to light; a text settles after two or three looks


def strip(extraction: Extraction, rules: RuleSet) -> Stripped:
    """The extraction without its furniture. Pure; stripping the result again cuts nothing more."""
    reader = Reader(rules, next((str(one.value) for one in extraction.claims if one.field == "language"), None))
    rows = rows_of(extraction, reader)
    for _ in range(_LOOKS):
        left = [row for row in rows if row.cut is None]
        claims = [claim for row in rows if row.cut for claim in row.cut[2]]
        if left:
            judge(left, reader, Known.of((*extraction.claims, *claims)))
        for row in left:
            if row.cut and (reader.keeps(row.text) or reader.keeps(row.form)):
                row.cut = None
        if all(row.cut is None for row in left):
            break
    removals = tuple(_removals(extraction.text, rows))
    text, blocks = _kept(extraction, removals)
    claims = [claim for removal in removals for claim in removal.claims]
    return Stripped(text=text, blocks=blocks, removals=removals, claims=tuple(claims))


def _removals(text: str, rows: list[Row]) -> Iterable[Removal]:
    """One cut for each marked row; in each run of cuts all separators go but one between its kept neighbours."""
    index = 0
    for gone, run in groupby(rows, key=lambda row: row.cut is not None):
        group = list(run)
        before = rows[index - 1].stop if index else None
        index += len(group)
        after = rows[index].start if index < len(rows) else None
        if gone:
            # a run at the end, or glued to the line before it, takes the separators in front of its lines
            leading = after is None or (before is not None and before == group[0].start)
            yield from _run(text, group, before, after, leading)


def _run(text: str, group: list[Row], before: int | None, after: int | None, leading: bool) -> Iterable[Removal]:
    edge = before if before is not None else group[0].start
    for n, row in enumerate(group):
        assert row.cut is not None
        zone, rule, claims = row.cut
        if leading:
            start, stop = edge, row.stop
        else:
            start, stop = row.start, group[n + 1].start if n + 1 < len(group) else after or row.stop
        edge = stop
        yield Removal(start=start, stop=stop, zone=zone, rule=rule.id, text=text[start:stop], claims=claims)


def _kept(extraction: Extraction, removals: tuple[Removal, ...]) -> tuple[str, tuple[Block, ...]]:
    """The text that stays, and its blocks with offsets into it."""
    blocks = []
    moved = _mover(removals)
    for block in extraction.blocks:
        start, stop = moved(block.start), moved(block.stop)
        if start < stop:
            spans = (Link(moved(one.start), moved(one.stop), one.url) for one in block.links)
            links = tuple(one for one in spans if one.start < one.stop)
            odds = block.odds if stop - start == block.stop - block.start else 0.0  # none are known of a part
            blocks.append(Block(start, stop, block.tag, links, odds))
    return kept(extraction.text, removals), tuple(blocks)


def _mover(removals: tuple[Removal, ...]) -> Callable[[int], int]:
    """Makes an offset into the extracted text one into the clean text."""
    starts = [one.start for one in removals]
    gone = [0, *accumulate(one.stop - one.start for one in removals)]

    def moved(offset: int) -> int:
        n = bisect_left(starts, offset)  # cuts that begin before it; it may lie within the last of them
        return offset - gone[n] + (max(0, removals[n - 1].stop - offset) if n else 0)

    return moved
