"""Places: the line and column of values in the text of a document.

Decoding keeps no places, because only findings need them. So the text is read again, once for all pointers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from msgspec.structs import replace

from plugin_gateway.errors import DocumentError
from plugin_gateway.openapi.decode.json_values import decode_json, locate_json
from plugin_gateway.openapi.decode.text import BOM, WORTH_SKIMMING_BYTES, looks_like_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from plugin_gateway.diagnostics import Finding, Location, Pointer

Tokens: TypeAlias = tuple[str, ...]
Wanted: TypeAlias = "dict[str, Wanted]"
"""Pointers as a tree: under each token the tokens that follow it."""

_LONGEST_FRAMED_BYTES = 64 * 1024
_BLOCK_BYTES = 16 * 1024


def locate_all(data: bytes, name: str, pointers: Iterable[Pointer]) -> dict[Pointer, Location]:
    """Locate the key or item at each pointer in `data`, which is valid, or its nearest ancestor that exists."""
    pointers = dict.fromkeys(pointers)
    found = _locate(data.removeprefix(BOM), name, tree_of(pointers)) if pointers else {}
    return {pointer: nearest(found, pointer) for pointer in pointers}


def tree_of(pointers: Iterable[Pointer]) -> Wanted:
    wanted: Wanted = {}
    for pointer in pointers:
        branches = wanted
        for token in pointer:
            branches = branches.setdefault(str(token), {})
    return wanted


def nearest(found: Mapping[Tokens, Location], pointer: Pointer) -> Location:
    """Return the place at a pointer, or of its nearest ancestor in `found`, which has the root."""
    tokens = tuple(map(str, pointer))
    return next(found[tokens[:depth]] for depth in range(len(tokens), -1, -1) if tokens[:depth] in found)


def _locate(text: bytes, name: str, wanted: Wanted) -> Mapping[Tokens, Location]:
    """Return the places of the root and of each wanted key or item that the text has."""
    # Imported late: JSON needs no PyYAML, and a small document no msgspec.
    if looks_like_json(text):
        if len(text) >= WORTH_SKIMMING_BYTES:
            from plugin_gateway.openapi.decode.json_skim import locate_by_skipping

            if (found := locate_by_skipping(text, name, wanted)) is not None:
                return found
        try:
            decode_json(text, name)
        except DocumentError:
            pass  # YAML in flow style
        else:
            return locate_json(text, name, wanted)
    elif len(text) >= WORTH_SKIMMING_BYTES:
        from plugin_gateway.openapi.decode.yaml_skim import locate_by_cutting

        if (found := locate_by_cutting(text, name, wanted)) is not None:
            return found
    from plugin_gateway.openapi.decode.yaml_values import locate_yaml

    return locate_yaml(text, name, wanted)


def with_lines(findings: Iterable[Finding], data: bytes, name: str) -> list[Finding]:
    """Add the source line, for a code frame, to each finding that is located in `data`, called `name`."""
    findings = list(findings)
    numbers = {
        place.line
        for one in findings
        if (place := one.location) and place.file == name and place.line and not place.text
    }
    lines = _lines(data.removeprefix(BOM), numbers)
    return [
        one.at(replace(place, text=lines[place.line]))
        if (place := one.location) and place.file == name and not place.text and place.line in lines
        else one
        for one in findings
    ]


def _lines(text: bytes, numbers: Iterable[int]) -> dict[int, str]:
    """Return the lines with these numbers, counted from 1, except for very long ones."""
    lines: dict[int, str] = {}
    start, current = 0, 1
    for number in sorted(numbers):
        # Counting the line breaks of a block is ten times as fast as finding each of them.
        while start < len(text) and current + (count := text.count(b"\n", start, start + _BLOCK_BYTES)) < number:
            start += _BLOCK_BYTES
            current += count
        for _ in range(number - current):
            start = text.find(b"\n", start) + 1
        current = number
        end = text.find(b"\n", start)
        line = text[start : end if end >= 0 else len(text)]
        if len(line) <= _LONGEST_FRAMED_BYTES:
            lines[number] = line.decode(errors="replace").rstrip("\r")
    return lines
