"""An entry: one operation in a list of gateway.yaml, as text, with its comment."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from plugin_gateway.edit.layout import PartKind
from plugin_gateway.edit.quoting import comment, is_plain, scalar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plugin_gateway.edit.layout import Layout, TextPart
    from plugin_gateway.openapi.document import Document, Operation

GAP: Final = "   "
"""Between an entry and its comment, unless a neighbour shows another gap; `init` writes it, too."""
_COMMON: Final = frozenset({"'", '"'})
_COMMENTED: Final = re.compile(r",?([ \t]+)#")


class Entry(NamedTuple):
    """`name` is an operationId or `METHOD /path`. `remark` is the text of the comment behind it."""

    name: str
    remark: str = ""

    def in_flow(self, items: Iterable[TextPart]) -> str:
        """Return the entry for a flow list, quoted as its neighbours are."""
        return scalar(self.name, quote=_common(_quotes_of(items)))

    def in_block(self, before: str, items: list[TextPart], layout: Layout) -> str:
        """Return the line of the entry behind `before`, with its comment aligned with its neighbours' comments."""
        return lines_in_block(before, [self], items, layout)[0]


def entry_of(document: Document, operation: Operation) -> Entry:
    """Return the entry for an operation: its id, if no other operation has it and it needs no quotes; else method and path."""
    own = operation.operation_id or ""
    is_clear = is_plain(own) and not {" ", ":"} & {*own} and own[0] not in "./"
    if is_clear and list(document.operation_ids.values()).count(own) == 1:
        return Entry(own, str(operation.key))
    return Entry(str(operation.key))


def lines_in_block(before: str, entries: Iterable[Entry], items: list[TextPart], layout: Layout) -> list[str]:
    """Return the lines of entries behind `before`, each quoted as all its neighbours are, and with its comment under theirs."""
    quotes, gaps = _quotes_of(items), list(_gaps(items, layout))
    lines: list[str] = []
    for entry in entries:
        name = scalar(entry.name, quote=_common(quotes), in_block=True)
        quotes.add(name[0] if name[0] in _COMMON else "")
        line = before + name
        remark = _remark_under(gaps, line, entry.remark)
        if remark:
            gap = remark[: remark.index("#")]
            gaps.append((gap, len(line) + len(gap)))
        lines.append(line + remark)
    return lines


def remark_behind(line: str, remark: str, items: Iterable[TextPart], layout: Layout) -> str:
    """Return a comment for the end of a line, in the column of the nearest comment behind one of `items`."""
    return _remark_under(list(_gaps(items, layout)), line, remark)


def _remark_under(gaps: list[tuple[str, int]], line: str, remark: str) -> str:
    """Return a comment in the column of the last of `gaps`."""
    if not remark:
        return ""
    if not gaps:
        return _remark(GAP, remark)
    nearest, column = gaps[-1]
    # Of the comments in this column, the one behind the longest entry shows the gap that is meant.
    shortest = min((gap for gap, at in gaps if at == column), key=len)
    return _remark(_aligned(nearest if "\t" in nearest else shortest, column, line), remark)


def _gaps(items: Iterable[TextPart], layout: Layout) -> Iterator[tuple[str, int]]:
    """Yield the blanks between an item and the comment on its line, and the column of the comment."""
    for item in items:
        if item.kind in (PartKind.SCALAR, PartKind.ALIAS) and item.quote not in ("|", ">"):
            found = _COMMENTED.match(layout.text, item.end)
            if found is not None:
                yield found[1], layout.column(found.end() - 1)


def _aligned(gap: str, column: int, line: str) -> str:
    """Return the gap that puts a comment into the column of another one.

    If the line is too long, or the other gap has tabs, this is the other gap.
    """
    return gap if "\t" in gap else " " * (column - len(line) if column > len(line) else len(gap))


def _remark(gap: str, remark: str) -> str:
    return f"{gap}# {comment(remark, 200)}"


def _quotes_of(items: Iterable[TextPart]) -> set[str]:
    return {item.quote for item in items if item.kind is PartKind.SCALAR}


def _common(quotes: set[str]) -> str:
    """Return the quote that all neighbours have, or nothing."""
    return next(iter(quotes)) if len(quotes) == 1 and quotes <= _COMMON else ""
