"""Sections: the parts of invalid YAML that can still be read, so that one report has their mistakes, too."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from plugin_gateway.config.tree import read

if TYPE_CHECKING:
    from plugin_gateway.config.mistake import Mistake
    from plugin_gateway.config.tree import Node, TextSpan
    from plugin_gateway.diagnostics import Pointer

    Found = tuple[TextSpan, Pointer, Mistake]

_BEGINS: Final = re.compile(r"[\"']?([A-Za-z_][A-Za-z0-9_.-]*)")
_MENDED_APART: Final = frozenset({"yaml-syntax", "yaml-merge", "yaml-alias", "bad-key", "many-documents"})
_MOST_SECTIONS: Final = 12


class Sections(Struct, frozen=True, kw_only=True):
    """The tree of the readable sections, all mistakes of the text, and the top-level keys and lines outside of the tree."""

    root: Node | None
    found: tuple[Found, ...]
    unread_keys: frozenset[str] = frozenset()
    unread_lines: frozenset[int] = frozenset()


def read_sections(text: str) -> Sections:
    """Read YAML. If a section (a top-level key with everything below it) is invalid, read the text without it."""
    root, found = read(text)
    kept: list[Found] = []
    keys: set[str] = set()
    unread: set[int] = set()
    lines = text.splitlines()
    for _ in range(_MOST_SECTIONS):
        if root is not None or not found or found[-1][2].rule not in _MENDED_APART:
            break
        span, _, mistake = found[-1]
        section = _section(lines, span.line, to_the_end=mistake.rule == "many-documents")
        taken = {number for number in section if lines[number - 1].strip()} - unread
        if not taken:
            break
        unread |= taken
        # The mistake that ended the reading counts wherever it was noticed, perhaps after the last line.
        kept += [one for one in found if one[0].line in section or one is found[-1]]
        keys |= {match[1] for number in section if (match := _BEGINS.match(lines[number - 1]))}
        # The key may be at the top level but for the indentation that is the mistake.
        keys |= {match[1] for line in lines[span.line - 1 : span.line] if (match := _BEGINS.match(line.lstrip()))}
        root, found = read("\n".join("" if number in unread else line for number, line in enumerate(lines, start=1)))
    return Sections(root=root, found=(*kept, *found), unread_keys=frozenset(keys), unread_lines=frozenset(unread))


def _section(lines: list[str], line: int, *, to_the_end: bool) -> range:
    """Return the line numbers of the section around `line`: from its top-level key to the line before the next one."""
    if to_the_end:
        return range(line, len(lines) + 1)
    begins = [number for number, text in enumerate(lines, start=1) if _BEGINS.match(text)]
    start = max((number for number in begins if number <= line), default=1)
    end = min((number for number in begins if number > max(line, start)), default=len(lines) + 1)
    return range(start, end)
