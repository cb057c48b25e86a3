"""A trace: the steps of the gate's verdict on one call. It is for the operator only, because it names denied operations."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

from plugin_gateway.gate.permit import Permit
from plugin_gateway.gate.shadow import ANYTHING
from plugin_gateway.gate.variant import NO_FIELDS, describe_pairs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugin_gateway.gate.gate import Gate
    from plugin_gateway.gate.permit import OperationRule
    from plugin_gateway.gate.routing import Route
    from plugin_gateway.gate.shadow import Condition, Shadow
    from plugin_gateway.gate.variant import Fields
    from plugin_gateway.refusal import Refusal


class Step(NamedTuple):
    """One step of a verdict: its name, whether the call passed it, and the finding."""

    name: str
    passed: bool
    finding: str


class Trace:
    """Collects the steps of one verdict; the last step decided. The gate runs without a trace when it serves calls."""

    def __init__(self) -> None:
        self.steps: list[Step] = []

    def unreadable(self, refusal: Refusal) -> None:
        self._add("target", False, finding_of(refusal))

    def read(self, path: bytes) -> None:
        self._add("target", True, f"{path.decode()} means the same path to every server")

    def without_route(self, method: bytes, methods: Sequence[bytes]) -> None:
        allowed = b", ".join(methods).decode()
        detail = f"the path is allowed for {allowed}, not for {method.decode(errors='replace')}"
        self._add("route", False, detail if methods else "no allowed operation has this path")

    def without_variant(self, routes: Sequence[Route]) -> None:
        rule = routes[-1].rule
        self._add("route", False, f"{_name(rule)} is allowed only with {describe_pairs(rule.required)}")

    def routed(self, rule: OperationRule) -> None:
        self._add("route", True, f"{_name(rule)} is allowed, as {rule.operation_id}")

    def slashed(self) -> None:
        self._add("path", False, "the path has an encoded slash where no parameter has `slashes: allowed`")

    def shadowed(self, shadow: Shadow) -> None:
        described = " and ".join(map(_describe, shadow))
        self._add(
            "path", False, f"a server may treat it as a path that is not allowed, or that has other rules: {described}"
        )

    def plain(self) -> None:
        self._add("path", True, "no server can treat it as a path that is not allowed")

    def queried(self, query: bytes, refusal: Refusal | None) -> None:
        if refusal is not None:
            hint = refusal.hint[:1].lower() + refusal.hint[1:].removesuffix(".")
            self._add("query", False, f"{finding_of(refusal)}: {hint}")
        else:
            self._add("query", True, "every name is declared" if query else "the call has no query")

    def _add(self, name: str, passed: bool, finding: str) -> None:
        self.steps.append(Step(name, passed, finding))


class Explanation(Struct, frozen=True, kw_only=True):
    """The verdict and the steps to it; the last step decided."""

    verdict: Permit | Refusal
    steps: tuple[Step, ...]

    @property
    def is_allowed(self) -> bool:
        return isinstance(self.verdict, Permit)

    @property
    def rule(self) -> OperationRule | None:
        """The rule of the operation that the call matches, or None if it is refused."""
        return self.verdict.rule if isinstance(self.verdict, Permit) else None


def explain(gate: Gate, method: str, target: str, fields: Fields = NO_FIELDS) -> Explanation:
    """Ask the gate for its verdict on a call, and for the steps to it."""
    trace = Trace()
    verdict = gate.judge(method.encode(errors="replace"), target.encode(errors="replace"), fields, trace)
    return Explanation(verdict=verdict, steps=tuple(trace.steps))


def finding_of(refusal: Refusal) -> str:
    """Return the sentence of a refusal in the style of the other findings. It begins with "The", or with an operationId."""
    detail = refusal.detail.removesuffix(".")
    return f"the {detail[4:]}" if detail.startswith("The ") else detail


def _describe(condition: Condition) -> str:
    if condition.patterns == ANYTHING:
        return "more after it"
    like = "a template with literals" if condition.patterns else f"`{condition.literal}`"
    return f"segment {condition.index} like {like}"


def _name(rule: OperationRule) -> str:
    return f"{rule.method} {rule.path_template}"
