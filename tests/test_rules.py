"""Every shipped rule proves itself on its own examples."""

from __future__ import annotations

import pytest

from pipelines.rules import pattern_of, rule_set, shipped_rules
from pipelines.types import Rule

RULES = shipped_rules()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_rule_strips_its_examples_and_keeps_its_counterexample(rule: Rule) -> None:
    assert len(rule.strip) >= 2
    assert rule.keep
    assert rule.why.endswith(".")
    pattern = pattern_of(rule)
    for line in rule.strip:
        assert pattern.fullmatch(line), f"does not strip {line!r}"
    for line in rule.keep:
        assert not pattern.fullmatch(line), f"strips {line!r}"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_no_rule_strips_what_another_keeps(rule: Rule) -> None:
    rules = rule_set(RULES)
    for line in rule.keep:
        assert rules.match(line, ("lead", "tail", "edge", "any")) is None


def test_rule_ids_are_unique_and_named_after_their_file() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)
