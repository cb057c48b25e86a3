"""The route table: from the segments of a path to the allowed operation they name.

A tree with one level for each segment, concrete before templated (OpenAPI, "Path Templating Matching"), so that cost
grows with the depth of a path and not with the number of operations. Only allowed operations are in it; what the
document has besides is in their guards (`gate.shadow`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from plugin_gateway import methods
from plugin_gateway.gate.alias import split_encoded_slashes
from plugin_gateway.gate.search import find_ends
from plugin_gateway.gate.shadow import DeniedPaths, Guard, Shadow
from plugin_gateway.gate.slashed import slashed_segments
from plugin_gateway.gate.target import MAX_SEGMENTS, read_safe
from plugin_gateway.gate.template import parse_template
from plugin_gateway.gate.variant import required_pairs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from plugin_gateway.gate.permit import OperationRule
    from plugin_gateway.gate.target import Target
    from plugin_gateway.gate.template import PathTemplate, Pattern, Segment
    from plugin_gateway.gate.variant import RequiredPair
    from plugin_gateway.openapi.document import OperationKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """An allowed operation at the end of a branch, and what must not be true of a call that takes it."""

    rule: OperationRule
    guard: Guard | None = None
    slashes: frozenset[int] = frozenset()
    """Indexes of the segments whose parameter takes encoded slashes."""
    deep_guards: Mapping[int, Guard] = field(default_factory=dict)
    deep_beginnings: Guard | None = None
    query: tuple[RequiredPair, ...] = ()
    """Pairs that must be in the query, from a template such as `/responses/{id}?beta=true`."""

    def find_shadow(self, target: Target) -> Shadow | None:
        """The denied operation that some origin would take the call for."""
        if self.guard is not None and (shadow := self.guard.find(target.readings)):
            return shadow
        return self._find_deep_shadow(target) if target.slashed else None

    def _find_deep_shadow(self, target: Target) -> Shadow | None:
        pieces = [piece for segment in target.raw or () for piece in split_encoded_slashes(segment)]

        def read(index: int) -> tuple[str, ...]:
            return read_safe(pieces[index]) if index < len(pieces) else ()

        for guard in (self.deep_guards.get(len(pieces) - 1), self.deep_beginnings):
            if guard is not None and (shadow := guard.find(read)):
                return shadow
        return None


class Node(NamedTuple):
    """What may follow after some segments."""

    literals: Mapping[str, Node]
    patterns: tuple[tuple[Pattern, Node], ...]
    parameter: Node | None
    routes: Mapping[bytes, tuple[Route, ...]]
    """By method, for paths that end here; several when templates differ in their query only, most demanding first."""


@dataclass(frozen=True, slots=True)
class RouteTable:
    """Every route of a revision."""

    root: Node

    def methods(self, target: Target) -> list[bytes]:
        """The methods by which a path may be called, sorted."""
        return sorted(
            {
                method
                for node in find_ends(self.root, target.segments, 1)
                for method, routes in node.routes.items()
                if not any(route.find_shadow(target) for route in routes)
            }
        )


def compile_routes(
    rules: Mapping[OperationKey, OperationRule],
    operations: Iterable[OperationKey],
    slashes: Mapping[OperationKey, frozenset[str]],
) -> RouteTable:
    """Build the table for the allowed `rules` among all `operations` of the document.

    `slashes` names the path parameters that take encoded slashes. HEAD goes where GET goes, under GET's rule (RFC 9110,
    9.3.2), unless the document declares HEAD there itself: then it is an operation like any other.
    """
    keys = tuple(operations)
    templates = {key.path: parse_template(key.path) for key in keys}
    denied = DeniedPaths(keys, frozenset(rules), templates)
    declared = {(key.method, templates[key.path].shape) for key in keys}
    entries: list[_Entry] = []
    for key, rule in rules.items():
        template = templates[key.path]
        if len(template.segments) >= MAX_SEGMENTS or key.method in methods.NEVER_ROUTED:
            continue
        routed = [key.method]
        if key.method == "GET" and ("HEAD", template.shape) not in declared:
            routed.append("HEAD")
        entries += (
            (
                template.segments,
                method.encode(errors="replace"),
                _route(rule, template, denied, method, slashes.get(key)),
            )
            for method in routed
        )
    return RouteTable(_grow(entries, 0))


_Entry = tuple["tuple[Segment, ...]", bytes, Route]


def _route(
    rule: OperationRule, template: PathTemplate, denied: DeniedPaths, method: str, slashes: frozenset[str] | None
) -> Route:
    slashed = slashed_segments(template, slashes or ())
    return Route(
        rule=rule,
        guard=denied.guard(template, method),
        slashes=slashed,
        deep_guards=denied.deep_guards(template, method, min(slashed)) if slashed else {},
        deep_beginnings=denied.deep_beginnings(template, method, min(slashed)) if slashed else None,
        query=required_pairs(template.query),
    )


def _grow(entries: Sequence[_Entry], depth: int) -> Node:
    routes: dict[bytes, list[Route]] = {}
    branches: dict[Segment, list[_Entry]] = {}
    for entry in entries:
        segments, method, route = entry
        if len(segments) == depth:
            routes.setdefault(method, []).append(route)
        else:
            branches.setdefault(segments[depth].unnamed, []).append(entry)
    children = {segment: _grow(below, depth + 1) for segment, below in branches.items()}
    patterned = [s for s in children if s.literal is None and not s.is_parameter]
    return Node(
        literals={s.literal: child for s, child in children.items() if s.literal is not None},
        patterns=tuple((s.pattern, children[s]) for s in sorted(patterned, key=_specificity)),
        parameter=next((child for s, child in children.items() if s.is_parameter), None),
        routes={m: tuple(sorted(found, key=_demand)) for m, found in routes.items()},
    )


def _demand(route: Route) -> tuple[int, int, str]:
    """Sorts routes that only their queries tell apart, most demanding first; then as `_specificity` does."""
    literals = sum(pair.value is not None for pair in route.query)
    return -len(route.query), -literals, route.rule.path_template


def _specificity(segment: Segment) -> tuple[int, tuple[str, ...]]:
    """Sorts patterns by how much of them is literal, most first; then by anything that document order does not change."""
    return -sum(len(part) for part in segment.parts if part), tuple(part or "" for part in segment.parts)
