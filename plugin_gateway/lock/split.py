"""A split: one value of a document in two halves, its texts and the rest, and the places that it refers to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from plugin_gateway.openapi.grammar import FIELDS, OTHER_FIELDS, Field, Holding, ObjectKind, is_extension
from plugin_gateway.openapi.render import to_canonical_json

if TYPE_CHECKING:
    from plugin_gateway.openapi.document import Json, JsonObject

_TEXTS: Final = frozenset({"$comment", "description", "example", "examples", "externalDocs", "summary"})
_TEXTS_OF: Final = {ObjectKind.SCHEMA: frozenset({"title"}), ObjectKind.OPERATION: frozenset({"operationId", "tags"})}
"""Further texts: a model sees the operationId as the name of the tool. In a link it is a reference."""
_TEXT_KINDS: Final = frozenset({ObjectKind.EXAMPLE, ObjectKind.EXTERNAL_DOCS, ObjectKind.TAG})
UNORDERED: Final = frozenset({"enum", "required", "tags", "type"})

_Refs: TypeAlias = "list[str]"


class Split(NamedTuple):
    """A value without its texts, the texts, and the places that it refers to."""

    rest: Json
    texts: Json
    refs: tuple[str, ...]
    name: Json = None
    """The name of a parameter, so that two parameters cannot exchange their texts unnoticed."""


def split_object(kind: ObjectKind, value: Json) -> Split:
    refs: _Refs = []
    rest, texts = _split_members(kind, value, refs)
    return Split(rest, texts, tuple(refs), name_of(value))


def split_field(field: Field, value: Json) -> Split:
    refs: _Refs = []
    rest, texts = _split_value(field, value, refs)
    return Split(rest, texts, tuple(refs))


def is_text(kind: ObjectKind, name: str) -> bool:
    return name in _TEXTS or name in _TEXTS_OF.get(kind, ())


def _split_members(kind: ObjectKind, value: Json, refs: _Refs) -> tuple[Json, Json]:
    """Return an object without its texts, and the texts; add its references to `refs`.

    A document is at most 200 levels deep.
    """
    if kind in _TEXT_KINDS:
        if isinstance(value, dict) and isinstance(ref := value.get("$ref"), str):
            refs.append(ref)
        return None, value
    if not isinstance(value, dict):
        return value, None
    other = OTHER_FIELDS.get(kind)
    fields = FIELDS[kind]
    rest: JsonObject = {}
    texts: JsonObject = {}
    for name, child in value.items():
        if name in {"$ref", "$dynamicRef"} and isinstance(child, str):
            refs.append(child)
            rest[name] = child
        elif kind is ObjectKind.DISCRIMINATOR and name == "mapping" and isinstance(child, dict):
            refs += (
                target if "#" in target else f"#/components/schemas/{target}"
                for target in child.values()
                if isinstance(target, str)
            )
            rest[name] = child
        elif is_text(kind, name):
            texts[name] = child
        elif other is not None and not is_extension(name):
            rest[name], text = _split_members(other, child, refs)
            if text:
                texts[name] = text
        elif (field := fields.get(name)) is not None:
            rest[name], text = _split_value(field, child, refs)
            if text:
                texts[name] = text
        else:
            rest[name] = in_order(child) if name in UNORDERED and isinstance(child, list) else child
    return rest, texts


def _split_value(field: Field, value: Json, refs: _Refs) -> tuple[Json, Json]:
    if isinstance(value, list) and field.holding is not Holding.MAP:
        pairs = [_split_members(field.kind, one, refs) for one in value]
        texts = [text for _, text in pairs]
        return [rest for rest, _ in pairs], texts if any(texts) else None
    if isinstance(value, dict) and field.holding is Holding.MAP:
        split = {name: _split_members(field.kind, one, refs) for name, one in value.items()}
        return {name: rest for name, (rest, _) in split.items()}, {
            name: text for name, (_, text) in split.items() if text
        }
    return _split_members(field.kind, value, refs)


def in_order(value: Json) -> Json:
    return sorted(value, key=to_canonical_json) if isinstance(value, list) else value


def name_of(value: Json) -> Json:
    return value.get("name") if isinstance(value, dict) else None
