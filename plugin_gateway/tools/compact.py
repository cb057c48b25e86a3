"""A compact schema: the same arguments in fewer tokens, with less text and fewer limits on their values.

A compact schema accepts every value that the whole schema accepts, and names every property that the whole schema names
outside `not`, `if`, `then` and `else`, which are removed together with the limits.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from plugin_gateway.publish.shorten import shorten
from plugin_gateway.shape.values.keywords import LISTS, MAPS, ONE
from plugin_gateway.shape.values.standalone import reach

if TYPE_CHECKING:
    from plugin_gateway.openapi.document import Json, JsonObject

_LIMITS: Final = frozenset(
    {
        *("format", "pattern", "minLength", "maxLength", "minItems", "maxItems", "uniqueItems", "minProperties"),
        *(
            "maxProperties",
            "minimum",
            "maximum",
            "exclusiveMinimum",
            "exclusiveMaximum",
            "multipleOf",
            "contentMediaType",
        ),
        *("minContains", "maxContains", "$comment", "readOnly", "writeOnly"),
    }
)
_FRAGILE: Final = frozenset({"not", "if", "then", "else", "contains", "unevaluatedItems", "unevaluatedProperties"})
"""Keywords that accept less when the schemas in them or beside them accept more."""
_NOTES: Final = frozenset({"title", "description", "default", "deprecated", "examples"})
_SCALAR: Final = frozenset({"type", "enum", "const"})
_TAG: Final = re.compile(r"</?[A-Za-z][^<>]*>")
_LINK: Final = re.compile(r"\[([^\[\]]*)\]\([^()\s]*\)")


class Compaction(Struct, frozen=True, kw_only=True):
    """What a compact schema leaves out. Texts are cut to a number of characters."""

    text: int
    """For the tool itself."""
    argument_text: int
    inner_text: int
    """For everything inside an argument."""
    has_titles: bool = False
    has_limits: bool = True
    """The limits on values, such as `maxLength` and `pattern`."""
    has_defaults: bool = True
    has_unions: bool = True
    """Alternatives stay apart, where only one of them has members."""
    has_inner_types: bool = True
    """Whether types, enumerations and required members stay inside an argument."""
    has_enums: bool = True
    has_meta: bool = True
    levels: int = 64
    """How many levels of members inside an argument, or inside a definition, keep their names."""


_STRONG: Final = Compaction(text=1000, argument_text=200, inner_text=80, has_limits=False, has_unions=False)
_STRONGER: Final = replace(_STRONG, text=500, argument_text=100, inner_text=0, has_defaults=False)
_STRONGEST: Final = replace(_STRONGER, text=200, argument_text=30, has_meta=False, has_inner_types=False)
CUTS: Final = (
    Compaction(text=4000, argument_text=2000, inner_text=1000),
    Compaction(text=1000, argument_text=400, inner_text=200),
    _STRONG,
    replace(_STRONG, text=600, argument_text=120, inner_text=40),
    _STRONGER,
    replace(_STRONGER, text=300, argument_text=50, has_meta=False),
    _STRONGEST,
    replace(_STRONGEST, text=120, argument_text=0, has_enums=False),
)
"""From the mildest to the strongest. They keep the name of every property."""
LAST_CUTS: Final = tuple(replace(CUTS[-1], levels=levels) for levels in (2, 1, 0))
"""For a tool that no client would take otherwise. They keep the names of the arguments."""


Compacted: TypeAlias = "dict[tuple[int, Compaction], tuple[Json, Json]]"
"""The compact forms of definitions, each with its whole schema, by the identity of that schema. Many tools share a definition.
"""


def plain_text(text: str, limit: int) -> str:
    """Return a text without markup, in at most `limit` characters."""
    if limit <= 0:
        return ""
    plain = " ".join(_LINK.sub(r"\1", _TAG.sub(" ", text)).split())
    return shorten(plain, limit) if len(plain) > limit else plain


def without_texts(schema: Json) -> Json:
    """Return a schema without titles, descriptions and examples."""
    if isinstance(schema, list):
        return [without_texts(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: {name: without_texts(one) for name, one in value.items()} if key in MAPS else without_texts(value)
        for key, value in schema.items()
        if key not in {"title", "description", "examples"}
    }


def compact(schema: JsonObject, cut: Compaction, compacted: Compacted | None = None) -> JsonObject:
    """Return the compact form of an input schema. Its definitions are looked for in `compacted`, and added to it."""
    known: Compacted = {} if compacted is None else compacted
    shown: JsonObject = {}
    for key, value in schema.items():
        if key == "$defs":
            continue
        if key == "properties":
            shown[key] = {name: _compact(one, cut, 0) for name, one in value.items()}
        elif key in ONE:
            if key not in _FRAGILE or cut.has_limits:
                shown[key] = _compact(value, cut, 1)
        elif key in LISTS:
            shown[_list_key(key, cut)] = [_compact(one, cut, 1) for one in value]
        elif cut.has_limits or key not in _LIMITS:
            shown[key] = value
    defined = schema.get("$defs", {})
    if definitions := reach(shown, lambda name: _definition(defined[name], cut, known)):
        shown["$defs"] = definitions
    return shown


def _definition(schema: Json, cut: Compaction, compacted: Compacted) -> Json:
    key = id(schema), cut
    if key not in compacted:
        # The entry keeps the schema alive, so that no later schema gets the same identity.
        compacted[key] = schema, _compact(schema, cut, 1)
    return compacted[key][1]


def _compact(schema: Json, cut: Compaction, level: int) -> Json:
    """Return the compact form of a part; its members are at the next level, and an argument is at level 0."""
    if not isinstance(schema, dict):
        return schema
    schema = _without_union(_without_wrapper(schema), has_unions=cut.has_unions)
    shown: JsonObject = {}
    has_types = cut.has_inner_types or level == 0
    below = max(level, 1)
    for key, value in schema.items():
        if key == "additionalProperties" and level >= cut.levels:
            continue  # it would judge the members whose names are lost
        if key in ONE:
            if key not in _FRAGILE or cut.has_limits:
                inner = _compact(value, cut, below)
                if key in _FRAGILE or inner not in ({}, True):
                    shown[key] = inner
        elif key in LISTS:
            parts = [_compact(one, cut, below) for one in value]
            listed = _list_key(key, cut)
            if listed != "anyOf" or {} not in parts or _names_members(parts):
                shown[listed] = parts
        elif key in MAPS:
            if level < cut.levels:
                shown[key] = {name: _compact(one, cut, level + 1) for name, one in value.items()}
        elif key == "description":
            if text := plain_text(value, cut.inner_text if level else cut.argument_text):
                shown[key] = text
        elif key == "$ref":
            if level < cut.levels:
                shown[key] = value
        elif _is_kept(key, cut, has_types=has_types):
            shown[key] = value
    return shown


def _names_members(node: Json) -> bool:
    """Whether a schema names properties, or leads to a definition, which may name some."""
    if isinstance(node, list):
        return any(_names_members(one) for one in node)
    return isinstance(node, dict) and (
        bool(node.get("properties")) or "$ref" in node or any(_names_members(one) for one in node.values())
    )


def _list_key(key: str, cut: Compaction) -> str:
    """With fewer limits, more than one alternative may accept a value, which `oneOf` forbids."""
    return "anyOf" if key == "oneOf" and not cut.has_limits else key


def _is_kept(key: str, cut: Compaction, *, has_types: bool) -> bool:
    match key:
        case "title" | "examples":
            return cut.has_titles
        case "default":
            return cut.has_defaults
        case "enum" | "const":
            return cut.has_enums and has_types
        case "type" | "required" | "dependentRequired":
            return has_types
        case _:
            return cut.has_limits or key not in _LIMITS


def _without_wrapper(schema: JsonObject) -> JsonObject:
    """Write `allOf: [schema]` as the schema, if nothing beside it says the same."""
    parts = schema.get("allOf")
    if isinstance(parts, list) and len(parts) == 1 and isinstance(parts[0], dict):
        beside = {key: value for key, value in schema.items() if key != "allOf"}
        if not beside.keys() - _NOTES and not beside.keys() & {"default"} & parts[0].keys():
            return parts[0] | beside
    return schema


def _without_union(schema: JsonObject, *, has_unions: bool) -> JsonObject:
    """If only one alternative has members, merge all alternatives into one schema that accepts their types."""
    key = next((key for key in ("anyOf", "oneOf") if key in schema), None)
    if has_unions or key is None or schema.keys() - _NOTES - {key}:
        return schema
    parts = [part for part in schema[key] if isinstance(part, dict)]
    rich = [part for part in parts if part.keys() - _NOTES - _LIMITS - _SCALAR]
    if (
        len(parts) < len(schema[key])
        or len(rich) > 1
        or any({"$ref", "allOf", "anyOf", "oneOf"} & part.keys() for part in rich)
    ):
        return schema
    merged: JsonObject = {key: value for part in rich for key, value in part.items() if key not in _SCALAR | _LIMITS}
    types = [_types(part) for part in parts]
    if all(types):
        listed = [*dict.fromkeys(name for names in types for name in names)]
        merged["type"] = listed if len(listed) > 1 else listed[0]
    values = [part["enum"] if "enum" in part else [part["const"]] for part in parts if {"enum", "const"} & part.keys()]
    if len(values) == len(parts):
        merged["enum"] = [value for listed in values for value in listed]
    return merged | {name: value for name, value in schema.items() if name != key}


def _types(schema: JsonObject) -> list[str]:
    types = schema.get("type")
    if isinstance(types, str):
        return [types]
    if isinstance(types, list):
        return types
    return []
