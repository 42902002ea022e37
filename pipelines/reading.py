"""The facts that a line of a page's head or foot states, for `extract` and `strip` alike."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipelines.daterow import DateRow, read_date_row
from pipelines.dates import find_moments
from pipelines.rules import Match, RuleSet
from pipelines.rules import structure as by
from pipelines.types import Claim, Rule

LEAD, TAIL, BODY = ("lead", "edge", "any"), ("tail", "edge", "any"), ("any",)
_ORIGIN = f"rule:{by.DATE_ROW.id}"


def read_line(
    line: str, zone: str, rules: RuleSet, language: str | None = None
) -> tuple[Rule, tuple[Claim, ...]] | None:
    """The rule that fits a line in a zone (lead, body or tail), and the facts it states; None for other lines.

    Below the text a date without a label belongs to another article, so it is no fact of this one.
    """
    if zone != "body" and (row := read_date_row(line, language)):
        return by.DATE_ROW, tuple(_claims_of_row(row)) if zone == "lead" or row.labelled else ()
    zones = {"lead": LEAD, "tail": TAIL, "body": BODY}[zone]
    match = rules.match(line, zones)
    return (match.rule, tuple(claims_of(match))) if match else None


def _claims_of_row(row: DateRow) -> Iterator[Claim]:
    if row.published:
        yield Claim("published_at", row.published.claim, _ORIGIN)
    if row.modified:
        yield Claim("modified_at", row.modified.claim, _ORIGIN)
    if row.number:
        yield Claim("site_id", row.number, _ORIGIN)


def claims_of(match: Match) -> Iterator[Claim]:
    """The facts in the named groups of a matched line."""
    origin = f"rule:{match.rule.id}"
    for group, value in match.fields:
        name = group.rstrip("0123456789")
        if name in ("published_at", "modified_at"):
            if found := next(find_moments(value), None):
                yield Claim(name, found.moment.claim, origin)
        elif name == "authors":
            for one in re.split(r"\s*,\s*|\s+(?:and|und|et|y|&|avec|и)\s+", value):
                yield Claim(name, one, origin)
        elif name == "paywalled":
            yield Claim(name, True, origin)
        else:
            yield Claim(name, value, origin)
