"""A new list: the first operation of a list that is empty or missing in gateway.yaml."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugin_gateway.edit.block_list import step_of
from plugin_gateway.edit.layout import Layout, PartKind
from plugin_gateway.edit.quoting import scalar
from plugin_gateway.errors import EditError

if TYPE_CHECKING:
    from plugin_gateway.edit.entry import Entry
    from plugin_gateway.edit.layout import TextPart

_FOLLOWS: Final = {"allow": ("upstream", "openapi"), "deny": ("allow",)}
"""The sections behind which a missing list is written, the best first. Without them, it goes to the end."""


def is_bare(layout: Layout, part: TextPart) -> bool:
    """Return whether a flow list is `[]` with nothing behind it on its line but a comment. Such a list has no style yet."""
    inside = layout.text[layout.text.find("[", part.start) + 1 : part.end - 1]
    rest = layout.text[part.end : layout.line_end(part.end)].strip()
    return not part.items and not inside.strip(" \t") and rest[:1] in ("", "#")


def in_place_of(layout: Layout, holder: TextPart, part: TextPart, entry: Entry) -> str:
    """Write a list with one entry in place of an empty value or `[]`, which is a member of `holder`."""
    text = layout.text
    if holder.is_flow:
        gap = "" if text[part.start - 1] in " \t" else " "
        return f"{text[: part.start]}{gap}[{entry.in_flow(())}]{text[part.end :]}"
    begins = layout.line_start(part.start)
    if part.end > part.start and not text[begins : part.start].strip():
        # `[]` is alone on its line, and becomes the line of the entry.
        line = entry.in_block(f"{text[begins : part.start]}- ", [], layout)
        return text[:begins] + line + text[layout.line_end(part.end) :]
    line = entry.in_block(" " * (layout.column(holder.key_of(part).start) + step_of(layout)) + "- ", [], layout)
    at = text.find("[", part.start) if part.kind is PartKind.SEQUENCE else part.start
    if text[part.end : layout.line_end(part.end)].strip():
        # A comment stays in its column.
        kept, rest = text[:at] + " " * (part.end - at), text[part.end :]
    else:
        kept, rest = text[:at].rstrip(" \t"), text[layout.line_end(part.end) :]
    emptied = Layout(kept + rest)
    return emptied.with_line(emptied.next_line(len(kept)), line)


def as_member(layout: Layout, holder: TextPart, name: str, entry: Entry) -> str:
    """Write a missing list as a new member of a mapping, set apart by a blank line if its neighbour is.

    Raises:
        EditError: the mapping has no member yet, or merges another.
    """
    text = layout.text
    if not holder.keys or holder.member("<<") is not None:
        raise EditError(f"the config has no place for `{name}`", hint=f"write `{name}: []` where it belongs")
    if holder.is_flow:
        quote, end = holder.keys[-1].quote, holder.items[-1].end
        return f"{text[:end]}, {scalar(name, quote=quote)}: [{scalar(entry.name, quote=quote)}]{text[end:]}"
    followed = (found for one in _FOLLOWS.get(name, ()) if (found := holder.member(one)) is not None)
    key, value = next(followed, (holder.keys[-1], holder.items[-1]))
    column = layout.column(key.start)
    # A block scalar that keeps its line breaks would keep one more.
    is_apart = _is_apart(layout, holder, key) and not text[: value.end].endswith(("\n", "\r"))
    lines = [
        *[""] * is_apart,
        f"{' ' * column}{name}:",
        entry.in_block(" " * (column + step_of(layout)) + "- ", [], layout),
    ]
    return layout.with_line(layout.behind(value, column), layout.line_break.join(lines))


def _is_apart(layout: Layout, holder: TextPart, key: TextPart) -> bool:
    """Return whether a blank line stands before a section, or before the comments above it."""
    offset = layout.line_start(key.start)
    while offset and key is not holder.keys[0]:
        end = layout.previous_end(offset)
        offset = layout.line_start(end)
        line = layout.text[offset:end].strip()
        if not line.startswith("#"):
            return not line
    return False
