"""Settled references: references to a whole component, or to a place inside a component schema.

A document may refer to any place in itself, and translation moves places. So each target of a reference first becomes a
component. Path items under `paths` and 3.2's shared media types replace their references instead.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from plugin_gateway.openapi.grammar import ObjectKind, components_at, is_reference, sections
from plugin_gateway.openapi.nodes import copy_json, keep_only, typed_nodes, typed_nodes_in
from plugin_gateway.openapi.refs import RefError, to_ref

if TYPE_CHECKING:
    from plugin_gateway.openapi.document import Document, Json, JsonObject
    from plugin_gateway.openapi.refs import Tokens

_LONGEST_CHAIN = 100  # references in a row; a longer chain is a loop


def settle_refs(document: Document, *, whole: bool = False) -> JsonObject:
    """Copy the root of `document` with settled references. Broken references stay.

    With `whole`, a target inside a schema also becomes a component, and every reference becomes a pointer: 3.0 has no anchors,
    and the translation to 3.0 moves places inside schemas.
    """
    root: JsonObject = copy_json(document.root)
    for section in ("paths", "webhooks"):
        items = root.get(section)
        if isinstance(items, dict):
            _write_out_path_items(document, items)
    _write_out_media_types(document, root)
    base = components_at(document.version)
    places = {kind: (*base, section) for section, kind in sections(document.version).items()}
    sections_of_components = frozenset(places.values())
    names: dict[tuple[ObjectKind, Tokens], str] = {}
    nodes = typed_nodes(root)
    places_of = _places(document, root) if whole else {}
    while nodes:
        kind, node = nodes.pop()
        if whole and kind is ObjectKind.SCHEMA and "$ref" not in node and "$dynamicRef" in node:
            # With a single schema resource, each anchor has one place in every dynamic scope.
            node["$ref"] = node.pop("$dynamicRef")
        if kind not in places or not is_reference(kind, node):
            continue
        if kind not in (ObjectKind.SCHEMA, ObjectKind.PATH_ITEM) and document.version in ("3.1", "3.2"):
            keep_only(node, ("$ref", "summary", "description"))
        at = places_of.get(id(node), ())
        place, tokens = places[kind], _tokens(document, node["$ref"], at)
        if not tokens or (not whole and _is_settled(kind, tokens, place)):
            continue
        if tokens[:-1] != place and tokens[:-1] in sections_of_components:
            continue  # the target is of another kind, which only the document's author can correct
        if len(tokens) == len(place) + 1 and tokens[: len(place)] == place:
            names[kind, tokens] = tokens[-1]
        if (kind, tokens) not in names:
            members = _section(root, place)
            names[kind, tokens] = name = _free_name(
                members, tokens[len(place) :] if tokens[: len(place)] == place else tokens
            )
            members[name] = copy_json(document.resolve(node["$ref"], at).value)
            nodes += typed_nodes_in(kind, members[name])
            if places_of:
                places_of |= _places(document, members[name], tokens)
        node["$ref"] = to_ref((*place, names[kind, tokens]))
    return root


def _write_out_path_items(document: Document, items: JsonObject) -> None:
    for path, item in items.items():
        if isinstance(item, dict) and isinstance(item.get("$ref"), str):
            try:
                items[path] = copy_json(document.follow_path_item(item))
            except RefError:
                continue


def _write_out_media_types(document: Document, root: JsonObject) -> None:
    components = root.get("components")
    if not isinstance(components, dict) or "mediaTypes" not in components:
        return
    del components["mediaTypes"]
    for kind, node in typed_nodes(root):
        if kind is ObjectKind.MEDIA_TYPE and is_reference(kind, node):
            media_type = copy_json(_follow(document, node["$ref"]))
            node.clear()
            node.update(media_type)
            for inner_kind, inner in typed_nodes_in(kind, node)[1:]:
                # A media type may hold others in the headers of its encoding, even itself. Real documents have one level.
                if inner_kind is ObjectKind.MEDIA_TYPE:
                    inner.pop("$ref", None)


def _places(document: Document, value: Json, tokens: Tokens = ()) -> dict[int, Tokens]:
    """Return the original place of each mapping in `value`, a copy of the value at `tokens`. References are relative to it.

    Empty if no schema has an `$id`: then references mean the same in every place.
    """
    if len(document.anchors.resources) == 1:
        return {}
    found: dict[int, Tokens] = {}
    stack = [(tokens, value)]
    while stack:
        tokens, value = stack.pop()
        if isinstance(value, dict):
            found[id(value)] = tokens
        children = value.items() if isinstance(value, dict) else enumerate(value)
        stack += [((*tokens, str(key)), child) for key, child in children if isinstance(child, dict | list)]
    return found


def _tokens(document: Document, ref: str, at: Tokens) -> Tokens:
    try:
        return document.resolve(ref, at).tokens
    except RefError:
        return ()


def _follow(document: Document, ref: str) -> JsonObject:
    """Return the media type at the end of a chain of references, or an empty one if the chain is broken."""
    node: Json = {"$ref": ref}
    for _ in range(_LONGEST_CHAIN):
        if not is_reference(ObjectKind.MEDIA_TYPE, node):
            return node if isinstance(node, dict) else {}
        try:
            node = document.resolve(node["$ref"]).value
        except RefError:
            break
    return {}


def _is_settled(kind: ObjectKind, tokens: Tokens, section: Tokens) -> bool:
    depth = len(section)
    return tokens[:depth] == section and (
        len(tokens) == depth + 1 or (kind is ObjectKind.SCHEMA and len(tokens) > depth + 1)
    )


def _section(root: JsonObject, section: Tokens) -> JsonObject:
    for token in section:
        root = root.setdefault(token, {})
    return root


def _free_name(members: JsonObject, tokens: Tokens) -> str:
    if tokens[:1] == ("paths",) and "$defs" in tokens[:-1]:
        tokens = tokens[-tokens[::-1].index("$defs") :]  # keep the name that the author gave
    base = re.sub(r"[^A-Za-z0-9]+", "_", "_".join(tokens)).strip("_") or "component"
    name, number = base, 2
    while name in members:
        name, number = f"{base}_{number}", number + 1
    return name
