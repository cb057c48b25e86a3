"""Bundling: turning a document in several files into one root with local references.

An object in another file becomes a component with a new name. Nothing is dereferenced, so circular references stay circular. If
the version has no components for the object (a path item under `paths`, an operation, a whole map), it replaces the reference.
`DocumentParts` decides which files may be read, before one is opened.
"""

from __future__ import annotations

import re
from itertools import chain, count
from typing import TYPE_CHECKING, Any, NamedTuple, TypeGuard
from urllib.parse import unquote

from plugin_gateway.errors import DocumentError
from plugin_gateway.openapi.decode.extent import check_extent
from plugin_gateway.openapi.grammar import (
    FIELDS,
    OTHER_FIELDS,
    ROOT_FIELDS,
    Field,
    Holding,
    ObjectKind,
    components_at,
    is_extension,
    sections,
    siblings_count,
)
from plugin_gateway.openapi.read.parts import PartFinder, PartValue
from plugin_gateway.openapi.refs import Tokens, join_uri, split_ref, to_ref

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from plugin_gateway.openapi.document import JsonObject
    from plugin_gateway.openapi.read.parts import DocumentParts

_MAX_CHAIN = 64
_NOT_A_NAME = re.compile(r"[^A-Za-z0-9._-]+")


class _Visit(NamedTuple):
    """A value to visit: the part that it was written in, and the collection that holds it now."""

    part: str
    field: Field | None
    """The field of the grammar; None means data."""
    holder: Any
    key: Any

    @property
    def value(self) -> Any:
        return self.holder[self.key]


def bundle(root: JsonObject, version: str, parts: DocumentParts) -> Mapping[str, str]:
    """Make the references in `root` local, in place. Return the references that stay unchanged, with the reasons.

    Raises `DocumentError` if a part cannot be decoded, or if an object that replaces its reference contains itself.
    """
    bundler = _Bundler(root, version, parts)
    bundler.run()
    check_extent(root, parts.root)
    return bundler.unread


class _Bundler:
    def __init__(self, root: JsonObject, version: str, parts: DocumentParts) -> None:
        self._root = root
        self._version = version
        self._parts = parts
        self._finder = PartFinder(root, version, parts)
        self.unread = self._finder.unread
        self._sections = {kind: name for name, kind in sections(version).items()}
        self._refs: dict[tuple[str, Tokens, ObjectKind], str] = {}
        """The local `$ref` of each new component, by the place where it was written."""
        self._todo: list[_Visit] = []
        self._seen: dict[int, Any] = {}
        """The visited values, by identity. Keeping the values prevents reuse of the identities."""

    def run(self) -> None:
        part, root = self._parts.root, self._root
        self._adopt_components()
        items = Field(ObjectKind.PATH_ITEM, Holding.MAP)
        for key, field in {**ROOT_FIELDS, "paths": items, "webhooks": items}.items():
            if key in root:
                self._todo.append(_Visit(part, field, root, key))
        while self._todo:
            self._walk(self._todo.pop())

    def _adopt_components(self) -> None:
        """Replace each component that is only a reference to another file by its target, which keeps the component's name."""
        holder: Any = self._root
        for key in components_at(self._version):
            self._import(_Visit(self._parts.root, None, holder, key))
            holder = holder.get(key)
        for kind, section in self._sections.items() if isinstance(holder, dict) else ():
            at = self._import(_Visit(self._parts.root, None, holder, section))
            components = holder.get(section)
            for name, component in components.items() if isinstance(components, dict) else ():
                ref = to_ref((*components_at(self._version), section, name))
                self._refs.setdefault((at.part, (*at.tokens, name), kind), ref)
                part = at.part
                found = self._finder.find(part, component["$ref"]) if _is_import(component) else None
                if found and found.part != self._parts.root and (*found[:2], kind) not in self._refs:
                    self._refs[found.part, found.tokens, kind] = ref
                    components[name], part = found.value, found.part
                self._todo.append(_Visit(part, Field(kind, Holding.ONE), components, name))

    def _walk(self, place: _Visit) -> None:
        field, value = place.field, place.value
        if field is not None and field.holding is Holding.ONE and isinstance(value, dict):
            self._walk_object(place, field.kind)
            return
        part = place.part
        # In data, a `$ref` counts as a reference only if it names another file.
        if _is_import(value) and (field is not None or split_ref(value["$ref"])[0]):
            try:
                part = self._import(place).part
            except DocumentError:
                if field is not None:
                    raise
                # The file may be neither JSON nor YAML, so the `$ref` in the data stays.
                return
        value = place.value
        if isinstance(value, dict | list) and self._is_new(value):
            one = field and Field(field.kind, Holding.ONE)
            keys = value if isinstance(value, dict) else range(len(value))
            is_named = field is not None and field.holding is Holding.MAP and field.kind is not ObjectKind.PATH_ITEM
            self._todo.extend(_Visit(part, one, value, key) for key in keys if is_named or not is_extension(str(key)))

    def _walk_object(self, place: _Visit, kind: ObjectKind) -> None:
        part, node = place.part, place.value
        if isinstance(node.get("$ref"), str):
            if self._is_component(place, kind):
                if self._is_new(node):
                    self._refer(part, node, kind)
                    if siblings_count(kind, self._version):
                        self._walk_fields(part, node, kind)
                return
            if kind is ObjectKind.PATH_ITEM:
                self._put_path_item(place)
                return
            part = self._import(place).part
            node = place.value
        if isinstance(node, dict) and self._is_new(node):
            if kind is ObjectKind.SERVER and part != self._parts.root:
                _settle_server(node, part)
            self._walk_fields(part, node, kind)

    def _walk_fields(self, part: str, node: JsonObject, kind: ObjectKind) -> None:
        self._todo.extend(
            _Visit(part, _field(kind, key), node, key)
            for key, value in node.items()
            if isinstance(value, dict | list) and not is_extension(key)
        )
        discriminator = node.get("discriminator") if kind is ObjectKind.SCHEMA else None
        if isinstance(discriminator, dict):
            self._refer_in_mapping(part, discriminator, ["defaultMapping"])
            if isinstance(mapping := discriminator.get("mapping"), dict):
                self._refer_in_mapping(part, mapping, list(mapping))

    def _is_component(self, place: _Visit, kind: ObjectKind) -> bool:
        """Return whether the target of this reference can become a component. Before 3.1 a path item cannot."""
        return kind in self._sections and place.holder is not self._root.get("paths")

    def _is_new(self, value: Any) -> bool:
        """Return True on the first visit. A second walk would read the new references as the file's original ones."""
        if id(value) in self._seen:
            return False
        self._seen[id(value)] = value
        return True

    def _refer(self, part: str, node: JsonObject, kind: ObjectKind) -> None:
        ref = node["$ref"]
        found = self._finder.find(part, ref)
        if found and isinstance(found.value, dict | bool):
            node["$ref"] = self._local(found, kind)
        elif found:
            self.unread[ref] = f"is not a valid {kind}"
        elif part != self._parts.root and ref.startswith("#"):
            node["$ref"] = part + ref

    def _refer_in_mapping(self, part: str, mapping: JsonObject, names: Iterable[str]) -> None:
        """Make the references among these values of a discriminator's mapping local. Other values are schema names."""
        for name in names:
            if (
                isinstance(value := mapping.get(name), str)
                and re.search(r"[#/]|\.(?:ya?ml|json)$", value)
                and (found := self._finder.find(part, value))
            ):
                mapping[name] = self._local(found, ObjectKind.SCHEMA)

    def _local(self, found: PartValue, kind: ObjectKind) -> str:
        """Return the local `$ref` to the target, which becomes a component unless it is one."""
        if found.part == self._parts.root:
            return to_ref(found.tokens)
        place = (found.part, found.tokens, kind)
        if place not in self._refs:
            holder: Any = self._root
            for key in (*components_at(self._version), self._sections[kind]):
                if not isinstance(holder.get(key), dict):
                    holder[key] = {}  # YAML authors also write `components:` without a value
                holder = holder[key]
            name = _free_name(found, holder)
            holder[name] = found.value
            self._refs[place] = to_ref((*components_at(self._version), self._sections[kind], name))
            self._todo.append(_Visit(found.part, Field(kind, Holding.ONE), holder, name))
        return self._refs[place]

    def _import(self, place: _Visit) -> PartValue:
        """Replace a lone `$ref` by its target, and return the target's origin."""
        at = PartValue(place.part, (), None)
        ref = ""
        for _ in range(_MAX_CHAIN):
            value = place.holder.get(place.key) if isinstance(place.holder, dict) else place.value
            if not _is_import(value):
                return at
            ref = value["$ref"]
            found = self._finder.find(at.part, ref)
            if found is None:
                return at
            if found.part == self._parts.root:
                place.holder[place.key] = {"$ref": to_ref(found.tokens)}
                return found
            place.holder[place.key], at = found.value, found
        self.unread[ref] = "leads back to itself"
        return at

    def _put_path_item(self, place: _Visit) -> None:
        """Replace a path item's `$ref` by its target.

        Fields beside the `$ref` win; each field belongs to the part that it was written in.
        """
        part, node = place.part, dict(place.value)
        owners = dict.fromkeys(node, part)
        for _ in range(_MAX_CHAIN):
            if not isinstance(ref := node.get("$ref"), str) or (found := self._finder.find(part, ref)) is None:
                break
            part = found.part
            if part == self._parts.root or not isinstance(found.value, dict):
                node["$ref"] = to_ref(found.tokens)
                break
            del node["$ref"]
            owners = {**dict.fromkeys(found.value, part), **owners}
            node = {**found.value, **node}
        else:
            self.unread[node["$ref"]] = "leads back to itself"
        place.holder[place.key] = node
        self._todo.extend(
            _Visit(owners[key], _field(ObjectKind.PATH_ITEM, key), node, key)
            for key, value in node.items()
            if isinstance(value, dict | list) and not is_extension(key)
        )


def _settle_server(server: JsonObject, part: str) -> None:
    """Make a server's URL absolute if it is relative to the file that it was written in (OpenAPI 3.1, 4.8.5)."""
    url = server.get("url")
    # A URL that begins with a variable may be absolute, and a local file's path does not locate the API.
    if isinstance(url, str) and url and not url.startswith("{") and part.startswith(("http://", "https://")):
        server["url"] = join_uri(part, url)


def _field(kind: ObjectKind, name: str) -> Field | None:
    if kind in OTHER_FIELDS:
        return Field(OTHER_FIELDS[kind], Holding.ONE)
    return FIELDS[kind].get(name)


def _is_import(value: Any) -> TypeGuard[dict[str, str]]:
    return isinstance(value, dict) and value.keys() == {"$ref"} and isinstance(value["$ref"], str)


def _free_name(found: PartValue, holder: JsonObject) -> str:
    """Return a free component name made from its origin: the last token of its pointer, or its file name, or both."""
    stem = _NOT_A_NAME.sub("_", unquote(found.part.rstrip("/").rpartition("/")[2].partition(".")[0])) or "part"
    name = _NOT_A_NAME.sub("_", found.tokens[-1]) if found.tokens else stem
    candidates = chain([name, f"{stem}_{name}"], (f"{name}_{number}" for number in count(2)))
    return next(candidate for candidate in candidates if candidate not in holder)
