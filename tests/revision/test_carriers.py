from typing import Any

import pytest

from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.revision.carriers import find_carriers

CALL = {"type": "object", "properties": {"method": {}, "relative_url": {}, "body": {}}}


def signs(path: str, content: dict[str, Any] | None = None, method: str = "post", **operation: Any) -> list[str]:
    node = {"requestBody": {"content": content or {}}, **operation}
    document = Document(
        root={"openapi": "3.1.0", "paths": {path: {method: node}}, "components": {"schemas": {"Call": CALL}}}, name="a"
    )
    entries = {OperationKey(method.upper(), path): 3}
    found = [*find_carriers(document, entries)]
    assert all(
        (one.rule, one.severity, one.pointer) == ("carries-other-calls", "warning", ("allow", 3)) for one in found
    )
    return [one.message for one in found]


def json_of(schema: Any) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def listed(name: str, item: Any) -> dict[str, Any]:
    return json_of({"type": "object", "properties": {name: {"type": "array", "items": item}}})


@pytest.mark.parametrize(
    ("path", "content", "said"),
    [
        ("/graphql", None, "takes GraphQL"),
        ("/api/GraphQL/", None, "takes GraphQL"),
        ("/query", {"application/graphql": {}}, "takes GraphQL"),
        ("/query", json_of({"properties": {"query": {}, "variables": {}}}), "takes GraphQL"),
        ("/v4/$batch", None, "OData's batch"),
        (
            "/many",
            {"multipart/mixed": {"encoding": {"a": {"contentType": "application/http"}}}},
            "takes application/http",
        ),
        ("/many", {"application/http": {}}, "takes application/http"),
        ("/operations", {'application/vnd.api+json; ext="https://jsonapi.org/ext/atomic"': {}}, "ext/atomic"),
        ("/batch", listed("requests", CALL), "each with `method` and `relative_url`"),
        ("/batch", listed("calls", {"$ref": "#/components/schemas/Call"}), "each with `method` and `relative_url`"),
        ("/batch", json_of({"type": "array", "items": CALL}), "each with `method` and `relative_url`"),
        ("/batch", json_of({"allOf": [{"properties": {"a": {"items": CALL}}}]}), "each with `method`"),
    ],
)
def test_an_operation_that_carries_other_calls_is_a_warning_at_its_entry(
    path: str, content: dict[str, Any] | None, said: str
) -> None:
    [message] = signs(path, content)
    assert said in message


def test_an_operation_that_takes_graphql_in_its_query_is_a_warning() -> None:
    query = [{"name": "query", "in": "query", "schema": {}}]
    assert signs("/graphql", method="get", parameters=query)
    assert not signs("/graphql", method="get")
    assert not signs("/$batch", method="get")


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("/users/batch", listed("users", {"type": "object", "properties": {"name": {}, "url": {}}})),
        ("/webhooks", json_of({"properties": {"method": {}, "url": {}}})),
        ("/search", json_of({"properties": {"query": {}, "limit": {}}})),
        ("/operations", json_of({"properties": {"operations": {"type": "array", "items": {"type": "string"}}}})),
        ("/mail", {"multipart/mixed": {"schema": {"type": "object"}}}),
        ("/payments", listed("payments", {"properties": {"method": {}, "amount": {}}})),
    ],
)
def test_an_operation_that_only_resembles_a_carrier_is_not_warned_of(path: str, content: dict[str, Any]) -> None:
    assert signs(path, content) == []
