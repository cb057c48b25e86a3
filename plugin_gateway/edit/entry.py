"""An entry: one operation in a list of gateway.yaml, as text, with its comment."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from plugin_gateway.edit.layout import Kind
from plugin_gateway.edit.quoting import comment, scalar

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugin_gateway.edit.layout import Layout, Part

GAP: Final = "   "
"""Between an entry and its comment, where no neighbour shows another gap; `init` writes it, too."""
_COMMON: Final = frozenset({"'", '"'})
_COMMENTED: Final = re.compile(r",?([ \t]+)#")


class Entry(NamedTuple):
    """`name` is an operationId or `METHOD /path`. `remark` is the text of the comment behind it."""

    name: str
    remark: str = ""

    def in_flow(self, items: Iterable[Part]) -> str:
        """Return the entry for a flow list, quoted as its neighbours are."""
        return scalar(self.name, quote=_common(_quotes_of(items)))

    def in_block(self, before: str, items: list[Part], layout: Layout) -> str:
        """Return the line of the entry behind `before`, with its comment under those of its neighbours."""
        return lines_in_block(before, [self], items, layout)[0]


def lines_in_block(before: str, entries: Iterable[Entry], items: list[Part], layout: Layout) -> list[str]:
    """Return the lines of entries behind `before`, each quoted as all its neighbours are, and with its comment under theirs."""
    quotes = _quotes_of(items)
    gap, column = "", 0
    lines: list[str] = []
    for entry in entries:
        name = scalar(entry.name, quote=_common(quotes), in_block=True)
        quotes.add(name[0] if name[0] in _COMMON else "")
        line = before + name
        if entry.remark and gap:
            remark = _remark(_aligned(gap, column, line), entry.remark)
        else:
            remark = remark_behind(line, entry.remark, items, layout)
        if remark:
            gap = remark[: remark.index("#")]
            column = len(line) + len(gap)
        lines.append(line + remark)
    return lines


def remark_behind(line: str, remark: str, items: Iterable[Part], layout: Layout) -> str:
    """Return a comment for the end of a line, in the column of the nearest comment behind one of `items`."""
    if not remark:
        return ""
    gap = GAP
    for item in reversed(list(items)):
        found = _COMMENTED.match(layout.text, item.end)
        if found is None or item.kind not in (Kind.SCALAR, Kind.ALIAS) or item.quote in ("|", ">"):
            continue
        gap = _aligned(found[1], layout.column(found.end() - 1), line)
        break
    return _remark(gap, remark)


def _aligned(gap: str, column: int, line: str) -> str:
    """Return the gap that puts a comment into the column of another one; that one's gap if the line is too long, or has tabs."""
    return gap if "\t" in gap else " " * (column - len(line) if column > len(line) else len(gap))


def _remark(gap: str, remark: str) -> str:
    return f"{gap}# {comment(remark, 200)}"


def _quotes_of(items: Iterable[Part]) -> set[str]:
    return {item.quote for item in items if item.kind is Kind.SCALAR}


def _common(quotes: set[str]) -> str:
    """Return the quote that all neighbours have, or nothing."""
    return next(iter(quotes)) if len(quotes) == 1 and quotes <= _COMMON else ""
