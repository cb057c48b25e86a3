"""A rule of a directory or a client."""

import pytest

from plugin_gateway.export.targets.rule import TITLES, Breach, Target, entry_of, rule
from tests.shop import shop


def test_a_breach_becomes_a_finding_with_the_name_and_the_source_of_its_rule():
    @rule("late", "a forum", Target.CLAUDE)
    def late(candidate):
        yield Breach(message="m", hint="h", pointer=("plugin", "name"))

    [finding] = late.judge(None)
    assert (finding.rule, finding.message, finding.hint, finding.pointer) == ("late", "m", "h", ("plugin", "name"))
    assert (finding.source, finding.severity) == ("a forum", "error")
    assert late.targets == {Target.CLAUDE}


def test_each_target_has_a_title():
    assert set(TITLES) == set(Target)


@pytest.mark.parametrize(
    ("allow", "pointer"),
    [
        (["create_order", "list_orders"], ("allow", 1)),
        (["create_order", "GET /orders"], ("allow", 1)),
        (["create_order", {"operation": "list_orders", "operation_id": "find"}], ("allow", 1)),
        ([{"tag": "Orders"}], ("allow",)),
    ],
)
def test_an_operation_is_found_at_the_entry_that_names_it_alone(allow, pointer):
    candidate = shop({"allow": allow})
    [tool] = [tool for tool in candidate.tools if tool.path == "/orders" and tool.method == "GET"]
    assert entry_of(candidate, tool.name, tool.method, tool.path) == pointer
