from __future__ import annotations

from plugin_gateway.tools.tool import Hints, Tool


def tool(name: str = "getPet", definition: bytes = b"{}") -> Tool:
    hints = Hints(read_only=True, destructive=False, idempotent=True)
    return Tool(
        name=name, method="GET", path_template="/", title="", description="", hints=hints, definition=definition
    )


def test_the_cost_of_a_tool_grows_with_its_definition() -> None:
    assert tool(definition=b"x" * 400).tokens > tool(definition=b"x" * 100).tokens
