"""Laws of the closure, on documents that hypothesis makes up: every kept thing is there, nothing else is, and it means the same."""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.errors import DocumentError
from plugin_gateway.openapi.document import Document, Operation, OperationKey
from plugin_gateway.openapi.grammar import (
    FIELDS,
    OTHER_FIELDS,
    Holding,
    ObjectKind,
    components_at,
    is_extension,
    is_reference,
    sections,
    siblings_count,
)
from plugin_gateway.openapi.prune.pruned import prune
from plugin_gateway.openapi.refs import to_ref
from tests.octets import dictionaries, just, lists, mapped, objects, one_of, recursive, sampled_from, structures

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.octets import Octets, Reader

SLOT = "a reference goes here"

NAMES = sampled_from(["A", "B", "$ref", "x-thing", "a/b", "t~t", "p%q", "é", "properties", "default"])
SCHEMAS = recursive(
    sampled_from(
        [
            {SLOT: "schema"},
            {"type": "string"},
            {"type": "integer"},
            {SLOT: "schema"},
            {"enum": [{"$ref": "#/nowhere"}], "default": {"$ref": "#/components/schemas/Nowhere"}},
            {SLOT: "schema", "description": "sibling"},
        ]
    ),
    lambda inner: one_of(
        mapped(dictionaries(NAMES, inner, max_size=2), lambda value: {"type": "object", "properties": value}),
        mapped(lists(inner, min_size=1, max_size=2), lambda value: {"allOf": value}),
        mapped(inner, lambda value: {"items": value, "x-notes": {"about": [value]}}),
        mapped(inner, lambda value: {"not": value, "example": {"inner": value}}),
    ),
    depth=3,
)
HEADERS = dictionaries(
    sampled_from(["x-h", "H"]), one_of(objects({"schema": SCHEMAS}), just({SLOT: "header"})), max_size=2
)


def _responses(version: str) -> Reader:
    schema = objects({"schema": SCHEMAS})
    body = (
        schema
        if version == "2.0"
        else objects({}, {"content": mapped(schema, lambda value: {"x-a/b": value}), "headers": HEADERS})
    )
    response = one_of(mapped(body, lambda value: {"description": "d", **value}), just({SLOT: "response"}))
    return dictionaries(sampled_from(["200", "default"]), response, min_size=1, max_size=2)


def _parameters(version: str) -> Reader:
    place = {"name": "body", "in": "body"} if version == "2.0" else {"name": "q", "in": "query"}
    parameter = one_of(just({SLOT: "parameter"}), mapped(SCHEMAS, lambda schema: {**place, "schema": schema}))
    return lists(parameter, max_size=2)


def _items(version: str) -> Reader:
    operation = objects(
        {"responses": _responses(version)},
        {
            "parameters": _parameters(version),
            "tags": lists(sampled_from(["red", "blue"]), max_size=2),
            "security": lists(sampled_from([{"key": []}, {"other": []}, {}]), max_size=2),
        },
    )
    item = dictionaries(sampled_from(["get", "post"]), operation, min_size=1, max_size=2)
    return dictionaries(sampled_from(["/a", "/a/{b}", "/c~d"]), item, min_size=1, max_size=3)


NAMED = dictionaries(NAMES, SCHEMAS, max_size=4)


def _document(octets: Octets) -> tuple[Document, list[OperationKey]]:
    """A document whose every reference leads somewhere: places are collected first, references are filled in after."""
    version = octets.choice(["2.0", "3.0", "3.1", "3.2"])
    paths = _items(version)(octets)
    for path in paths.values():
        path["parameters"] = _parameters(version)(octets)
    components = {}
    section = dict(zip(sections(version).values(), sections(version), strict=True))
    components[section[ObjectKind.SCHEMA]] = NAMED(octets)
    components[section[ObjectKind.RESPONSE]] = _responses(version)(octets)
    components[section[ObjectKind.PARAMETER]] = {f"P{n}": node for n, node in enumerate(_parameters(version)(octets))}
    components[section[ObjectKind.SECURITY_SCHEME]] = {"key": {"type": "basic"}, "other": {"type": "basic"}}
    root = {
        **({"swagger": "2.0"} if version == "2.0" else {"openapi": f"{version}.0"}),
        "info": {"title": "t", "version": "1", "x-logo": "l"},
        "security": [{"other": []}],
        "tags": [{"name": "red"}, {"name": "blue"}],
        "x-area": {"schemas": NAMED(octets)},
        "paths": paths,
        **(components if version == "2.0" else {"components": components}),
    }
    root = copy.deepcopy(root)
    places: dict[str, list[tuple[Any, ...]]] = {"schema": [], "response": [], "parameter": [], "header": []}
    everywhere = [place for place, _ in _nodes(root) if place and not {"enum", "default"} & {*place}]
    strays = octets.choice([False, True])  # then some references lead to what is of another kind
    for place, node in _nodes(root):
        for kind, nodes in places.items():
            if _could_be(kind, place, node):
                nodes.append(place)
    for _, node in list(_nodes(root)):
        if isinstance(kind := node.pop(SLOT, None), str):
            if places[kind]:
                is_stray = strays and octets.below(6) == 5
                node["$ref"] = to_ref(octets.choice(everywhere if is_stray else places[kind]))
            else:
                node["description"] = "no reference"
    every = sorted((method.upper(), path) for path in paths for method in paths[path] if method != "parameters")
    kept = lists(sampled_from(every), min_size=1, max_size=len(every), unique=True)(octets)
    return Document(root=root, name="made-up.yaml"), [OperationKey(*key) for key in kept]


DOCUMENTS = structures(_document, 256)


def _nodes(value: dict[str, Any], place: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], dict[Any, Any]]]:
    stack = [(place, value)]
    while stack:
        place, value = stack.pop()
        if isinstance(value, dict):
            yield place, value
            stack.extend(((*place, key), child) for key, child in value.items())
        elif isinstance(value, list):
            stack.extend(((*place, str(index)), child) for index, child in enumerate(value))


def _could_be(kind: str, place: tuple[str, ...], node: dict[str, Any]) -> bool:
    """Schemas may be anywhere, also in data and extensions; the rest only where it is called so."""
    if place and place[-1] in {"schemas", "definitions", "properties", "default", "example"}:
        return False  # maps and data that only look like a schema
    if kind == "schema":
        return any(key in node for key in ("type", "properties", "allOf", "items", "not", "enum")) and "in" not in node
    if kind == "header":
        return len(place) > 1 and place[-2] == "headers"
    return "description" in node and "responses" in place if kind == "response" else "in" in node


def _typed(root: dict[str, Any], version: str) -> Iterator[tuple[ObjectKind, tuple[str, ...], dict[str, Any]]]:
    """The objects of a document that the standards give a meaning, with their places and kinds."""
    stack: list[tuple[ObjectKind, tuple[str, ...], Any]] = [
        (ObjectKind.PATH_ITEM, ("paths", path), item) for path, item in root["paths"].items()
    ]
    for section, kind in sections(version).items():
        place = (*components_at(version), section)
        holder = root if version == "2.0" else root.get("components", {})
        stack.extend((kind, (*place, name), node) for name, node in holder.get(section, {}).items())
    while stack:
        kind, place, node = stack.pop()
        if isinstance(node, dict):
            yield kind, place, node
            stack.extend(_children(kind, place, node, version))


def _children(
    kind: ObjectKind, place: tuple[str, ...], node: dict[str, Any], version: str
) -> Iterator[tuple[ObjectKind, tuple[str, ...], dict[str, Any]]]:
    if is_reference(kind, node) and not siblings_count(kind, version):
        return
    for name, value in node.items():
        if is_extension(name):
            continue
        if other := OTHER_FIELDS.get(kind):
            yield other, (*place, name), value
        elif field := FIELDS[kind].get(name):
            if field.holding is Holding.MAP and isinstance(value, dict):
                yield from ((field.kind, (*place, name, key), child) for key, child in value.items())
            elif isinstance(value, list):
                yield from ((field.kind, (*place, name, str(n)), child) for n, child in enumerate(value))
            else:
                yield field.kind, (*place, name), value


def _same(full: Document, pruned: Document, kept: list[OperationKey]) -> None:
    """Say whether kept operations mean the same, following references on both sides only as far as they are met."""
    stack = list[Any]()
    for key in kept:
        one, other = full.operations[key], pruned.operations[key]
        stack += [
            (ObjectKind.OPERATION, one.node, other.node, key),
            (ObjectKind.PATH_ITEM, _shared(one), _shared(other), key),
        ]
    seen = set()
    while stack:
        kind, a, b, where = stack.pop()
        a, b = _followed(full, kind, a), _followed(pruned, kind, b)
        if (kind, id(a), id(b)) in seen:
            continue
        seen.add((kind, id(a), id(b)))
        if not (isinstance(a, dict) and isinstance(b, dict)):
            assert a == b, where
            continue
        a, b = _meant(a), _meant(b)
        assert list(a) == list(b), where
        for name in a:
            if kind in OTHER_FIELDS:
                stack.append((OTHER_FIELDS[kind], a[name], b[name], (where, name)))
            elif field := FIELDS[kind].get(name):
                x, y = (_entries(value, field.holding) for value in (a[name], b[name]))
                assert list(x) == list(y), where
                stack.extend((field.kind, x[n], y[n], (where, name, n)) for n in x)
            elif name != "$ref":
                assert a[name] == b[name], where


def _shared(operation: Operation) -> dict[str, Any]:
    return {"parameters": operation.path_item.get("parameters", [])}


def _followed(document: Document, kind: ObjectKind, node: dict[str, Any]) -> Any:
    siblings: dict[str, Any] = {}
    while is_reference(kind, node):
        if siblings_count(kind, document.version):
            siblings = {**node, **siblings}
        node = document.resolve(node["$ref"]).value
    siblings.pop("$ref", None)
    if not siblings:
        return node
    # Kept by its own identity so that cycles are met again.
    key = (id(node), *((name, id(value)) for name, value in siblings.items()))
    return document.__dict__.setdefault("_merged", {}).setdefault(key, dict(sorted({**node, **siblings}.items())))


def _meant(node: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in sorted(node.items()) if not is_extension(name)}


def _entries(value: dict[str, Any] | list[Any], shape: Holding) -> dict[Any, Any]:
    if shape is Holding.MAP and isinstance(value, dict):
        return value
    return dict(enumerate(value)) if isinstance(value, list) else {0: value}


def _pruned(document: Document, kept: list[OperationKey]) -> Document | None:
    """The pruned document, or nothing where references go round in circles or to operations: all others lead somewhere."""
    try:
        return prune(document, kept)
    except DocumentError as error:
        if all(re.search("back to itself|is not a valid [a-z ]+$", finding.message) for finding in error.findings):
            return None
        raise


@given(DOCUMENTS)
def test_a_pruned_document_is_complete_unchanged_and_minimal(made: tuple[Document, list[OperationKey]]) -> None:
    document, kept = made
    before = copy.deepcopy(document.root)
    if (pruned := _pruned(document, kept)) is None:
        return
    assert document.root == before
    assert list(pruned.operations) == [key for key in document.operations if key in kept]
    version = document.version
    places = [to_ref(place) for place, _ in _nodes(pruned.root)]
    for kind, place, node in _typed(pruned.root, version):
        assert not any(is_extension(name) for name in node), place
        if is_reference(kind, node):
            assert node["$ref"] in places, f"{node} at {place} leads nowhere"
    _same(document, pruned, kept)
    _assert_every_component_is_needed(pruned)
    again = prune(pruned, kept)
    assert again.root == pruned.root
    assert list(again.root) == list(pruned.root)


def _assert_every_component_is_needed(pruned: Document) -> None:
    version = pruned.version
    holder = pruned.root if version == "2.0" else pruned.root.get("components", {})
    owned, refers = set(), dict[tuple[str, ...], set[Any]]()
    for section in sections(version):
        owned |= {(*components_at(version), section, name) for name in holder.get(section, {})}
    length = len(components_at(version)) + 2
    names = {to_ref(place): place for place, _ in _nodes(pruned.root)}
    for kind, place, node in _typed(pruned.root, version):
        source = place[:length] if place[:length] in owned else ()
        if is_reference(kind, node):
            refers.setdefault(source, set()).add(names[node["$ref"]][:length])
        if kind is ObjectKind.OPERATION:
            schemes = (
                *components_at(version),
                list(sections(version))[list(sections(version).values()).index(ObjectKind.SECURITY_SCHEME)],
            )
            security: Any = node.get("security", pruned.root.get("security", []))
            refers.setdefault(source, set()).update((*schemes, name) for entry in security for name in entry)
    reached, todo = set(), [()]
    while todo:
        for place in refers.get(todo.pop(), ()):
            if place in owned and place not in reached:
                reached.add(place)
                todo.append(place)
    assert owned == reached


@given(DOCUMENTS, st.data())
def test_odd_nodes_are_left_or_refused_and_never_crash(
    made: tuple[Document, list[OperationKey]], data: st.DataObject
) -> None:
    document, _ = made
    nodes = [node for _, node in _nodes(document.root) if node]
    node = data.draw(st.sampled_from(nodes))
    name = data.draw(st.sampled_from(sorted(node)))
    node[name] = data.draw(
        st.sampled_from([None, 5, "s", [], {}, [5], [{}], {"a": 5}, {"$ref": 5}, {"$ref": "#/paths"}, True])
    )
    odd = Document(root=document.root, name="odd.yaml")
    try:
        pruned = prune(odd, odd.operations)
    except DocumentError:
        return
    assert list(pruned.operations) == list(odd.operations)
