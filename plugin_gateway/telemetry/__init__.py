"""Telemetry: access records, the log and the counters. They never contain a secret or a query value."""

from plugin_gateway.telemetry.audit import Audit
from plugin_gateway.telemetry.bridge import attach, detach, telling
from plugin_gateway.telemetry.counters import Counters
from plugin_gateway.telemetry.findings import log_findings, members_of
from plugin_gateway.telemetry.log import Log
from plugin_gateway.telemetry.outage import Outage
from plugin_gateway.telemetry.record import AccessRecord
from plugin_gateway.telemetry.recorder import Recorder
from plugin_gateway.telemetry.series import Series, SeriesKey, lasting, merge

__all__ = [
    "AccessRecord",
    "Audit",
    "Counters",
    "Log",
    "Outage",
    "Recorder",
    "Series",
    "SeriesKey",
    "attach",
    "detach",
    "lasting",
    "log_findings",
    "members_of",
    "merge",
    "telling",
]
