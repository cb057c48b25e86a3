"""A pointer: the tokens of a JSON pointer (RFC 6901) from gateway.yaml, in which `*` stands for every member or item.

The same pointer leads into a schema, when gateway.yaml is checked, and into values, when calls are shaped.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from plugin_gateway.config.mistake import nearest
from plugin_gateway.openapi.parameters import follow
from plugin_gateway.openapi.refs import Tokens, index_of, join_pointer, split_pointer
from plugin_gateway.openapi.values import as_list, as_mapping

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plugin_gateway.openapi.document import Document

ANY: Final = "*"
"""The token for every member of an object and every item of an array."""

Pointers: TypeAlias = frozenset[Tokens]
"""The rest of each pointer that leads to a place or beyond it. It contains `()` if one ends there."""

_COMBINATIONS: Final = ("allOf", "anyOf", "oneOf")
_BRANCHES: Final = ("if", "then", "else")
_OF_MEMBERS: Final = frozenset(
    {
        "properties",
        "patternProperties",
        "additionalProperties",
        "unevaluatedProperties",
        "required",
        "items",
        "prefixItems",
    }
)
_MOST_SHOWN: Final = 8
_MOST_PATHS: Final = 64


class Found(NamedTuple):
    """The end of a walk through a schema."""

    schemas: tuple[Any, ...]
    """The schemas that a value at the pointer has to fit, references followed; empty if the pointer leads nowhere."""
    direct: tuple[Any, ...] = ()
    """The same before references and combinations were followed."""
    missed: int = -1
    """The index of the token that leads nowhere."""
    names: tuple[str, ...] = ()
    """The tokens that lead somewhere at that place."""


def tokens_of(pointer: str) -> Tokens:
    """Return the tokens of a pointer that the config has checked."""
    return split_pointer(pointer)


def pointers_of(pointers: Iterable[str]) -> Pointers:
    """Return the pointers of gateway.yaml at the root of a value."""
    return frozenset(map(split_pointer, pointers))


def step(pointers: Pointers, token: str) -> Pointers:
    """Return the rest of each pointer that leads to or through the member or item `token`."""
    return frozenset(one[1:] for one in pointers if one and one[0] in {token, ANY})


def find_in_schema(document: Document, schema: Any, tokens: Tokens) -> Found:
    """Follow a pointer from the root of a schema of `document`. Circular schemas end with the pointer.

    A member that is admitted only because `additionalProperties` is absent leads nowhere: it is probably misspelt. An object
    that says nothing about its members may have any.
    """
    below = [schema]
    level = list(parts_of(document, below))
    for index, token in enumerate(tokens):
        below = [child for part in level for child in _children(part, token)]
        if not below:
            if any(map(_is_free, level)) or not any(
                isinstance(part, dict) and _OF_MEMBERS & part.keys() for part in level
            ):
                below = [True] if any(map(_admits_members, level)) else []
            if not below:
                return Found((), (), index, tuple(dict.fromkeys(name for part in level for name in _names(part))))
        level = list(parts_of(document, below))
    return Found(tuple(level), tuple(below))


def promises_array(schemas: Iterable[Any]) -> bool:
    """Whether one of these schemas, references followed, says that the value is an array."""
    return any(isinstance(one, dict) and ("array" in _kinds(one) or "items" in one) for one in schemas)


def array_places(document: Document, schema: Any, pointers: Iterable[Tokens]) -> Pointers:
    """Return the places along the pointers at which the schema admits an array and no object."""
    stars = {tokens[:index] for tokens in pointers for index, token in enumerate(tokens) if token == ANY}
    found = {place: find_in_schema(document, schema, place).schemas for place in stars}
    return frozenset(
        place for place, parts in found.items() if promises_array(parts) and not any(map(_takes_object, parts))
    )


def with_single_items(document: Document, schemas: Iterable[Any], tokens: Tokens) -> Iterator[Tokens]:
    """Yield a pointer, and the same without `*` where a schema promises an array.

    Many servers that make JSON of XML send one object in the place of an array with one item.
    """
    paths: list[Tokens] = [()]
    roots = [*schemas]
    for index, token in enumerate(tokens):
        is_last = index == len(tokens) - 1
        above = (find_in_schema(document, schema, tokens[:index]).schemas for schema in roots if token == ANY)
        may_be_single = not is_last and any(map(promises_array, above)) and len(paths) < _MOST_PATHS
        paths = [*((*path, token) for path in paths), *(paths if may_be_single else ())]
    yield from paths


def leads_nowhere(tokens: Tokens, found: Found) -> tuple[str, str]:
    """Return the message and the hint for a pointer that leads nowhere."""
    before, missing = join_pointer(tokens[: found.missed]), tokens[found.missed]
    message = f"`{join_pointer(tokens)}` leads nowhere: the schema has no `{missing}` in {f'`{before}`' if before else 'the body'}"
    if found.names == (ANY,):
        rest = join_pointer(
            ("*", *tokens[found.missed + (1 if missing == "-" or index_of(missing) is not None else 0) :])
        )
        return message, f"`{before or '/'}` is an array; write {before}{rest}"
    shown = ", ".join(f"`{name}`" for name in found.names[:_MOST_SHOWN])
    more = f" and {len(found.names) - _MOST_SHOWN} more" if len(found.names) > _MOST_SHOWN else ""
    close = nearest(missing, found.names)
    return message, f"{close}it has {shown}{more}" if shown else "remove the pointer, or end it there"


def parts_of(document: Document, schemas: Iterable[Any]) -> Iterator[Any]:
    """Yield each schema that a value must or may fit together with one of these: references and combinations are followed."""
    stack, seen = list(schemas), set[int]()
    while stack:
        schema = stack.pop()
        if isinstance(schema, bool):
            yield schema
            continue
        if isinstance(schema, dict) and id(schema) not in seen:
            seen.add(id(schema))
            yield schema
            if isinstance(schema.get("$ref"), str) and (target := follow(schema, document)) is not None:
                stack.append(target)
            stack += [one for word in _COMBINATIONS for one in as_list(schema.get(word))]
            stack += [schema[word] for word in _BRANCHES if word in schema]
            stack += as_mapping(schema.get("dependentSchemas")).values()


def _children(part: Any, token: str) -> Iterator[Any]:
    if part is True or part == {}:
        yield True
        return
    if part is False:
        return
    properties, patterns = as_mapping(part.get("properties")), as_mapping(part.get("patternProperties"))
    positions = as_list(part.get("prefixItems"))
    rest = [
        part[word] for word in ("additionalProperties", "unevaluatedProperties") if part.get(word, False) is not False
    ]
    if token == ANY:
        yield from (*properties.values(), *patterns.values(), *rest, *positions)
        if part.get("items", False) is not False:
            yield part["items"]
    elif token in properties:
        yield properties[token]
    elif (index := index_of(token)) is not None and index < len(positions):
        yield positions[index]
    else:
        matching = [schema for pattern, schema in patterns.items() if _matches(pattern, token)]
        yield from matching or rest


def _names(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        yield from as_mapping(part.get("properties"))
        if part.get("items", False) is not False:
            yield ANY


def _takes_object(part: Any) -> bool:
    return part is True or part == {} or (isinstance(part, dict) and ("object" in _kinds(part) or "properties" in part))


def _is_free(part: Any) -> bool:
    """Whether the document says only that it is an object or an array."""
    if not isinstance(part, dict):
        return False
    kinds = _kinds(part)
    return (
        bool(kinds & {"object", "array"})
        and not _OF_MEMBERS & part.keys()
        and not any(word in part for word in _COMBINATIONS)
    )


def _admits_members(part: Any) -> bool:
    return part is not False and (part is True or not (kinds := _kinds(part)) or bool(kinds & {"object", "array"}))


def _kinds(part: dict[str, Any]) -> set[str]:
    kinds = part.get("type")
    return {kinds} if isinstance(kinds, str) else {one for one in as_list(kinds) if isinstance(one, str)}


def _matches(pattern: str, name: str) -> bool:
    try:
        return re.search(pattern, name) is not None
    except re.error:
        return True
