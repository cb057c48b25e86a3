"""The surface: the operations of the API behind the gateway, its document, and a gateway.yaml that allows some operations."""

from __future__ import annotations

import json
import re
from typing import Any, Final, NamedTuple

BASE: Final = "/base"
HEADER_KEY: Final = "header-key-7f3a9c51"
QUERY_KEY: Final = "query-key-51be02d8"
CANARY: Final = "callers-secret"
"""A text in every credential of the caller."""
OUTSIDE: Final = "outside"
"""The route that an origin reports for a path that is not below the base."""


class Operation(NamedTuple):
    """One operation: its name, method and path, and whether the gateway allows it."""

    name: str
    method: str
    path: str
    is_allowed: bool
    media_types: tuple[str, ...] = ()
    query: tuple[str, ...] = ()

    @property
    def is_concrete(self) -> bool:
        return "{" not in self.path


_JSON: Final = ("application/json",)
_FORM: Final = ("application/json", "application/x-www-form-urlencoded", "multipart/form-data")

OPERATIONS: Final = (
    Operation("listPets", "GET", "/pets", is_allowed=True, query=("limit", "tag")),
    Operation("createPet", "POST", "/pets", is_allowed=True, media_types=_JSON),
    Operation("getPet", "GET", "/pets/{petId}", is_allowed=True, query=("fields",)),
    Operation("replacePet", "PUT", "/pets/{petId}", is_allowed=True, media_types=_JSON),
    Operation("tagPet", "POST", "/pets/{petId}", is_allowed=True, media_types=_FORM),
    Operation("listToys", "GET", "/pets/{petId}/toys", is_allowed=True),
    Operation("getFile", "GET", "/files/{name}", is_allowed=True),
    Operation("getDocMeta", "GET", "/docs/{name}/meta", is_allowed=True),
    Operation("getNode", "GET", "/tree/{path}", is_allowed=True),
    Operation("getReport", "GET", "/reports/{id}.csv", is_allowed=True),
    Operation("getMe", "GET", "/users/me", is_allowed=True),
    Operation("findPets", "GET", "/?Action=FindPets", is_allowed=True, query=("name",)),
    Operation("getItem", "GET", "/items/{id}", is_allowed=True),
    Operation("getSet", "GET", "/odata/{name}", is_allowed=True),
    Operation("deletePet", "DELETE", "/pets/{petId}", is_allowed=False),
    Operation("patchPet", "PATCH", "/pets/{petId}", is_allowed=False),
    Operation("getMine", "GET", "/pets/mine", is_allowed=False),
    Operation("exportPets", "GET", "/pets/export", is_allowed=False),
    Operation("getKiosk", "GET", "/pets/kiosk", is_allowed=False),
    Operation("getPass", "GET", "/pets/office-pass", is_allowed=False),
    Operation("importPets", "POST", "/pets/import", is_allowed=False, media_types=_JSON),
    Operation("getSecrets", "GET", "/pets/{petId}/secrets", is_allowed=False),
    Operation("getToyStats", "GET", "/pets/{petId}/toys/stats", is_allowed=False),
    Operation("getFileMeta", "GET", "/files/{name}/meta", is_allowed=False),
    Operation("exportFiles", "GET", "/files/export", is_allowed=False),
    Operation("getCpp", "GET", "/files/c++", is_allowed=False),
    Operation("getNotes", "GET", "/files/my notes", is_allowed=False),
    Operation("getStreet", "GET", "/files/straße", is_allowed=False),
    Operation("getVersion", "GET", "/files/v1.2-beta", is_allowed=False),
    Operation("exportItem", "GET", "/items/{id}:export", is_allowed=False),
    Operation("getOrder", "GET", "/odata/Orders({id})", is_allowed=False),
    Operation("exportDocs", "GET", "/docs/export", is_allowed=False),
    Operation("getKeys", "GET", "/tree/private/keys", is_allowed=False),
    Operation("getAudit", "GET", "/reports/audit.csv", is_allowed=False),
    Operation("getPdf", "GET", "/reports/{id}.pdf", is_allowed=False),
    Operation("getUser", "GET", "/users/{id}", is_allowed=False),
    Operation("dropPets", "GET", "/?Action=DropPets", is_allowed=False),
    Operation("getAdmin", "GET", "/admin", is_allowed=False),
    Operation("listUsers", "GET", "/admin/users", is_allowed=False),
    Operation("deleteUser", "DELETE", "/admin/users/{id}", is_allowed=False),
)

ALLOWED: Final = tuple(operation for operation in OPERATIONS if operation.is_allowed)
DENIED: Final = tuple(operation for operation in OPERATIONS if not operation.is_allowed)
ALLOWED_NAMES: Final = frozenset(operation.name for operation in ALLOWED)


def specificity(operation: Operation) -> tuple[bool, int]:
    """Return a sort key: concrete paths come before templates, and templates with more literal text come first."""
    return not operation.is_concrete, -len(re.sub(r"\{[^}]*\}", "", operation.path))


def routes() -> str:
    """Return the operations as JSON for the origins. The most specific come first, because the routers take the first match."""
    ordered = sorted(OPERATIONS, key=specificity)
    table = [{"name": one.name, "method": one.method, "path": BASE + one.path} for one in ordered]
    return json.dumps({"base": BASE, "outside": OUTSIDE, "routes": table})


def document() -> str:
    """Return the OpenAPI document of the API."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _described(operation)
    return json.dumps({"openapi": "3.0.3", "info": {"title": "Origins", "version": "1"}, "paths": paths})


def gateway_yaml(upstream_port: int) -> str:
    """Return a gateway.yaml that allows the allowed operations, for an upstream on this port of loopback."""
    allow: list[Any] = [
        {"operation": operation.name, "parameters": {"path": {"slashes": "allowed"}}}
        if operation.name == "getNode"
        else operation.name
        for operation in ALLOWED
    ]
    config = {
        "openapi": "openapi.json",
        "upstream": {
            "url": f"http://127.0.0.1:{upstream_port}{BASE}",
            "credential": [
                {"header": "X-Api-Key", "value": {"env": "ORIGINS_HEADER_KEY"}},
                {"query": "api_key", "value": {"env": "ORIGINS_QUERY_KEY"}},
            ],
        },
        "allow": allow,
        "log": {"level": "error"},
    }
    return json.dumps(config, indent=2)


def _described(operation: Operation) -> dict[str, Any]:
    text = {"type": "string"}
    names = [part.partition("}")[0] for part in operation.path.split("{")[1:]]
    described: dict[str, Any] = {
        "operationId": operation.name,
        "parameters": [{"name": name, "in": "path", "required": True, "schema": text} for name in names]
        + [{"name": name, "in": "query", "schema": text} for name in operation.query],
        "responses": {"200": {"description": "ok"}},
    }
    if operation.media_types:
        described["requestBody"] = {"content": {kind: {"schema": {"type": "object"}} for kind in operation.media_types}}
    return described
