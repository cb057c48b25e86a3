"""Plain values: converting a value to the type of its field, where the author's intent is certain."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from plugin_gateway.openapi.grammar import ObjectKind
from plugin_gateway.openapi.mend.notes import describe_value
from plugin_gateway.openapi.vocabulary import PLAIN_FIELDS, Type
from plugin_gateway.text.closest import closest

if TYPE_CHECKING:
    from plugin_gateway.openapi.document import Json, JsonObject
    from plugin_gateway.openapi.mend.notes import Notes
    from plugin_gateway.openapi.refs import Tokens

_FLAGS: Final = {"true": True, "false": False, "yes": True, "no": False}
_INTEGER: Final = re.compile(r"[-+]?\d{1,18}")
_NUMBER: Final = re.compile(r"[-+]?\d{1,18}(\.\d{1,18})?")
_TYPES: Final = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})


class Unmendable(Exception):  # noqa: N818  # an answer, not a failure
    """Raised for a value of the wrong type if the author's intent is not certain."""


def mended(type_: Type, value: Json) -> Json:
    """Return the value if it has this type, else its certain conversion; raises `Unmendable`."""
    match type_:
        case Type.ANY:
            return value
        case Type.TEXT:
            return _text(value)
        case Type.FLAG:
            return _flag(value)
        case Type.NUMBER:
            return _number(value)
        case Type.COUNT:
            return _count(value)
        case Type.BOUND:
            return value if isinstance(value, bool) else _number(value)
        case Type.TEXTS:
            return _texts(value)
        case Type.NAMES:
            names = _texts(value)
            return names if len(set(names)) == len(names) else list(dict.fromkeys(names))
        case Type.TYPES:
            return _types(value)
        case Type.LIST:
            return _of(value, list)
        case Type.MAP:
            return _of(value, dict)
        case Type.MAP_OF_TEXT:
            entries = _of(value, dict)
            texts = {name: _text(entry) for name, entry in entries.items()}
            return entries if texts == entries else texts


def mend_plain(kind: ObjectKind, node: JsonObject, name: str, place: Tokens, notes: Notes) -> None:
    """Correct a plain field; leave it out where its meaning is not certain."""
    value, type_ = node[name], PLAIN_FIELDS[kind][name].type
    if type_ is Type.ANY:
        return
    if name.startswith("$") and type_ is Type.TEXT and not isinstance(value, str):
        notes.drop(node, name, place, f"{name!r} must be {type_.value}, not {describe_value(value)}")
        return
    try:
        better = mended(type_, value)
    except Unmendable:
        if kind is ObjectKind.PARAMETER and name in ("name", "in"):
            return  # reported with the whole object
        meant = _nearest_type(value) if type_ is Type.TYPES else ""
        notes.drop(node, name, place, f"{name!r} must be {type_.value}, not {describe_value(value)}", meant)
        return
    if better is not value:
        node[name] = better
        notes.mended(
            place,
            f"{name!r} must be {type_.value}: {describe_value(value, whole=True)} is read as {describe_value(better, whole=True)}",
        )


def _of(value: Json, kind: type) -> Json:
    if not isinstance(value, kind):
        raise Unmendable
    return value


def _text(value: Json) -> str:
    # YAML reads some unquoted strings as numbers or booleans: `version: 1.0`, `name: on`.
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    text: str = _of(value, str)
    return text


def _flag(value: Json) -> bool:
    if isinstance(value, str) and value.lower() in _FLAGS:
        return _FLAGS[value.lower()]
    flag: bool = _of(value, bool)
    return flag


def _number(value: Json) -> float:
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return int(value) if _INTEGER.fullmatch(value) else float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unmendable
    return value


def _count(value: Json) -> int:
    number = _number(value)
    if number < 0 or number != number // 1:
        raise Unmendable
    return value if isinstance(value, int) else int(number)


def _texts(value: Json) -> list[str]:
    if isinstance(value, str):
        return [value]
    entries = _of(value, list)
    texts = [_text(entry) for entry in entries]
    return entries if all(isinstance(entry, str) for entry in entries) else texts


def _nearest_type(value: Json) -> str:
    """Return the type that a misspelt one was meant to be, or an empty text."""
    names = value if isinstance(value, list) else [value]
    wrong = [name for name in names if isinstance(name, str) and name.lower() not in _TYPES]
    return next(iter(closest(wrong[0], sorted(_TYPES))), "") if wrong else ""


def _types(value: Json) -> Json:
    names = value if isinstance(value, list) else [value]
    if not names or not all(isinstance(name, str) for name in names):
        raise Unmendable
    # Swagger 2.0 has the type `file`, but not in a list.
    types = _TYPES if isinstance(value, list) else {*_TYPES, "file"}
    legal = [lowered for name in dict.fromkeys(names) if (lowered := name.lower()) in types]
    if len(legal) < len(set(names)):
        raise Unmendable  # dropping a type would refuse values that the schema allowed
    if isinstance(value, list):
        return value if legal == value else list(dict.fromkeys(legal))
    return value if legal == [value] else legal[0]
