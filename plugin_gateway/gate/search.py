"""A search: follows a path's segments through the tree of routes, concrete before templated."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plugin_gateway.gate.routing import Route, SegmentNode


def find_routes(node: SegmentNode, segments: list[str], index: int, method: bytes) -> tuple[Route, ...] | None:
    """The routes of the most specific template that matches `segments` from `index` on and allows the method."""
    # The nodes form a tree, so backtracking visits no node twice.
    if index == len(segments):
        return node.routes.get(method)
    segment = segments[index]
    child = node.literals.get(segment)
    if child is not None and (found := find_routes(child, segments, index + 1, method)) is not None:
        return found
    for pattern, child in node.patterns:
        if pattern.matches(segment) and (found := find_routes(child, segments, index + 1, method)) is not None:
            return found
    parameter = node.parameter
    if parameter is not None and segment:
        return find_routes(parameter, segments, index + 1, method)
    return None


def find_ends(node: SegmentNode, segments: list[str], index: int) -> list[SegmentNode]:
    """Every node where a template ends that matches `segments` from `index` on, most specific first."""
    if index == len(segments):
        return [node]
    segment = segments[index]
    children = [child] if (child := node.literals.get(segment)) is not None else []
    children += [child for pattern, child in node.patterns if pattern.matches(segment)]
    if node.parameter is not None and segment:
        children.append(node.parameter)
    return [end for child in children for end in find_ends(child, segments, index + 1)]
