"""The changes of a schema: what a caller may no longer send, and what an answer may no longer have.

A request schema breaks callers where it becomes narrower, an answer's schema where it promises less.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final

from plugin_gateway.lock.change import added, breaking, harmless, other_changes, quoted, text_changes
from plugin_gateway.openapi.parameters import follow
from plugin_gateway.openapi.values import as_mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugin_gateway.lock.change import Effect
    from plugin_gateway.openapi.document import Document, Json

_UPPER: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_LOWER: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_OTHER: Final = ("pattern", "format", "multipleOf", "uniqueItems", "const", "default", "collectionFormat")
_TEXTS: Final = ("title", "description", "example", "examples", "externalDocs", "$comment")
_SEVERAL: Final = ("allOf", "anyOf", "oneOf", "prefixItems")
_ONE: Final = ("items", "additionalProperties", "not", "contains", "if", "then", "else")
_DESCRIBED: Final = frozenset(
    {*_UPPER, *_LOWER, *_OTHER, *_TEXTS, *_SEVERAL, *_ONE, "type", "nullable", "enum", "properties", "required"}
    | {"$ref", "$defs", "definitions"}
)
_ALL_TYPES: Final = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})


class SchemaComparison:
    """Compares schemas of two documents; `is_request` says who writes the values."""

    def __init__(self, old: Document, new: Document, *, is_request: bool) -> None:
        self._old = old
        self._new = new
        self._is_request = is_request
        self._waiting: deque[tuple[Json, Json, str]] = deque()
        # Keeps references to the schemas, so that their ids are not reused.
        self._seen: dict[tuple[int, int], tuple[Json, Json]] = {}

    def changes(self, old: Json, new: Json, where: str) -> Iterator[tuple[str, Effect]]:
        """Yield the changes between two schemas and everything that they refer to.

        `where` names the value: "the body's `owner.name`".
        A pair of schemas is compared once, at the first place that refers to it. Does not recurse: references can be thousands
        deep.
        """
        self._waiting.append((old, new, where))
        while self._waiting:
            yield from self._compare(*self._waiting.popleft())

    def _compare(self, old: Json, new: Json, where: str) -> Iterator[tuple[str, Effect]]:
        (old, is_old), (new, is_new) = _whole(old, self._old), _whole(new, self._new)
        if (pair := (id(is_old), id(is_new))) in self._seen:
            return
        self._seen[pair] = is_old, is_new
        yield from text_changes(old, new, _TEXTS, f"{where}: ")
        yield from self._types(old, new, where)
        yield from self._enums(old, new, where)
        yield from self._bounds(old, new, where)
        yield from self._properties(old, new, where)
        for keyword in _ONE:
            before, after = old.get(keyword, True), new.get(keyword, True)
            if isinstance(before, dict) and isinstance(after, dict):
                self._waiting.append((before, after, _below(where, "[]" if keyword == "items" else f" {keyword}")))
            elif before != after:
                is_narrower = after is False or (isinstance(after, dict) and before is True)
                yield self._judged(f"{where}: `{keyword}` changed", is_narrower=is_narrower, is_wider=not is_narrower)
        for keyword in _SEVERAL:
            yield from self._alternatives(old.get(keyword), new.get(keyword), keyword, where)
        yield from other_changes(old, new, _DESCRIBED, f"{where}: ")

    def _judged(self, message: str, *, is_narrower: bool, is_wider: bool) -> tuple[str, Effect]:
        is_breaking = is_narrower if self._is_request else is_wider
        return breaking(message) if is_breaking else harmless(message)

    def _types(self, old: dict[str, Any], new: dict[str, Any], where: str) -> Iterator[tuple[str, Effect]]:
        before, after = _types_of(old), _types_of(new)
        if before != after:
            message = f"{where}: the type changed from {_shown(before)} to {_shown(after)}"
            yield self._judged(message, is_narrower=not before <= after, is_wider=not after <= before)

    def _enums(self, old: dict[str, Any], new: dict[str, Any], where: str) -> Iterator[tuple[str, Effect]]:
        before, after = old.get("enum"), new.get("enum")
        if isinstance(before, list) and isinstance(after, list):
            gone = [value for value in before if value not in after]
            added = [value for value in after if value not in before]
            if gone:
                message = f"{where}: the values {', '.join(map(quoted, gone))} were removed"
                yield self._judged(message, is_narrower=True, is_wider=False)
            if added:
                yield harmless(f"{where}: the values {', '.join(map(quoted, added))} were added")
        elif before != after:
            message = f"{where}: the list of values was {'added' if after is not None else 'removed'}"
            yield self._judged(message, is_narrower=after is not None, is_wider=False)

    def _bounds(self, old: dict[str, Any], new: dict[str, Any], where: str) -> Iterator[tuple[str, Effect]]:
        for keyword in (*_UPPER, *_LOWER, *_OTHER):
            before, after = old.get(keyword), new.get(keyword)
            if before == after:
                continue
            message = f"{where}: `{keyword}` changed from {_or_none(before)} to {_or_none(after)}"
            if keyword == "default" or not self._is_request:
                yield harmless(message)
            elif keyword not in _OTHER and isinstance(before, int | float) and isinstance(after, int | float):
                is_narrower = (after < before) if keyword in _UPPER else (after > before)
                yield self._judged(message, is_narrower=is_narrower, is_wider=False)
            else:
                yield self._judged(message, is_narrower=after is not None, is_wider=False)

    def _properties(self, old: dict[str, Any], new: dict[str, Any], where: str) -> Iterator[tuple[str, Effect]]:
        before, after = as_mapping(old.get("properties")), as_mapping(new.get("properties"))
        was, now = _names(old.get("required")), _names(new.get("required"))
        is_closed = new.get("additionalProperties") is False
        for name in dict.fromkeys((*before, *after, *was, *now)):
            at = _below(where, name)
            if name in before and name not in after:
                yield self._judged(f"{at} was removed", is_narrower=is_closed, is_wider=True)
                continue
            if name in after and name not in before:
                is_needed = name in now
                message = f"{at} was added{' and is required' if is_needed else ''}"
                yield added(message, _whole(after[name], self._new)[0], is_breaking=is_needed and self._is_request)
                continue
            if name in now and name not in was:
                yield self._judged(f"{at} became required", is_narrower=True, is_wider=False)
            elif name in was and name not in now:
                yield self._judged(f"{at} became optional", is_narrower=False, is_wider=True)
            if name in before:
                self._waiting.append((before[name], after[name], at))

    def _alternatives(self, old: Json, new: Json, keyword: str, where: str) -> Iterator[tuple[str, Effect]]:
        before, after = (value if isinstance(value, list) else [] for value in (old, new))
        if len(before) != len(after):
            message = f"{where}: `{keyword}` has {len(after)} parts instead of {len(before)}"
            is_more = len(after) > len(before)
            is_narrower = is_more if keyword == "allOf" or not before else not is_more
            yield self._judged(message, is_narrower=is_narrower, is_wider=not is_narrower)
        for one, other in zip(before, after, strict=False):
            self._waiting.append((one, other, where))


def _whole(schema: Json, document: Document) -> tuple[dict[str, Any], Json]:
    """Follow references. Return the schema, with the fields beside a reference, and the document's object for it.

    Each visit makes a new schema from a reference with fields beside it, so only the document's object shows that it was seen.
    """
    if not isinstance(schema, dict):
        return ({"not": {}} if schema is False else {}), schema
    target = follow(schema, document)
    if target is None:
        return {}, schema
    beside = {name: value for name, value in schema.items() if name != "$ref"}
    if target is schema or not beside:
        return target, target
    return {**target, **beside}, schema


def _types_of(schema: dict[str, Any]) -> frozenset[str]:
    value = schema.get("type")
    names = (
        {value}
        if isinstance(value, str)
        else {one for one in value if isinstance(one, str)}
        if isinstance(value, list)
        else None
    )
    if names is None:
        return _ALL_TYPES
    if "number" in names:
        names = names | {"integer"}
    if schema.get("nullable") is True:
        names = names | {"null"}
    return frozenset(names)


def _shown(types: frozenset[str]) -> str:
    if types == _ALL_TYPES:
        return "any"
    return " or ".join(sorted(types - {"integer"} if "number" in types else types))


def _or_none(value: Json) -> str:
    return "none" if value is None else quoted(value).strip('"')


def _names(value: Json) -> list[str]:
    return [name for name in value if isinstance(name, str)] if isinstance(value, list) else []


def _below(where: str, name: str) -> str:
    """Name a member of a value: "the body's `owner`" and `name` become "the body's `owner.name`"."""
    if where.endswith("`"):
        joint = "" if name.startswith(("[", " ")) else "."
        return f"{where[:-1]}{joint}{name}`"
    return f"{where}'s `{name.strip()}`"
