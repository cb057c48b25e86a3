"""The service: what each method answers in each era."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from plugin_gateway.mcp.era import ERAS, LATEST_LEGACY, MODERN
from plugin_gateway.mcp.message import (
    INVALID_PARAMS,
    METHOD_NOT_FOUND,
    RESOURCE_NOT_FOUND,
    Fault,
    Message,
)
from plugin_gateway.mcp.result import Result
from plugin_gateway.mcp.service import (
    Invocation,
    Listening,
    Service,
    ToolOffer,
    mirrored_arguments,
)
from tests.mcp.world import revision_of
from tests.narrow import present

if TYPE_CHECKING:
    from plugin_gateway.mcp.era import Era


REVISION = revision_of()
EMPTY = {"prompts/list": "prompts", "resources/list": "resources", "resources/templates/list": "resourceTemplates"}


def service(*, is_private: bool = False) -> Service:
    return Service(present(REVISION.mcp), ToolOffer(REVISION.tools), is_private=is_private)


def answer(method: str, params: Any = None, era: Era = LATEST_LEGACY, **more: Any) -> Any:
    return service(**more).answer(era, Message(b"1", method, params or {}))


def result(*arguments: Any, **more: Any) -> Any:
    return json.loads(answer(*arguments, **more))


def code(*arguments: Any, **more: Any) -> int:
    fault = answer(*arguments, **more)
    assert isinstance(fault, Fault)
    return fault.code


def test_initialize_introduces_the_gateway() -> None:
    said = result("initialize", {"protocolVersion": "2025-06-18"})

    assert said["protocolVersion"] == "2025-06-18"
    assert said["serverInfo"] == {"name": "Pets", "title": "Pets", "version": "7.0.0"}
    assert said["instructions"] == "About pets."
    assert said["capabilities"] == {"tools": {"listChanged": False}, "prompts": {}, "resources": {}, "logging": {}}


def test_discover_introduces_the_gateway_to_modern_clients() -> None:
    said = result("server/discover", era=MODERN)

    assert said["supportedVersions"] == [*ERAS]
    assert said["resultType"] == "complete"
    assert said["_meta"]["io.modelcontextprotocol/serverInfo"]["name"] == "Pets"
    assert said["capabilities"] == {"tools": {"listChanged": True}, "prompts": {}, "resources": {}}
    assert said["instructions"] == "About pets."


@pytest.mark.parametrize("is_private", [False, True])
def test_modern_lists_say_how_long_and_for_whom_they_hold(is_private: bool) -> None:
    for method in ("tools/list", *EMPTY, "server/discover"):
        said = result(method, era=MODERN, is_private=is_private)

        assert said["ttlMs"] > 0
        assert said["cacheScope"] == ("private" if is_private else "public")
        assert said["resultType"] == "complete"


@pytest.mark.parametrize("era", ERAS.values(), ids=ERAS)
def test_the_list_has_every_tool_in_the_order_of_the_document(era: Era) -> None:
    assert [tool["name"] for tool in result("tools/list", era=era)["tools"]] == ["listPets", "createPet", "getPet"]


@pytest.mark.parametrize("era", ERAS.values(), ids=ERAS)
@pytest.mark.parametrize("method", EMPTY)
def test_there_are_no_prompts_and_no_resources(method: str, era: Era) -> None:
    assert result(method, era=era)[EMPTY[method]] == []
    assert code(method, {"cursor": "x"}, era=era) == INVALID_PARAMS


@pytest.mark.parametrize("cursor", ["x", "1", 7, ["a"]])
def test_an_unknown_cursor_is_refused(cursor: Any) -> None:
    assert code("tools/list", {"cursor": cursor}) == INVALID_PARAMS


@pytest.mark.parametrize(
    ("method", "era", "expected"),
    [
        ("ping", MODERN, METHOD_NOT_FOUND),
        ("initialize", MODERN, METHOD_NOT_FOUND),
        ("logging/setLevel", MODERN, METHOD_NOT_FOUND),
        ("resources/subscribe", MODERN, METHOD_NOT_FOUND),
        ("server/discover", LATEST_LEGACY, METHOD_NOT_FOUND),
        ("subscriptions/listen", LATEST_LEGACY, METHOD_NOT_FOUND),
        ("completion/complete", LATEST_LEGACY, METHOD_NOT_FOUND),
        ("tools/CALL", LATEST_LEGACY, METHOD_NOT_FOUND),
        ("", LATEST_LEGACY, METHOD_NOT_FOUND),
        ("resources/read", MODERN, INVALID_PARAMS),
        ("resources/read", LATEST_LEGACY, INVALID_PARAMS),
        ("prompts/get", MODERN, INVALID_PARAMS),
        ("subscriptions/listen", MODERN, INVALID_PARAMS),
        ("initialize", LATEST_LEGACY, INVALID_PARAMS),
        ("logging/setLevel", LATEST_LEGACY, INVALID_PARAMS),
    ],
)
def test_a_method_of_another_era_or_with_wrong_parameters_is_refused(method: str, era: Era, expected: int) -> None:
    assert code(method, era=era) == expected


def test_there_is_no_resource_and_the_answer_repeats_little_of_its_uri() -> None:
    for era, expected in ((MODERN, INVALID_PARAMS), (LATEST_LEGACY, RESOURCE_NOT_FOUND)):
        fault = answer("resources/read", {"uri": "x" * 5000}, era)
        assert isinstance(fault, Fault)
        assert (fault.code, fault.data) == (expected, {"uri": "x" * 2048})


@pytest.mark.parametrize("level", [["debug"], {"debug": 1}, None, 7])
def test_a_log_level_of_another_type_is_refused(level: Any) -> None:
    assert code("logging/setLevel", {"level": level}) == INVALID_PARAMS


def test_a_legacy_client_may_ping_and_set_a_log_level() -> None:
    assert result("ping") == {}
    assert result("logging/setLevel", {"level": "debug"}) == {}


@pytest.mark.parametrize(
    "params",
    [{}, {"name": 7}, {"name": "nope"}, {"name": "deletePet"}, {"name": "getPet", "arguments": []}, {"name": "GETPET"}],
)
def test_a_call_of_no_tool_is_refused(params: Any) -> None:
    assert code("tools/call", params) == INVALID_PARAMS


@pytest.mark.parametrize("arguments", [{}, {"arguments": None}, {"arguments": {}}])
def test_a_call_may_leave_out_its_arguments(arguments: Any) -> None:
    invocation = answer("tools/call", {"name": "listPets", **arguments})

    assert isinstance(invocation, Invocation)
    assert (invocation.tool.name, invocation.arguments) == ("listPets", {})


def test_a_subscription_is_granted_for_tools_only() -> None:
    listening = answer("subscriptions/listen", {"notifications": {"promptsListChanged": True}}, era=MODERN)

    assert isinstance(listening, Listening)
    assert listening.has_tools is False
    assert json.loads(listening.acknowledged(b'"s"'))["params"] == {
        "_meta": {"io.modelcontextprotocol/subscriptionId": "s"},
        "notifications": {},
    }


def test_a_result_has_the_form_of_its_era() -> None:
    finished = service().finished
    plain, more = Result(b'"content":[]'), Result(b'"content":[]', b'"a/b":1')

    assert json.loads(finished(LATEST_LEGACY, plain)) == {"content": []}
    assert json.loads(finished(LATEST_LEGACY, more)) == {"content": [], "_meta": {"a/b": 1}}
    assert json.loads(finished(MODERN, plain))["resultType"] == "complete"
    assert json.loads(finished(MODERN, more))["_meta"]["a/b"] == 1


def test_marked_arguments_are_found_where_they_are_reached_by_properties_alone() -> None:
    definition = json.dumps(
        {
            "name": "t",
            "inputSchema": {
                "properties": {
                    "region": {"x-mcp-header": "Region"},
                    "a": {"properties": {"b": {"x-mcp-header": "Deep"}}},
                    "list": {"items": {"x-mcp-header": "No"}},
                }
            },
        },
        separators=(",", ":"),
    ).encode()

    assert mirrored_arguments((definition, b'{"name":"u"}')) == {"t": ((b"region", ("region",)), (b"deep", ("a", "b")))}
