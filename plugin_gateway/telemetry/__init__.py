"""Telemetry: access records, the log and the counters. They never contain a secret or a query value.

A name is imported when it is asked for: a process that begins needs the log, and neither the audit nor the records.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from plugin_gateway.telemetry.audit import Audit
    from plugin_gateway.telemetry.bridge import attach, detach, telling
    from plugin_gateway.telemetry.counters import NOW, Counters, Series, lasting, merge
    from plugin_gateway.telemetry.findings import log_findings, members_of
    from plugin_gateway.telemetry.log import Log
    from plugin_gateway.telemetry.outage import Outage
    from plugin_gateway.telemetry.record import AccessRecord
    from plugin_gateway.telemetry.recorder import Recorder

__all__ = [
    "NOW",
    "AccessRecord",
    "Audit",
    "Counters",
    "Log",
    "Outage",
    "Recorder",
    "Series",
    "attach",
    "detach",
    "lasting",
    "log_findings",
    "members_of",
    "merge",
    "telling",
]

_HOMES: Final = {
    "audit": ("Audit",),
    "bridge": ("attach", "detach", "telling"),
    "counters": ("NOW", "Counters", "Series", "lasting", "merge"),
    "findings": ("log_findings", "members_of"),
    "log": ("Log",),
    "outage": ("Outage",),
    "record": ("AccessRecord",),
    "recorder": ("Recorder",),
}


def __getattr__(name: str) -> Any:
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(name)
