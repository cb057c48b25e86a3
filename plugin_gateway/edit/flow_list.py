"""A flow list: operations of gateway.yaml in brackets. An edit adds or removes one item with its comma."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin_gateway.edit.entry import remark_behind

if TYPE_CHECKING:
    from plugin_gateway.edit.entry import Entry
    from plugin_gateway.edit.layout import Layout, TextPart


def with_entry(layout: Layout, part: TextPart, entry: Entry) -> str:
    """Add an item: on the line of the last one, or, if each item has its line and its comma, on a line below it."""
    text, shown = layout.text, entry.in_flow(part.items)
    if not part.items:
        opening = text.find("[", part.start) + 1
        inside = text[opening : part.end - 1]
        return text[:opening] + shown + (text[opening:] if inside.strip() else text[part.end - 1 :])
    last = part.items[-1]
    comma = layout.comma_after(last, part)
    indentation = text[layout.line_start(last.start) : last.start]
    if comma is not None and not indentation.strip() and layout.line_end(comma) < part.end - 1:
        line = f"{indentation}{shown},"
        line += remark_behind(line, entry.remark, part.items, layout)
        return layout.with_line(layout.next_line(comma), line)
    return f"{text[: last.end]},{_separator(layout, part)}{shown}{text[last.end :]}"


def _separator(layout: Layout, part: TextPart) -> str:
    """Return the blanks between a comma and the last item, where both are on one line."""
    before = layout.comma_after(part.items[-2], part) if len(part.items) > 1 else None
    between = layout.text[before + 1 : part.items[-1].start] if before is not None else " "
    return between if not between.strip(" ") else " "


def without_entry(layout: Layout, part: TextPart, index: int) -> str:
    """Take an item out: its whole line, if nothing else is on it, or the item and one comma. Comments elsewhere stay."""
    text, item = layout.text, part.items[index]
    is_last = index == len(part.items) - 1
    begins, ends = layout.line_start(item.start), layout.line_end(item.end)
    comma = layout.comma_after(item, part)
    earlier = layout.comma_after(part.items[index - 1], part) if index else None
    before, behind = text[begins : item.start].strip(), text[item.end : ends].lstrip(" \t")
    has_comma = behind.startswith(",")
    is_end = behind.removeprefix(",").lstrip(" \t")[:1] in ("", "#")
    if is_end and ((before == "" and (has_comma or is_last)) or (before == "," and not has_comma)):
        return layout.without_lines(begins, layout.next_line(item.end))
    is_after_comma = earlier is not None and earlier >= begins
    if comma is None:
        return text[: earlier if is_after_comma else item.start] + text[item.end :]
    if not is_last and part.items[index + 1].start <= ends:
        return text[: item.start] + text[part.items[index + 1].start :]
    if is_after_comma and earlier is not None and has_comma:
        return text[: earlier + 1] + text[comma + 1 :]
    return text[: item.start] + text[item.end : comma] + text[comma + 1 :].removeprefix(" ")
