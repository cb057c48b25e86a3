"""A gate for an API of pets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plugin_gateway.gate.compile import AllowedOperation, compile_gate
from plugin_gateway.gate.rule import InjectedNames
from plugin_gateway.openapi.document import Document, OperationKey

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugin_gateway.gate.gate import Gate

PETS = {
    "GET /pets": ["limit", "tag", "q"],
    "POST /pets": [],
    "GET /pets/export": [],
    "GET /pets/{petId}": [],
    "DELETE /pets/{petId}": [],
    "GET /pets/{petId}/secrets": [],
    "GET /admin/users": [],
    "GET /files/{name}": [],
}
ALLOWED = ("GET /pets", "POST /pets", "GET /pets/{petId}", "GET /files/{name}")
INJECTED = InjectedNames(headers=frozenset({b"xapikey"}), query=frozenset({b"apikey"}))


def key_of(text: str) -> OperationKey:
    method, _, path = text.partition(" ")
    return OperationKey(method, path)


def gate_of(
    operations: dict[str, Any] | list[str],
    allowed: Sequence[str],
    *,
    slashes: Sequence[str] = (),
) -> Gate:
    paths: dict[str, dict[str, object]] = {}
    for text in operations:
        key = key_of(text)
        names = operations[text] if isinstance(operations, dict) else []
        node = {"parameters": [{"name": name, "in": "query"} for name in names]}
        paths.setdefault(key.path, {})[key.method.lower()] = node
    document = Document(root={"openapi": "3.0.3", "paths": paths}, name="t")
    admitted = {key_of(text): AllowedOperation(operation_id=text, slashes=frozenset(slashes)) for text in allowed}
    return compile_gate(document, admitted, INJECTED)
