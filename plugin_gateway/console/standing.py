"""The standing of the gateway: the state that the header of each screen and the screen Health show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct, field
from msgspec.structs import asdict
from starlette.responses import JSONResponse

from plugin_gateway import __version__
from plugin_gateway.config.find import STANDARD_INPUT
from plugin_gateway.console.answer import shown_findings
from plugin_gateway.console.handler import Handler
from plugin_gateway.endpoints.admin import readiness
from plugin_gateway.telemetry.series import SeriesKey

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from plugin_gateway.console.config_state import ConfigState
    from plugin_gateway.endpoints.admin import Health
    from plugin_gateway.telemetry import Series

_OF_UPSTREAM: Final = ("upstream", "bad-upstream")
_GAUGES: Final = (
    ("calls_in_flight", "calls"),
    ("client_connections", "connections"),
    ("workers_memory_bytes", "memory"),
    ("workers_open_files", "descriptors"),
)


class Standing(Struct, frozen=True, kw_only=True):
    """What the supervisor knows of the gateway at one moment."""

    health: Health
    config: ConfigState
    why_read_only: str = ""
    """Why the console cannot save; empty if it can."""
    approvals: int = 0
    """The number of calls that wait for a person."""
    public_url: str = ""
    limits: Mapping[str, str | int | None] = field(default_factory=dict)


def standing_handlers(
    standing: Callable[[], Standing], series: Callable[[], Awaitable[Series]]
) -> tuple[Handler, Handler]:
    """Return the handlers of `state` and `health`."""

    async def state(_: Request, __: bytes) -> Response:
        return JSONResponse(state_of(standing()))

    async def health(_: Request, __: bytes) -> Response:
        return JSONResponse(health_of(standing(), await series()))

    return Handler(path="state", answer=state), Handler(path="health", answer=health)


def state_of(now: Standing) -> dict[str, Any]:
    config, health = now.config, now.health
    return {
        "file": str(config.path) if config.path not in {None, STANDARD_INPUT} else None,
        "base": config.base,
        "is_writable": not now.why_read_only,
        "why_read_only": now.why_read_only,
        "sync": config.sync,
        "findings": shown_findings(config.findings),
        "revision": {
            "number": health.revision,
            "digest": health.digest,
            "operations": health.operations,
            "operations_total": health.operations_total,
        },
        "held": health.held,
        "drifted": [
            {"operation": one.operation, "outcome": one.outcome, "parts": one.changed} for one in health.drifted
        ],
        "stale": health.stale or None,
        "approvals": now.approvals,
        "public_url": now.public_url,
        "version": __version__,
    }


def health_of(now: Standing, series: Series) -> dict[str, Any]:
    """Return all of `/readyz`, and the numbers that a person asks for first when something is wrong."""
    health = now.health
    return {
        **readiness(health),
        "worker_restarts": health.restarts,
        **{name: int(series.get(SeriesKey(gauge, is_gauge=True), [0])[0]) for name, gauge in _GAUGES},
        "quarantine": [one.operation for one in health.drifted if one.outcome == "quarantined"],
        "reloads": asdict(health.reloads),
        "upstream_failures": _failures(series),
        "log_lines_dropped": int(series.get(SeriesKey("dropped"), [0])[0]),
        "limits": dict(now.limits),
    }


def _failures(series: Series) -> dict[str, int]:
    """Count the calls that the upstream failed, by their problem code."""
    counts: dict[str, int] = {}
    for key, numbers in series.items():
        reason = key.labels[2] if key.name == "calls" and not key.is_gauge else ""
        if reason.startswith(_OF_UPSTREAM):
            counts[reason] = counts.get(reason, 0) + int(numbers[0])
    return counts
