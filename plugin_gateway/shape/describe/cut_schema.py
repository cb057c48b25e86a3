"""A cut schema: describes the values of an answer after they were cut."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from plugin_gateway.openapi.refs import RefError
from plugin_gateway.shape.answer.cut import LEFT_OUT, UNLIMITED, Branch, Cut, cut_value
from plugin_gateway.shape.pointer import parts_of

if TYPE_CHECKING:
    from plugin_gateway.openapi.document import Document, Json, JsonObject

_ITEMS: Final = frozenset({"items", "prefixItems", "unevaluatedItems", "additionalItems"})
_OTHER_MEMBERS: Final = frozenset({"additionalProperties", "unevaluatedProperties"})
_COMBINING: Final = frozenset({"allOf", "anyOf", "oneOf"})
_VALUES: Final = frozenset({"const", "default", "example"})
_LISTS_OF_VALUES: Final = frozenset({"enum", "examples"})
_REFERENCES: Final = ("$ref", "$dynamicRef", "$recursiveRef")
_LEFT_OUT: Final = frozenset(
    {
        *("$anchor", "$defs", "$dynamicAnchor", "$id", "$recursiveAnchor", "definitions"),
        *("contains", "dependentRequired", "dependentSchemas", "dependencies", "discriminator", "else", "if", "then"),
        *("maxContains", "maxProperties", "minContains", "minProperties", "not", "propertyNames"),
    }
)
"""Keywords that may name a member that is left out, or that may be false without it."""
_OF_ALL_ITEMS: Final = frozenset({"minItems", "uniqueItems"})
_ANNOTATIONS: Final = frozenset(
    {"title", "description", "deprecated", "readOnly", "writeOnly", "externalDocs", "default", "example", "examples"}
)
_CONTAINERS: Final = frozenset({"object", "array", "null"})


def cut_schema(document: Document, schema: Json, branch: Branch) -> Json:
    """Return the schema of the cut values. It shares parts with `schema`, which does not change.

    References are written out along the way. A schema that refers to itself without a step into a value becomes `{}`, which
    accepts anything.

    The result accepts the cut of each value that `schema` accepts, so it lacks keywords that a cut may break. For request
    bodies that would be too wide: `SchemaTrim` keeps all keywords that do not concern the removed members.
    """
    return _Cutter(document).cut(schema, branch)


class _Cutter:
    def __init__(self, document: Document) -> None:
        self._document = document
        self._open: set[tuple[int, int]] = set()

    def cut(self, schema: Json, branch: Branch) -> Json:
        if not isinstance(schema, dict) or not isinstance(branch, Cut):
            return schema
        place = id(schema), id(branch)
        if place in self._open:
            return {}
        self._open.add(place)
        try:
            for word in _REFERENCES:
                if isinstance(ref := schema.get(word), str):
                    rest = {key: value for key, value in schema.items() if key != word}
                    return _joined(self._target(ref, branch), self._cut(rest, branch) if rest else {})
            return self._cut(schema, branch)
        finally:
            self._open.discard(place)

    def _target(self, ref: str, branch: Cut) -> Json:
        try:
            return self.cut(self._document.resolve(ref).value, branch)
        except RefError:
            return {}

    def _cut(self, schema: JsonObject, branch: Cut) -> JsonObject:
        copied: JsonObject = {}
        for key, value in schema.items():
            if key in _LEFT_OUT or key.startswith("x-"):
                continue
            if key == "properties" and isinstance(value, dict):
                copied[key] = {
                    name: self.cut(one, below)
                    for name, one in value.items()
                    if (below := branch.member(name)) is not False
                }
            elif key == "required" and isinstance(value, list):
                if names := [name for name in value if self._always_remains(schema, name, branch)]:
                    copied[key] = names
            elif key == "patternProperties" and isinstance(value, dict):
                if branch.other is not False:
                    copied[key] = {name: self.cut(one, branch.other) for name, one in value.items()}
            elif key in _OTHER_MEMBERS:
                if branch.other is not False:
                    copied[key] = self.cut(value, branch.other)
            elif key in _ITEMS:
                if branch.each is not False:
                    copied[key] = self._each(value, branch.each)
            elif key in _COMBINING and isinstance(value, list):
                self._combine(copied, key, value, branch)
            elif key in _VALUES:
                if (cut := cut_example(value, branch)) is not LEFT_OUT:
                    copied[key] = cut
            elif key in _LISTS_OF_VALUES and isinstance(value, list):
                if cuts := [cut for one in value if (cut := cut_example(one, branch)) is not LEFT_OUT]:
                    copied[key] = cuts
            elif key not in _OF_ALL_ITEMS or (branch.each is True and branch.most_items == UNLIMITED):
                copied[key] = value
        self._add_named(copied, schema, branch)
        _limit(copied, schema, branch)
        return copied

    def _each(self, value: Json, each: Branch) -> Json:
        return [self.cut(one, each) for one in value] if isinstance(value, list) else self.cut(value, each)

    def _combine(self, copied: JsonObject, key: str, parts: list[Json], branch: Cut) -> None:
        cuts = [self.cut(part, branch) for part in parts]
        if key == "allOf":
            copied["allOf"] = [*copied.get("allOf", ()), *cuts]
        elif "anyOf" in copied:
            copied["allOf"] = [*copied.get("allOf", ()), {"anyOf": cuts}]
        else:
            # Without the members that told them apart, a value may fit several forms, which `oneOf` forbids.
            copied["anyOf"] = cuts

    def _add_named(self, copied: JsonObject, schema: JsonObject, branch: Cut) -> None:
        """Describe kept members that the schema has no name for."""
        properties = schema.get("properties")
        rest = schema.get("additionalProperties", schema.get("unevaluatedProperties"))
        if branch.other is not False or not isinstance(rest, dict):
            return
        for name, below in branch.named.items():
            if below is not False and not (isinstance(properties, dict) and name in properties):
                copied.setdefault("properties", {})[name] = self.cut(rest, below)

    def _always_remains(self, schema: JsonObject, name: Json, branch: Cut) -> bool:
        below = branch.member(str(name))
        if isinstance(below, bool):
            return below
        properties = schema.get("properties")
        member = properties.get(name) if isinstance(properties, dict) else None
        return below.is_lenient or (member is not None and not self._may_be_scalar(member))

    def _may_be_scalar(self, schema: Json) -> bool:
        for part in parts_of(self._document, [schema]):
            kinds = part.get("type") if isinstance(part, dict) else None
            if not _CONTAINERS.issuperset([kinds] if isinstance(kinds, str) else kinds or ()):
                return True
        return False


def cut_example(value: Json, branch: Branch) -> Json:
    """Cut an example. A text in the place of an object is read as quoted JSON, and is left out if it is not JSON."""
    if isinstance(value, str) and isinstance(branch, Cut):
        if value.lstrip()[:1] not in {"{", "["}:
            return cut_value(value, branch)
        try:
            quoted = cut_value(json.loads(value), branch)
        except (ValueError, RecursionError):
            return LEFT_OUT
        return quoted if quoted is LEFT_OUT else json.dumps(quoted, ensure_ascii=False)
    return cut_value(value, branch)


def _limit(copied: JsonObject, schema: JsonObject, branch: Cut) -> None:
    most = 0 if branch.each is False else branch.most_items
    kinds = schema.get("type", "array" if "items" in schema else None)
    if most == UNLIMITED or "array" not in ([kinds] if isinstance(kinds, str) else kinds or ()):
        return
    own = schema.get("maxItems")
    copied["maxItems"] = min(own, most) if isinstance(own, int) else most
    least = schema.get("minItems")
    if isinstance(least, int) and branch.each is True and min(least, most) > 0:
        copied["minItems"] = min(least, most)


def _joined(target: Json, rest: JsonObject) -> Json:
    """Return the schema of a reference together with the keywords beside it."""
    if not rest:
        return target
    if isinstance(target, dict) and _ANNOTATIONS.issuperset(rest):
        return {**target, **rest}
    return {**rest, "allOf": [target, *rest.get("allOf", ())]}
