"""Entries: a list of operations in gateway.yaml, with one entry added or taken out, and every other byte kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin_gateway.edit import block_list, flow_list, new_list
from plugin_gateway.edit.layout import Layout, PartKind
from plugin_gateway.edit.proof import changed, meaning, proven
from plugin_gateway.errors import EditError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugin_gateway.diagnostics import Pointer
    from plugin_gateway.edit.entry import Entry
    from plugin_gateway.edit.layout import TextPart


def add(text: str, pointer: Pointer, entry: Entry) -> str:
    """Add an entry to the end of the list at `pointer`, which may be empty or missing.

    Raises:
        EditError: the list is written in a way that no edit can keep, such as an alias.
    """
    return add_all(text, pointer, [entry])


def add_all(text: str, pointer: Pointer, entries: Sequence[Entry]) -> str:
    """Add entries as `add` would one after another, but read the text only a few times.

    Raises:
        EditError: as for `add`.
    """
    wanted = changed(meaning(text), pointer, lambda listed: listed.extend(entry.name for entry in entries))
    edited = text
    for number, entry in enumerate(entries):
        layout = Layout(edited)
        part = layout.at(pointer)
        if part is not None and part.kind is PartKind.SEQUENCE and part.items and not part.is_flow:
            edited = block_list.with_entries(layout, part, entries[number:])
            break
        edited = _with(layout, pointer, entry)
    return proven(edited, wanted, f"add `{entries[0].name}` to {called(pointer)} by hand") if entries else text


def take_out(text: str, pointer: Pointer, index: int) -> str:
    """Take the entry number `index`, from 0, out of the list at `pointer`.

    Raises:
        EditError: the list is written in a way that no edit can keep, such as an alias.
    """
    wanted = changed(meaning(text), pointer, lambda listed: listed.pop(index))
    return proven(
        _without(Layout(text), pointer, index), wanted, f"take entry {index + 1} out of {called(pointer)} by hand"
    )


def called(pointer: Pointer) -> str:
    """Return the name of a place in the config, for messages."""
    name = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in pointer)
    return f"`{name.removeprefix('.')}`"


def _with(layout: Layout, pointer: Pointer, entry: Entry) -> str:
    holder, part = _written(layout, pointer)
    match part:
        case None:
            return new_list.as_member(layout, holder, str(pointer[-1]), entry)
        case _ if part.kind is PartKind.SCALAR:
            return new_list.in_place_of(layout, holder, part, entry)
        case _ if part.kind is not PartKind.SEQUENCE:
            raise EditError(
                f"{called(pointer)} is not written as a list in the config", hint="write it as a list first"
            )
        case _ if not part.is_flow:
            return block_list.with_entry(layout, part, entry)
        case _ if not holder.is_flow and new_list.is_bare(layout, part):
            return new_list.in_place_of(layout, holder, part, entry)
        case _:
            return flow_list.with_entry(layout, part, entry)


def _without(layout: Layout, pointer: Pointer, index: int) -> str:
    holder, part = _written(layout, pointer)
    if part is None or part.kind is not PartKind.SEQUENCE:
        raise EditError(f"{called(pointer)} is not written as a list in the config", hint="write it as a list first")
    if part.is_flow:
        return flow_list.without_entry(layout, part, index)
    return block_list.without_entry(layout, part, index, layout.column(holder.key_of(part).start))


def _written(layout: Layout, pointer: Pointer) -> tuple[TextPart, TextPart | None]:
    """Return the mapping that has the list, and the list, where they are written."""
    holder = layout.at(pointer[:-1])
    if holder is None or holder.kind is not PartKind.MAPPING:
        raise EditError(
            f"the mapping around {called(pointer)} is not written out in the config", hint="write it out first"
        )
    return holder, layout.at(pointer)
