"""Empty bodies: request bodies that can carry nothing. Some clients cannot load an operation with one, so it is left out.

Generators write one for each operation, such as a form without fields for every GET of Stripe's document.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugin_gateway.openapi.refs import RefError

if TYPE_CHECKING:
    from plugin_gateway.openapi.document import Document, Json, JsonObject

_TEXTS: Final = frozenset({"title", "description", "deprecated", "nullable"})
_WITHOUT_CONTENT: Final = frozenset({"GET", "HEAD"})
"""Methods whose content has no meaning (RFC 9110, 9.3.1 and 9.3.2)."""


def drop_empty_bodies(document: Document) -> None:
    """Remove, in place, each request body that is optional and whose schemas allow only an object without members."""
    for key, operation in document.operations.items():
        body = _followed(document, operation.node.get("requestBody"))
        if body is None or body.get("required") is True or not isinstance(content := body.get("content"), dict):
            continue
        if content and all(
            isinstance(media_type, dict)
            and _is_empty(_followed(document, media_type.get("schema")), is_open_too=key.method in _WITHOUT_CONTENT)
            for media_type in content.values()
        ):
            del operation.node["requestBody"]


def _is_empty(schema: JsonObject | None, *, is_open_too: bool) -> bool:
    """Return whether a schema allows only the empty object, or, with `is_open_too`, any object but names no member."""
    if schema is None or schema.get("type") != "object" or schema.get("properties", {}) != {}:
        return False
    if schema.keys() - _TEXTS - {"type", "properties", "additionalProperties"}:
        return False
    others = schema.get("additionalProperties")
    return others is False or (is_open_too and others is None)


def _followed(document: Document, node: Json) -> JsonObject | None:
    """Return the object that `node` is or refers to; None for anything else."""
    for _ in range(10):  # a longer chain is read as a loop
        ref = node.get("$ref") if isinstance(node, dict) else None
        if not isinstance(ref, str):
            return node if isinstance(node, dict) else None
        try:
            node = document.resolve(ref).value
        except RefError:
            return None
    return None
