"""The JSON Schema of a record: what its annotations say, in the words of JSON Schema and in the order of the keys."""

from __future__ import annotations

from inspect import cleandoc
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Union, get_args, get_origin

from msgspec import Meta
from msgspec.structs import fields

from plugin_gateway.config.reader import ChosenBy, Parsed, ParsedAt, PrepareRaw, RefusesNull, SchemaWords, besides_none

if TYPE_CHECKING:
    from msgspec.structs import FieldInfo

    from plugin_gateway.config.record import Record

_TYPES: Final = {str: "string", int: "integer", bool: "boolean"}
_NULL: Final = {"type": "null"}


def schema_of(record: type[Record]) -> dict[str, Any]:
    """Return the schema of a record, with the schemas of the records below it in `$defs`."""
    below: dict[str, Any] = {}
    described = _mapping(record, below)
    return {"$defs": {name: below[name] for name in sorted(below)}, **described}


def fields_of(record: type[Record]) -> tuple[FieldInfo, ...]:
    """Return the fields of a record that have a key."""
    return tuple(field for field in fields(record) if not field.name.startswith("_"))


def is_given(annotation: Any) -> bool:
    """Whether the default of a field with this annotation is None, which gateway.yaml cannot write."""
    return get_origin(annotation) is Annotated and RefusesNull() in get_args(annotation)


def _mapping(record: type[Record], below: dict[str, Any]) -> dict[str, Any]:
    described = {
        "additionalProperties": False,
        "description": cleandoc(record.__doc__ or ""),
        "properties": {field.encode_name: _sorted(_of(field.type, below)) for field in fields_of(record)},
    }
    if required := [field.encode_name for field in fields_of(record) if field.required]:
        described["required"] = required
    if record.between:
        described["allOf"] = [*record.between]
    return described | {"type": "object"}


def _definition(record: type[Record], below: dict[str, Any]) -> dict[str, Any]:
    if record.__name__ not in below:
        below[record.__name__] = {}
        described = _mapping(record, below)
        below[record.__name__] = {"anyOf": [_sorted(record.short_form), described]} if record.short_form else described
    return {"$ref": f"#/$defs/{record.__name__}"}


def _of(annotation: Any, below: dict[str, Any]) -> dict[str, Any]:
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _noted(*inner, below=below)
    if origin in (Union, UnionType):
        return {"anyOf": [*_forms(_of(besides_none(annotation), below)), _NULL]}
    if origin is tuple:
        return {"items": _of(inner[0], below), "type": "array"}
    if origin is dict:
        return _members(_of(inner[0], below), _of(inner[1], below))
    if origin is Literal:
        words = {"const": inner[0]} if len(inner) == 1 else {"enum": [*inner]}
        return words | {"type": _TYPES[type(inner[0])]}
    if annotation is Any:
        return {}
    return {"type": _TYPES[annotation]} if annotation in _TYPES else _definition(annotation, below)


def _noted(annotation: Any, *notes: Any, below: dict[str, Any]) -> dict[str, Any]:
    if any(isinstance(note, ChosenBy) for note in notes):
        return {"oneOf": [_definition(record, below) for record in get_args(annotation)]}
    if RefusesNull() in notes:
        annotation = besides_none(annotation)
    own = [note.schema for note in notes if isinstance(note, PrepareRaw | Parsed | ParsedAt) and note.schema]
    described = own[0] if own else _of(annotation, below)
    for note in notes:
        if isinstance(note, SchemaWords):
            described = described | note.words
        elif isinstance(note, Meta) and not own:
            described = described | _bounds(note, described["type"])
    return described


def _bounds(bounds: Meta, written: str) -> dict[str, Any]:
    size = "Items" if written == "array" else "Length"
    words = {
        "minimum": bounds.ge,
        "maximum": bounds.le,
        f"min{size}": bounds.min_length,
        f"max{size}": bounds.max_length,
    }
    return {word: bound for word, bound in words.items() if bound is not None}


def _forms(described: dict[str, Any]) -> list[dict[str, Any]]:
    return described["anyOf"] if [*described] == ["anyOf"] else [described]


def _members(key: dict[str, Any], member: dict[str, Any]) -> dict[str, Any]:
    if "pattern" in key:
        return {"additionalProperties": False, "patternProperties": {key["pattern"]: member}, "type": "object"}
    names = {word: value for word, value in key.items() if word != "type"}
    described: dict[str, Any] = {"propertyNames": names} if names else {}
    return {"additionalProperties": member or True, **described, "type": "object"}


def _sorted(described: Any, above: str = "") -> Any:
    """Return a schema with its words in alphabetical order, and its properties in theirs."""
    if isinstance(described, list):
        return [_sorted(one) for one in described]
    if not isinstance(described, dict):
        return described
    words = described if above == "properties" else sorted(described)
    return {word: _sorted(described[word], word) for word in words}
