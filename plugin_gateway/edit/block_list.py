"""A block list: operations of gateway.yaml, each on a line with a dash. An edit adds or removes one line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugin_gateway.edit.entry import lines_in_block
from plugin_gateway.edit.layout import PartKind
from plugin_gateway.errors import EditError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugin_gateway.edit.entry import Entry
    from plugin_gateway.edit.layout import Layout, TextPart

_STEP: Final = 2


def with_entry(layout: Layout, part: TextPart, entry: Entry) -> str:
    """Add an entry with the dash, the indentation and the quotes of its neighbours.

    It goes behind the last entry and the comments that are indented deeper than its dash: they belong to the entry.
    Other comments belong to the next part.
    """
    return with_entries(layout, part, [entry])


def with_entries(layout: Layout, part: TextPart, entries: Iterable[Entry]) -> str:
    """Add entries as `with_entry` would one after another, without reading the text again for each."""
    last = part.items[-1]
    dash = layout.dash(last)
    indentation = layout.text[layout.line_start(dash) : dash]
    if indentation.strip():
        indentation = " " * len(indentation)
    between = layout.text[dash + 1 : last.start]
    before = f"{indentation}-{between if between and not between.strip(' ') else ' '}"
    lines = lines_in_block(before, entries, part.items, layout)
    return layout.with_line(layout.behind(last, len(indentation)), layout.line_break.join(lines))


def without_entry(layout: Layout, part: TextPart, index: int, key_column: int) -> str:
    """Take an entry out, with the comment on its line. The last one leaves `[]`, and the comments around it stay in place.

    Raises:
        EditError: the entry shares its line with something else.
    """
    item = part.items[index]
    dash = layout.dash(item)
    begins, ends = layout.line_start(dash), layout.after(item)
    indentation = layout.text[begins:dash]
    if indentation.strip():
        raise EditError("the entry shares its line with something else", hint="take it out by hand")
    if item.kind is PartKind.MAPPING:
        ends = layout.behind(item, len(indentation))
    if len(part.items) > 1:
        return layout.without_lines(begins, ends)
    deep_enough = indentation if len(indentation) > key_column else " " * (key_column + _STEP)
    return layout.with_lines_as(begins, ends, f"{deep_enough}[]")


def step_of(layout: Layout) -> int:
    """Return how much deeper than their key the lists of a text are indented."""
    nested = []
    for part in layout.root.walk() if layout.root is not None else ():
        for key, value in zip(part.keys, part.items, strict=False):
            if part.is_flow or value.is_flow or not value.items:
                continue
            if value.kind is PartKind.SEQUENCE:
                return layout.column(layout.dash(value.items[0])) - layout.column(key.start)
            if value.kind is PartKind.MAPPING:
                nested.append(layout.column(value.keys[0].start) - layout.column(key.start))
    return max(nested[0], 1) if nested else _STEP
