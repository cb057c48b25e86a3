"""The gate: the pure decision whether a call may go upstream, the same for REST and MCP."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from plugin_gateway.gate.matrix import MatrixPath, matrix_path
from plugin_gateway.gate.permit import Permit
from plugin_gateway.gate.query import rebuild_query
from plugin_gateway.gate.routing import RouteTable, compile_routes
from plugin_gateway.gate.rule import InjectedNames, operation_rule
from plugin_gateway.gate.search import find_routes
from plugin_gateway.gate.target import Target, encoded_slash, read_parts
from plugin_gateway.gate.template import parse_template
from plugin_gateway.gate.undeclared import UndeclaredQuery
from plugin_gateway.gate.variant import choose_route, contradict, fold_value, selecting_pairs
from plugin_gateway.openapi.document import OperationKey
from plugin_gateway.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from plugin_gateway.gate.permit import OperationRule
    from plugin_gateway.gate.trace import Trace
    from plugin_gateway.gate.variant import RequiredPair
    from plugin_gateway.openapi.document import Document
    from plugin_gateway.shape.shape import Shape

# The same as `Permit(...)`, without the Python frame of a named tuple's constructor.
_make_permit = tuple.__new__

NOT_FOUND = Refusal(
    status=404,
    code="operation-not-found",
    detail="No operation that this gateway offers matches the call.",
    hint="The gateway's openapi.json lists the operations that it offers.",
)
"""Denied and non-existent operations get the same answer, so it reveals nothing about the upstream."""


class Allowed(Struct, frozen=True, kw_only=True):
    """An allowed operation, as the allow-list describes it."""

    operation_id: str
    slashes: frozenset[str] = frozenset()
    """The path parameters whose values may hold encoded slashes."""
    credential: str = ""
    """The rule's `credential`."""
    links: tuple[tuple[str, ...], ...] = ()
    """The rule's `links`."""
    shape: Shape | None = None
    """The rule's `shape`."""


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

    def judge(self, method: bytes, target: bytes, trace: Trace | None = None) -> Permit | Refusal:
        """Decide whether a call may go upstream; record the steps in `trace`, if given.

        `method` and `target` are the bytes of the request line (RFC 9112, 3), neither decoded nor cleaned. Never raises.
        """
        parts = read_parts(target)
        if isinstance(parts, Refusal):
            if parts.code == "malformed-target" and (verdict := self._judge_matrix(method, target, trace)):
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
        if route.query:
            chosen = choose_route(routes, query)
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

    def _judge_matrix(self, method: bytes, target: bytes, trace: Trace | None) -> Permit | Refusal | None:
        """Judge a target with a `;` by the target that its matrix parameters stand for; None if no operation has such a path."""
        if b";" not in target:
            return None
        for one in self.matrix_paths:
            plain = one.plain_target(target)
            if plain and (verdict := _as_sent(self.judge(method, plain), one, target)):
                if trace:
                    self.judge(method, plain, trace)
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
    """Return the verdict for a matrix path, from that for the path with plain values; None if another operation has that path."""
    path = target.partition(b"?")[0]
    if isinstance(verdict, UndeclaredQuery) and verdict.permit is not None:
        return verdict.with_permit(verdict.permit._replace(path=path)) if matrix.is_of(verdict.permit.rule) else None
    if isinstance(verdict, Refusal):
        return verdict
    return verdict._replace(path=path) if matrix.is_of(verdict.rule) else None


def compile_gate(
    document: Document, allowed: Mapping[OperationKey, Allowed], injected: InjectedNames | None = None
) -> Gate:
    """Compile the gate for the `allowed` operations of a document."""
    names = injected or InjectedNames()
    rules = compile_rules(document, allowed, names)
    slashes = {key: one.slashes for key, one in allowed.items() if one.slashes}
    return Gate(
        routes=compile_routes(rules, _known_operations(document), slashes),
        rules=tuple(rules.values()),
        withheld=names.query,
        matrix_paths=tuple(
            one
            for key in rules
            if isinstance(one := matrix_path(document.operations[key], document, slashes.get(key, ())), MatrixPath)
        ),
    )


def compile_rules(
    document: Document,
    allowed: Mapping[OperationKey, Allowed],
    injected: InjectedNames,
    only: Container[OperationKey] | None = None,
) -> dict[OperationKey, OperationRule]:
    """Compile the rules of the `allowed` operations, or of `only` some of them."""
    known = _known_operations(document)
    variants = _denied_variants(known, allowed)
    return {
        key: operation_rule(
            operation,
            document,
            operation_id=allowed[key].operation_id,
            credential=allowed[key].credential,
            links=allowed[key].links,
            shape=allowed[key].shape,
            injected=injected,
            withheld=_distinguishing_names(key, known[key], variants),
            denied_pairs=_denied_pairs(key, known[key], variants),
        )
        for key, operation in document.operations.items()
        if key in allowed and (only is None or key in only)
    }


def _known_operations(document: Document) -> dict[OperationKey, tuple[RequiredPair, ...]]:
    """Return all operations that the API has, with those that overlays took out of its document, and the pairs that select each.

    Without these, a call of the denied `/pets/mine` would pass as one of the allowed `/pets/{id}`. Operations that an overlay wrote
    again with other parameter names are left out.
    """
    present = {key: selecting_pairs(key, document) for key in document.operations}
    removed = {key: selecting_pairs(key, document) for key in document.removed}
    if not removed:
        return present
    on_the_wire = {_on_the_wire(key, pairs) for key, pairs in present.items()}
    return present | {key: pairs for key, pairs in removed.items() if _on_the_wire(key, pairs) not in on_the_wire}


def _on_the_wire(key: OperationKey, pairs: tuple[RequiredPair, ...]) -> tuple[str, object, frozenset[RequiredPair]]:
    return key.method, parse_template(key.path).shape, frozenset(pairs)


_Variants: TypeAlias = "Mapping[tuple[str, object], list[tuple[RequiredPair, ...]]]"


def _denied_variants(
    known: Mapping[OperationKey, tuple[RequiredPair, ...]], allowed: Container[OperationKey]
) -> _Variants:
    """The selecting pairs of denied operations such as `/responses?beta=true`, by the method and shape of their path."""
    variants: dict[tuple[str, object], list[tuple[RequiredPair, ...]]] = {}
    for key, pairs in known.items():
        if pairs and key not in allowed:
            variants.setdefault((key.method, parse_template(key.path).shape), []).append(pairs)
    return variants


def _distinguishing_names(key: OperationKey, ours: tuple[RequiredPair, ...], variants: _Variants) -> set[bytes]:
    """Query names that would turn a call of this operation into a call of a denied variant.

    Names that select the operation itself are left out: `choose_route` judges their values.
    """
    own = {pair.name for pair in ours}
    return {pair.name for pairs in _near(key, ours, variants) for pair in pairs if pair.name not in own}


def _denied_pairs(key: OperationKey, ours: tuple[RequiredPair, ...], variants: _Variants) -> set[tuple[bytes, str]]:
    """The names with the values that select a denied variant."""
    return {
        (pair.name, fold_value(pair.value))
        for pairs in _near(key, ours, variants)
        for pair in pairs
        if pair.value is not None
    }


def _near(
    key: OperationKey, ours: tuple[RequiredPair, ...], variants: _Variants
) -> tuple[tuple[RequiredPair, ...], ...]:
    """The pairs of the denied variants that a call of this operation could match, too."""
    theirs = variants.get((key.method, parse_template(key.path).shape), ())
    return tuple(pairs for pairs in theirs if not contradict(ours, pairs))
