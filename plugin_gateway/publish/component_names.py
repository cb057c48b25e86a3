"""Component names: renaming components to the letters, digits, `.`, `_` and `-` that OpenAPI 3 allows and tools expect."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING
from urllib.parse import unquote

from plugin_gateway.openapi.grammar import ObjectKind, is_reference
from plugin_gateway.openapi.nodes import typed_nodes
from plugin_gateway.openapi.refs import split_pointer, to_ref

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from plugin_gateway.openapi.document import Json, JsonObject
    from plugin_gateway.openapi.nodes import Node
    from plugin_gateway.openapi.refs import Tokens

_ILLEGAL = re.compile(r"[^A-Za-z0-9._-]+")
_SCHEMAS = ("components", "schemas")
_OTHER_REFERENCES = {ObjectKind.SCHEMA: "$dynamicRef", ObjectKind.LINK: "operationRef"}
"""Fields besides `$ref` that may lead into a component."""


def legalise_names(root: JsonObject) -> None:
    """Rename the components of `root` (3.x, references settled) that have illegal names, in place.

    Swagger 2.0 permits any name, and generators write names like `Page«Order»`. A schema's name is also a discriminator value,
    so a renamed schema gets a mapping from its old name.
    """
    components: JsonObject = root.get("components") or {}
    sections = {name: members for name, members in components.items() if isinstance(members, dict)}
    renamed: dict[Tokens, str] = {
        ("components", section, old): new
        for section, members in sections.items()
        for old, new in _legal_names(members).items()
        if old != new
    }
    if not renamed:
        return
    nodes = typed_nodes(root)
    _keep_discriminator_values(nodes, sections.get("schemas", {}), renamed)
    for section, members in sections.items():
        components[section] = {renamed.get(("components", section, name), name): node for name, node in members.items()}
    for kind, node in nodes:
        if is_reference(kind, node):
            node["$ref"] = _rename(node["$ref"], renamed)
        if (other := _OTHER_REFERENCES.get(kind)) in node and _tokens(node[other]):
            node[other] = _rename(node[other], renamed)
        if kind is ObjectKind.DISCRIMINATOR and isinstance(mapping := node.get("mapping"), dict):
            node["mapping"] = {value: _rename(target, renamed) for value, target in mapping.items()}


def _legal_names(names: Iterable[str]) -> dict[str, str]:
    legal = {name: name for name in names if name and not _ILLEGAL.search(name)}
    for name in names:
        if name not in legal:
            base = candidate = _ILLEGAL.sub("_", name).strip("_") or "component"
            number = 2
            while candidate in legal.values():
                candidate, number = f"{base}_{number}", number + 1
            legal[name] = candidate
    return legal


def _keep_discriminator_values(nodes: Iterable[Node], schemas: JsonObject, renamed: Mapping[Tokens, str]) -> None:
    """Add discriminator mappings from the old names of schemas that will be renamed."""
    heirs: dict[str | None, set[str]] = defaultdict(set)
    for name, schema in schemas.items():
        for parent in _referred(schema, "allOf"):
            heirs[parent].add(name)
    names = {id(schema): name for name, schema in schemas.items()}
    for kind, node in nodes:
        discriminator = node.get("discriminator")
        if kind is not ObjectKind.SCHEMA or not isinstance(discriminator, dict):
            continue
        mapping = discriminator.get("mapping")
        mapping = dict(mapping) if isinstance(mapping, dict) else {}
        mapped = {_name(target) or str(target) for target in mapping.values()}
        alternatives = [*_referred(node, "oneOf"), *_referred(node, "anyOf"), *sorted(heirs[names.get(id(node))])]
        for name in alternatives:
            if (*_SCHEMAS, name) in renamed and name not in mapped:
                mapping[name] = to_ref((*_SCHEMAS, name))
        if mapping:
            discriminator["mapping"] = mapping


def _referred(schema: Json, field: str) -> list[str]:
    entries = schema.get(field) if isinstance(schema, dict) else None
    refs = [entry["$ref"] for entry in entries or () if is_reference(ObjectKind.SCHEMA, entry)]
    return [name for ref in refs if (name := _name(ref))]


def _name(ref: Json) -> str:
    """Return the name of the schema component that `ref` leads to, or an empty string."""
    tokens = _tokens(ref)
    return tokens[2] if tokens[:2] == _SCHEMAS and len(tokens) == 3 else ""


def _rename(ref: Json, renamed: Mapping[Tokens, str]) -> Json:
    # The value of a mapping may also be a bare name.
    tokens = _tokens(ref) or (*_SCHEMAS, str(ref))
    new = renamed.get(tokens[:3])
    return to_ref((*tokens[:2], new, *tokens[3:])) if new else ref


def _tokens(ref: Json) -> Tokens:
    return split_pointer(unquote(ref[1:])) if isinstance(ref, str) and ref.startswith("#/") else ()
