"""The route table: maps the segments of a path to an allowed operation.

It is a tree with one level for each segment, concrete before templated (OpenAPI, "Path Templating Matching"), so that cost
grows with the depth of a path and not with the number of operations. It has only allowed operations; the denied ones are in
the guards of its routes (`gate.shadow`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from plugin_gateway import methods
from plugin_gateway.gate.alias import split_encoded_slashes
from plugin_gateway.gate.search import find_ends
from plugin_gateway.gate.shadow import NO_SHADOWS, NO_TERMS, DeniedPaths, Guard, Shadow
from plugin_gateway.gate.slashed import slashed_segments
from plugin_gateway.gate.target import MAX_SEGMENTS, read_safe
from plugin_gateway.gate.template import parse_template

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from plugin_gateway.gate.permit import OperationRule
    from plugin_gateway.gate.shadow import Terms
    from plugin_gateway.gate.target import Target
    from plugin_gateway.gate.template import PathTemplate, Pattern, Segment
    from plugin_gateway.openapi.document import OperationKey


class Route(Struct, frozen=True, kw_only=True):
    """An allowed operation at the end of a branch, with the guards that its calls must pass."""

    rule: OperationRule
    guard: Guard | None = None
    slashes: frozenset[int] = frozenset()
    """Indexes of the segments whose parameter may hold encoded slashes."""
    deep_guards: Mapping[int, Guard] = field(default_factory=dict)
    deep_beginnings: Guard = NO_SHADOWS

    def find_shadow(self, target: Target) -> Shadow | None:
        """Find the denied operation that an origin may serve for the call."""
        if self.guard is not None and (shadow := self.guard.find(target.readings)):
            return shadow
        return self._find_deep_shadow(target) if target.slashed else None

    def _find_deep_shadow(self, target: Target) -> Shadow | None:
        pieces = [piece for segment in target.raw or () for piece in split_encoded_slashes(segment)]
        # As in `PathTemplate.trimmed`, a slash at the end makes no other path.
        length = len([piece for piece in pieces if piece])

        def read(index: int) -> tuple[str, ...]:
            return read_safe(pieces[index]) if index <= length else ()

        return self.deep_guards.get(length, NO_SHADOWS).find(read) or self.deep_beginnings.find(read)


class SegmentNode(Struct, frozen=True):
    """The child segments of one path prefix, and the routes that end at it."""

    literals: Mapping[str, SegmentNode]
    patterns: tuple[tuple[Pattern, SegmentNode], ...]
    parameter: SegmentNode | None
    routes: Mapping[bytes, tuple[Route, ...]]
    """The routes that end here, by method. Operations that only `OperationRule.required` tells apart give several, most
    demanding first."""


class RouteTable(Struct, frozen=True):
    """All routes of a revision."""

    root: SegmentNode

    def methods(self, target: Target) -> list[bytes]:
        """The methods that the target's path allows, sorted."""
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
    terms: Mapping[OperationKey, Terms] | None = None,
) -> RouteTable:
    """Build the table for the allowed `rules` among all `operations` of the document.

    `slashes` names the path parameters that may hold encoded slashes; `terms` has the terms of each operation, if it has any.
    HEAD is routed like GET, under GET's rule (RFC 9110, 9.3.2), unless the document declares HEAD on that path: then it is an
    operation like any other.
    """
    keys = tuple(operations)
    templates = {key.path: parse_template(key.path) for key in keys}
    denied = DeniedPaths(keys, {key: (terms or {}).get(key, NO_TERMS) for key in rules}, templates)
    declared = {(key.method, templates[key.path].shape) for key in keys}
    entries: list[_Entry] = []
    for key, rule in rules.items():
        template = templates[key.path]
        if len(template.segments) > MAX_SEGMENTS or key.method in methods.NEVER_ROUTED:
            continue
        routed = [key.method]
        if key.method == "GET" and ("HEAD", template.shape) not in declared:
            routed.append("HEAD")
        entries += (
            (
                template.segments,
                method.encode(),
                _route(rule, template, denied, method, slashes.get(key)),
            )
            for method in routed
        )
    return RouteTable(_grow(entries, 0))


_Entry = tuple["tuple[Segment, ...]", bytes, Route]


def _route(
    rule: OperationRule,
    template: PathTemplate,
    denied: DeniedPaths,
    method: str,
    slashes: frozenset[str] | None,
) -> Route:
    slashed = slashed_segments(template, slashes or ())
    return Route(
        rule=rule,
        guard=denied.guard(template, method),
        slashes=slashed,
        deep_guards=denied.deep_guards(template, method, min(slashed)) if slashed else {},
        deep_beginnings=denied.deep_beginnings(template, method, min(slashed)) if slashed else NO_SHADOWS,
    )


def _grow(entries: Sequence[_Entry], depth: int) -> SegmentNode:
    routes: dict[bytes, list[Route]] = {}
    branches: dict[Segment, list[_Entry]] = {}
    for entry in entries:
        segments, method, route = entry
        if len(segments) == depth:
            routes.setdefault(method, []).append(route)
        else:
            branches.setdefault(segments[depth].unnamed, []).append(entry)
    literals: dict[str, SegmentNode] = {}
    patterned: dict[Segment, SegmentNode] = {}
    parameter = None
    for segment, below in branches.items():
        child = _grow(below, depth + 1)
        if segment.literal is not None:
            literals[segment.literal] = child
        elif segment.is_parameter:
            parameter = child
        else:
            patterned[segment] = child
    return SegmentNode(
        literals=literals,
        patterns=tuple((s.pattern, patterned[s]) for s in sorted(patterned, key=_specificity)),
        parameter=parameter,
        routes={m: tuple(sorted(found, key=_demand)) for m, found in routes.items()},
    )


def _demand(route: Route) -> tuple[int, int, str]:
    """The sort key of routes that only required pairs tell apart: most demanding first, then by template."""
    required = route.rule.required
    literals = sum(pair.value is not None for pair in required)
    return -len(required), -literals, route.rule.path_template


def _specificity(segment: Segment) -> tuple[int, tuple[str, ...]]:
    """The sort key of patterns: most literal characters first, then by text, so that document order does not matter."""
    return -sum(len(part) for part in segment.parts if part), tuple(part or "" for part in segment.parts)
