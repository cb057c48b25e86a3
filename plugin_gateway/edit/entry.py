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
_COMMENTED: Final = re.compile(r",?([ \t]+)#")


class Entry(NamedTuple):
    """`name` is an operationId or `METHOD /path`. `remark` is the text of the comment behind it."""

    name: str
    remark: str = ""

    def in_flow(self, items: Iterable[Part]) -> str:
        """Return the entry for a flow list, quoted as its neighbours are."""
        return scalar(self.name, quote=_quote_of(items))

    def in_block(self, before: str, items: list[Part], layout: Layout) -> str:
        """Return the line of the entry behind `before`, with its comment under those of its neighbours."""
        line = before + scalar(self.name, quote=_quote_of(items), in_block=True)
        return line + remark_behind(line, self.remark, items, layout)


def remark_behind(line: str, remark: str, items: Iterable[Part], layout: Layout) -> str:
    """Return a comment for the end of a line, in the column of the nearest comment behind one of `items`."""
    if not remark:
        return ""
    gap = GAP
    for item in reversed(list(items)):
        found = _COMMENTED.match(layout.text, item.end)
        if found is None or item.kind not in (Kind.SCALAR, Kind.ALIAS) or item.quote in ("|", ">"):
            continue
        if "\t" in found[1]:
            gap = found[1]
        else:
            room = layout.column(found.end() - 1) - len(line)
            gap = " " * (room if room > 0 else len(found[1]))
        break
    return f"{gap}# {comment(remark, 200)}"


def _quote_of(items: Iterable[Part]) -> str:
    """Return the quote that all neighbours have, or nothing."""
    quotes = {item.quote for item in items if item.kind is Kind.SCALAR}
    return quotes.pop() if quotes in ({"'"}, {'"'}) else ""
