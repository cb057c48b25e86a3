"""Skimming JSON: decoding a large document's root but leaving operations and components as text.

Decoding 47 MB of JSON takes 320 MiB, and most of the time of cutting ten operations out of it. msgspec skips values at 2 GB/s
and checks their grammar. This module finds duplicate keys in the root, in `paths`, in path items and in maps of components.
Duplicate keys in a skipped value are found when the value is read.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import msgspec
import orjson
from msgspec import Raw

from plugin_gateway.openapi.decode.json_values import decode_json_part, located
from plugin_gateway.openapi.decode.unread import MAPS_OF_2_0, UncuttableError, Unread

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from plugin_gateway.diagnostics import Location
    from plugin_gateway.openapi.decode.places import Tokens, Wanted
    from plugin_gateway.openapi.decode.unread import Json, JsonObject

_ENTRY = re.compile(rb'[ \t\r\n]*[{,][ \t\r\n]*"((?:[^"\\]|\\.)*+)"[ \t\r\n]*:[ \t\r\n]*', re.DOTALL)
_END = re.compile(rb"[ \t\r\n]*(?:\{[ \t\r\n]*)?\}")
_BRACE = ord("{")

_ITEM = re.compile(rb"[ \t\r\n]*[\[,][ \t\r\n]*")

_items_of = msgspec.json.Decoder(list[Raw]).decode
_fields_of = msgspec.json.Decoder(dict[str, Raw]).decode
_fields_of_each = msgspec.json.Decoder(dict[str, dict[str, Raw]]).decode


def skim_json(data: bytes, name: str) -> JsonObject | None:
    """Cut a document. Return None if it must be decoded as a whole, which also reports its mistakes.

    `data` is UTF-8 without a BOM. A result means that it is well-formed JSON.
    """
    skim = _JsonSkim(data, name)
    try:
        root, end = skim.fields(_fields_of(data), 0)
        if data[end:].strip():
            return None
        for key, (raw, start) in root.items():
            if key == "paths":
                skim.root[key] = skim.paths(raw, start)
            elif key == "components":
                skim.root[key] = skim.each(raw, start)
            elif key in MAPS_OF_2_0:
                skim.root[key] = Unread(skim.only(raw, start), _JsonParts(data, name, 2))
            else:
                skim.root[key] = _JsonParts(data, name, 1).read(raw)
    except (UncuttableError, msgspec.MsgspecError, RecursionError):
        return None
    return skim.root


def locate_by_skipping(data: bytes, name: str, wanted: Wanted) -> dict[Tokens, Location] | None:
    """Do the work of `locate_json`, but skip values that are not wanted. Return None if they cannot be skipped."""
    root = len(data) - len(data.lstrip())
    spans: dict[Tokens, tuple[int, int]] = {(): (root, 1)}
    stack: list[tuple[Tokens, Raw, int, Wanted]] = [((), Raw(data), root, wanted)]
    try:
        while stack:
            path, raw, start, branches = stack.pop()
            if not branches:
                continue
            for key, value, found in _members(raw, data, start):
                if key in branches:
                    place, length = (found.start(1) - 1, len(found[1]) + 2) if found.re is _ENTRY else (found.end(), 1)
                    spans[(*path, key)] = place, length
                    stack.append(((*path, key), value, found.end(), branches[key]))
    except (UncuttableError, msgspec.MsgspecError, RecursionError):
        return None
    return located(data, name, spans)


def _members(raw: Raw, data: bytes, start: int) -> Iterator[tuple[str, Raw, re.Match[bytes]]]:
    """Yield the key or index of each member of the collection at `start`, its value, and the text before the value."""
    if data[start : start + 1] == b"{":
        for key, value in _fields_of(raw).items():
            found = _ENTRY.match(data, start)
            if found is None or not _says(found[1], key):
                raise UncuttableError
            yield key, value, found
            start = found.end() + len(value)
    elif data[start : start + 1] == b"[":
        for index, item in enumerate(_items_of(raw)):
            found = _ITEM.match(data, start)
            if found is None:
                raise UncuttableError
            yield str(index), item, found
            start = found.end() + len(item)


class _JsonSkim:
    """The state of cutting one document. `start` is always an offset in its text."""

    def __init__(self, data: bytes, name: str) -> None:
        self.data = data
        self.name = name
        self.root: JsonObject = {}

    def paths(self, raw: Raw, start: int) -> Json:
        # Raises if an `x-*` field beside the paths is not an object.
        fields, reader = _fields_of_each(raw), _JsonParts(self.data, self.name, 3)
        self.end_of_each(fields, start)
        return {path: Unread(item, reader) for path, item in fields.items()}

    def each(self, raw: Raw, start: int) -> Json:
        fields, reader = _fields_of_each(raw), _JsonParts(self.data, self.name, 3)
        self.end_of_each(fields, start)
        return {section: Unread(items, reader) for section, items in fields.items()}

    def only(self, raw: Raw, start: int) -> dict[str, Raw]:
        fields = _fields_of(raw)
        self.fields(fields, start)
        return fields

    def end_of_each(self, fields: dict[str, dict[str, Raw]], start: int) -> None:
        """Check an object of objects for gaps, as `fields` does."""
        data, entry = self.data, _ENTRY.match
        for key, inner in fields.items():
            found = entry(data, start)
            if found is None or not _says(found[1], key):
                raise UncuttableError
            start = found.end()
            for name, value in inner.items():
                found = entry(data, start)
                if found is None or not _says(found[1], name):
                    raise UncuttableError
                start = found.end() + len(value)
            start = self.end(start)
        self.end(start)

    def fields(self, fields: dict[str, Raw], start: int) -> tuple[dict[str, tuple[Raw, int]], int]:
        """Return the values of the object at `start` with their offsets, by key, and the offset of the object's end.

        The values must fill the object without a gap: the decoder drops the first value of a duplicate key, which leaves one.
        """
        data, entry, places = self.data, _ENTRY.match, {}
        for key, value in fields.items():
            found = entry(data, start)
            if found is None or not _says(found[1], key):
                raise UncuttableError
            places[key] = value, found.end()
            start = found.end() + len(value)
        return places, self.end(start)

    def end(self, start: int) -> int:
        found = _END.match(self.data, start)
        if found is None:
            raise UncuttableError
        return found.end()


def _says(text: bytes, key: str) -> bool:
    return text == key.encode() or (b"\\" in text and orjson.loads(b'"' + text + b'"') == key)


class _JsonParts:
    """Reads the values at one depth of a document."""

    kind: Final = Raw

    def __init__(self, document: bytes, name: str, levels: int) -> None:
        self._document, self._name, self._levels = document, name, levels

    def is_mapping(self, text: Raw) -> bool:
        return memoryview(text)[0] == _BRACE

    def read(self, text: Raw) -> Json:
        return decode_json_part(bytes(text), self._name, self._document, self._levels)

    def sketch(self, text: Raw, fields: Collection[str]) -> Json:
        try:
            found = _sketcher(frozenset(fields))(text)
        except msgspec.ValidationError:
            # The value is not a mapping, or its `allOf` is not a list of mappings.
            return self.read(text)
        return msgspec.to_builtins(found)


@cache
def _sketcher(fields: frozenset[str]) -> Callable[[Raw], Any]:
    optional = [(f"f{index}", Any | msgspec.UnsetType, msgspec.UNSET) for index in range(len(fields))]
    names = dict(zip((name for name, _, _ in optional), sorted(fields), strict=True))
    part = msgspec.defstruct("Part", optional, rename=names)
    allof = next((name for name, field in names.items() if field == "allOf"), "")
    whole = [
        (name, list[part] | msgspec.UnsetType if name == allof else kind, default)  # type: ignore[valid-type]
        for name, kind, default in optional
    ]
    return msgspec.json.Decoder(msgspec.defstruct("Whole", whole, rename=names)).decode
