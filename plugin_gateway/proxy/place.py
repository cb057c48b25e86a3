"""A place: where a connection to the upstream leads, in words for the operator's log and never for a client."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plugin_gateway.revision import UpstreamTarget


def place(target: UpstreamTarget, host: str = "", port: int = 0) -> str:
    """Return where a connection leads: to one address of the upstream if that is given, else to its name."""
    if target.socket:
        return target.socket
    host, port = host or target.host, port or target.port
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
