"""The nodes of a document: every object, with the kind that the grammar gives it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from plugin_gateway.openapi.grammar import (
    FIELDS,
    OTHER_FIELDS,
    ROOT_FIELDS,
    Holding,
    ObjectKind,
    is_extension,
    sections,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from plugin_gateway.openapi.document import Json, JsonObject
    from plugin_gateway.openapi.refs import Tokens


Node: TypeAlias = "tuple[ObjectKind, JsonObject]"
"""One object and its kind."""


def typed_nodes(root: JsonObject) -> list[Node]:
    """Return every object of `root`, which is a tree, parents before children.

    Examples and defaults are data and are not searched.
    """
    found: list[Node] = []
    for name, (kind, _) in ROOT_FIELDS.items():
        value = root.get(name)
        for entry in value if isinstance(value, list) else [value]:
            found += typed_nodes_in(kind, entry)
    for section in ("paths", "webhooks"):
        items = root.get(section)
        for name, item in items.items() if isinstance(items, dict) else ():
            if not is_extension(name):
                found += typed_nodes_in(ObjectKind.PATH_ITEM, item)
    is_swagger = "swagger" in root
    holder = root if is_swagger else root.get("components")
    for section, kind in sections("2.0" if is_swagger else "3.2").items():
        members = holder.get(section) if isinstance(holder, dict) else None
        for member in members.values() if isinstance(members, dict) else ():
            found += typed_nodes_in(kind, member)
    return found


def typed_nodes_in(kind: ObjectKind, value: Json) -> list[Node]:
    """Return one object and every object below it, with their kinds."""
    found: list[Node] = []
    stack = [(kind, value)]
    while stack:
        node = stack.pop()
        if isinstance(node[1], dict):
            found.append(node)
            stack += children(*node)
    return found


def children(kind: ObjectKind, value: JsonObject) -> list[tuple[ObjectKind, Json]]:
    """Return the direct children of `value` that the grammar gives a kind; boolean schemas are among them."""
    if (other := OTHER_FIELDS.get(kind)) is not None:
        return [(other, child) for name, child in value.items() if name != "$ref" and not is_extension(name)]
    found: list[tuple[ObjectKind, Json]] = []
    fields = FIELDS[kind]
    for name, child in value.items():
        if (field := fields.get(name)) is None:
            continue
        child_kind, holding = field
        if isinstance(child, dict):
            if holding is Holding.MAP:
                found += [(child_kind, entry) for entry in child.values()]
            elif holding is Holding.ONE:
                found.append((child_kind, child))
        elif isinstance(child, list):
            if holding is not Holding.MAP:
                found += [(child_kind, entry) for entry in child]
        elif child is not None and holding is Holding.ONE:
            found.append((child_kind, child))
    return found


def places_of(nodes: Sequence[JsonObject], root: JsonObject) -> list[Tokens]:
    """Return the place of each node in the tree `root`. A node that the tree no longer has gets the place of the root."""
    found = dict[int, "Tokens"]()
    wanted = {id(node) for node in nodes}
    stack: list[tuple[Tokens, Json]] = [((), root)]
    while stack and len(found) < len(wanted):
        place, value = stack.pop()
        if id(value) in wanted:
            found[id(value)] = place
        if isinstance(value, dict | list):
            members = value.items() if isinstance(value, dict) else enumerate(value)
            stack += [((*place, str(token)), child) for token, child in members if isinstance(child, dict | list)]
    return [found.get(id(node), ()) for node in nodes]


def copy_json(value: Json) -> Json:
    """Copy a value as a tree. A shared value gets one copy per place, so each copy can change. Does not recurse."""
    holder = [value]
    stack: list[Json] = [holder]
    while stack:
        node = stack.pop()
        for key, child in list(node.items()) if isinstance(node, dict) else enumerate(node):
            if isinstance(child, dict | list):
                node[key] = child.copy()
                stack.append(node[key])
    return holder[0]


def keep_only(node: JsonObject, keys: Collection[str]) -> None:
    for key in [key for key in node if key not in keys]:
        del node[key]
