"""The rules for tools."""

from typing import Any

import pytest
from msgspec.structs import replace

from plugin_gateway.export.candidate import Candidate
from tests.shop import broken, shop


def with_tool(change: dict[str, Any], index: int = 0, **more: Any) -> Candidate:
    """Return the shop with a changed definition of one tool; `None` removes a member."""
    candidate = shop()
    tool = candidate.tools[index]
    definition = {key: value for key, value in {**tool.definition, **change}.items() if value is not None}
    tools = [*candidate.tools]
    tools[index] = replace(tool, definition=definition, **more)
    return replace(candidate, tools=tuple(tools))


HINTS = {"readOnlyHint": True, "destructiveHint": False, "idempotentHint": True, "openWorldHint": False}
META = "openai/toolInvocation/invoking"


def takes(name: str) -> dict[str, Any]:
    return {"inputSchema": {"type": "object", "properties": {name: {"type": "string"}}}}


def returns(name: str) -> dict[str, Any]:
    return {"outputSchema": {"type": "object", "properties": {name: {"type": "string"}}}}


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"title": "list_orders"}, {"tool-title": "warning"}),
        ({"title": None}, {"tool-title": "error"}),
        ({"description": " "}, {"tool-description": "error"}),
        ({"description": "x" * 2048}, {}),
        ({"description": "x" * 2049}, {"claude-description": "warning"}),
        ({"annotations": None}, {"tool-hints": "error"}),
        ({"annotations": {**HINTS, "openWorldHint": "no"}}, {"tool-hints": "error"}),
        ({"annotations": HINTS}, {}),
        (takes("password"), {"tool-inputs": "warning"}),
        (takes("apiKey"), {"tool-inputs": "warning"}),
        (takes("access_token"), {"tool-inputs": "warning"}),
        (takes("chatHistory"), {"tool-inputs": "warning"}),
        (takes("latitude"), {"tool-inputs": "warning"}),
        (takes("page_token"), {}),
        (takes("passenger"), {}),
        (takes("city"), {}),
        (returns("requestId"), {"tool-outputs": "note"}),
        (returns("trace_id"), {"tool-outputs": "note"}),
        (returns("order_id"), {}),
        ({"_meta": {META: "x" * 64}}, {}),
        ({"_meta": {META: "x" * 65}}, {"tool-invocation": "error"}),
    ],
)
def test_a_definition_breaks_these_rules(change: dict[str, Any], found: dict[str, str]) -> None:
    assert broken(with_tool(change)) == found


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("list_orders_2", {}),
        ("list-orders", {"m365-function-name": "error"}),
        ("list.orders", {"tool-name": "error", "m365-function-name": "error"}),
        ("x" * 64, {}),
        ("x" * 65, {"tool-name": "error"}),
    ],
)
def test_a_name_breaks_these_rules(name: str, found: dict[str, str]) -> None:
    candidate = with_tool({"name": name})
    config = candidate.config.replace(plugin=candidate.config.plugin.replace(cases=()))
    assert broken(replace(candidate, config=config)) == {"openai-cases": "warning", **found}


@pytest.mark.parametrize(
    ("tokens", "found"),
    [
        ((4_999, 30, 30), {}),
        ((5_000, 30, 30), {"tool-tokens": "error"}),
        ((4_999, 4_999, 4_999, 1_002), {}),
        ((4_999, 4_999, 4_999, 1_003), {"tools-tokens": "error"}),
        ((30,) * 19, {}),
        ((30,) * 20, {"tools-many": "note"}),
    ],
)
def test_definitions_cost_tokens(tokens: tuple[int, ...], found: dict[str, str]) -> None:
    candidate = shop()
    tools = tuple(replace(candidate.tools[0], tokens=one) for one in tokens)
    assert broken(replace(candidate, tools=tools)) == found


def test_budgets_are_for_a_server_that_lists_its_operations() -> None:
    candidate = shop({"mcp": {"mode": "search"}})
    tools = tuple(replace(candidate.tools[0], tokens=5_000) for _ in range(30))
    assert broken(replace(candidate, tools=tools)) == {"mcp-search-mode": "error"}


@pytest.mark.parametrize(
    ("index", "hints", "found"),
    [
        (1, HINTS, {"tool-hints-honest": "warning"}),
        (2, {**HINTS, "readOnlyHint": False}, {"tool-hints-honest": "warning"}),
        (2, {**HINTS, "readOnlyHint": False, "destructiveHint": True}, {}),
        (1, {**HINTS, "readOnlyHint": False}, {}),
    ],
)
def test_a_hint_that_the_method_contradicts_is_reported(
    index: int, hints: dict[str, Any], found: dict[str, str]
) -> None:
    assert broken(with_tool({"annotations": hints}, index)) == found


def test_an_operation_that_is_declared_harmless_is_reported_at_its_entry() -> None:
    entry = {"operation": "create_order", "consequential": False}
    assert broken(shop({"allow": ["list_orders", entry, "cancel_order"]})) == {"tool-hints-honest": "warning"}


@pytest.mark.parametrize("change", [returns("id"), {"outputSchema": None}])
def test_a_missing_description_of_the_result_is_noted(change: dict[str, Any]) -> None:
    from plugin_gateway.export.platforms.tools import output_schema

    candidate = shop()
    tools = tuple(
        replace(tool, definition={key: value for key, value in {**tool.definition, **change}.items() if value})
        for tool in candidate.tools
    )
    found = [*output_schema.judge(replace(candidate, tools=tools))]
    assert len(found) == (0 if change["outputSchema"] else 1)
