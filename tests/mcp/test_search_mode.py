"""Search mode: three tools that find, describe and call the operations of a view, and no others."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.mcp.result import NEXT_KEY, Result
from plugin_gateway.mcp.search_mode import CALL, DESCRIBE, MOST, SEARCH, USUAL, SearchOffer, offer_of
from plugin_gateway.mcp.service import Invocation, ToolOffer
from plugin_gateway.tools.tool import Hints, Tool
from plugin_gateway.tools.tool_set import tool_set
from tests.mcp.world import SECRET, answer, play, revision_of
from tests.narrow import as_a, present

if TYPE_CHECKING:
    from plugin_gateway.revision import Revision
    from plugin_gateway.revision.model import View
    from tests.mcp.world import World


MODE = "mcp: {mode: search}"
REVISION = revision_of(MODE)
OFFER = SearchOffer(REVISION.tools, title="Pets", result_bytes=100_000)
CONSUMERS = f"""
{MODE}
auth: {{type: service_http, tokens: [{{name: tom, env: TOKEN}}, {{name: ann, value: t0ken-of-ann-77}}]}}
consumers: [{{name: tom, match: {{token: tom}}, allow: [listPets]}}, {{name: ann, match: {{token: ann}}}}]
"""
TOM, ANN = ({b"authorization": b"Bearer t0ken-of-%b-77" % name} for name in (b"tom", b"ann"))


def result(name: str, arguments: Any, offer: SearchOffer = OFFER) -> Any:
    found = offer.resolve(name, arguments)
    assert isinstance(found, Result)
    members = json.loads(b"{" + found.members + b"}")
    (content,) = members["content"]
    if "structuredContent" in members:
        assert json.loads(content["text"]) == members["structuredContent"]
    return members


def found(query: str, offer: SearchOffer = OFFER, **more: Any) -> list[str]:
    return [one["id"] for one in result(SEARCH, {"query": query, **more}, offer)["structuredContent"]["operations"]]


def error(name: str, arguments: Any, offer: SearchOffer = OFFER) -> Any:
    members = result(name, arguments, offer)
    assert members["isError"] is True
    assert "structuredContent" not in members
    return members["content"][0]["text"]


def offer_with(
    count: int, description: str = "Does something.", result_bytes: int = 100_000, definition: bytes = b'{"name":"x"}'
) -> SearchOffer:
    hints = Hints(read_only=True, destructive=False, idempotent=True)
    tools = [
        Tool(name=f"op{at}", method="GET", path_template=f"/things/{at}", title=f"Get thing {at}", description=description,
             hints=hints, definition=definition)
        for at in range(count)
    ]  # fmt: skip
    return SearchOffer(tool_set(tuple(tools)), title="Things", result_bytes=result_bytes)


@pytest.mark.parametrize(("more", "kind"), [(MODE, SearchOffer), ("mcp: {mode: tools}", ToolOffer), ("", ToolOffer)])
def test_the_mode_decides_which_tools_are_listed(more: str, kind: type) -> None:
    revision = revision_of(more)

    assert type(offer_of(revision.tools, present(revision.mcp))) is kind


def test_three_tools_are_listed_with_all_hints() -> None:
    definitions = [json.loads(one) for one in OFFER.definitions()]

    assert [one["name"] for one in definitions] == [SEARCH, DESCRIBE, CALL]
    assert [one["annotations"]["readOnlyHint"] for one in definitions] == [True, True, False]
    assert [one["annotations"]["destructiveHint"] for one in definitions] == [False, False, True]
    for one in definitions:
        assert one["title"]
        assert {*one["annotations"]} == {"readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"}
        assert one["inputSchema"]["additionalProperties"] is False
    assert "of Pets, an API with 3 operations" in definitions[0]["description"]


def test_a_thousand_operations_cost_as_many_tokens_as_three() -> None:
    few, many = (sum(map(len, offer_with(count).definitions())) for count in (3, 1000))

    assert many <= few + 3
    # At least three bytes are one token of any tokenizer for English and JSON.
    assert many / 3 <= 1500


def test_a_search_shows_title_method_and_path_and_the_token_cost_of_the_description() -> None:
    (first, *_) = result(SEARCH, {"query": "list pets"})["structuredContent"]["operations"]

    assert first["id"] == "listPets"
    assert first["title"] == "List pets"
    assert (first["method"], first["path"]) == ("GET", "/pets")
    assert first["tokens"] == REVISION.tools.by_name["listPets"].tokens
    assert "about" not in first


def test_a_long_description_becomes_one_line_without_markup() -> None:
    (one,) = result(SEARCH, {"query": "thing"}, offer_with(1, "<p>First\n line</p> " + "x" * 500))["structuredContent"][
        "operations"
    ]

    assert one["about"].startswith("First line x")
    assert len(one["about"]) <= 160


@pytest.mark.parametrize(
    ("more", "count"), [({}, USUAL), ({"limit": 2}, 2), ({"limit": 3.0}, 3), ({"limit": MOST}, MOST)]
)
def test_a_search_returns_as_many_as_asked(more: dict[str, Any], count: int) -> None:
    members = result(SEARCH, {"query": "thing", **more}, offer_with(40))["structuredContent"]

    assert len(members["operations"]) == count
    assert (members["matches"], members["total"]) == (40, 40)


def test_an_empty_query_shows_the_first_operations() -> None:
    assert found(" ", offer_with(40), limit=2) == ["op0", "op1"]


def test_a_query_that_nothing_matches_gets_advice() -> None:
    members = result(SEARCH, {"query": "zzzz"})

    assert members["isError"] is False
    assert members["structuredContent"]["operations"] == []
    assert "Try other words" in members["structuredContent"]["hint"]


def test_a_search_stays_within_the_bytes_of_a_result() -> None:
    offer = offer_with(40, "text " * 30, result_bytes=2000)
    found = offer.resolve(SEARCH, {"query": "thing", "limit": 25})

    assert isinstance(found, Result)
    assert 1 < len(json.loads(b"{" + found.members + b"}")["structuredContent"]["operations"]) < 25
    assert len(found.members) <= 2000 + 100


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "`query` must be a string"),
        ({"query": 7}, "`query` must be a string"),
        ({"query": "x", "limit": 0}, "from 1 to 25"),
        ({"query": "x", "limit": 26}, "from 1 to 25"),
        ({"query": "x", "limit": True}, "from 1 to 25"),
        ({"query": "x", "limit": "5"}, "from 1 to 25"),
        ({"query": "x", "limit": 1.5}, "from 1 to 25"),
        ({"query": "x", "q": "y"}, "no argument `q`"),
    ],
)
def test_a_wrong_search_says_what_to_correct(arguments: Any, said: str) -> None:
    assert said in error(SEARCH, arguments)


def test_a_description_is_the_definition_of_the_tool() -> None:
    for tool in REVISION.tools:
        assert result(DESCRIBE, {"id": tool.name})["structuredContent"] == json.loads(tool.definition)


@pytest.mark.parametrize("name", [DESCRIBE, CALL])
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "`id` must be a string"),
        ({"id": None}, "`id` must be a string"),
        ({"id": "listpet"}, "Did you mean `listPets`"),
        ({"id": "deletePet"}, "no operation `deletePet`"),
        ({"id": "zzzz"}, "no operation `zzzz`. Find ids with search_operations"),
        ({"id": "\ud800" + "x" * 100_000}, "no operation"),
        ({"id": "listPets", "x": 1}, "no argument `x`"),
    ],
)
def test_an_unknown_operation_is_reported_with_the_nearest(name: str, arguments: Any, said: str) -> None:
    text = error(name, arguments)

    assert said in text
    assert len(text) < 400


def test_a_description_larger_than_a_result_is_not_cut_in_the_middle() -> None:
    definition = json.dumps({"name": "op0", "description": "x" * 1500}).encode()
    whole = offer_with(1, result_bytes=4000, definition=definition)
    as_text = offer_with(1, result_bytes=2000, definition=definition)
    too_large = offer_with(1, result_bytes=1000, definition=definition)

    assert "structuredContent" in result(DESCRIBE, {"id": "op0"}, whole)
    members = result(DESCRIBE, {"id": "op0"}, as_text)
    assert "structuredContent" not in members
    assert json.loads(members["content"][0]["text"])["name"] == "op0"
    assert "has 1534 bytes" in error(DESCRIBE, {"id": "op0"}, too_large)


@pytest.mark.parametrize(
    ("inner", "arguments"),
    [
        ({}, {}),
        ({"arguments": None}, {}),
        ({"arguments": {"limit": 5}}, {"limit": 5}),
        ({"arguments": '{"limit": 5}'}, {"limit": 5}),
        ({"arguments": '{"limit": 12345678901234567890123}'}, {"limit": 12345678901234567890123}),
    ],
)
def test_a_call_is_the_call_of_the_tool(inner: dict[str, Any], arguments: Any) -> None:
    invocation = OFFER.resolve(CALL, {"id": "listPets", **inner})

    assert isinstance(invocation, Invocation)
    assert invocation.tool is REVISION.tools.by_name["listPets"]
    assert invocation.arguments == arguments


@pytest.mark.parametrize(
    "inner", [5, [], "x", '"x"', "[1]", '{"\ud800": 1}', "[" * 100_000, f'{{"limit": {"9" * 5000}}}']
)
def test_the_arguments_of_a_call_are_an_object(inner: Any) -> None:
    assert "`arguments` must be an object" in error(CALL, {"id": "listPets", "arguments": inner})


def test_arguments_beside_the_id_are_answered_with_where_they_belong() -> None:
    assert "(`limit`, `page`, `cursor`) belong in the object `arguments`" in error(CALL, {"id": "listPets", "limit": 5})


@pytest.mark.parametrize("name", ["listPets", "", "search_operation", "tools/list"])
def test_there_is_no_other_tool(name: str) -> None:
    assert OFFER.resolve(name, {}) is None


@given(st.text(), st.sampled_from([SEARCH, DESCRIBE, CALL]))
def test_any_text_gets_an_answer_that_names_only_operations_of_the_view(text: str, name: str) -> None:
    answered = OFFER.resolve(name, {"query": text} if name == SEARCH else {"id": text})

    if isinstance(answered, Result):
        if name == SEARCH:
            assert {*found(text, limit=MOST)} <= {*REVISION.tools.by_name}
        elif text not in REVISION.tools.by_name:
            assert "deletePet" not in answered.members.decode().replace(json.dumps(text)[1:-1], "")
    else:
        assert text in REVISION.tools.by_name


def test_every_tool_of_a_view_is_found_by_its_name_and_described_and_callable() -> None:
    for tool in REVISION.tools:
        assert found(tool.name)[0] == tool.name
        assert isinstance(OFFER.resolve(CALL, {"id": tool.name}), Invocation)


OPERATIONS = ["listPets", "createPet", "getPet", "deletePet"]


@given(st.sets(st.sampled_from(OPERATIONS), min_size=1), st.sets(st.sampled_from(OPERATIONS)))
def test_search_describe_and_call_reach_exactly_the_operations_of_the_document(
    allowed: set[str], of_tom: set[str]
) -> None:
    of_tom &= allowed
    consumers = f"""
{MODE}
auth: {{type: service_http, tokens: [{{name: tom, env: TOKEN}}]}}
consumers: [{{name: tom, match: {{token: tom}}, allow: [{", ".join(sorted(of_tom))}]}}]
"""
    revision = revision_of(consumers, allow=", ".join(sorted(allowed)))
    served: set[str] = set()
    every: tuple[Revision | View, ...] = (revision, *revision.views)
    for shown in every:
        offer = as_a(SearchOffer, offer_of(shown.tools, present(revision.mcp)))
        paths = json.loads(shown.faces["/openapi.json"].body)["paths"]
        served = {operation["operationId"] for item in paths.values() for operation in item.values()}

        assert {*found("pet list get create delete", offer, limit=MOST)} == served
        assert {*found("", offer, limit=MOST)} == served
        for name in OPERATIONS:
            assert result(DESCRIBE, {"id": name}, offer)["isError"] is (name not in served)
            assert isinstance(offer.resolve(CALL, {"id": name}), Invocation) is (name in served)
    assert served == of_tom


def test_each_consumer_finds_describes_and_calls_its_own_operations_only() -> None:
    async def scene(world: World) -> None:
        for caller, names in ((TOM, ["listPets"]), (ANN, ["listPets", "createPet", "getPet"])):
            listed = (await world.ask("tools/list", fields=caller)).result["tools"]
            assert [tool["name"] for tool in listed] == [SEARCH, DESCRIBE, CALL]
            shown = (await world.call(SEARCH, {"query": "pet", "limit": 25}, fields=caller)).result["structuredContent"]
            assert sorted(one["id"] for one in shown["operations"]) == sorted(names)
            for name in ("listPets", "createPet", "getPet"):
                described = (await world.call(DESCRIBE, {"id": name}, fields=caller)).result
                done = (await world.call(CALL, {"id": name, "arguments": {}}, fields=caller)).result
                assert described["isError"] is (name not in names)
                if name not in names:
                    assert "no operation" in done["content"][0]["text"]
            # The tools of the other mode are not callable.
            direct = await world.call("listPets", fields=caller)
            assert direct.json["error"]["code"] == -32602

    play(scene, more=CONSUMERS)


def test_a_call_takes_the_way_of_every_tool_call() -> None:
    async def scene(world: World) -> None:
        done = await world.call(CALL, {"id": "getPet", "arguments": {"petId": "a/b c"}})
        assert done.result["isError"] is True
        assert world.heads == []
        done = await world.call(CALL, {"id": "getPet", "arguments": {"petId": "b c"}})
        assert done.result["structuredContent"] == {"echo": "*" * len(SECRET)}
        ((head, _),) = world.heads
        assert head.startswith(b"GET /pets/b%20c HTTP/1.1\r\n")
        assert SECRET.encode() in head
        wrong = await world.call(CALL, {"id": "getPet", "arguments": {"petID": "x"}})
        assert wrong.result["isError"] is True
        assert "Arguments of getPet: petId." in wrong.text

    world = play(scene, answer(json.dumps({"echo": SECRET}).encode()), more=MODE)

    assert [record.rule.operation_id for record in world.records if record.rule] == ["getPet"]


def test_modern_clients_name_the_tool_of_search_mode_in_their_header_field() -> None:
    async def scene(world: World) -> None:
        done = await world.ask_modern("tools/call", {"name": CALL, "arguments": {"id": "listPets", "arguments": {}}})
        assert done.result["isError"] is False
        assert done.result["resultType"] == "complete"

    play(scene, more=MODE)


def test_the_next_page_is_given_as_a_call_of_the_tool_that_is_listed() -> None:
    async def scene(world: World) -> None:
        done = (await world.call(CALL, {"id": "listPets", "arguments": {"limit": 5}})).result
        hint = done["_meta"][NEXT_KEY]
        assert hint == {"tool": CALL, "arguments": {"id": "listPets", "arguments": {"limit": 5, "cursor": "c2"}}}
        assert f"call {CALL} again with" in done["content"][1]["text"]
        await world.call(hint["tool"], hint["arguments"])

    heads = play(scene, answer(b'{"next_cursor": "c2"}'), more=MODE).heads
    assert heads[1][0].startswith(b"GET /pets?limit=5&cursor=c2 HTTP/1.1\r\n")


def test_an_operation_that_is_not_allowed_is_not_in_the_index() -> None:
    assert "deletePet" not in REVISION.tools.index.names
    assert not REVISION.tools.index.has("delet")
