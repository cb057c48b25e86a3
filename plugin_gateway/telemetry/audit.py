"""The audit: one entry for each call and each revision, without any value of a caller that the operator has not listed."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import unquote

from plugin_gateway.telemetry.record import approval_of, decision_of, shown_method
from plugin_gateway.telemetry.trail import Trail

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from plugin_gateway.gate.permit import OperationRule
    from plugin_gateway.telemetry.record import AccessRecord

_logger = logging.getLogger("plugin_gateway.audit")
_MOST_VALUE: Final = 200


class AuditTerms(NamedTuple):
    """What an audit shows: the path parameters whose values are written, and the digest of the revision that judges calls."""

    values: frozenset[str]
    revision: str


class Audit:
    """The audit of one worker."""

    def __init__(self, timestamp: Callable[[float], str]) -> None:
        self._timestamp = timestamp
        self._terms = AuditTerms(frozenset(), "")
        self._trail: Trail | None = None
        self._rules: tuple[OperationRule, ...] = ()
        self._rules_before: tuple[OperationRule, ...] = ()
        """Holding the rules keeps their `id` from later rules."""
        self._older: dict[int, str] = {}
        """The digest of the revision before, by the `id` of each of its rules: a call may have begun with one."""
        self._is_failing = False
        self._lost_before = 0

    @property
    def lost(self) -> int:
        """The number of entries that could not be written."""
        return self._lost_before + (self._trail.lost if self._trail is not None else 0)

    def adopt(self, file: str, terms: AuditTerms, rules: Iterable[OperationRule], now_s: float) -> None:
        """Write to `file` from now on, after an entry that names the revision; an empty name ends the audit."""
        before = self._terms
        self._rules_before, self._rules = self._rules, tuple(rules)
        self._older = {id(rule): before.revision for rule in self._rules_before}
        self._terms = terms
        trail = self._trail
        if trail is not None and str(trail.file) != file:
            trail.close()
            self._lost_before += trail.lost
            trail = None
        is_new = trail is None or before.revision != terms.revision
        self._trail = (trail or Trail(Path(file))) if file else None
        if is_new:
            self._write([{"time": self._timestamp(now_s), "event": "revision", "revision": terms.revision}])

    def close(self) -> None:
        """Write the waiting entries, and end the audit."""
        self.adopt("", self._terms, (), 0.0)

    def add(self, records: Sequence[AccessRecord]) -> None:
        """Write one entry for each record."""
        if self._trail is not None:
            self._write([self._entry(record) for record in records])

    def _write(self, entries: list[dict[str, object]]) -> None:
        trail = self._trail
        if trail is None:
            return
        error = trail.write(entries)
        if error is not None and not self._is_failing:
            message = (
                "the audit cannot be written to %s: %s; calls are still answered, and their entries are counted as lost"
            )
            _logger.error(message, trail.file, error.strerror or error, extra={"event": "audit-failed"})
        elif error is None and self._is_failing:
            _logger.warning("the audit is written to %s again", trail.file, extra={"event": "audit-restored"})
        self._is_failing = error is not None

    def _entry(self, record: AccessRecord) -> dict[str, object]:
        rule, (listed, revision) = record.rule, self._terms
        entry: dict[str, object] = {
            "time": self._timestamp(record.unix_time_s),
            "event": "call",
            "request_id": record.request_id.decode("ascii", "backslashreplace"),
            "client": record.client,
            "caller": record.consumer,
            "method": shown_method(record.method),
            "operation": rule.operation_id if rule is not None else "",
            "path": rule.path_template if rule is not None else "",
            "decision": decision_of(record),
            "reason": record.reason,
            "status": record.status,
            "approval": approval_of(record),
            "revision": self._older.get(id(rule), revision),
        }
        if rule is not None and listed and (values := _values(rule.path_template, record.target, listed)):
            entry["values"] = values
        return {name: value for name, value in entry.items() if value != ""}


def _values(template: str, target: bytes, listed: frozenset[str]) -> dict[str, str]:
    """Return the values of the listed path parameters that take a whole segment, decoded and cut."""
    path = target.partition(b"?")[0].decode("ascii", "replace")
    pairs = zip(template.partition("?")[0].split("/"), path.split("/"), strict=False)
    return {
        name: unquote(value, errors="replace")[:_MOST_VALUE]
        for segment, value in pairs
        if segment[:1] == "{" and segment[-1:] == "}" and (name := segment[1:-1]) in listed
    }
