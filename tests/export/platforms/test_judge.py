"""The judge of all rules."""

from collections import Counter

import pytest

from plugin_gateway.export.platforms.judge import RULES, judge
from plugin_gateway.export.platforms.rule import Platform
from tests.shop import NOTED, PASSED_ON, broken, shop


def test_every_platform_accepts_the_shop() -> None:
    assert broken(shop()) == {}
    assert {finding.rule for finding in judge(shop(), set(Platform))} == NOTED


def test_each_rule_has_a_unique_name_a_source_and_a_platform() -> None:
    assert [name for name, count in Counter(rule.name for rule in RULES).items() if count > 1] == []
    assert all(rule.source and rule.platforms for rule in RULES)


def test_each_platform_has_a_rule() -> None:
    assert {platform for rule in RULES for platform in rule.platforms} == set(Platform)


@pytest.mark.parametrize("platform", Platform)
def test_only_the_rules_of_the_platforms_are_judged(platform: Platform) -> None:
    local = shop({"public": {"url": "http://localhost:8080"}, "plugin": None, **PASSED_ON})
    of_platform = {rule.name for rule in RULES if platform in rule.platforms}
    assert {finding.rule for finding in judge(local, {platform})} <= of_platform
