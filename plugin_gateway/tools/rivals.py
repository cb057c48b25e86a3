"""A rival: a route that takes some of the paths of a template before the template's own route does.

`/pets/mine` is a rival of `/pets/{petId}`: a call of the second with `mine` is a call of the first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plugin_gateway.gate.routing import SegmentNode
    from plugin_gateway.gate.template import PathTemplate


class Rivals:
    """The rivals of one template and method, found in the tree of routes that has the template's own."""

    __slots__ = ("_method", "_segments", "names", "take_any")

    def __init__(self, root: SegmentNode, template: PathTemplate, method: bytes) -> None:
        self._segments = template.segments
        self._method = method
        self.names: dict[int, set[str]] = {}
        """The literals of rivals by the index of the segment, where the template has one parameter as a segment."""
        self.take_any = False
        """Whether a rival takes paths without such a literal."""
        self._follow(root, 0)

    def _follow(self, node: SegmentNode, index: int) -> None:
        """Follow the template's own branch, and look into each branch that a search tries before it (`gate.search`)."""
        if index == len(self._segments):
            self.take_any = self.take_any or len(node.routes.get(self._method, ())) > 1
            return
        segment = self._segments[index]
        own = node.literals.get(segment.literal) if segment.literal is not None else None
        if segment.literal is None:
            for text, child in node.literals.items():
                if segment.pattern.matches(text) and self._may_end(child, index + 1):
                    self.names.setdefault(index, set()).add(text)
                    self.take_any = self.take_any or not segment.is_parameter
            own = node.parameter if segment.is_parameter else None
            for other, child in node.patterns:
                if other == segment.pattern:
                    own = child
                    break
                self.take_any = self.take_any or self._may_end(child, index + 1)
        if own is not None:
            self._follow(own, index + 1)

    def _may_end(self, node: SegmentNode, index: int) -> bool:
        """Whether a path of the template may end at a route below the node."""
        if index == len(self._segments):
            return self._method in node.routes
        literal, pattern = self._segments[index].literal, self._segments[index].pattern
        if literal is None:
            children = [child for text, child in node.literals.items() if pattern.matches(text)]
            children += [child for _, child in node.patterns]
        else:
            children = [node.literals[literal]] if literal in node.literals else []
            children += [child for other, child in node.patterns if other.matches(literal)]
        if node.parameter is not None and literal != "":
            children.append(node.parameter)
        return any(self._may_end(child, index + 1) for child in children)
