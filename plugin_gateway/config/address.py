"""An address: where a listener is, by host and port or by the path of a Unix socket."""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

from plugin_gateway.config.mistake import Mistake

HOST: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,252}[A-Za-z0-9_])?\.?")
"""A host name or an IPv4 address."""


class Address(Struct, frozen=True):
    """The address of a listener: a host and port, or the path of a Unix socket."""

    host: str = ""
    port: int = 0
    socket: str = ""

    def __str__(self) -> str:
        return f"unix:{self.socket}" if self.socket else f"{bracketed(self.host)}:{self.port}"


def is_this_machine(host: str) -> bool:
    """Return whether the host is this machine, by its name or address alone (RFC 6761, 6.3; RFC 1122, 3.2.1.3)."""
    import ipaddress  # noqa: PLC0415  # `--help` does not pay for it

    name = host.lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def parse_address(text: object) -> Address:
    """Read `127.0.0.1:8080`, `[::1]:8080`, `:8080` (every interface) or `unix:/run/gateway.sock`.

    Raises:
        Mistake: the text has another form.
    """
    hint = _address_hint(text) or "write HOST:PORT, such as 127.0.0.1:8080, [::1]:8080 or :8080, or unix:/path"
    if not isinstance(text, str):
        raise Mistake("bad-address", "not an address", got=text, hint=hint)
    if text.startswith("unix:"):
        return Address(socket=socket_path(text))
    host, colon, port = text.rpartition(":")
    if re.fullmatch(r"[0-9]+", port) and int(port[:9]) > 65535:
        raise Mistake("bad-address", f"the port {port[:9]} is not between 0 and 65535", got=text, hint=hint)
    if not colon or not re.fullmatch(r"[0-9]{1,5}", port) or int(port) > 65535:
        raise Mistake("bad-address", "not an address with a port between 0 and 65535", got=text, hint=hint)
    if host.startswith("[") and host.endswith("]"):
        return Address(read_ipv6(host[1:-1], text), int(port))
    if host and not HOST.fullmatch(host):
        raise Mistake("bad-address", "not a host name or address", got=text, hint=hint)
    return Address(host or "0.0.0.0", int(port))


def _address_hint(text: object) -> str:
    """Return a hint for an address that is written as a port, a URL, a mapping or an IPv6 address without brackets."""
    if isinstance(text, dict):
        host, port = text.get("host", text.get("address", "")), text.get("port")
        return f"write {host}:{port}" if isinstance(host, str) and isinstance(port, int | str) else ""
    if text is None or isinstance(text, bool):
        return ""
    written = str(text).strip()
    if re.fullmatch(r"[0-9]+", written):
        exists = len(written) <= 5 and int(written) <= 65535
        return f"write :{written} for every interface, or 127.0.0.1:{written} for this machine alone" if exists else ""
    if isinstance(text, list):
        return f"write {text[0]}, without brackets or dash" if len(text) == 1 else ""
    if match := re.fullmatch(r"\*:?([0-9]{1,5})", written):
        return f"write :{match[1]}"
    if match := re.fullmatch(r"[a-z]+://([^/]+?)(:[0-9]+)?/*", written):
        address = f"write {match[1]}{match[2] or ':8080'}"
        return f"{address}; a proxy in front of the gateway terminates TLS" if written.startswith("https:") else address
    host, colon, port = written.rpartition(":")
    if re.fullmatch(r"[0-9]{1,5}", port) and host.count(":") > 1 and not host.startswith("["):
        return f"write [{host}]:{port}"
    if match := re.fullmatch(r"([0-9]{1,5})[:/][0-9]{1,5}|([0-9]{1,5})/tcp", written):
        return f"write :{match[1] or match[2]}"
    if not colon and HOST.fullmatch(written):
        return f"the port is missing: write {written}:8080"
    return ""


def read_ipv6(host: str, text: object) -> str:
    """Return an IPv6 address in its normal form; `text` is the value in gateway.yaml.

    Raises:
        Mistake: it is not one.

    """
    import ipaddress  # noqa: PLC0415  # rare, and `--help` does not pay for it

    try:
        return str(ipaddress.IPv6Address(host))
    except ValueError:
        raise Mistake("bad-address", "not an IPv6 address", got=text, hint="write [::1]:8080") from None


def socket_path(text: str) -> str:
    """Return the path in `unix:/run/gateway.sock`.

    Raises:
        Mistake: it is not the path of a Unix socket.

    """
    path = text.removeprefix("unix:")
    # Docker and systemd write unix:///run/api.sock, a URL without a host.
    path = path.removeprefix("//") if path.startswith("///") else path
    hint = "write unix:/run/api.sock"
    if ":/" in path:
        raise Mistake("bad-address", "a Unix socket cannot have a URL path", got=text, hint=hint)
    # sun_path has 108 bytes on Linux, the last one NUL (unix(7)).
    if (
        not path.startswith("/")
        or path.startswith("//")
        or path.endswith("/")
        or not path.isprintable()
        or len(path.encode("utf-8", "replace")) > 107
    ):
        raise Mistake("bad-address", "not the path of a Unix socket", got=text, hint=hint)
    return path


def bracketed(host: str) -> str:
    """Return the host as it stands in front of a port: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host else host
