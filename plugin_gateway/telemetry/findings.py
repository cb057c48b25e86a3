"""Findings in the log: one line each, with place and hint as separate members."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plugin_gateway.diagnostics import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugin_gateway.diagnostics import Finding
    from plugin_gateway.telemetry.log import Log

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "info"}


def log_findings(log: Log, findings: Iterable[Finding], event: str = "") -> None:
    """Write a line for each finding. The event is `event`, or the finding's rule if that is empty."""
    for finding in findings:
        log.event(_LEVELS[finding.severity], event or finding.rule, str(finding), **members_of(finding))


def members_of(finding: Finding) -> dict[str, Any]:
    """Return a finding as members of a log line, without the empty ones."""
    where = finding.location
    members = {
        "rule": finding.rule,
        "severity": str(finding.severity),
        "file": where.file if where else "",
        "line": where.line if where else 0,
        "column": where.column if where else 0,
        "hint": finding.hint,
    }
    return {name: value for name, value in members.items() if value}
