"""The collector of a config: `otel`, compiled with the facts about the gateway and the API that spans show."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from plugin_gateway.config.otel import has_extra
from plugin_gateway.config.url import DEFAULT_PORTS
from plugin_gateway.diagnostics import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plugin_gateway.config.model import Config
    from plugin_gateway.telemetry.collector import Collector


def compile_collector(config: Config, own_paths: Iterable[str]) -> Collector | None:
    """Compile `otel`. The gateway answers `own_paths` itself; they lack the path of `public.url`."""
    otel, public, upstream = config.otel, urlsplit(config.public_url), config.upstream.url
    if otel is None:
        return None
    from plugin_gateway.telemetry.collector import Collector  # noqa: PLC0415  # few configs have a collector

    paths = {path.partition("?")[0] for path in own_paths}
    return Collector(
        endpoint=otel.endpoint.rstrip("/"),
        headers=tuple((name, secret.reveal()) for name, secret in otel.headers.items()),
        traces=otel.traces,
        metrics=otel.metrics,
        sample=otel.sample,
        restarts=otel.parent == "restart",
        resource=(("service.name", otel.service), *otel.attributes.items()),
        interval_s=otel.interval,
        most_waiting=otel.queue,
        public_scheme=public.scheme,
        public_host=public.hostname or "",
        public_port=public.port or DEFAULT_PORTS[public.scheme],
        # A URL cannot name a path below a Unix socket, so spans name the Host that the API sees.
        upstream_url=f"{upstream.scheme}://{upstream.authority}{upstream.prefix}",
        upstream_host=upstream.host,
        upstream_port=upstream.port,
        own_paths=frozenset(paths | {config.public_path.rstrip("/") + path for path in paths}),
    )


def judge_collector(config: Config) -> Iterator[Finding]:
    """Yield an error if the extra is missing. Without the error, the gateway would start and send nothing."""
    if config.otel is not None and not has_extra():
        hint = "pip install 'plugin-gateway[otel]'"
        yield Finding(rule="missing-extra", message="`otel` needs the otel extra", hint=hint, pointer=("otel",))
