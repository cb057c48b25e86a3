"""Levels: the columns at which the lines of a YAML text begin, as a person indents them, whether or not it is valid."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

ENTRY: Final = re.compile(r"\s*-(?=\s|$)")
KEY: Final = re.compile(r"\s*(?:-\s+)?([A-Za-z_][A-Za-z0-9_-]*)\s*:(?=\s|$)")
_LISTS: Final = frozenset({"allow", "deny", "cors", "consumers", "tokens", "overlays", "methods"})


def line_at(lines: Sequence[str], number: int) -> str:
    """Return a line by its number, or an empty one if there is none."""
    return lines[number - 1] if 0 < number <= len(lines) else ""


def says_something(line: str) -> bool:
    """Return whether a line is neither empty nor a comment."""
    return bool(line.strip()) and not line.lstrip().startswith("#")


def indent_of(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def indent_of_key(line: str) -> int:
    """Return the column at which a key begins, after the dashes before it."""
    match = re.match(r"\s*(?:-\s+)*", line)
    return match.end() if match else 0


def open_levels(lines: Sequence[str], number: int) -> tuple[dict[int, str], list[int]]:
    """Return the columns of the keys and of the entries of lists that are open above a line, the innermost first."""
    keys: dict[int, str] = {}
    entries: list[int] = []
    for line in reversed([line for line in lines[: number - 1] if says_something(line)]):
        if (match := KEY.match(line)) and all(indent_of_key(line) < column for column in keys):
            keys[indent_of_key(line)] = match[1]
        if ENTRY.match(line) and all(indent_of(line) < column for column in entries):
            entries.append(indent_of(line))
        if not indent_of(line) and not ENTRY.match(line):
            break
    return keys, entries


def likely_indent(lines: Sequence[str], number: int) -> int:
    """Return how far a line is probably meant to be indented: as the line above, or as the one below a key without a value."""
    line = line_at(lines, number)
    above = next((one for one in reversed(lines[: number - 1]) if says_something(one)), "")
    if not above.rstrip().endswith(":"):
        return indent_of(above) if ENTRY.match(line) else indent_of_key(above)
    below = next((one for one in lines[number:] if says_something(one) and "\t" not in one), "")
    deeper = indent_of(below) - 2 * bool(ENTRY.match(line) and not ENTRY.match(below))
    return deeper if deeper > indent_of_key(above) else indent_of_key(above) + 2


def begins_an_entry(lines: Sequence[str], number: int) -> bool:
    """Return whether a key in the column of a list's entries begins one without its dash, or else belongs to the one above."""
    line = line_at(lines, number)
    column, key = indent_of(line), KEY.match(line)
    if key is None or ENTRY.match(line) or column not in open_levels(lines, number)[1]:
        return False
    above = (one for one in reversed(lines[: number - 1]) if ENTRY.match(one) and indent_of(one) == column)
    first = KEY.match(next(above))
    return first is None or first[1] == key[1]


def list_of(lines: Sequence[str], number: int) -> str:
    """Return the key of the list to which a line belongs directly, or an empty text."""
    column = indent_of(line_at(lines, number))
    above = (one for one in reversed(lines[: max(0, number - 1)]) if says_something(one) and indent_of(one) < column)
    opener = next(above, "")
    key = None if ENTRY.match(opener) else KEY.match(opener)
    return key[1] if key is not None and key[1] in _LISTS else ""
