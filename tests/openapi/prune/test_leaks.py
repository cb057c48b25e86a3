from __future__ import annotations

import pytest

from plugin_gateway.diagnostics import Finding, Severity
from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.openapi.prune.leaks import leaks_in_prose
from plugin_gateway.openapi.prune.pruned import prune

KEPT = [OperationKey("GET", "/orders/{id}")]


def _leaks(description: str, **schema: dict[str, list[str]] | list[dict[str, int]]) -> list[Finding]:
    root = {
        "openapi": "3.0.3",
        "info": {"title": "t", "version": "1", "description": description},
        "paths": {
            "/orders/{id}": {
                "get": {
                    "operationId": "getOrder",
                    "responses": {"200": {"description": "d", "content": {"a/b": {"schema": schema}}}},
                },
                "delete": {"operationId": "deleteOrderForever"},
            },
            "/admin": {"get": {"operationId": "list"}, "put": {"operationId": "getOrder"}},
            "/admin/users/{id}": {"get": {"operationId": "admin/users-get"}},
            "/": {"get": {}},
        },
    }
    document = Document(root=root, name="api.yaml")
    pruned = prune(document, KEPT)
    return leaks_in_prose(document, pruned, pruned, KEPT)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("See /admin/users/{id}.", ["/admin/users/{id}"]),
        ("Call `GET /admin/users/{id}`, or (/admin)", ["/admin/users/{id}", "/admin"]),
        ("Use deleteOrderForever: it is gone", ["deleteOrderForever"]),
        ("[admin/users-get](#x)", ["admin/users-get"]),
        ("as in #/paths/~1admin~1users~1%7Bid}/get/responses", ["/admin/users/{id}"]),
        ("api.yaml#/paths/~1admin", ["/admin"]),
        ("list / getOrder /orders/{id} administration /admin/other /administrator", []),
    ],
)
def test_names_of_denied_operations_are_found_in_prose(text: str, names: list[str]) -> None:
    assert [finding.message.split("names '")[1].split("'")[0] for finding in _leaks(text)] == names


def test_a_name_is_reported_once_at_its_first_place() -> None:
    (finding,) = _leaks("/admin and /admin", example={"/admin": ["x", "/admin"]})
    assert finding.severity is Severity.WARNING
    assert finding.pointer == ("info", "description")
    assert finding.message == "the text at #/info/description names '/admin', which is denied; and 3 more"


def test_keys_of_examples_are_read_too() -> None:
    (finding,) = _leaks("fine", example=[{"/admin": 1}])
    assert (finding.pointer or ())[-2:] == ("0", "/admin")


@pytest.mark.parametrize("version", ["2.0", "3.0.3"])
def test_servers_and_security_of_the_upstream_are_not_shown(version: str) -> None:
    scheme = {"type": "oauth2", "scopes": {"all": "for /admin/users/{id}"}}
    root = {
        **({"swagger": version} if version == "2.0" else {"openapi": version}),
        "servers": [{"url": "https://e.x/admin"}],
        "paths": {"/a": {"get": {"security": [{"k": []}]}}, "/admin/users/{id}": {"get": {}}, "/admin": {"get": {}}},
        **({"securityDefinitions": {"k": scheme}} if version == "2.0" else {}),
        "components": {"securitySchemes": {"k": scheme}},
    }
    document = Document(root=root, name="api.yaml")
    kept = [OperationKey("GET", "/a")]
    pruned = prune(document, kept)
    assert leaks_in_prose(document, pruned, pruned, kept) == []


def test_a_text_that_is_not_served_leaks_nothing() -> None:
    operation = {"summary": "Not /admin", "description": "Not /old", "responses": {}}
    paths = {"/a": {"get": operation}, "/admin": {"get": {}}, "/old": {"get": {}}}
    document = Document(root={"openapi": "3.1.0", "paths": paths}, name="api.yaml")
    kept = [OperationKey("GET", "/a")]
    served = Document(root={"paths": {"/a": {"get": {"summary": "Not /admin"}}}}, name="api.yaml")
    (finding,) = leaks_in_prose(document, prune(document, kept), served, kept)
    assert finding.pointer == ("paths", "/a", "get", "summary")
