"""What reviewers need."""

from typing import Any

import pytest

from plugin_gateway.export.platforms.review import cases
from tests.shop import CASE, broken, shop

REFUSAL = {"prompt": "Tell me a joke."}


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"cases": [CASE] * 4}, {"openai-cases": "warning"}),
        ({"cases": None}, {"openai-cases": "warning"}),
        ({"refusals": [REFUSAL] * 2}, {"openai-cases": "warning"}),
        ({"cases": [CASE] * 4 + [CASE | {"tools": ["list_order"]}]}, {"openai-cases": "error"}),
        ({"cases": [CASE] * 4 + [{"prompt": "x", "tools": ["list_orders"]}]}, {"openai-cases": "error"}),
        ({"cases": [CASE] * 4 + [{"prompt": "x", "expect": "y"}]}, {"openai-cases": "error"}),
        ({"cases": [CASE] * 6, "refusals": [REFUSAL] * 4}, {}),
        ({"recording": None}, {"openai-recording": "warning"}),
        ({"release_notes": None}, {"openai-release-notes": "warning"}),
        ({"openai_challenge": None}, {"openai-domain-proof": "warning"}),
    ],
)
def test_an_incomplete_submission_breaks_only_the_rule_of_the_incomplete_field(
    change: dict[str, Any], found: dict[str, str]
) -> None:
    assert broken(shop({"plugin": change})) == found


def test_the_example_of_a_case_names_a_tool_that_exists() -> None:
    [finding] = [one for one in cases.judge(shop({"plugin": {"cases": None}})) if "call tools" in one.message]
    assert "tools: [list_orders]" in finding.hint
    empty = shop({"allow": [], "plugin": {"cases": None}})
    assert "tools: [listOrders]" in next(iter(cases.judge(empty))).hint
