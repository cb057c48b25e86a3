"""Skimming YAML: decoding a large document's root but leaving operations and components as text.

Most of the time of decoding YAML goes into an object for each event. libyaml checks a text without those objects four times as
fast, so unused parts are only checked. A part is the lines from one key to the next key at the same indentation. If libyaml can
parse a part alone, no quotation or bracket is open at its end, so the cut is correct.

A document in another style is not skimmed, and neither is one with aliases, which make one part depend on another.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

import yaml
from msgspec.structs import replace
from yaml._yaml import CParser

from plugin_gateway.diagnostics import Location
from plugin_gateway.errors import DocumentError
from plugin_gateway.openapi.decode.unread import MAPS_OF_2_0, UncuttableError, Unread
from plugin_gateway.openapi.decode.yaml_values import decode_yaml, locate_yaml
from plugin_gateway.text.position import positions

if TYPE_CHECKING:
    from collections.abc import Collection

    from plugin_gateway.openapi.decode.places import Tokens, Wanted
    from plugin_gateway.openapi.decode.unread import Json, JsonObject

_START = re.compile(rb"(?:[ ]*(?:#[^\n]*)?\r?\n)*(?:---(?:[ ]+#[^\n]*|[ ]*)\r?\n)?")
_KEY = re.compile(rb"""(?:([A-Za-z0-9_/$.~][^\s:]*(?::[^\s:]+)*)|"([^"\\\r\n]*)"|'([^'\r\n]*)'):(?=[ \r\n]|\Z)""")
"""A key in a common spelling: plain without blanks, or quoted without escapes."""
_INDENT = re.compile(rb"[ ]*")
_INDENTED_KEY = re.compile(rb"[ ]*" + _KEY.pattern)
_NOTHING = re.compile(rb"[ ]*(?:#[^\n]*)?\r?(?=\n|\Z)")
"""The rest of a key's line if the value begins on a later line."""
_NEXT_LINE = re.compile(rb"(?:\n[ ]*(?:#[^\n]*|\r)?)*\n([ ]*)(?=[^ \r\n#])")
"""The indentation of the next line that is neither blank nor a comment."""
_OTHER_LINE_BREAK = re.compile(rb"\r(?!\n)|\xc2\x85|\xe2\x80[\xa8\xa9]")
"""libyaml begins a line after these, too."""
_MAYBE_ALIAS = re.compile(rb"\*[0-9A-Za-z_-]")
_BEFORE_A_NODE = frozenset(b"\n:-?[{,")


def skim_yaml(data: bytes, name: str) -> JsonObject | None:
    """Cut a document in block style. Return None if it must be decoded as a whole, which also reports its mistakes.

    `data` is UTF-8 without a BOM. A result means that it is well-formed.
    """
    if _OTHER_LINE_BREAK.search(data) or _may_have_aliases(data):
        return None
    whole = _Text(data, name)
    start = _START.match(data)
    try:
        entries = whole.entries(start.end() if start else 0, len(data), 0)
        return {key: whole.skimmed(key, part) for key, part in entries.items()}
    except (UncuttableError, yaml.YAMLError, DocumentError):
        return None


def locate_by_cutting(data: bytes, name: str, wanted: Wanted) -> dict[Tokens, Location] | None:
    """Do the work of `locate_yaml` on the parts that are wanted. Return None if the document cannot be cut."""
    if skim_yaml(data, name) is None:
        return None
    whole = _Text(data, name)
    start = _START.match(data)
    root = whole.entries(start.end() if start else 0, len(data), 0)
    parts: dict[Tokens, tuple[slice, Wanted]] = {}
    """The wanted parts. A part that is not cut further has the wanted pointers into it."""
    stack: list[tuple[Tokens, dict[str, slice], Wanted]] = [((), root, wanted)]
    while stack:
        path, entries, branches = stack.pop()
        for token in entries.keys() & branches.keys():
            inner = (*path, token)
            is_cut = len(inner) < _levels_cut(inner[0])
            parts[inner] = entries[token], {} if is_cut else branches[token]
            if is_cut and branches[token]:
                stack.append((inner, whole.entries_in(entries[token]), branches[token]))
    first = next(iter(root.values())).start
    at = positions(data, {first, *(part.start for part, _ in parts.values())})
    found: dict[Tokens, Location] = {(): Location(name, *at[first], 1)}
    for path, (part, branches) in parts.items():
        lines_above = at[part.start][0] - 1
        key = _INDENT.match(data, part.start)
        indentation = key.end() - key.start() if key else 0
        found[path] = Location(name, lines_above + 1, indentation + 1, max(1, len(path[-1])))
        if branches:
            inside = locate_yaml(data[part], name, {path[-1]: branches})
            found |= {
                (*path[:-1], *below): replace(place, line=place.line + lines_above)
                for below, place in inside.items()
                if below
            }
    return found


def _levels_cut(key: str) -> int:
    """Return how many levels of the value of a root key, this key included, `skim_yaml` cuts."""
    return 3 if key in {"paths", "components"} else 2 if key in MAPS_OF_2_0 else 1


def _may_have_aliases(data: bytes) -> bool:
    """Return whether the text may have aliases. `*name` inside a string counts, too."""
    for found in _MAYBE_ALIAS.finditer(data):
        line_start = data.rfind(b"\n", 0, found.start())
        before = data[line_start + 1 : found.start()].rstrip(b" \t")
        if not before or before[-1] in _BEFORE_A_NODE:
            return True
    return False


class _Text:
    """The text of a document. A part is a slice: the lines of a key and its value, at one indentation or deeper."""

    def __init__(self, data: bytes, name: str) -> None:
        self.data, self.name = data, name

    def skimmed(self, key: str, part: slice) -> Json:
        """Decode the value of a root key, but leave as much of it unread as possible."""
        if key in {"paths", "components"}:
            reader = _YamlParts(self, 2)
            entries = self.entries_in(part)
            return {name: Unread(self.checked(self.entries_in(inner)), reader) for name, inner in entries.items()}
        if key in MAPS_OF_2_0:
            return Unread(self.checked(self.entries_in(part)), _YamlParts(self, 1))
        self.checked({key: part})
        return _YamlParts(self, 0).read(part)

    def entries_in(self, part: slice) -> dict[str, slice]:
        """Cut the block mapping that is the value of a part's key."""
        if (first := self.first_line_in(part)) is None:
            raise UncuttableError
        return self.entries(first.start(1), part.stop, len(first[1]))

    def entries(self, start: int, end: int, column: int) -> dict[str, slice]:
        """Cut a mapping whose keys begin at `column`; the first key's line begins at `start`."""
        data = self.data
        names: list[str] = []
        places: list[int] = []
        for line in (start, *(found.end() for found in _line_at_most(column).finditer(data, start, end))):
            at = line + column
            if data[line:at].strip(b" "):
                raise UncuttableError  # indented less than the first key: not an entry of this mapping
            if places and data[at : at + 1] == b"-" and data[at + 1 : at + 2] in {b" ", b"\n", b"\r"}:
                continue  # a list may begin at the column of its key
            found = _KEY.match(data, at, end)
            if found is None:
                raise UncuttableError
            names.append(found[found.lastindex or 1].decode())
            places.append(line)
        cut = dict(zip(names, map(slice, places, (*places[1:], end)), strict=True))
        if len(cut) != len(names):
            raise UncuttableError  # duplicate key
        return cut

    def checked(self, entries: dict[str, slice]) -> dict[str, slice]:
        """Return `entries`; raise `yaml.YAMLError` if a part cannot be parsed alone."""
        for part in entries.values():
            CParser(self.data[part]).raw_parse()
        return entries

    def first_line_in(self, part: slice) -> re.Match[bytes] | None:
        """Find the line where the value of a part's key begins; None if it begins on the key's line."""
        key = _INDENTED_KEY.match(self.data, part.start, part.stop)
        behind = key and _NOTHING.match(self.data, key.end(), part.stop)
        return _NEXT_LINE.match(self.data, behind.end(), part.stop) if behind else None


@cache
def _line_at_most(column: int) -> re.Pattern[bytes]:
    """Match the line break before a line that is not indented deeper than `column`."""
    return re.compile(rb"\n(?=[ ]{0,%d}[^ \r\n#])" % column)


class _YamlParts:
    """Reads the parts at one depth of a text."""

    kind: Final = slice

    def __init__(self, text: _Text, levels: int) -> None:
        self._text, self._levels = text, levels

    def is_mapping(self, part: slice) -> bool:
        first = self._text.first_line_in(part)
        if first is not None and _KEY.match(self._text.data, first.end(), part.stop):
            return True
        return isinstance(self.read(part), dict)

    def read(self, part: slice) -> Json:
        try:
            (value,) = decode_yaml(self._text.data[part], self._text.name, self._levels).values()
        except DocumentError:
            decode_yaml(self._text.data, self._text.name)  # raises with the place in the whole text
            raise
        return value

    def sketch(self, part: slice, fields: Collection[str]) -> Json:
        try:
            entries = self._text.checked(self._text.entries_in(part))
        except (UncuttableError, yaml.YAMLError):
            return self.read(part)
        inner = _YamlParts(self._text, self._levels + 1)
        return {name: inner.read(entry) for name, entry in entries.items() if name in fields}
