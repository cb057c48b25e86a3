"""Reports of an attack: findings for `check`'s formats, a JUnit file, and a table for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape, quoteattr

from plugin_gateway.diagnostics import Finding, Severity
from plugin_gateway.hostile.case import Feature

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugin_gateway.diagnostics import Location
    from plugin_gateway.hostile.campaign import Leak, Outcome

_RULES: Final = {feature: f"attack-{feature.name.lower()}" for feature in Feature}


def findings_of(outcome: Outcome, location: Location) -> Iterator[Finding]:
    """Yield a finding for each leak, and one if the attack proves nothing. `location` is the place of the allow-list."""
    for leak in outcome.leaks:
        yield Finding(rule=_RULES[leak.case.feature], message=_message(leak), location=location)
    if outcome.proves_nothing:
        yield Finding(
            rule="attack-control",
            message="no allowed call was forwarded, so the attack proves nothing",
            hint="run `plugin-gateway try` with one of them to see why",
            location=location,
        )
        return
    if outcome.silent:
        yield Finding(
            rule="attack-control",
            severity=Severity.NOTE,
            message=f"the plain call of {_shown(outcome.silent)} was refused, so the attack proves less about it",
            location=location,
        )
    if outcome.unsent:
        yield Finding(
            rule="attack-control",
            severity=Severity.NOTE,
            message=f"the approved call of {_shown(outcome.unsent)} was refused, so the attack proves less about held calls",
            location=location,
        )


def _shown(operations: list[str]) -> str:
    return ", ".join(f"`{one}`" for one in operations[:5]) + (" and others" if len(operations) > 5 else "")


def table_of(outcome: Outcome) -> Iterator[str]:
    """Yield a line for each feature: how many cases held, and how many leaked."""
    leaked = {
        feature: len({leak.case for leak in outcome.leaks if leak.case.feature is feature}) for feature in Feature
    }
    for feature, played in outcome.played.items():
        held = played - leaked[feature]
        verdict = f"{held} held" if not leaked[feature] else f"{held} held, {leaked[feature]} LEAKED"
        if feature is Feature.CONTROL:
            verdict = f"{played - len(outcome.silent)} of {played} forwarded"
        yield f"{feature:28} {verdict}"


def junit_of(outcome: Outcome) -> str:
    """Return a JUnit report with one test case for each feature."""
    suites = []
    failed = 0
    for feature, played in outcome.played.items():
        leaks = [leak for leak in outcome.leaks if leak.case.feature is feature]
        failed += bool(leaks)
        text = escape("\n".join(_message(leak) for leak in leaks))
        inner = f"<failure message={quoteattr(f'{len(leaks)} leaks')}>{text}</failure>" if leaks else ""
        suites.append(
            f'<testcase classname="attack" name={quoteattr(f"{feature} ({played} cases)")}>{inner}</testcase>'
        )
    if outcome.proves_nothing:
        failed += 1
        suites.append(
            '<testcase classname="attack" name="control"><failure message="no allowed call was forwarded"/></testcase>'
        )
    head = f'<testsuite name="plugin-gateway attack" tests="{len(suites)}" failures="{failed}" errors="0">'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head}\n' + "\n".join(suites) + "\n</testsuite>\n"


def _message(leak: Leak) -> str:
    who = f" as `{leak.caller}`" if leak.caller else ""
    arrived = f"; the upstream got `{leak.arrived}`" if leak.arrived else ""
    return f"`{leak.case.entry}`, {leak.case.name}{who}: {leak.what}; sent `{leak.case.shown}`{arrived}"
