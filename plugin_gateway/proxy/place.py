"""A place: the endpoint of an upstream connection, in words for the operator's log; clients never see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plugin_gateway.revision import UpstreamSettings


def place(upstream: UpstreamSettings, host: str = "", port: int = 0) -> str:
    """Return the endpoint of a connection: the given address of the upstream, or its name."""
    if upstream.socket:
        return upstream.socket
    host, port = host or upstream.host, port or upstream.port
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
