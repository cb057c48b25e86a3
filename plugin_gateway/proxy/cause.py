"""A cause: where and why a connection or a call failed, in words for the operator's log and never for a client."""

from __future__ import annotations

import os
import socket
import ssl
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plugin_gateway.revision import UpstreamTarget


def place(target: UpstreamTarget, host: str = "", port: int = 0) -> str:
    """Return where a connection leads: to one address of the upstream if that is given, else to its name."""
    if target.socket:
        return target.socket
    host, port = host or target.host, port or target.port
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def cause_of(error: BaseException) -> str:
    """Say what the operating system, the resolver or TLS complained about, without numbers that only libraries use."""
    match error:
        case ssl.SSLCertVerificationError():
            return str(error.verify_message).rstrip(".")
        case ssl.SSLError() if error.reason:
            return f"TLS: {error.reason.replace('_', ' ').lower()}"
        case socket.gaierror():
            return f"name not known ({error.strerror})"
        case TimeoutError():
            return "no connection in time"
        case OSError() if error.errno:
            return os.strerror(error.errno).lower()
        case UnicodeError():
            return "not a legal host name"
        case _:
            return str(error) or type(error).__name__
