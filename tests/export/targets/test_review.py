"""What reviewers need."""

import pytest

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
def test_a_submission_without_what_reviewers_need_breaks_its_rule_alone(change, found):
    assert broken(shop({"plugin": change})) == found
