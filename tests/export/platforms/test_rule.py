"""A rule of a directory or a client."""

from collections.abc import Iterator
from typing import Any

import pytest

from plugin_gateway.diagnostics import Pointer
from plugin_gateway.export.candidate import Candidate
from plugin_gateway.export.platforms.rule import Breach, Platform, entry_of, rule, wanted
from tests.shop import shop


def test_a_breach_becomes_a_finding_with_the_name_and_the_source_of_its_rule() -> None:
    @rule("late", "a forum", Platform.CLAUDE)
    def late(candidate: Candidate) -> Iterator[Breach]:
        yield Breach(message="m", hint="h", pointer=("plugin", "name"))

    [finding] = late.judge(shop())
    assert (finding.rule, finding.message, finding.hint, finding.pointer) == ("late", "m", "h", ("plugin", "name"))
    assert (finding.source, finding.severity) == ("a forum", "error")
    assert late.platforms == {Platform.CLAUDE}


def test_a_key_that_is_wanted_and_left_out_is_a_warning_with_an_example() -> None:
    video = wanted("video", "a page", Platform.CLAUDE, key="recording", example="https://a.example", message="m")

    [finding] = video.judge(shop({"plugin": {"recording": None}}))
    assert (finding.rule, finding.source, finding.message, finding.severity) == ("video", "a page", "m", "warning")
    assert (finding.hint, finding.pointer) == ("write `recording: https://a.example` below `plugin`", ("plugin",))
    assert [*video.judge(shop())] == []
    assert video.platforms == {Platform.CLAUDE}


@pytest.mark.parametrize(
    ("allow", "pointer"),
    [
        (["create_order", "list_orders"], ("allow", 1)),
        (["create_order", "GET /orders"], ("allow", 1)),
        (["create_order", {"operation": "list_orders", "operation_id": "find"}], ("allow", 1)),
        ([{"tag": "Orders"}], ("allow",)),
    ],
)
def test_an_operation_is_found_at_the_entry_that_names_it_alone(allow: list[Any], pointer: Pointer) -> None:
    candidate = shop({"allow": allow})
    [tool] = [tool for tool in candidate.tools if tool.path == "/orders" and tool.method == "GET"]
    assert entry_of(candidate, tool.name, tool.method, tool.path) == pointer
