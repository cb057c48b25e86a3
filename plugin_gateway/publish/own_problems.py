"""Own problems: declaring the gateway's error responses in the served document, for clients that validate responses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugin_gateway.openapi.grammar import METHODS, ObjectKind, is_reference
from plugin_gateway.openapi.refs import split_pointer, to_ref

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from plugin_gateway.openapi.document import Json, JsonObject

ALWAYS: Final = frozenset({400, 502, 503, 504})
"""Statuses for a malformed call, and for an upstream that fails, is busy or is slow."""
WITH_CALLERS: Final = frozenset({401, 403, 429})
"""Statuses for gateways that authenticate callers."""
WITH_LIMITS: Final = frozenset({429})
WITH_CAP: Final = frozenset({413})
"""Statuses for gateways that limit the size of answers."""

_TEMPLATED: Final = 404
"""The status for operations with a path parameter: their template also matches the paths of denied operations."""
_WITH_BODY: Final = (408, 413, 415)
_TOO_LONG: Final = {"path": 414, "query": 414, "querystring": 414, "header": 431, "cookie": 431}
"""The status of a value that is too long, by the place of its parameter."""
_MEDIA_TYPE: Final = "application/problem+json"
_NAME: Final = "GatewayProblem"
_MEMBERS: Final = {
    "type": {"type": "string"},
    "title": {"type": "string"},
    "status": {"type": "integer"},
    "detail": {"type": "string", "description": "What is wrong with this call."},
    "code": {"type": "string", "description": "The kind of problem."},
    "hint": {"type": "string", "description": "What to do about it."},
    "instance": {"type": "string"},
}
_REQUIRED: Final = ("type", "title", "status", "detail", "code")


def declare_problems(root: JsonObject, statuses: Collection[int]) -> None:
    """Declare the gateway's error responses in each operation of `root` (3.x), in place.

    `statuses` apply to every operation; if it is empty, nothing is declared. If the API declares a response for the same
    status, that response stays and gets problem details as another media type.
    """
    if not statuses:
        return
    components = root["components"]
    schema_name = _free_name(components.setdefault("schemas", {}))
    response_name = _free_name(components.setdefault("responses", {}))
    media_type = {"schema": {"$ref": to_ref(("components", "schemas", schema_name))}}
    for path, operation in _operations(root):
        responses = operation["responses"]
        for status in sorted(_statuses_of(path, operation, statuses)):
            names = (str(status), f"{status // 100}XX", "default")
            if (name := next((name for name in names if name in responses), None)) is None:
                responses[str(status)] = {"$ref": to_ref(("components", "responses", response_name))}
            else:
                _add_media_type(root, responses[name], media_type)
    components["schemas"][schema_name] = {
        "type": "object",
        "description": "Problem details (RFC 9457).",
        "required": list(_REQUIRED),
        "properties": {name: dict(member) for name, member in _MEMBERS.items()},
    }
    components["responses"][response_name] = {
        "description": "The gateway refused the call or could not reach the API.",
        "content": {_MEDIA_TYPE: {"schema": dict(media_type["schema"])}},
    }


def _operations(root: JsonObject) -> Iterator[tuple[str, JsonObject]]:
    for path, item in root["paths"].items():
        additional = item.get("additionalOperations") or {}
        for node in (*(node for method, node in item.items() if method in METHODS), *additional.values()):
            yield path, node


def _statuses_of(path: str, operation: JsonObject, statuses: Collection[int]) -> set[int]:
    own = set(statuses)
    if "{" in path:
        own.add(_TEMPLATED)
    if "requestBody" in operation:
        own.update(_WITH_BODY)
    for parameter in operation.get("parameters") or ():
        if isinstance(parameter, dict) and (status := _TOO_LONG.get(str(parameter.get("in")))) is not None:
            own.add(status)
    return own


def _add_media_type(root: JsonObject, response: Json, media_type: JsonObject) -> None:
    for _ in range(100):  # longer chains are loops
        if not is_reference(ObjectKind.RESPONSE, response):
            break
        tokens = split_pointer(response["$ref"][1:])
        if tokens[:-1] != ("components", "responses"):
            return
        response = root["components"]["responses"].get(tokens[-1])
    # A response without `content` permits every body, also problem details.
    if isinstance(response, dict) and isinstance(content := response.get("content"), dict) and content:
        content.setdefault(_MEDIA_TYPE, {"schema": dict(media_type["schema"])})


def declaring(section: str, one: Json, other: Json) -> Json:
    """Return the response that declares the gateway's errors, if two responses differ in nothing else; else None.

    A shared response declares them as soon as one operation uses it for an error of the gateway.
    """
    if section != "responses":
        return None
    return next((first for first, second in ((one, other), (other, one)) if _is_declared(first, second)), None)


def _is_declared(response: Json, plain: Json) -> bool:
    if not (isinstance(response, dict) and isinstance(plain, dict) and response.keys() == plain.keys()):
        return False
    content = response.get("content")
    if not isinstance(content, dict) or _MEDIA_TYPE not in content:
        return False
    others = {name: media_type for name, media_type in content.items() if name != _MEDIA_TYPE}
    return {**response, "content": others} == plain


def _free_name(taken: Collection[str]) -> str:
    name, number = _NAME, 2
    while name in taken:
        name, number = f"{_NAME}{number}", number + 1
    return name
