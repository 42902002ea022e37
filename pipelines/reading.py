"""The facts that a line of a page's head or foot states, for `extract` and `strip` alike."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeAlias

from pipelines.daterow import DateRow, read_date_row
from pipelines.dates import find_moments
from pipelines.rules import KEEP, LONGEST_LINE, Match, RuleSet
from pipelines.rules import structure as by
from pipelines.types import Claim, Rule

_ZONES = {"lead": ("lead", "edge", "any"), "tail": ("tail", "edge", "any"), "body": ("any",)}
_ORIGIN = f"rule:{by.DATE_ROW.id}"


#: A rule that fits a line, and the facts it states.
Reading: TypeAlias = tuple[Rule, tuple[Claim, ...]]


class Reader:
    """Tells what lines say, by rules; each line is read once for each zone."""

    def __init__(self, rules: RuleSet, language: str | None = None) -> None:
        self._rules = rules
        self._language = language
        self._read: dict[tuple[str, str], Reading | None] = {}
        self._known: dict[str, Rule | None] = {}
        self._rows: dict[str, DateRow | None] = {}
        self._ends: dict[str, bool] = {}

    def read(self, line: str, zone: str) -> Reading | None:
        """The rule that fits a line in a zone (lead, body or tail), and the facts it states; None for other lines.

        Below the text a date without a label belongs to another article, so it is no fact of this one.
        """
        if (line, zone) not in self._read:
            self._read[line, zone] = self._fresh(line, zone)
        return self._read[line, zone]

    def keeps(self, line: str) -> bool:
        """Whether the line is text whatever it looks like: a person said so, or a rule and no lesson against it."""
        rule = self._line_rule(line)
        return rule.zone == KEEP if rule else self._rules.keeps(line)

    def _fresh(self, line: str, zone: str) -> Reading | None:
        known = self._line_rule(line)
        if known and known.zone == KEEP:
            return None
        found = self._by_pattern(line, zone) if len(line) <= LONGEST_LINE else None
        if known and known.zone in _ZONES[zone] and not (found and found[1]):  # facts are not lost for a lesson
            return known, ()
        return found

    def _line_rule(self, line: str) -> Rule | None:
        if line not in self._known:
            self._known[line] = self._rules.line_rule(line)
        return self._known[line]

    def _by_pattern(self, line: str, zone: str) -> Reading | None:
        if zone != "body" and (row := self._date_row(line)):
            return by.DATE_ROW, tuple(_claims_of_row(row)) if zone == "lead" or row.labelled else ()
        match = self._rules.match(line, _ZONES[zone])
        return (match.rule, tuple(claims_of(match))) if match else None

    def _date_row(self, line: str) -> DateRow | None:
        if line not in self._rows:
            self._rows[line] = read_date_row(line, self._language)
        return self._rows[line]

    def ends_text(self, line: str) -> bool:
        """Whether the line is one after which no article goes on."""
        if line not in self._ends:
            self._ends[line] = self._rules.ends(line) and not self.keeps(line)
        return self._ends[line]


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
