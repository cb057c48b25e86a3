from __future__ import annotations

from typing import Any

import pytest

from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.shape.describe.link_names import settle_link_names
from plugin_gateway.shape.request.names import Names
from plugin_gateway.shape.shape import Shape

KEY = OperationKey("GET", "/pets")
DEBUG, TOKEN, REGION = ("query", "debug"), ("query", "pageToken"), ("header", "x-region")
NAMES = Names(closed=frozenset({DEBUG, TOKEN, REGION}), renamed=((TOKEN, "page_token"),))


def document_with(*, link: Any = None, callback: str = "") -> Document:
    response = {"description": "ok", "links": {"next": link}} if link is not None else {"description": "ok"}
    get: dict[str, Any] = {"operationId": "listPets", "responses": {"200": response}}
    if callback:
        get["callbacks"] = {"done": {callback: {"post": {"responses": {}}}}}
    return Document(root={"openapi": "3.1.0", "paths": {"/pets": {"get": get}}}, name="d")


@pytest.mark.parametrize("target", [{"operationId": "listPets"}, {"operationRef": "#/paths/~1pets/get"}])
@pytest.mark.parametrize(
    ("parameters", "settled"),
    [
        ({"debug": 1, "limit": 2}, {"limit": 2}),
        ({"query.debug": 1, "query.pageToken": "$response.body#/next"}, {"query.page_token": "$response.body#/next"}),
        ({"pageToken": "$request.query.pageToken"}, {"page_token": "$request.query.page_token"}),
        ({"limit": "$request.query.debug"}, None),
        ({"header.X-Region": "eu"}, None),
        ({"X-Region": "eu"}, None),
        ({"limit": "$request.query.limit", "id": None}, {"limit": "$request.query.limit", "id": None}),
    ],
)
def test_a_link_names_the_parameters_that_clients_see(target: Any, parameters: Any, settled: Any) -> None:
    link = {**target, "parameters": dict(parameters)}
    settle_link_names(document_with(link=link), {KEY: Shape(names=NAMES)})
    assert link.get("parameters") == settled


def test_a_link_to_another_operation_keeps_its_parameters() -> None:
    link = {"operationId": "other", "parameters": {"debug": 1}}
    settle_link_names(document_with(link=link), {KEY: Shape(names=NAMES)})
    assert link["parameters"] == {"debug": 1}


def test_a_link_does_not_send_a_hidden_parameter_as_a_body() -> None:
    link = {"operationId": "other", "requestBody": "$request.query.debug"}
    settle_link_names(document_with(link=link), {KEY: Shape(names=NAMES)})
    assert link == {"operationId": "other"}


@pytest.mark.parametrize(
    ("expression", "settled"),
    [
        ("{$request.query.debug}", []),
        ("{$request.query.pageToken}/x", ["{$request.query.page_token}/x"]),
        ("{$request.body#/url}", ["{$request.body#/url}"]),
    ],
)
def test_a_callback_at_a_hidden_parameter_is_left_out(expression: str, settled: list[str]) -> None:
    document = document_with(callback=expression)
    settle_link_names(document, {KEY: Shape(names=NAMES)})
    assert [*document.root["paths"]["/pets"]["get"]["callbacks"]["done"]] == settled


def test_without_hidden_parameters_nothing_changes() -> None:
    link = {"operationId": "listPets", "parameters": {"debug": 1}}
    settle_link_names(document_with(link=link), {KEY: Shape()})
    assert link["parameters"] == {"debug": 1}
