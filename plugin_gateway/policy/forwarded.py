"""The forwarded origin: how the upstream is told under which origin clients reach it, in the fields that frameworks read."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple, TypeAlias
from urllib.parse import urlsplit

Mode: TypeAlias = Literal["none", "x-forwarded", "rfc7239", "host"]

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class Forwarded(NamedTuple):
    """What goes up because of it: further field lines, and a Host in place of the upstream's own."""

    lines: bytes = b""
    host: bytes = b""


def forwarded(mode: Mode, public_url: str) -> Forwarded:
    """Say what tells the upstream of `public_url`. Nothing of it comes from a caller, so the upstream may believe it."""
    parts = urlsplit(public_url)
    match mode:
        case "none":
            return Forwarded()
        case "host":
            return Forwarded(host=parts.netloc.encode())
        case "rfc7239":
            # RFC 7239, 4: a value with `:` or brackets is quoted.
            return Forwarded(f'Forwarded: host="{parts.netloc}";proto={parts.scheme}\r\n'.encode())
        case "x-forwarded":
            port = parts.port or _DEFAULT_PORTS[parts.scheme]
            fields = {"Host": parts.netloc, "Port": str(port), "Proto": parts.scheme, "Prefix": parts.path.rstrip("/")}
            lines = (f"X-Forwarded-{name}: {value}\r\n" for name, value in fields.items() if value)
            return Forwarded("".join(lines).encode())
