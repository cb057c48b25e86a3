"""An explanation: the gate's verdict on one call, step by step, for the operator. It names denied things; clients never see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plugin_gateway.policy.permit import Permit
from plugin_gateway.policy.refusal import Refusal
from plugin_gateway.policy.shadow import ANYTHING
from plugin_gateway.policy.target import read_target
from plugin_gateway.policy.variant import choose

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugin_gateway.policy.credentials import Injection
    from plugin_gateway.policy.gate import Gate
    from plugin_gateway.policy.permit import OperationRule
    from plugin_gateway.policy.routing import Route
    from plugin_gateway.policy.shadow import Condition, Shadow
    from plugin_gateway.policy.target import Target


@dataclass(frozen=True, slots=True)
class Step:
    """One question that the gate asked: its name, whether the call went on, and what was found."""

    name: str
    passed: bool
    finding: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The verdict and the steps to it; the last step is the one that decided."""

    verdict: Permit | Refusal
    steps: tuple[Step, ...]

    @property
    def is_allowed(self) -> bool:
        return isinstance(self.verdict, Permit)

    @property
    def rule(self) -> OperationRule | None:
        """The operation that the call would be."""
        return self.verdict.rule if isinstance(self.verdict, Permit) else None


def explain(
    gate: Gate, method: str, target: str, *, read: Injection | None = None, write: Injection | None = None
) -> Explanation:
    """Ask the gate, then retrace its steps. `read` and `write` are what safe and other methods get injected."""
    method_octets, octets = method.encode(errors="replace"), target.encode(errors="replace")
    verdict = gate.judge(method_octets, octets)
    steps = list(_retrace(gate, method_octets, octets, verdict))
    if isinstance(verdict, Permit):
        credential = read if verdict.rule.is_safe else write
        names = ", ".join(credential.names()) if credential else ""
        steps.append(Step("credential", True, f"sets {names}" if names else "sets nothing"))
    return Explanation(verdict=verdict, steps=tuple(steps))


def _retrace(gate: Gate, method: bytes, octets: bytes, verdict: Permit | Refusal) -> Iterator[Step]:
    target = read_target(octets)
    if isinstance(target, Refusal):
        yield Step("target", False, target.detail)
        return
    yield Step("target", True, f"{target.path.decode()} is one plain path")
    routes = gate.routes.find(method, target.segments)
    if routes is None:
        yield Step("route", False, _explain_no_route(gate, method, target))
        return
    route = choose(routes, target.query)
    if route is None:
        needed = "&".join(map(str, routes[-1].query))
        yield Step("route", False, f"{_name(routes[-1].rule)} is allowed only with {needed} in the query")
        return
    yield Step("route", True, f"{_name(route.rule)} is allowed, as {route.rule.operation_id}")
    yield from _explain_call(route, target, verdict)


def _explain_call(route: Route, target: Target, verdict: Permit | Refusal) -> Iterator[Step]:
    if target.slashed and not target.slashed <= route.slashes:
        yield Step("path", False, "an encoded slash stands where no parameter has `slashes: allowed`")
        return
    if shadow := route.find_shadow(target):
        yield Step("path", False, f"a server may take it for a path that is not allowed: {_describe(shadow)}")
        return
    yield Step("path", True, "no server can take it for a path that is not allowed")
    if isinstance(verdict, Refusal):
        yield Step("query", False, f"{verdict.detail} {verdict.hint}")
    else:
        yield Step("query", True, "every name is declared" if target.query else "there is none")


def _explain_no_route(gate: Gate, method: bytes, target: Target) -> str:
    methods = gate.routes.methods(target)
    if methods:
        return f"the path is allowed for {b', '.join(methods).decode()}, not for {method.decode(errors='replace')}"
    return "no allowed operation has this path"


def _describe(shadow: Shadow) -> str:
    return " and ".join(map(_describe_condition, shadow))


def _describe_condition(condition: Condition) -> str:
    if condition.patterns == ANYTHING:
        return "more after it"
    like = "a template with literals" if condition.patterns else f"`{condition.literal}`"
    return f"segment {condition.index} like {like}"


def _name(rule: OperationRule) -> str:
    return f"{rule.method} {rule.path_template}"
