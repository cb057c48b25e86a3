"""A place: the endpoint of an upstream connection, in words for the operator's log; clients never see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plugin_gateway.revision import UpstreamTarget


def place(target: UpstreamTarget, host: str = "", port: int = 0) -> str:
    """Return the endpoint of a connection: the given address of the upstream, or its name."""
    if target.socket:
        return target.socket
    host, port = host or target.host, port or target.port
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
