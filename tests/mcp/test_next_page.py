"""Next pages: told as arguments of the same tool, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from plugin_gateway.mcp.next_page import next_arguments
from plugin_gateway.mcp.reply import Reply, ResultTerms
from plugin_gateway.mcp.service import Invocation, ToolOffer
from plugin_gateway.proxy.answer_head import Answer
from tests.mcp.world import revision_of

if TYPE_CHECKING:
    from plugin_gateway.tools.tool import Tool


TOOL = revision_of().tools.by_name["listPets"]
OTHER = revision_of().tools.by_name["getPet"]
URL = "https://gw.example"
OFFER = ToolOffer(revision_of().tools)


def found(
    link: str = "", value: Any = None, arguments: Any = None, target: bytes = b"/pets?limit=2", tool: Tool = TOOL
) -> dict[str, str | int] | None:
    block = f"Content-Type: application/json\r\n{f'Link: {link}' if link else 'A: b'}\r\n".encode()
    return next_arguments(reply_of(tool, {"limit": 2} if arguments is None else arguments, target, block), value)


def reply_of(tool: Tool, arguments: Any, target: bytes, block: bytes = b"A: b\r\n", url: str = URL) -> Reply:
    answer = Answer(200, block, -1, is_chunked=False, keeps_alive=True)
    return Reply(Invocation(tool, arguments), target, answer, b"", ResultTerms(1, url, OFFER), has_more=False)


@pytest.mark.parametrize(
    ("link", "arguments"),
    [
        ('<https://gw.example/pets?limit=2&page=3>; rel="next"', {"limit": 2, "page": 3}),
        ("</pets?page=3&limit=2>; rel=next", {"limit": 2, "page": 3}),
        ("<?limit=2&cursor=a%20b>; rel=next", {"limit": 2, "cursor": "a b"}),
        ('<?page=1>; rel="prev", <?page=3>; title="a, b"; rel="last next"', {"limit": 2, "page": 3}),
        ('<https://gw.example/pets?page=1>; rel="prev"', None),
        ('<https://other.example/pets?page=3>; rel="next"', None),
        ('<https://gw.example/dogs?page=3>; rel="next"', None),
        ('<https://gw.example/pets?api_key=x&page=3>; rel="next"', None),
        ('<https://gw.example/pets?limit=2>; rel="next"', None),
        ('<https://gw.example/pets>; rel="next"', None),
        ("<https://[bad/pets?page=3>; rel=next", None),
    ],
)
def test_a_link_field_is_given_as_arguments(link: str, arguments: Any) -> None:
    assert found(link) == arguments


@pytest.mark.parametrize(
    "url", ["https://gw.example/plugin/pets?page=3", "https://gw.example/pets?page=3", "/pets?page=3", "?page=3"]
)
def test_a_gateway_below_a_path_finds_the_page_by_its_own_url_and_by_the_apis(url: str) -> None:
    value = {"next": url}

    assert next_arguments(reply_of(TOOL, {}, b"/pets", url=f"{URL}/plugin"), value) == {"page": 3}


@pytest.mark.parametrize("url", ["https://gw.example/other/pets?page=3", "/plugin?page=3", "https://other/pets?page=3"])
def test_a_gateway_below_a_path_takes_no_other_page_for_the_next(url: str) -> None:
    assert next_arguments(reply_of(TOOL, {}, b"/pets", url=f"{URL}/plugin"), {"next": url}) is None


@pytest.mark.parametrize(
    ("value", "arguments"),
    [
        ({"next": "https://gw.example/pets?limit=2&page=3"}, {"limit": 2, "page": 3}),
        ({"links": {"next": {"href": "/pets?page=3"}}}, {"limit": 2, "page": 3}),
        ({"@odata.nextLink": "https://gw.example/pets?page=3"}, {"limit": 2, "page": 3}),
        ({"next_cursor": "abc"}, {"limit": 2, "cursor": "abc"}),
        ({"response_metadata": {"next_cursor": "abc"}}, {"limit": 2, "cursor": "abc"}),
        ({"nextPageToken": "abc"}, {"limit": 2, "cursor": "abc"}),
        ({"next_page": 3}, {"limit": 2, "page": 3}),
        ({"next": None}, None),
        ({"next_cursor": ""}, None),
        ({"next": True}, None),
        ({"next": {"deep": 1}}, None),
        ({"nextSomething": "x"}, None),
        ([{"next": "/pets?page=3"}], None),
        ("next", None),
    ],
)
def test_a_page_that_the_json_names_is_given_as_arguments(value: Any, arguments: Any) -> None:
    assert found(value=value) == arguments


def test_a_tool_without_query_arguments_has_no_next_page() -> None:
    assert found("<?page=3>; rel=next", tool=OTHER) is None


def test_a_page_that_was_just_asked_for_is_not_the_next() -> None:
    assert found(value={"next_cursor": "abc"}, arguments={"cursor": "abc"}) is None
