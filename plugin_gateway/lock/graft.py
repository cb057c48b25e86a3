"""Grafting: replaces operations of the document by their locked versions.

The result is the current document, except for these operations and the components that they need. A component that has
changed since is added with a new name, so that each operation keeps its meaning.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from plugin_gateway.errors import DocumentError
from plugin_gateway.lock.locking import cut
from plugin_gateway.lock.parts import is_plain_version
from plugin_gateway.openapi.decode.unread import Unread
from plugin_gateway.openapi.document import Document
from plugin_gateway.openapi.grammar import METHODS, ObjectKind, is_reference, sections
from plugin_gateway.openapi.nodes import copy_json, typed_nodes, typed_nodes_in
from plugin_gateway.openapi.parameters import declared_parameters
from plugin_gateway.openapi.prune.subtypes import implicit_subtypes
from plugin_gateway.openapi.refs import RefError, to_ref
from plugin_gateway.openapi.render import to_canonical_json
from plugin_gateway.openapi.values import as_list, as_mapping

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from plugin_gateway.lock.lock import Lock
    from plugin_gateway.openapi.document import Json, JsonObject, Operation, OperationKey
    from plugin_gateway.openapi.refs import Tokens

_SUFFIX: Final = "_as_locked"
_SCHEMAS: Final = ("components", "schemas")


def graft(document: Document, locked: Document, keys: Collection[OperationKey], lock: Lock) -> Document | None:
    """Return `document` with the operations `keys` of `locked`; None if the two have different versions of OpenAPI."""
    if document.version != locked.version or document.version == "2.0":
        return None
    # Cut out these operations alone: the others would bring components that only they need.
    scion = cut(locked, keys, lock)
    scion = Document(root=copy_json(scion.root), name=scion.name)
    scion = _renamed_scion(scion, _new_names(document, scion, lock))
    root = {**document.root, "paths": _copy(document.root.get("paths"))}
    root["components"] = components = _copy(document.root.get("components"))
    for section in sections(document.version):
        if isinstance(members := scion.root.get("components", {}).get(section), dict):
            components[section] = _copy(components.get(section))
            components[section].update(
                {name: value for name, value in members.items() if name not in components[section]}
            )
    root["tags"] = _tags(document, scion)
    for path in dict.fromkeys(key.path for key in keys):
        root["paths"][path] = _path_item(document, scion, path, {key for key in keys if key.path == path})
    return replace(document, root=root)


def _copy(value: object) -> JsonObject:
    if isinstance(value, Unread):
        return value.copy_unread()
    return {**value} if isinstance(value, dict) else {}


def _new_names(document: Document, scion: Document, lock: Lock) -> Mapping[Tokens, str]:
    """Rename locked components whose name means something else now, and every component that refers to one."""
    there = as_mapping(document.root.get("components"))
    places: list[Tokens] = [
        ("components", section, name)
        for section, members in scion.root.get("components", {}).items()
        for name in (members if isinstance(members, dict) else ())
        if name in as_mapping(there.get(section))
    ]
    now = _as_pruned_now(document, scion, lock)
    changed = {place for place in places if not _is_same(place, scion.root, document.root, now)}
    reaching: dict[Tokens, set[Tokens]] = {}
    for parent, children in implicit_subtypes(scion).items():
        for child in children:
            reaching.setdefault(child, set()).add(parent)
    for place in places:
        for target in _targets(scion, place):
            reaching.setdefault(target, set()).add(place)
    stack = [*changed]
    while stack:
        later = reaching.get(stack.pop(), set()) - changed
        changed |= later
        stack += later
    return {place: _free_name(place, there, scion) for place in sorted(changed)}


def _as_pruned_now(document: Document, scion: Document, lock: Lock) -> JsonObject:
    """Prune the document to the locked operations, to compare components without the extensions that pruning drops."""
    try:
        return cut(document, [key for key in scion.operations if key in document.operations], lock).root
    except DocumentError:
        return {}


def _is_same(place: Tokens, locked: JsonObject, *others: JsonObject) -> bool:
    wanted = to_canonical_json(_at(locked, place))
    return any(
        to_canonical_json(copy_json(value) if isinstance(value := _at(root, place), dict | list) else value) == wanted
        for root in others
    )


def _at(root: JsonObject, place: Tokens) -> Json:
    value: Json = root
    for token in place:
        value = value.get(token) if isinstance(value, dict) else None
    return value


def _targets(scion: Document, place: Tokens) -> Iterator[Tokens]:
    """Yield the components that a component refers to."""
    for kind, node in typed_nodes_in(sections(scion.version)[place[1]], _at(scion.root, place)):
        refs = [node.get("$ref"), node.get("$dynamicRef")]
        if kind is ObjectKind.DISCRIMINATOR and isinstance(mapping := node.get("mapping"), dict):
            refs += (target if "#" in str(target) else to_ref((*_SCHEMAS, str(target))) for target in mapping.values())
        for ref in refs:
            if isinstance(ref, str):
                with suppress(RefError):
                    yield scion.resolve(ref).tokens[:3]


def _free_name(place: Tokens, there: JsonObject, scion: Document) -> str:
    name = place[2] + _SUFFIX
    while name in as_mapping(there.get(place[1])) or name in scion.root["components"][place[1]]:
        name += "_"
    return name


def _renamed_scion(scion: Document, names: Mapping[Tokens, str]) -> Document:
    for place, children in implicit_subtypes(scion).items():
        discriminator = _at(scion.root, (*place, "discriminator"))
        renamed = [child for child in children if child in names]
        if isinstance(discriminator, dict) and renamed:
            # The name of a schema is the value that selects it.
            mapping = discriminator.setdefault("mapping", {})
            for child in renamed:
                mapping.setdefault(child[-1], to_ref(child))
    for kind, node in typed_nodes(scion.root):
        for keyword in ("$ref", "$dynamicRef"):
            if keyword in node and (is_reference(kind, node) or keyword == "$dynamicRef"):
                node[keyword] = _renamed(scion, node[keyword], names)
        if kind is ObjectKind.DISCRIMINATOR and isinstance(mapping := node.get("mapping"), dict):
            for value, target in mapping.items():
                mapping[value] = _renamed(scion, target, names)
    components = {
        section: {names.get(("components", section, name), name): value for name, value in members.items()}
        for section, members in scion.root.get("components", {}).items()
        if isinstance(members, dict)
    }
    return Document(root={**scion.root, "components": components}, name=scion.name)


def _renamed(scion: Document, ref: object, names: Mapping[Tokens, str]) -> object:
    if not isinstance(ref, str):
        return ref
    bare = (*_SCHEMAS, ref)
    if bare in names:
        return to_ref((*_SCHEMAS, names[bare]))
    try:
        tokens = scion.resolve(ref).tokens
    except RefError:
        return ref
    new = names.get(tokens[:3])
    return to_ref((*tokens[:2], new, *tokens[3:])) if new and ref.startswith("#/") else ref


def _path_item(document: Document, scion: Document, path: str, keys: Collection[OperationKey]) -> JsonObject:
    """Return the path item with the locked operations.

    The item's parameters, which may have changed, move into each operation.
    """
    item: JsonObject = {}
    for key, operation in document.operations.items():
        if key.path == path and key not in keys:
            _put(item, operation, _whole(operation, document))
    for key in keys:
        operation = scion.operations[key]
        node = _whole(operation, scion)
        node["security"] = []
        _put(item, operation, node)
    return item


def _tags(document: Document, scion: Document) -> list[Json]:
    """Return the current tags, but the locked text of the locked operations' tags, because clients see it."""
    used = [tag for operation in scion.operations.values() for tag in operation.tags]
    locked = [tag for tag in as_list(scion.root.get("tags")) if _name(tag) in used]
    return [*locked, *(tag for tag in as_list(document.root.get("tags")) if _name(tag) not in used)]


def _name(tag: Json) -> Json:
    return tag.get("name") if isinstance(tag, dict) else None


def _whole(operation: Operation, document: Document) -> JsonObject:
    node = {**operation.node}
    if parameters := [*declared_parameters(operation, document)]:
        node["parameters"] = parameters
    if "servers" not in node and "servers" in operation.path_item:
        node["servers"] = operation.path_item["servers"]
    return node


def _put(item: JsonObject, operation: Operation, node: JsonObject) -> None:
    if operation.field in METHODS and operation.holder is operation.path_item:
        item[operation.field] = node
    else:
        item.setdefault("additionalOperations", {})[operation.field] = node


def with_info_of(document: Document, locked: Document) -> Document:
    """Return the document with the locked `info`; only the version of the API is the current one, if it is plain."""
    info, now = locked.root.get("info"), document.root.get("info")
    if not isinstance(info, dict) or not isinstance(now, dict):
        return document
    version = {"version": now["version"]} if is_plain_version(now.get("version")) else {}
    return replace(document, root={**document.root, "info": {**info, **version}})
