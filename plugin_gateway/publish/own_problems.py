"""The gateway's own problems, as the served document declares them: a client that validates answers must know them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugin_gateway.openapi.grammar import METHODS, Kind, is_reference
from plugin_gateway.openapi.refs import split_pointer, to_ref

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from plugin_gateway.openapi.document import Json, JsonObject

ALWAYS: Final = frozenset({400, 502, 503, 504})
"""For a malformed call, and for an upstream that fails, is busy or slow."""
WITH_CALLERS: Final = frozenset({401, 403, 429})
"""For callers who must say who they are."""
WITH_LIMITS: Final = frozenset({429})

_TEMPLATED: Final = 404
"""A template also matches the paths of other operations, which may be closed."""
_WITH_BODY: Final = (413, 415)
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
    """Declare, in place, what the gateway itself may answer to each operation of `root`, which is in a 3.x version.

    `statuses` are those that every operation may get; if there are none, nothing is declared. A response that the API
    declares for the same status stays, and may now also be a problem.
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
        "description": "The gateway refuses the call, or the API cannot be asked.",
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
    return own


def _add_media_type(root: JsonObject, response: Json, media_type: JsonObject) -> None:
    for _ in range(100):  # longer chains are loops
        if not is_reference(Kind.RESPONSE, response):
            break
        tokens = split_pointer(response["$ref"][1:])
        if tokens[:-1] != ("components", "responses"):
            return
        response = root["components"]["responses"].get(tokens[-1])
    # A response without content says nothing of its body, and so permits this one.
    if isinstance(response, dict) and isinstance(content := response.get("content"), dict) and content:
        content.setdefault(_MEDIA_TYPE, {"schema": dict(media_type["schema"])})


def _free_name(taken: Collection[str]) -> str:
    name, number = _NAME, 2
    while name in taken:
        name, number = f"{_NAME}{number}", number + 1
    return name
