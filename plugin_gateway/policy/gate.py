"""The gate: one pure decision for every face, REST and MCP alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plugin_gateway.policy.permit import Permit
from plugin_gateway.policy.query import decode_name, rebuild_query
from plugin_gateway.policy.refusal import Refusal
from plugin_gateway.policy.routing import RouteTable, compile_routes
from plugin_gateway.policy.rule import InjectedNames, operation_rule
from plugin_gateway.policy.target import Target, encoded_slash, read_parts
from plugin_gateway.policy.template import parse_template

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from plugin_gateway.openapi.document import Document, OperationKey
    from plugin_gateway.policy.permit import OperationRule
    from plugin_gateway.policy.routing import Route

NOT_FOUND = Refusal(
    status=404,
    code="operation-not-found",
    detail="No operation that this gateway offers matches the call.",
    hint="The operations on offer are in /openapi.json.",
)
"""One answer for what is denied and for what does not exist, so that it tells nothing of the upstream."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """What the allow-list says of one operation: that it may be called, under which name."""

    operation_id: str
    slashes: frozenset[str] = frozenset()
    """Path parameters that take encoded slashes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """Judges calls against one revision. Immutable and picklable."""

    routes: RouteTable
    rules: tuple[OperationRule, ...] = ()
    """Of every allowed operation, in document order."""
    withheld: frozenset[bytes] = frozenset()
    """Folded names of injected query parameters, which never pass."""

    def judge(self, method: bytes, target: bytes) -> Permit | Refusal:
        """Say whether a call may go upstream.

        `method` and `target` are the bytes of the request line (RFC 9112, 3): nothing decoded, nothing cleaned. Never
        raises.
        """
        parts = read_parts(target)
        if isinstance(parts, Refusal):
            return parts
        path, query, segments, _, slashed = parts
        routes = self.routes.find(method, segments)
        if routes is None:
            return self._refuse(Target(*parts))
        route = routes[0]
        if route.query:
            chosen = choose(routes, query)
            if chosen is None:
                return NOT_FOUND
            route = chosen
        if slashed and not slashed <= route.slashes:
            return encoded_slash()
        if (route.guard is not None or slashed) and route.find_shadow(read := Target(*parts)):
            return self._refuse(read)
        if not query:
            return Permit(route.rule, path, b"")
        rebuilt = rebuild_query(query, route.rule, self.withheld)
        return rebuilt if isinstance(rebuilt, Refusal) else Permit(route.rule, path, rebuilt)

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
            detail="This path is not offered for that method.",
            hint=f"Use {' or '.join(method.decode() for method in methods)}.",
            headers=((b"Allow", allow),),
        )


def compile_gate(
    document: Document, admitted: Mapping[OperationKey, Admission], injected: InjectedNames | None = None
) -> Gate:
    """Compile the gate for the `admitted` operations of a document."""
    names = injected or InjectedNames()
    variants = _denied_variants(document, admitted)
    rules = {
        key: operation_rule(
            operation,
            document,
            operation_id=admitted[key].operation_id,
            injected=names,
            withheld=_told_apart_by(key, variants),
        )
        for key, operation in document.operations.items()
        if key in admitted
    }
    slashes = {key: admission.slashes for key, admission in admitted.items() if admission.slashes}
    return Gate(
        routes=compile_routes(rules, document.operations, slashes), rules=tuple(rules.values()), withheld=names.query
    )


def _denied_variants(
    document: Document, admitted: Container[OperationKey]
) -> dict[tuple[str, object], list[tuple[bytes, ...]]]:
    """The required pairs of denied operations such as `/responses?beta=true`, by method and by the shape of their path."""
    variants: dict[tuple[str, object], list[tuple[bytes, ...]]] = {}
    for key in document.operations:
        if "?" in key.path and key not in admitted:
            template = parse_template(key.path)
            variants.setdefault((key.method, template.shape), []).append(template.query)
    return variants


def _told_apart_by(key: OperationKey, variants: Mapping[tuple[str, object], list[tuple[bytes, ...]]]) -> set[bytes]:
    """Query names that would turn a call of this operation into one of a denied variant."""
    template = parse_template(key.path)
    theirs = variants.get((key.method, template.shape), ())
    return {pair.partition(b"=")[0] for pairs in theirs for pair in pairs if pair not in template.query}


def choose(routes: tuple[Route, ...], query: bytes) -> Route | None:
    """The most demanding route whose required pairs are there, each of their names given once."""
    pairs = query.split(b"&")
    names = [decode_name(pair.partition(b"=")[0]) for pair in pairs]
    for route in routes:
        if all(pair in pairs and names.count(decode_name(pair.partition(b"=")[0])) == 1 for pair in route.query):
            return route
    return None
