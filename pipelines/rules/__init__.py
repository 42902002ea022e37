"""Rules are data that prove themselves: each TOML rule has its why, lines it strips and a line it keeps.

A pattern must match a whole line, white space folded, letter case aside. Named groups become claims; the group
`published_at` is read as a date. Within a pattern `%DATE%`, `%TIME%`, `%NAME%` and `%AGENCY%` stand for any
date, clock time, short name and known agency. A language is a file; adding one needs no Python.

Rules for one line of one source, learned or said by a person, are known by the line's digest, which ends their id;
their pattern is the line as people read it and is never compiled.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

from pipelines.dates import date_pattern, time_pattern
from pipelines.errors import ConfigError
from pipelines.marks import digest_in, digest_of
from pipelines.recipe import Recipe
from pipelines.rules.structure import STRUCTURE
from pipelines.types import Rule

ZONES = ("lead", "tail", "edge", "any")
#: The zone of rules that mark what stays although it may look like furniture; their `keep` lines fit, `strip` do not.
KEEP = "keep"
REACHES = ("line", "rest")
#: No furniture line is longer; longer lines are not tried.
LONGEST_LINE = 240
_BEYOND_LATIN = re.compile(r"[\u0370-\u1dff\u2e80-\ufaff\ufb1d-\ufdff\ufe70-\uffef]")  # a letter of another script


@dataclass(frozen=True, slots=True)
class Match:
    """A rule that fits a line, and the fields it read there."""

    rule: Rule
    fields: tuple[tuple[str, str], ...] = ()


class _Group:
    """Patterns that are tried together; one of them all tells most lines apart at once."""

    def __init__(self, zone: str, reach: str, beyond_latin: bool) -> None:
        self.zone, self.reach, self.beyond_latin = zone, reach, beyond_latin
        self.rules: list[Rule] = []

    @cached_property
    def _union(self) -> re.Pattern[str]:
        return re.compile("|".join(f"(?:{_nameless(_spelled_out(one))})" for one in self.rules), re.IGNORECASE)

    def fits(self, line: str) -> bool:
        return bool(self._union.fullmatch(line))


class _Ready:
    """A rule, its group, and its pattern once that is asked for: compiling all of them takes most of a second."""

    def __init__(self, rule: Rule, group: _Group) -> None:
        self.rule, self.group = rule, group

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        return pattern_of(self.rule)


class RuleSet:
    """Rules made ready for matching."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        digests = {rule: digest_in(rule.id) if rule.origin in ("learned", "yours") else None for rule in rules}
        self._lines = {digest: rule for rule, digest in digests.items() if digest is not None}
        groups: dict[tuple[str, str, bool, str], _Group] = {}
        self._rules: list[_Ready] = []
        for rule in (rule for rule, digest in digests.items() if digest is None):
            # shipped rules stand apart, so that all sources share their patterns
            key = (rule.zone, rule.reach, _beyond_latin(rule), rule.origin)
            group = groups.setdefault(key, _Group(*key[:3]))
            group.rules.append(rule)
            self._rules.append(_Ready(rule, group))
        self._groups = tuple(groups.values())

    def fits(self, line: str, zones: tuple[str, ...] = ZONES) -> bool:
        """Whether any rule of these zones fits the whole line."""
        return any(self._fitting(" ".join(line.split()), zones))

    def ends(self, line: str) -> bool:
        """Whether the line is one after which no article goes on."""
        return any(self._fitting(" ".join(line.split()), ZONES, ("rest",)))

    def match(self, line: str, zones: tuple[str, ...]) -> Match | None:
        """The first rule of these zones that fits the whole line."""
        folded = " ".join(line.split())
        if fitting := list(self._fitting(folded, zones)):
            for one in self._rules:
                if one.group in fitting and (found := one.pattern.fullmatch(folded)):
                    return Match(
                        one.rule, tuple((k, v.strip()) for k, v in found.groupdict().items() if v and v.strip())
                    )
        return None

    def keeps(self, line: str) -> bool:
        """Whether a rule says that the line is text."""
        return any(self._fitting(" ".join(line.split()), (KEEP,)))

    def line_rule(self, line: str) -> Rule | None:
        """The rule for exactly this line, whatever its length; its zone may be `keep`."""
        return self._lines.get(digest_of(line)) if self._lines else None

    def _fitting(self, line: str, zones: tuple[str, ...], reaches: tuple[str, ...] = REACHES) -> Iterator[_Group]:
        """The groups of which a pattern fits the whole line."""
        if len(line) > LONGEST_LINE:
            return
        latin = line.isascii() or not _BEYOND_LATIN.search(line)
        for one in self._groups:
            if one.zone in zones and one.reach in reaches and not (latin and one.beyond_latin) and one.fits(line):
                yield one


def _nameless(pattern: str) -> str:
    """A pattern without the names of its groups, which may repeat in a union."""
    return re.sub(r"\(\?P<\w+>", "(?:", pattern)


def _beyond_latin(rule: Rule) -> bool:
    """Whether a rule is for lines in other scripts than Latin, as its own examples show."""
    fitting = rule.keep if rule.zone == KEEP else rule.strip
    return bool(fitting) and all(_BEYOND_LATIN.search(line) for line in fitting)


@cache
def shipped_rules() -> tuple[Rule, ...]:
    """All rules of rules/*.toml, by file name and then in order of the file."""
    folder = files(__package__)
    names = sorted(one.name for one in folder.iterdir() if one.name.endswith(".toml"))
    # their patterns are known to be right: tests compile each
    return tuple(rule for name in names for rule in _rules(folder.joinpath(name).read_text("utf-8"), name))


def rules_from(text: str, where: str) -> Iterator[Rule]:
    """The rules of one file. Raises ConfigError that names file, rule and fault."""
    for rule in _rules(text, where):
        try:
            pattern_of(rule)
        except re.error as problem:
            raise ConfigError(f"{where}: rule {rule.id!r}: {problem}") from None
        yield rule


def _rules(text: str, where: str) -> Iterator[Rule]:
    try:
        tables = tomllib.loads(text).get("rule", [])
    except tomllib.TOMLDecodeError as problem:
        raise ConfigError(f"{where}: not valid TOML: {problem}") from None
    for table in tables:
        try:
            values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in table.items()}
            rule = Rule(**values)
        except TypeError as problem:
            raise ConfigError(f"{where}: rule {table.get('id')!r}: {problem}") from None
        if rule.zone not in (*ZONES, KEEP) or rule.reach not in REACHES:
            raise ConfigError(f"{where}: rule {rule.id!r}: zone is one of {(*ZONES, KEEP)}, reach one of {REACHES}")
        yield rule


def own_rules(source: str, patterns: Iterable[str]) -> tuple[Rule, ...]:
    """The lines a user had stripped from a source (`strip = […]`), as rules."""
    why = "Named in sources.toml as furniture of this source."
    return tuple(
        Rule(id=f"yours.{source}.{n}", zone="any", pattern=_scoped(pattern), why=why, origin="yours")
        for n, pattern in enumerate(patterns, 1)
    )


def _scoped(pattern: str) -> str:
    """The pattern with its flags for itself alone: it becomes a part of a longer one, where `(?i)` may not stand."""
    flags = re.match(r"\(\?([aimsux]+)\)", pattern)
    return f"(?{flags[1]}:{pattern[flags.end() :]})" if flags else pattern


def all_rules(recipe: Recipe) -> list[Rule]:
    """Every rule that a ledger made by this recipe may name."""
    own = [rule for source in recipe.sources.values() for rule in own_rules(source.id, source.strip)]
    learned = [rule for lesson in recipe.lessons.values() for rule in lesson]
    return [*STRUCTURE, *own, *learned, *recipe.rules]


@cache
def rule_set(rules: tuple[Rule, ...]) -> RuleSet:
    """Rules compiled once."""
    return RuleSet(rules)


def pattern_of(rule: Rule) -> re.Pattern[str]:
    """The rule's pattern with its stand-ins filled in."""
    return re.compile(_spelled_out(rule), re.IGNORECASE)


def _spelled_out(rule: Rule) -> str:
    pattern = rule.pattern
    for name, part in _stand_ins().items():
        pattern = pattern.replace(f"%{name}%", part)
    return pattern


@cache
def _stand_ins() -> dict[str, Any]:
    agencies = sorted(map(re.escape, agency_names()), key=len, reverse=True)
    return {
        "DATE": date_pattern(),
        "TIME": time_pattern(),
        "NAME": r"[^\W\d_][\w.'’-]*(?:[ /&][\w.'’&-]+){0,5}",
        "AGENCY": f"(?:{'|'.join(agencies)})",
    }


@cache
def agency_names() -> dict[str, str]:
    """Every spelling of a news agency, and the name it is stored under (data/agencies.toml)."""
    table = tomllib.loads(files("pipelines").joinpath("data/agencies.toml").read_text(encoding="utf-8"))
    return {spelling: name for name, spellings in table["agency"].items() for spelling in (name, *spellings)}
