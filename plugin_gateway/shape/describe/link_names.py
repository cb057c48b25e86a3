"""The link names: the parameters that the links and callbacks of a document name, as the shapes leave them.

A Link Object names parameters of its target operation, and runtime expressions such as `$request.query.debug` name parameters
of the call. They must not name a parameter that clients do not see.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from plugin_gateway.openapi.document import OperationKey
from plugin_gateway.openapi.grammar import ObjectKind
from plugin_gateway.openapi.nodes import typed_nodes
from plugin_gateway.openapi.refs import split_pointer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plugin_gateway.openapi.document import Document, Json, JsonObject
    from plugin_gateway.shape.request.names import Key, Names
    from plugin_gateway.shape.shape import Shape

_PLACES: Final = ("query", "header", "cookie", "path")
_EXPRESSION: Final = re.compile(r"\$request\.(query|header)\.([^}\s#]+)")


def settle_link_names(document: Document, shapes: Mapping[OperationKey, Shape]) -> None:
    """Rename the renamed parameters in links and callbacks, and drop values that name a hidden one. Changes the document."""
    names = {key: shape.names for key, shape in shapes.items() if shape.names.closed}
    if not names:
        return
    by_id = {name: key for key, name in document.operation_ids.items()}
    # A response may be shared by operations, so an expression in it is judged by the names of all.
    new_names: dict[Key, str] = {}
    for one in names.values():
        for key in one.closed:
            new_names[key] = "" if new_names.get(key) == "" else one.new_name(key) or ""
    for kind, node in typed_nodes(document.root):
        if kind is ObjectKind.LINK:
            _settle_link(node, names.get(_target(node, by_id)), new_names)
        elif kind is ObjectKind.CALLBACK:
            for expression in [*node]:
                written = _settled(expression, new_names)
                if written != expression:
                    value = node.pop(expression)
                    if written is not None:
                        node[written] = value


def _settle_link(link: JsonObject, names: Names | None, new_names: Mapping[Key, str]) -> None:
    parameters = link.get("parameters")
    if isinstance(parameters, dict):
        settled: JsonObject = {}
        for name, value in parameters.items():
            called = name if names is None else _new_key(name, names)
            written = _settled(value, new_names)
            if called is not None and (written is not None or value is None):
                settled[called] = written
        link["parameters"] = settled
        if not settled:
            del link["parameters"]
    if "requestBody" in link and (body := _settled(link["requestBody"], new_names)) != link["requestBody"]:
        del link["requestBody"]
        if body is not None:
            link["requestBody"] = body


def _new_key(name: str, names: Names) -> str | None:
    """Return the name of a link's parameter for clients; None if they do not see the parameter."""
    place, dot, rest = name.partition(".")
    is_placed = bool(dot) and place in _PLACES
    for key in [(place, rest)] if is_placed else [(place, name) for place in _PLACES]:
        known = (key[0], key[1].lower()) if key[0] == "header" else key
        if known in names.closed:
            new = names.new_name(known)
            return None if new is None else f"{place}.{new}" if is_placed else new
    return name


def _settled(value: Json, new_names: Mapping[Key, str]) -> Json:
    """Return a value with the new names in its expressions; None if it names a hidden parameter."""
    if not isinstance(value, str):
        return value
    text = value
    for match in _EXPRESSION.finditer(value):
        place, name = match[1], match[2]
        key = (place, name.lower() if place == "header" else name)
        if key in new_names:
            if not new_names[key]:
                return None
            text = text.replace(match[0], f"$request.{place}.{new_names[key]}")
    return text


def _target(link: JsonObject, by_id: Mapping[str, OperationKey]) -> OperationKey:
    nowhere = OperationKey("", "")
    if isinstance(name := link.get("operationId"), str):
        return by_id.get(name, nowhere)
    ref = link.get("operationRef")
    tokens = split_pointer(unquote(ref[1:])) if isinstance(ref, str) and ref.startswith("#/") else ()
    return OperationKey(tokens[2].upper(), tokens[1]) if len(tokens) == 3 and tokens[0] == "paths" else nowhere
