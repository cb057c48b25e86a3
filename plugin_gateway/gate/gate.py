"""The gate: the pure decision whether a call may go upstream, the same for REST and MCP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from plugin_gateway.gate.permit import Permit
from plugin_gateway.gate.query import rebuild_query
from plugin_gateway.gate.search import find_routes
from plugin_gateway.gate.target import Target, encoded_slash, read_parts
from plugin_gateway.gate.undeclared import UndeclaredQuery
from plugin_gateway.gate.variant import NO_FIELDS, choose_route
from plugin_gateway.openapi.document import OperationKey
from plugin_gateway.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plugin_gateway.gate.matrix import MatrixPath
    from plugin_gateway.gate.permit import OperationRule
    from plugin_gateway.gate.routing import RouteTable
    from plugin_gateway.gate.trace import Trace
    from plugin_gateway.gate.variant import Fields

# The same as `Permit(...)`, without the Python frame of a named tuple's constructor.
_make_permit = tuple.__new__

NOT_FOUND = Refusal(
    status=404,
    code="operation-not-found",
    detail="No operation that this gateway offers matches the call.",
    hint="The gateway's openapi.json lists the operations that it offers.",
)
"""Denied and non-existent operations get the same answer, so it reveals nothing about the upstream."""


class Gate(Struct, frozen=True, kw_only=True):
    """Judges the calls of one revision. Immutable and picklable."""

    routes: RouteTable
    rules: tuple[OperationRule, ...] = ()
    """The rules of all allowed operations, in document order."""
    withheld: frozenset[bytes] = frozenset()
    """Folded names of injected query parameters; the client's copies never pass."""
    matrix_paths: tuple[MatrixPath, ...] = ()
    """The paths in which a `;` may stand."""

    @property
    def rules_by_key(self) -> Mapping[OperationKey, OperationRule]:
        return {OperationKey(rule.method, rule.path_template): rule for rule in self.rules}

    def judge(
        self, method: bytes, target: bytes, fields: Fields = NO_FIELDS, trace: Trace | None = None
    ) -> Permit | Refusal:
        """Decide whether a call may go upstream; record the steps in `trace`, if given.

        `method` and `target` are the bytes of the request line (RFC 9112, 3), neither decoded nor cleaned. Of the `fields`, the
        gate reads only those that select an operation. Never raises.
        """
        parts = read_parts(target)
        if isinstance(parts, Refusal):
            if parts.code == "malformed-target" and (verdict := self._judge_matrix(method, target, fields, trace)):
                return verdict
            if trace:
                trace.unreadable(parts)
            return parts
        path, query, segments, _, slashed = parts
        if trace:
            trace.read(path)
        routes = find_routes(self.routes.root, segments, 1, method)
        if routes is None:
            read = Target(*parts)
            if trace:
                trace.without_route(method, [] if slashed else self.routes.methods(read))
            return self._refuse(read)
        route = routes[0]
        if route.rule.required:
            chosen = choose_route(routes, query, fields)
            if chosen is None:
                if trace:
                    trace.without_variant(routes)
                return NOT_FOUND
            route = chosen
        if trace:
            trace.routed(route.rule)
        if slashed and not slashed <= route.slashes:
            if trace:
                trace.slashed()
            return encoded_slash()
        if (route.guard is not None or slashed) and (shadow := route.find_shadow(read := Target(*parts))):
            if trace:
                trace.shadowed(shadow)
            return self._refuse(read)
        if trace:
            trace.plain()
        rebuilt = query and rebuild_query(query, route.rule, self.withheld)
        if trace:
            trace.queried(query, rebuilt if isinstance(rebuilt, Refusal) else None)
        if isinstance(rebuilt, Refusal):
            return (
                rebuilt.with_permit(Permit(route.rule, path, rebuilt.rest))
                if isinstance(rebuilt, UndeclaredQuery)
                else rebuilt
            )
        return _make_permit(Permit, (route.rule, path, rebuilt))

    def _judge_matrix(
        self, method: bytes, target: bytes, fields: Fields, trace: Trace | None
    ) -> Permit | Refusal | None:
        """Judge a target with a `;` by the target that its matrix parameters stand for.

        Return None if no operation has such a path.
        """
        if b";" not in target:
            return None
        for one in self.matrix_paths:
            plain = one.plain_target(target)
            if plain and (verdict := _as_sent(self.judge(method, plain, fields), one, target)):
                if trace:
                    self.judge(method, plain, fields, trace)
                return verdict
        return None

    def _refuse(self, target: Target) -> Refusal:
        if target.slashed:
            return encoded_slash()
        methods = self.routes.methods(target)
        if not methods:
            return NOT_FOUND
        allow = b", ".join(methods)
        return Refusal(
            status=405,
            code="method-not-allowed",
            detail="This path does not allow that method.",
            hint=f"Use {' or '.join(method.decode() for method in methods)}.",
            headers=((b"Allow", allow),),
        )


def _as_sent(verdict: Permit | Refusal, matrix: MatrixPath, target: bytes) -> Permit | Refusal | None:
    """Return the verdict for a matrix path, made from the verdict for the path with plain values.

    Return None if another operation has that path.
    """
    path = target.partition(b"?")[0]
    if isinstance(verdict, UndeclaredQuery) and verdict.permit is not None:
        return verdict.with_permit(verdict.permit._replace(path=path)) if matrix.is_of(verdict.permit.rule) else None
    if isinstance(verdict, Refusal):
        return verdict
    return verdict._replace(path=path) if matrix.is_of(verdict.rule) else None
