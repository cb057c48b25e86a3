"""The reload log: how reloads end, as lines of the log and as what `/readyz` and the metrics show."""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING

from plugin_gateway.endpoints.admin import Reloads
from plugin_gateway.reload.turnover import turnover
from plugin_gateway.telemetry import log_findings, members_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugin_gateway.diagnostics import Finding
    from plugin_gateway.reload.outcome import Compiled
    from plugin_gateway.telemetry import Log


class ReloadLog:
    """Writes a line when a reload ends, and while the start waits for the document."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self.counts = Reloads()
        self.error = ""
        """The report of the last reload, if it failed."""
        self.awaited = ""
        """The report that explains why the start waits for the document."""
        self._bound: dict[str, object] = {}
        """The addresses of the first revision, on which the gateway listens."""

    def awaits(self, findings: Iterable[Finding]) -> None:
        """Log that the document's server does not answer yet, once for each cause."""
        if (cause := "; ".join(map(str, findings))) != self.awaited:
            self.awaited = cause
            message = f"not ready; retrying until the document's server answers: {cause}"
            self._log.event("warning", "document-awaited", message, cause=cause)

    def arrived(self, waited_s: float) -> None:
        """Log that the first revision is compiled, if the start waited for the document."""
        if self.awaited:
            self._log.event("info", "document-there", f"the document arrived after {waited_s:.0f} s")
            self.awaited = ""

    def served(self, before: Compiled, now: Compiled, took_s: float) -> None:
        """Log what the new revision changed. Its log settings apply from this line on."""
        self.error = ""
        self.counts = self.counts.after(served=True, at=time())
        self._log.adopt(format=now.log.format, level=now.log.level)
        log_findings(self._log, now.warnings)
        changed = turnover(before.served, now.served)
        message = (
            f"revision {now.number} is served: {now.operations} of {now.operations_total} operations, "
            f"after {took_s:.2f} s; {changed}"
        )
        members = {"revision": now.number, "digest": now.digest, **changed.members()}
        self._log.event("info", "reloaded", message, **members)
        self._bound = self._bound or _addresses(before)
        if (written := _addresses(now)) != _addresses(before) and written != self._bound:
            names = [name for name, address in written.items() if address != self._bound[name]]
            message = f"{' and '.join(f'`{name}`' for name in names)} will change after a restart"
            self._log.event("warning", "restart-needed", message)

    def changed_nothing(self, before: Compiled, now: Compiled) -> None:
        """Log that a refresh changed nothing, and whether the document can be fetched."""
        self.error = ""
        if now.stale != before.stale:
            if now.stale:
                self._log.event("warning", "document-stale", now.stale)
            else:
                self._log.event("info", "document-fresh", "the document can be fetched again")
        self._log.event("debug", "document-unchanged", "the document did not change what is served")

    def refused(self, report: str, findings: Iterable[Finding] = (), *, is_asked: bool) -> None:
        """Log that the current revision stays. A refresh that fails again with the same report is not logged again."""
        if is_asked or report != self.error:
            members = {"report": report, "findings": [{"message": one.message, **members_of(one)} for one in findings]}
            self._log.event("error", "reload-failed", f"the reload changed nothing: {report}", **members)
        self.error = report
        self.counts = self.counts.after(served=False, at=time())


def _addresses(compiled: Compiled) -> dict[str, object]:
    return {"listen": compiled.listen, "admin": compiled.admin, "metrics": compiled.metrics}
