"""The parameters of an operation, together with its path item's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from plugin_gateway.openapi.refs import RefError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugin_gateway.openapi.document import Document, JsonObject, Operation

_MOST_REFERENCES: Final = 16


def declared_parameters(operation: Operation, document: Document) -> Iterator[JsonObject]:
    """Yield the operation's parameters, then the path item's that it does not override; references are resolved.

    A parameter whose reference cannot be resolved is skipped, and so not forwarded. Checking the document reports it.
    """
    seen: set[tuple[object, object]] = set()
    for owner in (operation.node, operation.path_item):
        listed = owner.get("parameters")
        for item in listed if isinstance(listed, list) else ():
            parameter = follow(item, document)
            if parameter is None:
                continue
            key = (str(parameter.get("in")), str(parameter.get("name")))
            if key not in seen:
                seen.add(key)
                yield parameter


def follow(node: Any, document: Document) -> JsonObject | None:
    """Return the object that a node refers to, through references to references; None if there is none."""
    seen = 0
    while isinstance(node, dict) and isinstance(ref := node.get("$ref"), str):
        seen += 1
        try:
            node = document.resolve(ref).value
        except RefError:
            return None
        if seen > _MOST_REFERENCES:
            return None
    return node if isinstance(node, dict) else None
