"""The pruned document: a document cut down to the kept operations and the objects that they use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from plugin_gateway.openapi.document import Document, Json, JsonObject, OperationKey
from plugin_gateway.openapi.grammar import FIELDS, METHODS, ROOT_FIELDS, ObjectKind, components_at, sections
from plugin_gateway.openapi.prune.broken import BrokenReferencesError
from plugin_gateway.openapi.prune.closure import Closure
from plugin_gateway.openapi.prune.hoist import components_in
from plugin_gateway.openapi.prune.targets import Place, Region

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from plugin_gateway.openapi.refs import Tokens

_VERBATIM = frozenset(
    {"openapi", "swagger", "$self", "jsonSchemaDialect", "host", "basePath", "schemes", "consumes", "produces"}
)
"""Fields of the root that apply to every operation. Apart from these, only known objects are copied."""

_PATH_ITEM_TEXT = frozenset({"summary", "description"})


def prune(
    document: Document,
    kept: Collection[OperationKey],
    *,
    extensions: Collection[str] = (),
    discriminator: Literal["follow", "trim"] = "follow",
) -> Document:
    """Return a copy of `document`, in the same version, with only the operations in `kept`.

    The meaning of every kept operation stays the same. The copy lacks components, tags and security schemes that only denied
    operations use, links to denied operations, and all webhooks. An object under a denied path becomes a component if a kept
    object refers to it. Path items are written in place. `x-*` fields are dropped unless `extensions` names them; their values
    are data.

    A discriminator selects schemas by mapping or, by default, by the name of a schema that has its schema in `allOf`. `follow`
    keeps every schema that it can select; `trim` keeps only those that other objects refer to.

    A reference to an undefined schema stays; the result has a warning for it.

    Raises `BrokenReferencesError` with a finding for each kept reference that leads outside, nowhere, or back to itself, and
    `KeyError` if the document lacks an operation of `kept`.
    """
    return _cut(document, kept, extensions, discriminator)[0]


def prune_alone(
    document: Document,
    kept: Collection[OperationKey],
    *,
    extensions: Collection[str] = (),
    discriminator: Literal["follow", "trim"] = "follow",
) -> Document | None:
    """Do the work of `prune`; return None if more operations in `kept` could change the copies.

    A link, for example, is copied only if its operation is kept.
    """
    pruned, closure = _cut(document, kept, extensions, discriminator)
    return pruned if closure.is_alone else None


def _cut(
    document: Document, kept: Collection[OperationKey], extensions: Collection[str], discriminator: str
) -> tuple[Document, Closure]:
    places = {key: _place(document, key) for key in kept}
    closure = Closure(document, places, extensions, follow=discriminator == "follow")
    later = {"components", "security"} if components_at(document.version) else {*sections(document.version), "security"}
    root: JsonObject = {}
    for name, value in document.root.items():
        if name in _VERBATIM or name in closure.extensions:
            root[name] = value
        elif name == "paths":
            root[name] = _copy_paths(document, closure, places)
        elif name in later:
            root[name] = {}  # keeps the order of the fields
        elif (field := ROOT_FIELDS.get(name)) is not None:
            closure.copy_field(field, value, Region((name,)), root, name)
    root.setdefault("paths", {})
    closure.finish()
    if closure.inherits_security:
        closure.references.require_schemes(document.root.get("security"), Region(("security",)))
        closure.finish()
    _settle(document, closure, root)
    pruned = Document(root=root, name=document.name, warnings=tuple(closure.warnings))
    if closure.references.broken.errors:
        raise BrokenReferencesError(closure.references.broken.errors, pruned)
    return pruned, closure


def _place(document: Document, key: OperationKey) -> Tokens:
    """Return the place of an operation in the pruned document."""
    operation = document.operations[key]
    method = key.method.lower()
    if method in METHODS and operation.path_item.get(method) is operation.node:
        return ("paths", key.path, method)
    additional = operation.path_item["additionalOperations"]
    (name,) = (name for name in additional if name.upper() == key.method and additional[name] is operation.node)
    return ("paths", key.path, "additionalOperations", name)


def _copy_paths(document: Document, closure: Closure, kept: Mapping[OperationKey, Tokens]) -> JsonObject:
    methods: dict[str, set[Tokens]] = {}
    for key, place in kept.items():
        methods.setdefault(key.path, set()).add(place[2:])
    copies: JsonObject = {}
    for path, item in document.root["paths"].items() if isinstance(document.root["paths"], dict) else ():
        if path in methods:
            fields = _path_item_fields(document, Region(("paths", path)), item)
            copies[path] = _copy_path_item(closure, fields, methods[path])
        elif path in closure.extensions:
            copies[path] = item
    return copies


def _copy_path_item(
    closure: Closure, fields: Mapping[str, tuple[Json, Place]], methods: Collection[Tokens]
) -> JsonObject:
    """Copy a path item with only these operations. Its `$ref` is followed, because several paths may share the target."""
    copy: JsonObject = {}
    for name, (value, place) in fields.items():
        if name in _PATH_ITEM_TEXT or name in closure.extensions:
            copy[name] = value
        elif name == "additionalOperations":
            nodes = value if isinstance(value, dict) else {}
            if additional := {method: node for method, node in nodes.items() if (name, method) in methods}:
                closure.copy_field(FIELDS[ObjectKind.PATH_ITEM][name], additional, (place, name), copy, name)
        elif (name,) in methods or name in {"parameters", "servers"}:
            closure.copy_field(FIELDS[ObjectKind.PATH_ITEM][name], value, (place, name), copy, name)
    return copy


def _path_item_fields(document: Document, region: Region, item: JsonObject) -> dict[str, tuple[Json, Place]]:
    """Return the fields of a path item merged with the fields of its `$ref`'s target, as in `Document.follow_path_item`."""
    sources = [(region, item)]
    while isinstance(ref := item.get("$ref"), str):
        tokens, item = document.resolve(ref, region.tokens)
        region = Region(tokens, is_moved=True)
        sources.append((region, item))
    return {name: (value, source) for source, fields in reversed(sources) for name, value in fields.items()}


def _settle(document: Document, closure: Closure, root: JsonObject) -> None:
    """Add the closure's results: components in the order of the full document, used tags, inherited security."""
    if components_at(document.version):
        root["components"] = _ordered_components(document, closure, document.root.get("components"))
    else:
        root.update(_ordered_components(document, closure, document.root))
    root["security"] = document.root.get("security") if closure.inherits_security else None
    if "tags" in root:
        root["tags"] = _used_tags(root["tags"], closure.tags) if isinstance(root["tags"], list) else []
    for name in ("components", "security", "tags", *sections(document.version)):
        if name in root and not root[name]:
            del root[name]


def _ordered_components(document: Document, closure: Closure, full: Json) -> JsonObject:
    ordered: JsonObject = {}
    for section in dict.fromkeys((*(full if isinstance(full, dict) else ()), *sections(document.version))):
        if (kept := closure.references.components.get(section)) is not None:
            names = (*components_in(document, section), *closure.references.hoisted.names.get(section, ()))
            ordered[section] = {name: kept[name] for name in names if name in kept}
    return ordered


def _used_tags(tags: list[Json], used: Collection[str]) -> list[Json]:
    """Return the tags of kept operations and, since 3.2, the parents of these tags."""
    named = [tag for tag in tags if isinstance(tag, dict) and isinstance(tag.get("name"), str)]
    parents = {tag["name"]: tag.get("parent") for tag in named}
    wanted: set[Json] = set()
    for tag in used:
        name: Json = tag
        while isinstance(name, str) and name not in wanted:
            wanted.add(name)
            name = parents.get(name)
    return [tag for tag in named if tag["name"] in wanted]
