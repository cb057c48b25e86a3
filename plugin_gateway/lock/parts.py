"""The parts of an operation: digests of its parameters, body, replies and texts, each with everything that it refers to.

Texts have digests apart from the rest, because a changed word alters no call but could steer a model. A digest covers an object
and the components that it reaches. The order of keys does not matter, nor does the order of lists whose order has no meaning.
"""

from __future__ import annotations

import re
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple

from plugin_gateway.lock.split import UNORDERED, Split, in_order, is_text, name_of, split_field, split_object
from plugin_gateway.openapi.grammar import (
    FIELDS,
    ObjectKind,
    components_at,
    sections,
)
from plugin_gateway.openapi.prune.subtypes import component_schemas, implicit_subtypes, schemas_at
from plugin_gateway.openapi.refs import RefError, index_of
from plugin_gateway.openapi.render import to_canonical_json
from plugin_gateway.openapi.values import as_list

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from plugin_gateway.openapi.document import Document, Json, JsonObject, Operation
    from plugin_gateway.openapi.refs import Tokens

PARTS: Final = ("parameters", "body", "replies", "texts")
ABSENT: Final = "none"
"""The digest of a part that the operation does not have."""
DIGEST_DIGITS: Final = 32
"""128 bits: an upstream that wants to hide a change cannot find another document with the same digest."""

_VERSION: Final = re.compile(r"[0-9A-Za-z]{1,16}(?:[.+_-][0-9A-Za-z]{1,16}){0,5}", re.ASCII)
_BODY_PLACES: Final = ("body", "formData")
"""Where 2.0 declares bodies among the parameters. A tuple, because a hostile document may have a list in `in`."""
_ROOT_PARTS: Final = ("basePath", "externalDocs", "host", "info", "jsonSchemaDialect", "schemes", "servers")


class Parts(NamedTuple):
    """The digests of one operation's parts."""

    parameters: str
    body: str
    replies: str
    texts: str


NO_PARTS: Final = Parts(ABSENT, ABSENT, ABSENT, ABSENT)
"""The parts of an operation that only an overlay has."""


class _Unit(NamedTuple):
    """A component, or another target of references: its digests, and the units that it refers to."""

    rest: bytes
    texts: bytes
    refs: frozenset[Tokens]


def document_digest(document: Document) -> str:
    """Return the digest of the fields that belong to no operation, such as `info`, without the version of the API.

    A version that is more than a number and a few letters counts: it could be an instruction to a model.
    """
    root = {name: document.root[name] for name in _ROOT_PARTS if name in document.root}
    if isinstance(info := root.get("info"), dict) and is_plain_version(info.get("version")):
        root["info"] = {name: value for name, value in info.items() if name != "version"}
    return _digest(to_canonical_json(root))


def is_plain_version(value: Json) -> bool:
    """Return whether a value is a version, such as `2026-01-01` or `v1.2.3-rc1+b5`, and not a sentence."""
    return isinstance(value, str) and _VERSION.fullmatch(value) is not None


class Closures:
    """The parts of the operations of one pruned document."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._base = components_at(document.version)
        self._sections = sections(document.version)
        self._units: dict[Tokens, _Unit] = {}

    def parts_of(self, operation: Operation) -> Parts:
        """Return the digests of an operation's parts.

        Raises:
            DocumentError: the operation's text is not valid.
        """
        node, item, root = operation.node, operation.path_item, self._document.root
        inherited = item.get("parameters")
        declared = [*as_list(inherited), *as_list(node.get("parameters"))]
        groups: dict[str, list[Split]] = {name: [] for name in PARTS[:3]}
        for one in declared:
            groups["body" if self._is_body(one) else "parameters"].append(split_object(ObjectKind.PARAMETER, one))
        around: JsonObject = {"security": node.get("security", root.get("security"))}
        around["servers"] = node.get("servers") or item.get("servers")
        schemes = [self._of_scheme(name) for name in _names_in(around["security"])]
        texts: JsonObject = {"item": [item.get(name) for name in ("summary", "description")]}
        for name, value in node.items():
            if name == "requestBody":
                groups["body"].append(split_object(ObjectKind.REQUEST_BODY, value))
            elif name in {"responses", "callbacks"}:
                groups["replies"].append(split_field(FIELDS[ObjectKind.OPERATION][name], value))
            elif is_text(ObjectKind.OPERATION, name):
                texts[f"operation {name}"] = in_order(value) if name in UNORDERED else value
            elif name not in {"parameters", "security", "servers", "consumes", "produces"}:
                around[name] = value
        if groups["body"] and self._document.version == "2.0":
            groups["body"].append(Split(node.get("consumes", root.get("consumes")), None, ()))
        if self._document.version == "2.0":
            groups["replies"].append(Split(node.get("produces", root.get("produces")), None, ()))
        texts["tag objects"] = in_order(
            [tag for tag in as_list(root.get("tags")) if name_of(tag) in as_list(node.get("tags"))]
        )
        digests: dict[str, str] = {}
        reached: set[Tokens] = set()
        for name, splits in groups.items():
            splits.sort(key=lambda one: to_canonical_json(one.rest))
            texts[name] = in_order([[one.name, one.texts] for one in splits if one.texts])
            extra = [around] if name == "parameters" else []
            units = self._reach(self._places(ref for one in splits for ref in one.refs))
            units |= self._reach(schemes) if name == "parameters" else set()
            reached |= units
            own = to_canonical_json([*(one.rest for one in splits), *extra])
            is_there = bool(splits or extra)
            digests[name] = _digest(own, *(self._named(place).rest for place in sorted(units))) if is_there else ABSENT
        digests["texts"] = _digest(to_canonical_json(texts), *(self._named(place).texts for place in sorted(reached)))
        return Parts(**digests)

    def _is_body(self, parameter: Json) -> bool:
        if isinstance(parameter, dict) and isinstance(ref := parameter.get("$ref"), str):
            try:
                parameter = self._document.resolve(ref).value
            except RefError:
                return False
        return isinstance(parameter, dict) and parameter.get("in") in _BODY_PLACES

    def _of_scheme(self, name: str) -> Tokens:
        return (*self._base, "securityDefinitions" if self._document.version == "2.0" else "securitySchemes", name)

    def _places(self, refs: Iterable[str]) -> Iterator[Tokens]:
        for ref in refs:
            try:
                tokens = self._document.resolve(ref).tokens
            except RefError:
                continue  # the reference is in the digest of the object that has it
            yield self._unit_of(tokens)

    def _unit_of(self, tokens: Tokens) -> Tokens:
        depth = len(self._base) + 2
        is_component = tokens[: len(self._base)] == self._base and tokens[len(self._base) : depth - 1] != ()
        return tokens[:depth] if is_component and tokens[depth - 2] in self._sections else tokens

    def _reach(self, start: Iterable[Tokens]) -> set[Tokens]:
        reached: set[Tokens] = set()
        stack = [*start]
        while stack:
            if (place := stack.pop()) not in reached:
                reached.add(place)
                stack += self._named(place).refs
        return reached

    def _named(self, place: Tokens) -> _Unit:
        if (unit := self._units.get(place)) is None:
            unit = self._units[place] = self._read(place)
        return unit

    def _read(self, place: Tokens) -> _Unit:
        value = _value_at(self._document.root, place)
        kind = self._sections.get(place[len(self._base)]) if len(place) == len(self._base) + 2 else None
        split = split_object(kind or ObjectKind.SCHEMA, value)
        name = to_canonical_json(place)
        refs = {*self._places(split.refs), *self._subtypes.get(place, ())}
        return _Unit(
            sha256(name + to_canonical_json(split.rest)).digest(),
            sha256(name + to_canonical_json(split.texts)).digest(),
            frozenset(refs),
        )

    @cached_property
    def _subtypes(self) -> Mapping[Tokens, tuple[Tokens, ...]]:
        """The schemas that a discriminator or a dynamic reference may select without naming them."""
        found = implicit_subtypes(self._document)
        if self._document.version in {"2.0", "3.0"}:
            return found
        dynamic = tuple(
            (*schemas_at(self._document.version), name)
            for name, schema in component_schemas(self._document).items()
            if b'"$dynamicAnchor":' in to_canonical_json(schema)
        )
        return {**found, **{place: (*found.get(place, ()), *dynamic) for place in dynamic}}


def _value_at(root: Json, place: Tokens) -> Json:
    value = root
    for token in place:
        if isinstance(value, dict):
            value = value.get(token)
        else:
            index = index_of(token) if isinstance(value, list) else None
            value = value[index] if index is not None and index < len(value) else None
    return value


def _digest(*parts: bytes) -> str:
    digest = sha256()
    for part in parts:
        digest.update(b"%d:%b" % (len(part), part))
    return "sha256:" + digest.hexdigest()[:DIGEST_DIGITS]


def _names_in(security: Json) -> list[str]:
    return [name for one in as_list(security) if isinstance(one, dict) for name in one]
