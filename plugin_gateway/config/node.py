"""A node: a scalar, mapping or sequence of a YAML text, with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugin_gateway.diagnostics import Pointer


class TextSpan(Struct, frozen=True):
    """A part of one line, counted from 1; `last_line` is the line where the value ends."""

    line: int
    column: int
    length: int
    last_line: int = 0


class Node(Struct):
    """A scalar, or a mapping or sequence by its members. `members` keep the key's place beside the value.

    `shadowed` holds what duplicate keys and merges leave out of the value: it is in the text, and may be a secret.
    """

    span: TextSpan
    value: Any = None
    members: dict[Any, tuple[TextSpan, Node]] | None = None
    items: list[Node] | None = None
    shadowed: list[tuple[str, Node]] = field(default_factory=list)
    size: int = 1
    height: int = 0

    def child(self, part: str | int) -> Node | None:
        if self.members is not None:
            return self.members[part][1] if part in self.members else None
        if self.items is not None and isinstance(part, int) and 0 <= part < len(self.items):
            return self.items[part]
        return None

    def plain(self) -> Any:
        """Return the value as dicts, lists and scalars."""
        if self.members is not None:
            return {key: member.plain() for key, (_, member) in self.members.items()}
        return [item.plain() for item in self.items] if self.items is not None else self.value


def walk(node: Node, pointer: Pointer = ()) -> Iterator[tuple[Pointer, Node]]:
    """Yield every node with its pointer, parents first."""
    yield pointer, node
    for key, (_, member) in (node.members or {}).items():
        yield from walk(member, (*pointer, key))
    for shadowed_key, member in node.shadowed:
        yield from walk(member, (*pointer, shadowed_key))
    for index, item in enumerate(node.items or []):
        yield from walk(item, (*pointer, index))
