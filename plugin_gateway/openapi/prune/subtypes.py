"""Component schemas: where they are, which are undefined, and which are implicit subtypes, selected without a reference.

`Cat: {allOf: [{$ref: Pet}, …]}` is an alternative to every `Pet` with a discriminator (OpenAPI 3.1.1, 4.8.25; in 2.0, all
subtypes are implicit). A discriminator beside `oneOf` or `anyOf` selects only from those.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin_gateway.openapi.decode.unread import Unread, sketch
from plugin_gateway.openapi.grammar import ObjectKind, components_at, sections
from plugin_gateway.openapi.prune.targets import pointer_of
from plugin_gateway.openapi.refs import RefError, Tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from plugin_gateway.openapi.document import Document, Json, JsonObject

_SKETCH = frozenset({"$ref", "allOf", "anyOf", "discriminator", "oneOf"})
"""The fields that the gateway reads of every schema, kept or not."""

_KNOWN = "_implicit_subtypes"
"""The key under which a document remembers its subtypes, as a cached property would."""


def schemas_at(version: str) -> Tokens:
    """Return the place of the component schemas in a version."""
    return (*components_at(version), next(iter(sections(version))))


def component_schemas(document: Document) -> JsonObject:
    value: Json = document.root
    for token in schemas_at(document.version):
        value = value.get(token) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def implicit_subtypes(document: Document) -> Mapping[Tokens, tuple[Tokens, ...]]:
    """Map each component schema with a discriminator, own or inherited, to the component schemas that extend it directly."""
    schemas = component_schemas(document)
    if not isinstance(schemas, Unread):
        return _implicit_subtypes(document, schemas)
    # Only a whole large document has such a mapping, and no step changes it.
    known: Mapping[Tokens, tuple[Tokens, ...]] | None = document.__dict__.get(_KNOWN)
    if known is None:
        known = document.__dict__[_KNOWN] = _implicit_subtypes(document, schemas)
    return known


def _implicit_subtypes(document: Document, schemas: JsonObject) -> Mapping[Tokens, tuple[Tokens, ...]]:
    section = schemas_at(document.version)
    children: dict[Tokens, list[Tokens]] = {}
    bases: list[Tokens] = []
    for name in schemas:
        place, schema = (*section, name), sketch(schemas, name, _SKETCH)
        if _selects_subtypes(schema):
            bases.append(place)
        for parent in _parents(document, schema, place):
            children.setdefault(parent, []).append(place)
    found: dict[Tokens, tuple[Tokens, ...]] = {}
    while bases:
        place = bases.pop()
        if place not in found:
            found[place] = tuple(children.get(place, ()))
            bases.extend(found[place])
    return found


def _selects_subtypes(schema: object) -> bool:
    if not isinstance(schema, dict):
        return False
    parts = [schema, *(part for part in _all_of(schema) if isinstance(part, dict))]
    return any("discriminator" in part and "oneOf" not in part and "anyOf" not in part for part in parts)


def _all_of(schema: object) -> list[object]:
    parts = schema.get("allOf") if isinstance(schema, dict) else None
    return parts if isinstance(parts, list) else []


def _parents(document: Document, schema: object, place: Tokens) -> Iterator[Tokens]:
    for part in _all_of(schema):
        node, parent, seen = part, None, set[Tokens]()
        # A component that is only a reference is an alias of its target.
        while isinstance(node, dict) and isinstance(ref := node.get("$ref"), str) and parent not in seen:
            if parent is not None:
                seen.add(parent)
            try:
                parent, node = document.resolve(ref, place)
            except RefError:
                break
        if parent is not None:
            yield parent


def is_undefined_schema(document: Document, kind: ObjectKind, ref: str) -> bool:
    """Return whether a broken reference names an undefined component schema.

    Real documents have such references. They are harmless: an undefined schema allows any value.
    """
    schemas = component_schemas(document)
    tokens = pointer_of(ref) or ()
    return (
        kind is ObjectKind.SCHEMA
        and tokens[:-1] == schemas_at(document.version)
        and bool(schemas)
        and not isinstance(schemas.get("$ref"), str)
    )


def named_schema(document: Document, name: str) -> Tokens | None:
    """Return the place of the component schema of this name, or None."""
    return (*schemas_at(document.version), name) if name in component_schemas(document) else None
