"""The judge of all rules."""

from collections import Counter

import pytest

from plugin_gateway.export.targets.judge import RULES, judge
from plugin_gateway.export.targets.rule import Target
from tests.shop import NOTED, PASSED_ON, broken, shop


def test_every_target_accepts_the_shop() -> None:
    assert broken(shop()) == {}
    assert {finding.rule for finding in judge(shop(), set(Target))} == NOTED


def test_each_rule_has_a_unique_name_a_source_and_a_target() -> None:
    assert [name for name, count in Counter(rule.name for rule in RULES).items() if count > 1] == []
    assert all(rule.source and rule.targets for rule in RULES)


def test_each_target_has_a_rule() -> None:
    assert {target for rule in RULES for target in rule.targets} == set(Target)


@pytest.mark.parametrize("target", Target)
def test_only_the_rules_of_the_targets_are_judged(target: Target) -> None:
    local = shop({"public": {"url": "http://localhost:8080"}, "plugin": None, **PASSED_ON})
    of_target = {rule.name for rule in RULES if target in rule.targets}
    assert {finding.rule for finding in judge(local, {target})} <= of_target
