"""A collector: the OpenTelemetry server that gets traces and metrics, and the settings of both."""

from __future__ import annotations

from plugin_gateway.discreet import Discreet


class Collector(Discreet, frozen=True, kw_only=True):
    """The settings of the export. The `repr` shows no header."""

    HIDDEN = ("headers",)

    endpoint: str
    """The URL to which `/v1/traces` and `/v1/metrics` are added."""
    headers: tuple[tuple[str, str], ...] = ()
    traces: bool = True
    metrics: bool = True
    sample: float = 1.0
    """The share of traces that are recorded, from 0 to 1."""
    restarts: bool = False
    """Begin a new trace for each call, and link it to the caller's."""
    resource: tuple[tuple[str, str], ...] = ()
    """The attributes of the resource, `service.name` among them."""
    interval_s: float = 60.0
    """The time between two exports of metrics."""
    most_waiting: int = 4096
    """How many spans may wait while the collector does not answer. Later spans are dropped and counted."""
    public_scheme: str = "http"
    public_host: str = ""
    public_port: int = 0
    upstream_url: str = ""
    """The URL of the API up to the path of an operation."""
    upstream_host: str = ""
    upstream_port: int = 0
    own_paths: frozenset[str] = frozenset()
    """The gateway's own paths. They are public, so spans may show them."""
