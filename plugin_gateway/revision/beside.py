"""Further findings for a refused config: mistakes in the files and the document that it names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin_gateway.config.remains import RefusedConfigError
from plugin_gateway.diagnostics import Severity
from plugin_gateway.errors import FindingsError
from plugin_gateway.revision.agreed import GROUP_NOT_LOCKED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plugin_gateway.config.load import LoadedConfig
    from plugin_gateway.diagnostics import Finding


def completed(refused: RefusedConfigError, build: Callable[[LoadedConfig], object]) -> RefusedConfigError:
    """Return the error with the findings that `build` raises for the rest of the config: one report has all mistakes."""
    if refused.remains is None:
        return refused
    try:
        build(refused.remains)
    except FindingsError as error:
        return RefusedConfigError(
            [*refused.findings, *_new(refused, error.findings)], refused.remains, refused.given_up
        )
    return refused


def _new(refused: RefusedConfigError, findings: tuple[Finding, ...]) -> Iterator[Finding]:
    """Yield the errors that are new: not reported yet, and not caused by the parts that were taken out of the config.

    A group without a lock is reported only when the config is right, because `plugin-gateway lock` needs a right config.
    """
    known = {finding.location for finding in refused.findings if finding.location and finding.location.line}
    is_auth_wrong = any(finding.pointer and finding.pointer[0] == "auth" for finding in refused.findings)
    for finding in findings:
        pointer = finding.pointer or ()
        is_due = bool(pointer) and any(
            pointer[: len(one)] == one or one[: len(pointer)] == pointer for one in refused.given_up
        )
        is_of_document = finding.location is None or finding.location.file != refused.file
        if finding.severity is not Severity.ERROR or finding.location in known or finding.rule == GROUP_NOT_LOCKED:
            continue
        if is_of_document or not (is_due or (is_auth_wrong and pointer[:1] in (("auth",), ("consumers",)))):
            yield finding
