"""Every shipped rule proves itself on its own examples."""

from __future__ import annotations

from importlib.resources import files

import pytest

from pipelines.rules import KEEP, LONGEST_LINE, agency_names, pattern_of, rule_set, rules_from, shipped_rules
from pipelines.types import Rule

RULES = shipped_rules()
FOLDER = files("pipelines.rules")
FILES = sorted(one.name.removesuffix(".toml") for one in FOLDER.iterdir() if one.name.endswith(".toml"))
LANGUAGES = {"ar", "de", "en", "es", "fr", "it", "ja", "pt", "ru", "tr", "zh"}
ZONES = ("lead", "tail", "edge", "any")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_rule_strips_its_examples_and_keeps_its_counterexample(rule: Rule) -> None:
    assert len(set(rule.strip)) >= 2
    assert rule.keep
    assert rule.why.endswith(".")
    pattern = pattern_of(rule)
    fitting, other = (rule.keep, rule.strip) if rule.zone == KEEP else (rule.strip, rule.keep)
    for line in fitting:
        assert pattern.fullmatch(line), f"does not fit {line!r}"
    for line in other:
        assert not pattern.fullmatch(line), f"fits {line!r}"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_no_rule_strips_what_another_keeps(rule: Rule) -> None:
    rules = rule_set(RULES)
    for line in rule.keep:
        assert len(line) <= LONGEST_LINE, "longer lines are never tried, so the example shows nothing"
        assert rules.keeps(line) if rule.zone == KEEP else rules.match(line, ZONES) is None


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_example_is_found_among_all_rules(rule: Rule) -> None:
    rules = rule_set(RULES)
    for line in () if rule.zone == KEEP else rule.strip:
        assert rules.fits(line)
        assert rules.match(line, ZONES)


@pytest.mark.parametrize("name", FILES)
def test_rule_ids_are_named_after_their_file(name: str) -> None:
    rules = list(rules_from(FOLDER.joinpath(f"{name}.toml").read_text("utf-8"), name))
    assert rules
    assert all(rule.id.startswith(f"{name}.") for rule in rules)


def test_rule_ids_are_unique() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)


def test_the_languages_are_there() -> None:
    assert set(FILES) >= LANGUAGES | {"common"}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_patterns_name_agencies_only_by_their_stand_in(rule: Rule) -> None:
    """Which agencies there are is said once, in data/agencies.toml."""
    named = [name for name in agency_names() if len(name) > 4 and name in rule.pattern]
    assert not named
