"""The gateway's own problems in the served document."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from plugin_gateway.publish.own_problems import (
    ALWAYS,
    WITH_CALLERS,
    WITH_CAP,
    WITH_LIMITS,
    declare_problems,
    declaring,
)

PROBLEMS = (Path(__file__).parents[2] / "docs" / "problems.md").read_text()

OK: dict[str, Any] = {"200": {"description": "ok"}}
OWN = {"$ref": "#/components/responses/GatewayProblem"}


def _declared(
    operation: dict[str, Any], path: str = "/a", statuses: frozenset[int] = ALWAYS, **components: Any
) -> tuple[dict[str, Any], dict[str, Any]]:
    root: dict[str, Any] = {"paths": {path: {"get": {"responses": dict(OK), **operation}}}, "components": components}
    declare_problems(root, statuses)
    return root, root["paths"][path]["get"]["responses"]


@pytest.mark.parametrize(
    ("path", "operation", "statuses", "expected"),
    [
        ("/a", {}, ALWAYS, {"400", "502", "503", "504"}),
        ("/a/{id}", {}, ALWAYS, {"400", "404", "502", "503", "504"}),
        ("/a", {"requestBody": {}}, ALWAYS, {"400", "408", "413", "415", "502", "503", "504"}),
        ("/a", {"parameters": [{"in": "path"}, {"in": "query"}]}, ALWAYS, {"400", "414", "502", "503", "504"}),
        ("/a", {"parameters": [{"in": "querystring"}]}, ALWAYS, {"400", "414", "502", "503", "504"}),
        ("/a", {"parameters": [{"in": "header"}, {"in": "cookie"}]}, ALWAYS, {"400", "431", "502", "503", "504"}),
        ("/a", {"parameters": [{"in": "body"}, {}, None]}, ALWAYS, {"400", "502", "503", "504"}),
        ("/a", {}, ALWAYS | WITH_CAP, {"400", "413", "502", "503", "504"}),
        ("/a", {}, ALWAYS | WITH_CALLERS, {"400", "401", "403", "429", "502", "503", "504"}),
        ("/a/{id}", {"requestBody": {}}, frozenset(), set()),
    ],
)
def test_the_possible_problems_of_an_operation_are_declared(
    path: str, operation: dict[str, Any], statuses: frozenset[int], expected: set[str]
) -> None:
    root, responses = _declared(operation, path, statuses)
    assert {status for status, response in responses.items() if response == OWN} == expected
    assert ("GatewayProblem" in root["components"].get("responses", {})) == bool(expected)


def test_each_status_of_a_refused_call_in_the_docs_is_declared() -> None:
    parameters = [{"in": place} for place in ("path", "query", "header")]
    statuses = ALWAYS | WITH_CALLERS | WITH_LIMITS | WITH_CAP
    _, responses = _declared({"requestBody": {}, "parameters": parameters}, "/a/{id}", statuses)
    told: set[str] = set()
    for title in ("The path and the query", "What the call carries", "Who calls", "Limits", "The upstream"):
        section = PROBLEMS.partition(f"## {title}\n")[2].partition("\n## ")[0]
        told |= {
            one
            for cell in re.findall(r"^\| `[\w-]+` \| ([\d, ]+) \|", section, re.MULTILINE)
            for one in cell.split(", ")
        }
    assert len(told) > 10
    # A method that a path does not allow is not an operation's.
    assert told - {"405"} <= responses.keys()


def test_a_response_that_the_api_declares_for_the_same_status_stays_beside_problem_details() -> None:
    theirs = {"application/json": {"schema": {"type": "object"}}}
    shared = {"description": "gone", "content": dict(theirs)}
    own = {"400": {"description": "bad", "content": dict(theirs)}, "502": {"$ref": "#/components/responses/Gone"}, **OK}
    root, responses = _declared({"responses": {**own, "503": {"description": "busy"}}}, responses={"Gone": shared})
    media = {**theirs, "application/problem+json": {"schema": {"$ref": "#/components/schemas/GatewayProblem"}}}
    assert responses["400"] == {"description": "bad", "content": media}
    assert root["components"]["responses"]["Gone"]["content"] == media
    assert responses["503"] == {"description": "busy"}
    assert responses["504"] == OWN


@pytest.mark.parametrize("name", ["default", "4XX"])
def test_the_default_response_of_the_api_still_applies(name: str) -> None:
    _, responses = _declared({"responses": {**OK, name: {"description": "bad", "content": {"a/b": {}}}}})
    assert "400" not in responses
    assert "application/problem+json" in responses[name]["content"]


def test_a_component_of_the_apis_with_the_same_name_is_left_alone() -> None:
    root, responses = _declared({}, schemas={"GatewayProblem": {}}, responses={"GatewayProblem": {"description": "x"}})
    assert responses["400"] == {"$ref": "#/components/responses/GatewayProblem2"}
    assert root["components"]["schemas"]["GatewayProblem"] == {}


def test_a_broken_or_circular_reference_does_not_raise() -> None:
    loop = {"L": {"$ref": "#/components/responses/L"}}
    responses = {"400": {"$ref": "#/components/responses/Gone"}, "502": loop["L"], "503": {"$ref": "#/x"}}
    assert _declared({"responses": dict(responses)}, responses=loop)[1].items() >= responses.items()


PLAIN: dict[str, Any] = {"description": "", "content": {"application/json": {"schema": {}}}}
DECLARED: dict[str, Any] = {
    **PLAIN,
    "content": {**PLAIN["content"], "application/problem+json": {"schema": {"title": "p"}}},
}


@pytest.mark.parametrize(
    ("section", "one", "other", "serves_both"),
    [
        ("responses", PLAIN, DECLARED, DECLARED),
        ("responses", DECLARED, PLAIN, DECLARED),
        ("responses", {**PLAIN, "description": "another"}, DECLARED, None),
        ("responses", {"description": ""}, DECLARED, None),
        ("responses", "no mapping", DECLARED, None),
        ("schemas", PLAIN, DECLARED, None),
    ],
)
def test_of_two_responses_that_differ_in_the_problems_only_the_one_with_problems_serves_both(
    section: str, one: Any, other: Any, serves_both: Any
) -> None:
    assert declaring(section, one, other) == serves_both
