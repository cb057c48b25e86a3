from __future__ import annotations

import pickle

from plugin_gateway.tools.tool import Hints, Tool
from plugin_gateway.tools.tool_set import NO_TOOLS, ToolSet, tool_set


def tool(name: str = "getPet", definition: bytes = b"{}") -> Tool:
    hints = Hints(read_only=True, destructive=False, idempotent=True)
    return Tool(
        name=name, method="GET", path_template="/", title="", description="", hints=hints, definition=definition
    )


def test_tools_are_built_on_first_access_and_once() -> None:
    built = []

    def build() -> tuple[Tool, ...]:
        built.append(1)
        return (tool(),)

    tools = ToolSet(build)

    assert built == []
    assert [*tools] == [tool()]
    assert tools.by_name == {"getPet": tool()}
    assert len(tools) == 1
    assert built == [1]


def test_a_pickled_set_holds_the_tools_and_not_the_function_that_builds_them() -> None:
    tools = pickle.loads(pickle.dumps(ToolSet(lambda: (tool(),))))

    assert tools == tool_set((tool(),))
    assert repr(tools) == "ToolSet(getPet)"


def test_sets_with_other_tools_are_not_equal() -> None:
    assert tool_set((tool("a"),)) != tool_set((tool("b"),))
    assert hash(tool_set((tool("a"),))) == hash(tool_set((tool("a"),)))
    assert NO_TOOLS != ()


def test_a_pickled_set_holds_the_index_only_if_it_is_searched() -> None:
    searched, other = (
        pickle.loads(pickle.dumps(ToolSet(lambda: (tool(),), is_searched=is_searched))) for is_searched in (True, False)
    )

    assert "index" in vars(searched)
    assert searched.is_searched
    assert "index" not in vars(other)
    assert not other.is_searched
    assert searched.index == other.index
    assert "index" in vars(pickle.loads(pickle.dumps(searched)))
