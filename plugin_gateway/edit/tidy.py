"""Tidying: the spaces and the generated comments of gateway.yaml in one style. The meaning and all other comments stay.

* A comment behind an operationId names the operation's method and path, and the comments of one list stand in one column.
* No line ends in blanks, no two lines in a row are blank, and the last line has a line break.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from plugin_gateway.edit.entry import GAP
from plugin_gateway.edit.layout import Layout, PartKind
from plugin_gateway.edit.proof import meaning, proven
from plugin_gateway.edit.quoting import comment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from plugin_gateway.edit.layout import TextPart

_REMARK: Final = re.compile(r"([ \t]+)(#.*)")
_NAMED: Final = re.compile(r"# ?(?:DELETE|GET|HEAD|OPTIONS|PATCH|POST|PUT|QUERY|TRACE) /\S*?(?=:?(?:\s|$))")
"""The method and path at the beginning of a comment that `init` or `allow` wrote; a person may have written on."""


def tidy(text: str, remarks: Mapping[str, str]) -> str:
    """Return the text in one style. `remarks` are method and path by operationId.

    Raises:
        EditError: the text is not YAML, or has mistakes that make its meaning doubtful.
    """
    wanted = meaning(text)
    with_remarks = proven(_with_remarks(text, remarks), wanted, "write the comments by hand")
    return proven(_with_clean_lines(with_remarks), wanted, "delete the blanks by hand")


def _with_remarks(text: str, remarks: Mapping[str, str]) -> str:
    layout = Layout(text)
    splices: list[tuple[int, int, str]] = []
    for part in _lists(layout):
        splices += _align(layout, part, remarks)
    for start, end, new in sorted(splices, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def _lists(layout: Layout) -> Iterator[TextPart]:
    """Yield each list of operations that is written as a block."""
    consumers = layout.at(("consumers",))
    pointers: list[tuple[Any, ...]] = [("allow",), ("deny",)]
    pointers += [("consumers", index, "allow") for index in range(len(consumers.items) if consumers else 0)]
    for pointer in pointers:
        part = layout.at(pointer)
        if part is not None and part.kind is PartKind.SEQUENCE and not part.is_flow:
            yield part


def _align(layout: Layout, part: TextPart, remarks: Mapping[str, str]) -> Iterator[tuple[int, int, str]]:
    """Yield what to write behind the entries of a list, in the rightmost column that a comment has or needs."""
    behind: list[tuple[TextPart, str]] = []
    column = 0
    for item in part.items:
        rest = layout.text[item.end : layout.line_end(item.end)]
        is_line = item.kind is PartKind.ALIAS or (item.kind is PartKind.SCALAR and item.quote not in ("|", ">"))
        found = _REMARK.fullmatch(rest)
        if not is_line or layout.line_start(item.start) != layout.line_start(item.end) or (rest.strip() and not found):
            continue
        remark = found[2].rstrip() if found else ""
        named = _NAMED.match(remark)
        if item.value in remarks and (named or not remark):
            remark = f"# {comment(remarks[item.value], 200)}{remark[named.end() :] if named else ''}"
        if not remark:
            continue
        width = layout.column(item.end)
        column = max(column, width + (len(found[1]) if found and "\t" not in found[1] else len(GAP)))
        behind.append((item, remark))
    for item, remark in behind:
        yield item.end, layout.line_end(item.end), " " * (column - layout.column(item.end)) + remark


def _with_clean_lines(text: str) -> str:
    layout = Layout(text)
    kept = _lines_in_scalars(layout)
    lines: list[str] = []
    offset = 0
    was_blank = False
    while offset < len(text):
        ends, after = layout.line_end(offset), layout.next_line(offset)
        line = text[offset:ends] if offset in kept else text[offset:ends].rstrip(" \t")
        is_blank = not line and offset not in kept
        if not (is_blank and was_blank):
            lines.append(line + (text[ends:after] or layout.line_break))
        offset, was_blank = after, is_blank
    if was_blank and lines:
        lines.pop()
    return "".join(lines)


def _lines_in_scalars(layout: Layout) -> frozenset[int]:
    """Return the starts of lines that end inside a scalar: their trailing blanks may matter."""
    kept: set[int] = set()
    for part in layout.root.walk() if layout.root is not None else ():
        for scalar in (*part.keys, *part.items):
            if scalar.kind is not PartKind.SCALAR:
                continue
            offset = layout.line_start(scalar.start)
            while offset < scalar.end and layout.line_end(offset) < scalar.end:
                kept.add(offset)
                offset = layout.next_line(offset)
            if scalar.quote in ("|", ">"):
                kept.add(offset)
    return frozenset(kept)
