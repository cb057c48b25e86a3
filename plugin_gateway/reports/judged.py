"""A gateway, judged by the rules of directories and clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin_gateway.diagnostics import Severity, summary

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugin_gateway.diagnostics import Finding
    from plugin_gateway.export.targets.rule import Target
    from plugin_gateway.revision.build import Built


def judge_targets(built: Built, targets: Iterable[Target]) -> dict[Target, tuple[Finding, ...]]:
    """Return what breaks the rules of each target, located in gateway.yaml."""
    targets = tuple(targets)
    if not targets:
        return {}
    from plugin_gateway.export.targets.judge import judge  # noqa: PLC0415  # `check` without a target must not pay for it
    from plugin_gateway.reports.exporting import candidate_of  # noqa: PLC0415  # likewise

    candidate = candidate_of(built, has_digest=False)
    return {target: built.loaded.located(judge(candidate, {target})) for target in targets}


def verdict(findings: Iterable[Finding]) -> str:
    """Say whether a target accepts the gateway."""
    findings = tuple(findings)
    if not findings:
        return "fits"
    is_refused = any(finding.severity is Severity.ERROR for finding in findings)
    return f"{'does not fit' if is_refused else 'fits'}, {summary(findings)}"
