"""The gate: one pure decision for every face, REST and MCP alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plugin_gateway.policy.permit import Permit
    from plugin_gateway.policy.refusal import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """Judges calls against one revision. Immutable and picklable."""

    def judge(self, method: bytes, target: bytes) -> Permit | Refusal:
        """Say whether a call may go upstream.

        `method` and `target` are the bytes of the request line (RFC 9112, 3): nothing decoded, nothing cleaned. Never
        raises.
        """
        raise NotImplementedError
