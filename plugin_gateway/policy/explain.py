"""An explanation: the gate's verdict on one call, step by step, for the operator. It names denied things; clients never see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plugin_gateway.policy.permit import Permit
from plugin_gateway.policy.trace import Step, Trace

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from plugin_gateway.policy.credentials import Injection
    from plugin_gateway.policy.gate import Gate
    from plugin_gateway.policy.permit import OperationRule
    from plugin_gateway.policy.refusal import Refusal

    InjectionOf: TypeAlias = Callable[[OperationRule], Injection | None]


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


def explain(gate: Gate, method: str, target: str, *, injection_of: InjectionOf | None = None) -> Explanation:
    """Ask the gate, and have it tell how it came to its verdict. `injection_of` says what a call of a rule gets injected."""
    trace = Trace()
    verdict = gate.judge(method.encode(errors="replace"), target.encode(errors="replace"), trace)
    steps = trace.steps
    if isinstance(verdict, Permit):
        credential = injection_of(verdict.rule) if injection_of else None
        names = ", ".join(credential.names()) if credential else ""
        steps.append(Step("credential", True, f"sets {names}" if names else "sets nothing"))
    return Explanation(verdict=verdict, steps=tuple(steps))
