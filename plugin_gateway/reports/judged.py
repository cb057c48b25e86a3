"""A judged gateway: its breaches of the rules of directories and clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin_gateway.diagnostics import Severity, summary

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugin_gateway.diagnostics import Finding
    from plugin_gateway.export.candidate import Candidate
    from plugin_gateway.export.platforms.rule import Platform
    from plugin_gateway.revision.build import Built


def judge_by_platform(
    built: Built, platforms: Iterable[Platform], candidate: Candidate | None = None
) -> dict[Platform, list[Finding]]:
    """Return what breaks the rules of each platform, located in gateway.yaml. A rule of several platforms is judged once.

    `candidate` is the gateway's candidate, if the caller has it already.
    """
    found: dict[Platform, list[Finding]] = {platform: [] for platform in platforms}
    if not found:
        return found
    from plugin_gateway.export.platforms.judge import judge_each  # noqa: PLC0415  # `check` without a platform must not pay for it
    from plugin_gateway.reports.exporting import candidate_of  # noqa: PLC0415  # `check` without a platform must not pay for it

    if candidate is None:
        candidate = candidate_of(built, has_digest=False)
    for rule, findings in judge_each(candidate, found):
        located = built.loaded.located(findings)
        for platform in rule.platforms & found.keys():
            found[platform] += located
    return found


def verdict(findings: Iterable[Finding]) -> str:
    """Return a line on whether a platform accepts the gateway."""
    findings = tuple(findings)
    if not findings:
        return "fits"
    is_refused = any(finding.severity is Severity.ERROR for finding in findings)
    return f"{'does not fit' if is_refused else 'fits'}, {summary(findings)}"
