"""The approval log: what happens to approvals, as lines of the log and as counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin_gateway.telemetry.series import SeriesKey

if TYPE_CHECKING:
    from plugin_gateway.approvals.approval import Approval, Verdict
    from plugin_gateway.approvals.held_call import HeldCall
    from plugin_gateway.approvals.registry import Registry
    from plugin_gateway.config.address import Address
    from plugin_gateway.telemetry import Log, Series


class ApprovalLog:
    """Writes a line when a call is first held, when a person decides, and when the call runs.

    Paths and bodies are the caller's data, so they are on the approver's page and in no line.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        self._is_full = False

    def judged(self, held: HeldCall, verdict: Verdict) -> None:
        """Log the verdict about a call."""
        if verdict.is_new:
            self._is_full = False
            message = f"a call of {held.operation} waits for approval: `plugin-gateway approve {verdict.id}`"
            self._log.event("warning", "approval-asked", message, approval=verdict.id, operation=held.operation)
        elif verdict.kind == "run":
            message = f"an approved call of {held.operation} runs"
            self._log.event("info", "approval-used", message, approval=verdict.id, operation=held.operation)
        elif verdict.kind == "full" and not self._is_full:
            self._is_full = True  # a caller must not be able to fill the log
            message = f"a call of {held.operation} is refused: too many calls wait for approval"
            self._log.event("warning", "approvals-full", message, operation=held.operation)

    def decided(self, approval: Approval, way: str, address: str) -> None:
        """Log a person's decision, its way, and the address that it came from."""
        operation = approval.held.operation
        message = f"a call of {operation} is {approval.state} by {address}"
        members = {"approval": approval.id, "operation": operation, "way": way, "client": address}
        self._log.event("info", f"approval-{approval.state}", message, **members)


def approval_series(registry: Registry) -> Series:
    """Return the counts of a registry; none if this gateway has never seen an approval."""
    if not any(registry.counts.values()):
        return {}
    counts: Series = {SeriesKey("approvals", (result,)): [count] for result, count in registry.counts.items()}
    return {**counts, SeriesKey("approvals", is_gauge=True): [registry.pending]}


def url_of(address: Address) -> str:
    """Return the URL at which a person on this machine reaches a listener; empty for a Unix socket."""
    if address.socket:
        return ""
    host = "localhost" if address.host in {"", "0.0.0.0", "::"} else address.host  # compared, not listened on
    return f"http://[{host}]:{address.port}" if ":" in host else f"http://{host}:{address.port}"
