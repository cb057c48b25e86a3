from typing import Any

from plugin_gateway.ranking.lookup import find
from plugin_gateway.tools.tool import Argument, Hints, Place, Tool
from plugin_gateway.tools.tool_index import index_tools


def tool(name: str, title: str, **fields: Any) -> Tool:
    hints = Hints(read_only=True, destructive=False, idempotent=True)
    return Tool(
        **{
            "name": name, "method": "GET", "path_template": "/", "title": title, "description": "", "hints": hints,
            "definition": b"{}", **fields,
        }
    )  # fmt: skip


def test_tools_are_found_by_their_texts_method_path_and_arguments() -> None:
    index = index_tools(
        [
            tool("getPet", "Look at an animal", path_template="/zoo/{id}"),
            tool(
                "other",
                "other",
                method="DELETE",
                arguments=(Argument(name="colour", place=Place.QUERY, wire_name="c"),),
            ),
            tool("third", "third", description="Feeds. With carrots"),
        ]
    )
    for query, number in {"animal": 0, "pet": 0, "zoo": 0, "delete": 1, "colour": 1, "carrot": 2, "feeding": 2}.items():
        assert [one.number for one in find(index, query).found] == [number]


def test_the_first_sentence_is_the_title_of_a_tool_whose_title_is_its_name() -> None:
    index = index_tools([tool("a", "a", description="Pets"), tool("b", "Shops", description="Pets")])
    assert [*index.title_sizes] == [1, 1]
    assert [one.number for one in find(index, "pets").found] == [0, 1]
