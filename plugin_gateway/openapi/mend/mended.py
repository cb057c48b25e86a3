"""The mended document: a pruned document without the mistakes that clients would fail on.

A mistake is corrected where the author's intent is certain. A field that this version of OpenAPI does not know is left out, and
so is a value without meaning. Both are warnings. A plain value in place of an object is an error: it does not show what the
author wanted to allow or require.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from plugin_gateway.openapi.document import Document
from plugin_gateway.openapi.grammar import (
    FIELDS,
    OTHER_FIELDS,
    ROOT_FIELDS,
    Field,
    Holding,
    ObjectKind,
    components_at,
    is_extension,
    is_reference,
    sections,
    siblings_count,
)
from plugin_gateway.openapi.mend.notes import Notes, describe_value
from plugin_gateway.openapi.mend.parameters import ParameterMender
from plugin_gateway.openapi.mend.plain_values import mend_plain
from plugin_gateway.openapi.mend.schema import settle_positions
from plugin_gateway.openapi.mend.statuses import mend_statuses
from plugin_gateway.openapi.mend.value_check import ValueCheck
from plugin_gateway.openapi.mend.whole_object import WholeMender
from plugin_gateway.openapi.near_misses import nearest_field
from plugin_gateway.openapi.nodes import copy_json
from plugin_gateway.openapi.refs import RefError
from plugin_gateway.openapi.vocabulary import PLAIN_FIELDS, is_known

if TYPE_CHECKING:
    from plugin_gateway.diagnostics import Finding
    from plugin_gateway.openapi.document import Json, JsonObject
    from plugin_gateway.openapi.mend.value_check import Effort
    from plugin_gateway.openapi.refs import Tokens

_REPLACED: Final = frozenset(
    {ObjectKind.SERVER, ObjectKind.SECURITY_SCHEME, ObjectKind.OAUTH_FLOWS, ObjectKind.OAUTH_FLOW}
)
"""Every served document has the gateway's servers and security instead of these."""
_NEEDED: Final = {
    ObjectKind.DISCRIMINATOR: frozenset({"propertyName"}),
    ObjectKind.EXTERNAL_DOCS: frozenset({"url"}),
    ObjectKind.LICENSE: frozenset({"name"}),
    ObjectKind.LINK: frozenset({"operationRef", "operationId", "$ref"}),
}
"""An object needs at least one of these fields; an object without them is left out."""


class _ObjectToMend(NamedTuple):
    """An object to mend, its place, and the collection that holds it."""

    kind: ObjectKind
    tokens: Tokens
    holder: Json
    key: str | int


def mend(document: Document, effort: Effort | None = None) -> tuple[Document, tuple[Finding, ...]]:
    """Return a mended copy of `document`, which is pruned.

    Do not serve the copy if the findings contain an error. Their pointers lead into `document`. `effort` counts the
    steps of the value checks.
    """
    mender = _Mender(document, effort)
    mender.mend()
    return Document(root=mender.root, name=document.name, warnings=document.warnings), tuple(mender.findings)


class _Mender:
    def __init__(self, document: Document, effort: Effort | None) -> None:
        self.root: JsonObject = copy_json(document.root)
        self._notes = Notes()
        self._parameters = ParameterMender(document, self.root, self._notes)
        self._whole = WholeMender(ValueCheck(document, effort), self._parameters, self._notes, document.version)
        self._document = document
        self._version = document.version
        self._jobs: list[_ObjectToMend] = []

    @property
    def findings(self) -> list[Finding]:
        return self._notes.findings

    def mend(self) -> None:
        self._mend_root()
        while self._jobs:
            kind, tokens, holder, key = self._jobs.pop()
            if isinstance(holder, dict) and key not in holder:
                continue  # left out after the job was queued
            node = holder[key]
            if isinstance(node, dict):
                self._mend_object(kind, node, tokens)
                if (needed := _NEEDED.get(kind)) is not None and not node.keys() & needed:
                    self._notes.drop(
                        holder, str(key), tokens, f"the {kind} object has no {' or '.join(sorted(needed - {'$ref'}))}"
                    )
            elif kind is ObjectKind.SCHEMA and isinstance(node, bool):
                if self._version not in {"3.1", "3.2"} and tokens[-1:] != ("additionalProperties",):
                    holder[key] = {} if node else {"not": {}}
                    self._notes.mended(
                        tokens, f"OpenAPI {self._version} has no schema {describe_value(node)}: an equivalent is served"
                    )
            else:
                self._mend_none(kind, tokens, holder, key)

    def _mend_root(self) -> None:
        root = self.root
        info = root.get("info")
        if not isinstance(info, dict):
            self._notes.mended((), f"the document has no `info`{_instead(info)}")
            root["info"] = {}
        for name in ("$self", "jsonSchemaDialect"):
            if name in root and not isinstance(root[name], str):
                self._notes.drop(root, name, (name,), f"{name!r} must be a string, not {describe_value(root[name])}")
        if isinstance(root.get("tags"), list):
            self._drop_repeated_tags(root["tags"])
        for name, field in ROOT_FIELDS.items():
            if name in root and field.kind not in _REPLACED:
                self._field(field, (), root, name)
        paths = root.get("paths")
        for path in paths if isinstance(paths, dict) else ():
            if not is_extension(path):
                self._parameters.check_template(path)
                self._jobs.append(_ObjectToMend(ObjectKind.PATH_ITEM, ("paths", path), paths, path))
        at = components_at(self._version)
        holder = root.get(at[0], {}) if at else root
        if not isinstance(holder, dict):
            self._notes.drop(root, at[0], at, f"{describe_value(holder)} is not a mapping of components")
            return
        for section, kind in sections(self._version).items():
            members = holder.get(section)
            if kind in _REPLACED or members is None:
                continue
            if not isinstance(members, dict):
                self._notes.drop(
                    holder, section, (*at, section), f"{describe_value(members)} is not a mapping of components"
                )
                continue
            self._jobs += [_ObjectToMend(kind, (*at, section, name), members, name) for name in members]
        if at:
            known = {*sections(self._version)}
            for name in [name for name in holder if name not in known and not is_extension(name)]:
                self._notes.drop(holder, name, (*at, name), f"components have no section {name!r}")

    def _drop_repeated_tags(self, tags: list[Json]) -> None:
        names: set[str] = set()
        kept: list[Json] = []
        for index, tag in enumerate(tags):
            name = tag.get("name") if isinstance(tag, dict) else None
            if isinstance(name, str) and name in names:
                self._notes.dropped(("tags", str(index)), f"the tag {describe_value(name)} is already in the list")
                continue
            if isinstance(name, str):
                names.add(name)
            kept.append(tag)
        tags[:] = kept

    def _mend_object(self, kind: ObjectKind, node: JsonObject, tokens: Tokens) -> None:
        if kind is ObjectKind.MEDIA_TYPE and (other := self._other_kind(kind, node)) is not None:
            # Before 3.2 a media type is no reference, so this one cannot be translated.
            self._notes.drop(node, "$ref", (*tokens, "$ref"), f"the `$ref` of a media type leads to a {other}")
        if self._is_reference(kind, node) and not siblings_count(kind, self._version):
            if kind is ObjectKind.PARAMETER and not {"name", "in"} & self._parameters.followed(node).keys():
                self._notes.refuse(tokens, f"{node['$ref']!r} does not lead to a parameter")
            if kind is ObjectKind.RESPONSE and self._other_kind(kind, node) is ObjectKind.SCHEMA:
                node.clear()
                node["description"] = ""
                self._notes.mended(
                    tokens, "the `$ref` of a response leads to a schema: a response without a body is served"
                )
            self._mend_beside_reference(kind, node, tokens)
            return
        if (other := OTHER_FIELDS.get(kind)) is not None:
            if kind is ObjectKind.RESPONSES:
                mend_statuses(node, tokens, self._notes)
            elif "$ref" in node:
                self._notes.drop(
                    node, "$ref", (*tokens, "$ref"), f"'$ref' must be a string, not {describe_value(node['$ref'])}"
                )
            self._jobs += [_ObjectToMend(other, (*tokens, name), node, name) for name in node if not is_extension(name)]
            return
        if kind in (ObjectKind.PATH_ITEM, ObjectKind.OPERATION):
            self._parameters.drop_strange(node, tokens)
            self._parameters.drop_second_body(node, tokens)
        if kind is ObjectKind.SCHEMA:
            settle_positions(node, self._version, lambda name, why: self._notes.mended((*tokens, name), why))
        for name in list(node):
            place = (*tokens, name)
            if is_extension(name):
                continue
            if not is_known(kind, name, self._version):
                why = f"{name!r} is not a field of the {kind} object in OpenAPI {self._version}"
                self._notes.drop(node, name, place, why, nearest_field(kind, name, self._version))
            elif (field := FIELDS[kind].get(name)) is not None:
                self._field(field, tokens, node, name)
            else:
                mend_plain(kind, node, name, place, self._notes)
        self._whole.mend(kind, node, tokens)

    def _other_kind(self, kind: ObjectKind, node: JsonObject) -> ObjectKind | None:
        """Return the kind of the component that `node` refers to if it is not `kind`."""
        if not self._is_reference(kind, node):
            return None
        try:
            *base, section, _ = self._document.resolve(node["$ref"]).tokens
        except (RefError, ValueError):
            return None
        found = sections(self._version).get(section) if tuple(base) == components_at(self._version) else None
        return None if found is kind else found

    def _mend_beside_reference(self, kind: ObjectKind, node: JsonObject, tokens: Tokens) -> None:
        """Mend the fields beside a `$ref` that the standards ignore, because clients read some of them."""
        for name in [name for name in node if name != "$ref" and not is_extension(name)]:
            place = (*tokens, name)
            if name in PLAIN_FIELDS[kind] and is_known(kind, name, self._version):
                mend_plain(kind, node, name, place, self._notes)
            elif name not in ("summary", "description") or not isinstance(node[name], str):
                self._notes.drop(node, name, place, f"{name!r} has no meaning beside a `$ref`")

    def _is_reference(self, kind: ObjectKind, node: Json) -> bool:
        return is_reference(kind, node) and (kind is not ObjectKind.MEDIA_TYPE or self._version == "3.2")

    def _field(self, field: Field, tokens: Tokens, node: JsonObject, name: str) -> None:
        """Queue the objects in a field; refuse a value of the wrong shape."""
        kind, value, place = field.kind, node[name], (*tokens, name)
        if kind in _REPLACED:
            return
        if value is None:
            # In YAML, a field name without a value.
            self._notes.drop(node, name, place, f"{name!r} has no value")
        elif isinstance(value, list) and (
            field.holding is Holding.LIST or (kind is ObjectKind.SCHEMA and name == "items")
        ):
            if kind is ObjectKind.SCHEMA and field.holding is Holding.LIST and not value:
                self._notes.drop(node, name, place, f"{name!r} is an empty list")
                return
            self._jobs += [_ObjectToMend(kind, (*place, str(index)), value, index) for index in range(len(value))]
        elif isinstance(value, dict) and field.holding is Holding.MAP:
            if name == "dependencies":
                entries = [key for key, entry in value.items() if not isinstance(entry, list)]
            else:
                entries = list(value)
            self._jobs += [_ObjectToMend(kind, (*place, key), value, key) for key in entries]
        elif field.holding is Holding.ONE and not isinstance(value, list):
            self._jobs.append(_ObjectToMend(kind, place, node, name))
        else:
            wanted = "list" if field.holding is Holding.LIST else "mapping"
            self._notes.refuse(place, f"{name!r} must be a {wanted} of {kind} objects, not {describe_value(value)}")

    def _mend_none(self, kind: ObjectKind, tokens: Tokens, holder: Json, key: str | int) -> None:
        """Mend a value that is not an object in a place where the grammar wants one."""
        value = holder[key]
        if kind in (
            ObjectKind.EXTERNAL_DOCS,
            ObjectKind.XML,
            ObjectKind.CONTACT,
            ObjectKind.LICENSE,
            ObjectKind.DISCRIMINATOR,
        ) and isinstance(holder, dict):
            if kind is ObjectKind.DISCRIMINATOR and self._version == "2.0" and isinstance(value, str):
                return  # in 2.0 the discriminator is the name of the property
            if kind is ObjectKind.DISCRIMINATOR and isinstance(value, str):
                self._notes.mended(tokens, f"the discriminator {value!r} is read as its `propertyName`")
                holder[key] = {"propertyName": value}
                return
            self._notes.drop(holder, str(key), tokens, f"{describe_value(value)} is not a valid {kind}")
        elif kind is ObjectKind.SCHEMA and value is None:
            self._notes.mended(tokens, "an empty schema is served as one that allows any value")
            holder[key] = {}
        elif kind is ObjectKind.EXAMPLE and isinstance(holder, dict):
            # 3.x wants an Example Object here; many authors write the value itself.
            self._notes.mended(
                tokens, f"{describe_value(value)} is not an example object: it is served as the `value` of one"
            )
            holder[key] = {"value": value}
        elif value is None and isinstance(holder, dict) and kind in (ObjectKind.HEADER, ObjectKind.MEDIA_TYPE):
            self._notes.mended(tokens, f"the {kind} object is empty")
            holder[key] = {}
            self._mend_object(kind, holder[key], tokens)
        else:
            self._notes.refuse(tokens, f"the {kind} object must be a mapping, not {describe_value(value)}")


def _instead(value: Json) -> str:
    return "" if value is None else f", but {describe_value(value)}"
