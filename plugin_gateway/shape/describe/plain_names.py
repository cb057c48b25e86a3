"""The plain names of trimmed schemas: a changed copy takes the name of a component that nothing refers to any more."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from plugin_gateway.openapi.grammar import ObjectKind
from plugin_gateway.openapi.nodes import typed_nodes
from plugin_gateway.openapi.refs import to_ref

if TYPE_CHECKING:
    from collections.abc import Container

    from plugin_gateway.openapi.document import JsonObject

_NUMBERED: Final = re.compile(r"(.+)_[0-9]+")


def give_plain_names(root: JsonObject, known: Container[str]) -> None:
    """Rename the schemas of a pruned document that are not `known`, `Order_2` to `Order`, where that name is free."""
    components = root.get("components")
    schemas = components.get("schemas") if isinstance(components, dict) else None
    if not isinstance(components, dict) or not isinstance(schemas, dict):
        return
    names: dict[str, str] = {}
    for name in schemas:
        match = _NUMBERED.fullmatch(name)
        if match and name not in known and match[1] not in schemas and match[1] not in names.values():
            names[name] = match[1]
    if not names:
        return
    refs = {
        to_ref(("components", "schemas", old)): to_ref(("components", "schemas", new)) for old, new in names.items()
    }
    for kind, node in typed_nodes(root):
        if kind is ObjectKind.SCHEMA and node.get("$ref") in refs:
            node["$ref"] = refs[node["$ref"]]
        elif kind is ObjectKind.DISCRIMINATOR and isinstance(mapping := node.get("mapping"), dict):
            node["mapping"] = {value: refs.get(ref, ref) for value, ref in mapping.items()}
    components["schemas"] = {names.get(name, name): schema for name, schema in schemas.items()}
