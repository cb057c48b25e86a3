"""An endless schema: a component schema that contains itself, which some clients follow without end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin_gateway.openapi.grammar import ObjectKind
from plugin_gateway.openapi.nodes import typed_nodes_in
from plugin_gateway.openapi.refs import unescape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugin_gateway.openapi.document import Json, JsonObject


def recursive_schema(root: JsonObject) -> str:
    """Return the name of a component schema that reaches itself, or an empty text."""
    return next(iter(sorted(endless_schemas(root))), "")


def endless_schemas(root: JsonObject) -> set[str]:
    """Return the names of the component schemas that reach themselves or such a schema."""
    components = root.get("components")
    schemas = components.get("schemas") if isinstance(components, dict) else None
    if not isinstance(schemas, dict):
        return set()
    # A schema is finished if all its references lead to finished schemas. The schemas that are left lie on a cycle or lead to
    # one.
    open_refs = {name: set(_references(schema)) & schemas.keys() for name, schema in schemas.items()}
    users: dict[str, list[str]] = {name: [] for name in open_refs}
    for name, refs in open_refs.items():
        for ref in refs:
            users[ref].append(name)
    finished = [name for name, refs in open_refs.items() if not refs]
    while finished:
        name = finished.pop()
        del open_refs[name]
        for user in users[name]:
            open_refs[user].remove(name)
            if not open_refs[user]:
                finished.append(user)
    return {*open_refs}


def _references(schema: Json) -> Iterator[str]:
    for _, node in typed_nodes_in(ObjectKind.SCHEMA, schema):
        yield from reference_of(node)


def reference_of(node: JsonObject) -> Iterator[str]:
    ref = node.get("$ref")
    if isinstance(ref, str) and ref.startswith("#/components/schemas/"):
        yield unescape(ref.removeprefix("#/components/schemas/").partition("/")[0])
