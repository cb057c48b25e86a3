"""Shared schemas: equal parts of a schema are written once, in `$defs`."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from plugin_gateway.openapi.render import to_json
from plugin_gateway.shape.values.keywords import LISTS, MAPS, MCP_HEADER, ONE
from plugin_gateway.tools.argument_names import legal_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plugin_gateway.openapi.document import Json, JsonObject

_REF_BYTES: Final = len('{"$ref":"#/$defs/a_name"}')
_WORTH_BYTES: Final = 40
"""A smaller gain is not worth a reference, which the reader has to follow."""
_OWN: Final = frozenset({"description", "default", "deprecated", MCP_HEADER})
"""Keywords that stay beside the reference, because they are about one use of a schema."""


def share(schema: JsonObject) -> JsonObject:
    """Return an equivalent schema in which equal parts are references."""
    counts, names, keys = Counter[bytes](), dict[bytes, str](), dict[int, bytes]()
    for name, part in _parts(schema):
        _count(part, name, counts, names, keys)
    taken = set(schema.get("$defs", {}))
    chosen: dict[bytes, str] = {}
    for key, count in counts.items():
        if (count - 1) * len(key) - count * _REF_BYTES > _WORTH_BYTES:
            chosen[key] = _free_name(names[key], taken)
    if not chosen:
        return schema
    definitions: dict[str, Json] = {}
    shared = _map_parts(schema, lambda part: _replaced(part, chosen, definitions, keys))
    return {**shared, "$defs": dict(sorted({**shared.get("$defs", {}), **definitions}.items()))}


def _count(
    part: JsonObject, name: str, counts: Counter[bytes], names: dict[bytes, str], keys: dict[int, bytes]
) -> None:
    key = keys[id(part)] = _key(part)
    counts[key] += 1
    names.setdefault(key, name)
    if counts[key] == 1:
        for inner_name, inner in _parts(part):
            _count(inner, inner_name or name, counts, names, keys)


def _key(part: JsonObject) -> bytes:
    return to_json({key: value for key, value in part.items() if key not in _OWN})


def _replaced(
    part: JsonObject, chosen: dict[bytes, str], definitions: dict[str, Json], keys: dict[int, bytes]
) -> JsonObject:
    name = chosen.get(keys.get(id(part)) or _key(part))
    if name is None:
        return _map_parts(part, lambda inner: _replaced(inner, chosen, definitions, keys))
    if name not in definitions:
        definitions[name] = {}  # the parts of a definition come after it
        body = {key: value for key, value in part.items() if key not in _OWN}
        definitions[name] = _map_parts(body, lambda inner: _replaced(inner, chosen, definitions, keys))
    return {**{key: part[key] for key in _OWN if key in part}, "$ref": f"#/$defs/{name}"}


def _parts(schema: JsonObject) -> Iterator[tuple[str, JsonObject]]:
    """Yield the parts of a schema that are objects, with the names that they have in it."""
    for key, value in schema.items():
        if key in ONE and isinstance(value, dict):
            yield "", value
        elif key in LISTS:
            yield from (("", one) for one in value if isinstance(one, dict))
        elif key in MAPS:
            yield from ((name, one) for name, one in value.items() if isinstance(one, dict))


def _map_parts(schema: JsonObject, change: Callable[[JsonObject], JsonObject]) -> JsonObject:
    mapped: JsonObject = {}
    for key, value in schema.items():
        if key in ONE and isinstance(value, dict):
            mapped[key] = change(value)
        elif key in LISTS:
            mapped[key] = [change(one) if isinstance(one, dict) else one for one in value]
        elif key in MAPS:
            mapped[key] = {name: change(one) if isinstance(one, dict) else one for name, one in value.items()}
        else:
            mapped[key] = value
    return mapped


def _free_name(wanted: str, taken: set[str]) -> str:
    name = base = legal_name(wanted or "part")
    number = 2
    while name in taken:
        name, number = f"{base}_{number}", number + 1
    taken.add(name)
    return name
