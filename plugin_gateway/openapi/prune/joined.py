"""A joined document: several pruned documents of one source, with different paths, merged into one.

If each of them is plain (no part of it depends on the rest), the result equals the source pruned to all of their operations.
"""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING, Final, TypeAlias
from urllib.parse import unquote

from plugin_gateway.openapi.grammar import ObjectKind, components_at, sections
from plugin_gateway.openapi.nodes import typed_nodes
from plugin_gateway.openapi.refs import split_pointer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from plugin_gateway.openapi.document import Document, Json, JsonObject

    Settle: TypeAlias = Callable[[str, Json, Json], Json]
    """Takes a section and two unequal components of one name. Returns the one that serves both, or None."""

_PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9._-]+")
"""Publishing renames a component with any other name, and the new name depends on the names around it."""
_REFERENCES: Final = ("$ref", "$dynamicRef", "operationRef")
_NAMES_OPERATIONS: Final = frozenset({ObjectKind.CALLBACK, ObjectKind.LINK})
"""These objects hold operationIds, which are unique only within a whole document."""


def is_plain(document: Document) -> bool:
    """Return whether `document` reads the same alone and as a part of another document.

    Every reference in it, also in data, is a pointer to a whole component that it contains. A `$recursiveRef` of `#` is
    taken for a reference to the root, unless a schema has an `$id`.
    """
    root, at = document.root, components_at(document.version)
    known = {(*at, *place) for place in component_places(document)}
    if not all(_PLAIN_NAME.fullmatch(name) for *_, name in known):
        return False
    if "$self" in root or any(kind in _NAMES_OPERATIONS for kind, _ in typed_nodes(root)):
        return False
    has_id = is_recursive = False
    stack: list[Json] = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            if not all(_is_pointer(node[name]) for name in _REFERENCES if name in node):
                return False
            has_id = has_id or "$id" in node
            if "$recursiveRef" in node:
                is_recursive = True
                if node["$recursiveRef"] != "#":
                    return False
            stack += node.values()
        elif isinstance(node, list):
            stack += node
        elif isinstance(node, str) and node.startswith("#/") and split_pointer(unquote(node[1:])) not in known:
            return False
    return not (has_id and is_recursive)


def _is_pointer(ref: Json) -> bool:
    """Return whether a reference is a pointer. A value that is not text is no reference."""
    return not isinstance(ref, str) or ref.startswith("#/")


def component_sections(document: Document) -> JsonObject:
    """Return the mapping that holds the sections of components."""
    at = components_at(document.version)
    holder: JsonObject = document.root.get(at[0], {}) if at else document.root
    return holder


def component_places(document: Document) -> list[tuple[str, str]]:
    """Return the section and the name of each component."""
    holder = component_sections(document)
    return [(section, name) for section in sections(document.version) for name in holder.get(section) or ()]


def join(
    roots: Sequence[JsonObject], like: JsonObject, version: str, settle: Settle = lambda *_: None
) -> JsonObject | None:
    """Join the roots of plain documents, in the order of `like`. Return None if two components of one name differ.

    Path items and components are the objects of `roots`, not copies.
    """
    joined: JsonObject = {}
    in_root = () if components_at(version) else sections(version)
    longest_first = sorted(roots, key=len, reverse=True)
    for name in dict.fromkeys(chain(like, *longest_first)):
        values = [root[name] for root in roots if name in root]
        if not values:
            continue
        if name == "paths":
            joined[name] = _ordered({key: item for value in values for key, item in value.items()}, like[name])
        elif name == "tags":
            joined[name] = _joined_tags(values, like.get(name))
        elif name == "components":
            components = _joined_sections(values, like.get(name) or {}, settle)
            if components is None:
                return None
            joined[name] = components
        elif name in in_root:
            members = _joined_members(name, values, like.get(name) or (), settle)
            if members is None:
                return None
            joined[name] = members
        else:
            joined[name] = values[0]
    return joined


def _joined_sections(components: Sequence[JsonObject], like: JsonObject, settle: Settle) -> JsonObject | None:
    joined: JsonObject = {}
    for section in dict.fromkeys(chain(like, *sorted(components, key=len, reverse=True))):
        if values := [one[section] for one in components if section in one]:
            members = _joined_members(section, values, like.get(section) or (), settle)
            if members is None:
                return None
            joined[section] = members
    return joined


def _joined_members(
    section: str, members: Sequence[JsonObject], like: Iterable[str], settle: Settle
) -> JsonObject | None:
    joined: JsonObject = {}
    for name, component in chain.from_iterable(one.items() for one in members):
        ours = joined.setdefault(name, component)
        if ours is not component and ours != component:
            joined[name] = settle(section, ours, component)
            if joined[name] is None:
                return None
    return _ordered(joined, like)


def _joined_tags(lists: Sequence[list[JsonObject]], like: Json) -> list[JsonObject]:
    by_name = {tag["name"]: tag for tags in lists for tag in tags}
    names = (tag.get("name") for tag in like if isinstance(tag, dict)) if isinstance(like, list) else ()
    return [by_name[name] for name in dict.fromkeys(names) if isinstance(name, str) and name in by_name]


def _ordered(members: JsonObject, like: Iterable[str]) -> JsonObject:
    """Return the members in the order of `like`, and others after them."""
    first = {name: members[name] for name in like if name in members}
    return first | members
