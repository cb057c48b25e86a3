"""The closure: copies of all objects that the kept operations reach, each copied once, with references left as references."""

from __future__ import annotations

import re
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from plugin_gateway.openapi.grammar import (
    FIELDS,
    OTHER_FIELDS,
    Field,
    Holding,
    ObjectKind,
    is_extension,
    is_reference,
    siblings_count,
)
from plugin_gateway.openapi.prune.inner import Inner, InnerReferences
from plugin_gateway.openapi.prune.leaks import UnknownFields
from plugin_gateway.openapi.prune.links import PermittedLinks
from plugin_gateway.openapi.prune.mappings import TrimmedMappings
from plugin_gateway.openapi.prune.references import References
from plugin_gateway.openapi.prune.subtypes import implicit_subtypes, named_schema, schemas_at
from plugin_gateway.openapi.prune.targets import Place, Region, Targets, tokens_of
from plugin_gateway.openapi.refs import RefError, Tokens, to_ref, walk
from plugin_gateway.openapi.vocabulary import is_unknown_everywhere

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from plugin_gateway.diagnostics import Finding
    from plugin_gateway.openapi.document import Document, Json, JsonObject, OperationKey

_UNDERSTOOD = {"2.0": frozenset({"x-nullable"})}
"""Extensions that change the meaning of a schema: 2.0 lacks a keyword for null, and its tools used this extension."""
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_-]+")


class _ObjectToCopy(NamedTuple):
    """An object to copy, and the place for the copy."""

    kind: ObjectKind
    node: Json
    place: Place
    holder: Json
    key: str | int


class Closure:
    """Copies of the objects that kept operations reach.

    Call `copy` for each root node, then `finish`, then read the attributes.

    A worklist replaces recursion, because documents have cycles and chains of thousands of schemas.
    """

    def __init__(
        self, document: Document, kept: Mapping[OperationKey, Tokens], extensions: Collection[str], *, follow: bool
    ) -> None:
        """Take the place of each kept operation in the pruned document as `kept`; see `prune` for `follow`."""
        self.tags: set[str] = set()
        self.inherits_security = False
        self.warnings: list[Finding] = []
        self._document = document
        self._version = document.version
        self.extensions = frozenset(name for name in extensions if is_extension(name)) | _UNDERSTOOD.get(
            self._version, frozenset()
        )
        targets = Targets(document, kept)
        self.references = References(document, targets, self.extensions, self.copy, self.warnings)
        self._is_alone = True
        self._links = PermittedLinks(document, kept, targets)
        self._jobs: deque[_ObjectToCopy] = deque()
        self._follow = follow
        self._subtypes = implicit_subtypes(document) if follow else {}
        self._instances: set[Tokens] = set()
        self._trimmed = TrimmedMappings(document, targets, self.references)
        self._inner_references = InnerReferences(document, targets)
        self._inner: list[Inner] = []
        self._unknown_fields = UnknownFields(document, frozenset(kept))

    @property
    def is_alone(self) -> bool:
        """Whether the copies would stay the same if more operations were kept."""
        return self._is_alone and self.references.is_alone

    def copy(self, kind: ObjectKind, node: Json, place: Place, holder: Json, key: str | int) -> None:
        """Queue a copy of `node` for `holder[key]`. The key is set at once, which keeps the order of keys."""
        if isinstance(holder, dict):
            holder[key] = node
        self._jobs.append(_ObjectToCopy(kind, node, place, holder, key))

    def finish(self) -> None:
        """Copy all objects that the queued nodes reach."""
        while self._jobs or self._inner:
            if self._jobs:
                self._copy_next()
            else:
                self._settle_inner(self._inner.pop())
        self._trimmed.trim()

    def _copy_next(self) -> None:
        kind, node, place, holder, key = self._jobs.popleft()
        if is_reference(kind, node):
            if isinstance(holder, dict) and self.references.broken.leaves_out(kind, node["$ref"], place):
                del holder[key]
                return
            holder[key] = self._reference(kind, node, place)
        elif isinstance(node, dict):
            holder[key] = self._object(kind, node, place)

    def _settle_inner(self, inner: Inner) -> None:
        """Hoist the target of a reference into a component, unless the whole component is kept anyway."""
        section, name = inner.unit[-2:]
        if name not in self.references.components.get(section, {}):
            text = self.references.hoist(inner.kind, inner.landing)
            if text is not None:
                inner.copy["$ref"] = text
                return
            self.references.keep(inner.unit)

    def _object(self, kind: ObjectKind, node: JsonObject, place: Place) -> JsonObject:
        match kind:
            case ObjectKind.OPERATION:
                self._note_operation(node, place)
            case ObjectKind.LINK:
                node = self._links.rewritten(node, place)
            case ObjectKind.DISCRIMINATOR:
                return self._discriminator(node, place)
            case _:
                pass
        return self._fields(kind, node, place)

    def _fields(self, kind: ObjectKind, node: JsonObject, place: Place) -> JsonObject:
        fields, other = FIELDS[kind], OTHER_FIELDS.get(kind)
        copy: JsonObject = {}
        for name, value in node.items():
            if is_extension(name):
                if name in self.extensions:
                    copy[name] = value
            elif other is not None:
                self.copy(other, value, (place, name), copy, name)
            elif (field := fields.get(name)) is None:
                if not self._leaks(kind, name, value, (place, name)):
                    copy[name] = value
            else:
                self.copy_field(field, value, (place, name), copy, name)
        if kind is ObjectKind.SCHEMA and isinstance(ref := node.get("$dynamicRef"), str):
            copy["$dynamicRef"] = self._dynamic_reference(ref, (place, "$dynamicRef"))
        return copy

    def _leaks(self, kind: ObjectKind, name: str, value: Json, place: Place) -> bool:
        if not is_unknown_everywhere(kind, name):
            return False
        self._is_alone = False
        finding = self._unknown_fields.leak(name, value, tokens_of(place))
        if finding is not None:
            self.warnings.append(finding)
        return finding is not None

    def copy_field(self, field: Field, value: Json, place: Place, holder: JsonObject, name: str) -> None:
        """Queue copies of the objects in a field for `holder[name]`."""
        if isinstance(value, list) and field.holding is not Holding.MAP:
            copies: list[Json] = list(value)
            holder[name] = copies
            for index, item in enumerate(value):
                self.copy(field.kind, item, (place, str(index)), copies, index)
        elif isinstance(value, dict) and field.holding is Holding.MAP:
            if field.kind is ObjectKind.LINK and value:
                self._is_alone = False
            entries = {
                key: item
                for key, item in value.items()
                if field.kind is not ObjectKind.LINK or self._links.is_permitted(item, (place, key))
            }
            if entries or not value:
                copy: JsonObject = {}
                holder[name] = copy
                for key, item in entries.items():
                    self.copy(field.kind, item, (place, key), copy, key)
        else:
            self.copy(field.kind, value, place, holder, name)

    def _reference(self, kind: ObjectKind, node: JsonObject, place: Place) -> Json:
        ref = node["$ref"]
        if (inner := self._inner_references.find(kind, ref, place, self.references.components)) is not None:
            self._is_alone = False
            copy = self._with_siblings(kind, node, place, ref)
            self._inner.append(Inner(kind, *inner, copy))
            return copy
        text, tokens = self.references.keep_target(kind, ref, (place, "$ref"))
        if text is None:
            return self._in_place(kind, node, place) if tokens else node
        if kind is ObjectKind.SCHEMA and not self._is_parent_of(place):
            self._keep_subtypes(tokens)
        return self._with_siblings(kind, node, place, text)

    def _with_siblings(self, kind: ObjectKind, node: JsonObject, place: Place, text: str) -> JsonObject:
        if siblings_count(kind, self._version):
            siblings = self._fields(kind, node, place)
        else:
            # The standards ignore fields beside a `$ref`, but many readers use a description. Nested values could hold
            # references.
            siblings = {
                name: value
                for name, value in node.items()
                if not isinstance(value, dict | list) and (not is_extension(name) or name in self.extensions)
            }
        siblings["$ref"] = text
        return siblings

    def _dynamic_reference(self, ref: str, place: Place) -> str:
        """Keep the initial target of a `$dynamicRef`. Its other targets are kept with it, or no kept schema enters them."""
        self._is_alone = False
        text, tokens = self.references.keep_target(ObjectKind.SCHEMA, ref, place)
        target = walk(self._document.root, tokens)
        if text is None or (isinstance(target, dict) and target.get("$dynamicAnchor") == ref[1:]):
            return ref  # keep the anchor's name: a pointer would not be dynamic
        return text

    def _in_place(self, kind: ObjectKind, node: Json, place: Place) -> Json:
        """Copy the target in place of the reference, for kinds without components in this version."""
        node, place = self.references.followed(kind, node, place)
        return self._object(kind, node, place) if isinstance(node, dict) else node

    def _is_parent_of(self, place: Place) -> bool:
        """Return whether the reference at `place` is an `allOf` entry that makes a component schema a subtype of its target."""
        match place:
            case ((Region(tokens, is_moved=False), "allOf"), _):
                return tokens[:-1] == schemas_at(self._version)
            case _:
                return False

    def _keep_subtypes(self, place: Tokens) -> None:
        places = [place]
        while places:
            place = places.pop()
            if place in self._subtypes and place not in self._instances:
                self._instances.add(place)
                for subtype in self._subtypes[place]:
                    self.references.keep(subtype)
                    places.append(subtype)

    def _discriminator(self, node: JsonObject, place: Place) -> JsonObject:
        copy = self._fields(ObjectKind.DISCRIMINATOR, node, place)
        if not self._follow:
            self._is_alone = False
            self._trimmed.add(copy, node, place)
            return copy
        if isinstance(mapping := node.get("mapping"), dict):
            copy["mapping"] = {
                name: self._mapped(target, ((place, "mapping"), name)) for name, target in mapping.items()
            }
        if "defaultMapping" in node:
            copy["defaultMapping"] = self._mapped(node["defaultMapping"], (place, "defaultMapping"))
        return copy

    def _mapped(self, target: Json, place: Place) -> Json:
        """Keep the schema that a mapping names by component name or reference. Return the value for the copy."""
        if not isinstance(target, str):
            return target
        if (unit := named_schema(self._document, target)) is not None:
            self.references.keep(unit)
            self._keep_subtypes(unit)
            return target
        if _PLAIN_NAME.fullmatch(target):
            self.references.broken.report(
                RefError(to_ref((*schemas_at(self._version), target)), "points at nothing"), place
            )
            return target
        text, tokens = self.references.keep_target(ObjectKind.SCHEMA, target, place)
        self._keep_subtypes(tokens)
        return target if text is None else text

    def _note_operation(self, node: JsonObject, place: Place) -> None:
        tags = node.get("tags")
        self.tags.update(tag for tag in (tags if isinstance(tags, list) else ()) if isinstance(tag, str))
        if isinstance(security := node.get("security"), list):
            self.references.require_schemes(security, place)
        else:
            self.inherits_security = True
