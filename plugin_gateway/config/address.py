"""Addresses: where the gateway listens, where the upstream is, and the URL that clients use."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import SplitResult, urlsplit

from msgspec import Struct

from plugin_gateway.config.mistake import Mistake
from plugin_gateway.config.url_mistake import find_host_mistake, find_url_mistake

DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_HOST: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,252}[A-Za-z0-9_])?\.?")
# RFC 3986, 3.3: pchar and "/", without ";" that some servers read as parameters; escapes are checked apart.
_SEGMENT_OF_MOUNT: Final = re.compile(r"[A-Za-z0-9_~-][A-Za-z0-9._~-]*")
"""A segment that every client and proxy writes in the same way. It does not begin with a dot, as `.well-known` does."""
_OWN_FILES: Final = frozenset({"openapi.json", "openapi.yaml", "ai-plugin.json"})
_PATH: Final = re.compile(r"(?:/(?:[A-Za-z0-9._~!$&'()*+,=:@-]|%[0-9A-Fa-f]{2})+)*/?")


class Address(Struct, frozen=True):
    """The address of a listener: a host and port, or the path of a Unix socket."""

    host: str = ""
    port: int = 0
    socket: str = ""

    def __str__(self) -> str:
        return f"unix:{self.socket}" if self.socket else f"{_bracketed(self.host)}:{self.port}"


class UpstreamUrl(Struct, frozen=True, kw_only=True):
    """An origin (RFC 9110, 4.3.1) and the path prefix that no call can leave; `prefix` has no trailing slash."""

    scheme: str
    host: str
    port: int
    socket: str = ""
    prefix: str = ""

    @property
    def tls(self) -> bool:
        return self.scheme == "https"

    @property
    def authority(self) -> str:
        """The value of the Host field; it has a port only if that is not the scheme's default."""
        host = _bracketed(self.host)
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"unix:{self.socket}" if self.socket else f"{self.scheme}://{self.authority}{self.prefix}"


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
        Mistake: the text has none of these forms.

    """
    hint = _address_hint(text) or "write HOST:PORT, such as 127.0.0.1:8080, [::1]:8080 or :8080, or unix:/path"
    if not isinstance(text, str):
        raise Mistake("bad-address", "not an address", got=text, hint=hint)
    if text.startswith("unix:"):
        return Address(socket=_socket_path(text))
    host, colon, port = text.rpartition(":")
    if re.fullmatch(r"[0-9]+", port) and int(port[:9]) > 65535:
        raise Mistake("bad-address", f"the port {port[:9]} is not between 0 and 65535", got=text, hint=hint)
    if not colon or not re.fullmatch(r"[0-9]{1,5}", port) or int(port) > 65535:
        raise Mistake("bad-address", "not an address with a port between 0 and 65535", got=text, hint=hint)
    if host.startswith("[") and host.endswith("]"):
        return Address(_ipv6(host[1:-1], text), int(port))
    if host and not _HOST.fullmatch(host):
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
    if not colon and _HOST.fullmatch(written):
        return f"the port is missing: write {written}:8080"
    return ""


def parse_upstream_url(text: object) -> UpstreamUrl:
    """Read `https://api.example.com/v2` or `unix:/run/api.sock`.

    Raises:
        Mistake: the URL has another scheme, userinfo (too many tools show secrets in URLs), a query, a fragment, or a
            path that a server could read in more than one way.

    """
    if isinstance(text, str) and text.startswith("unix:"):
        return UpstreamUrl(scheme="http", host="localhost", port=80, socket=_socket_path(text))
    parts = _split(text, schemes=("http", "https"), or_else=", or unix:/path")
    prefix = parts.path.rstrip("/")
    unescaped = re.sub(r"%2[eE]", ".", prefix)
    if "*" in prefix:
        hint = (
            f"write {parts.scheme}://{parts.netloc}{prefix.partition('*')[0].rstrip('/')}: it includes all paths below"
        )
        raise Mistake("bad-url", "a URL cannot contain `*`", got=text, hint=hint)
    if (
        not _PATH.fullmatch(prefix)
        or {".", ".."} & set(unescaped.split("/"))
        or re.search(r"%(2[fF]|5[cC]|00)", prefix)
    ):
        raise Mistake(
            "bad-url",
            "the path can be read in more than one way",
            got=text,
            hint="remove empty and dot segments, `;`, braces, encoded slashes and backslashes, and non-ASCII characters",
        )
    return UpstreamUrl(scheme=parts.scheme, host=_host(parts, text), port=_port(parts), prefix=prefix)


def parse_public_url(text: object) -> str:
    """Read the URL that clients use; return it in its normal form, without a trailing slash.

    Raises:
        Mistake: the URL is http for another machine, or its path has more than one spelling.

    """
    parts = _split(text, schemes=("http", "https"), or_else="")
    path = parts.path.removesuffix("/")
    if not all(map(_SEGMENT_OF_MOUNT.fullmatch, path.split("/")[1:])):
        raise Mistake(
            "public-url",
            "the path can be written in more than one way",
            got=text,
            hint="use only letters, digits, `-`, `_`, `.` and `~` between single slashes, such as https://api.example.com/plugin",
        )
    if path.rpartition("/")[2] in _OWN_FILES:
        raise Mistake(
            "public-url",
            "names a file of the gateway, not the gateway",
            got=text,
            hint=f"write {parts.scheme}://{parts.netloc}{path.rpartition('/')[0]}",
        )
    host = _host(parts, text)
    if parts.scheme == "http" and not is_this_machine(host):
        raise Mistake(
            "public-url-https",
            "must be https; plain http is allowed only for localhost, 127.0.0.1 and [::1]",
            got=text,
            hint="clients refuse a remote plugin without TLS: terminate TLS in front of the gateway and write https://",
        )
    return str(UpstreamUrl(scheme=parts.scheme, host=host, port=_port(parts), prefix=path))


def parse_origin(text: object) -> str:
    """Read one CORS origin (RFC 6454, 6.2) in its serialised form, or `*`.

    Raises:
        Mistake: the origin has a path, a trailing slash or another part that browsers never send.

    """
    if text == "*":
        return "*"
    if text == "null":
        hint = "remove it: every sandboxed page and local file has this origin"
        raise Mistake("bad-origin", "the origin `null` cannot be allowed", got=text, hint=hint)
    if isinstance(text, str) and re.match(r"https?://\*\.", text):
        raise Mistake(
            "bad-origin", "an origin has no wildcard", got=text, hint="list each origin, or write `*` for all"
        )
    parts = _split(text, schemes=("http", "https"), or_else=", or `*`")
    if parts.path:
        raise Mistake(
            "bad-origin",
            "an origin has no path, and no slash at the end",
            got=text,
            hint=f"write {parts.scheme}://{parts.netloc}",
        )
    return str(UpstreamUrl(scheme=parts.scheme, host=_host(parts, text), port=_port(parts)))


def parse_host(text: object) -> str:
    """Read one value of the Host field (RFC 9110, 7.2): HOST or HOST:PORT, in lower case.

    Raises:
        Mistake: the text is something else, such as a URL.

    """
    hint = "write HOST or HOST:PORT, such as gateway.internal or [::1]:8080"
    if not isinstance(text, str) or not re.fullmatch(r"[^\s/?#@\\]+", text):
        netloc = urlsplit(text).netloc.rpartition("@")[2] if isinstance(text, str) and "://" in text else ""
        raise Mistake("bad-address", "not a host", got=text, hint=f"write {netloc}" if netloc else hint)
    try:
        parts = urlsplit(f"//{text}")
        port = parts.port
    except ValueError:
        raise Mistake("bad-address", "not a host with a port between 0 and 65535", got=text, hint=hint) from None
    host = _bracketed(_host(parts, text)).lower()
    return host if port is None else f"{host}:{port}"


def parse_absolute_url(text: object) -> str:
    """Check any http or https URL without userinfo, and return it unchanged.

    Raises:
        Mistake: the text is not such a URL.

    """
    parts = _split(text, schemes=("http", "https"), or_else="", with_query=True)
    _host(parts, text)
    return str(text)


def _split(text: object, *, schemes: tuple[str, ...], or_else: str, with_query: bool = False) -> SplitResult:
    if mistake := find_url_mistake(text, schemes=schemes, or_else=or_else):
        raise mistake
    try:
        parts = urlsplit(str(text))
    except ValueError:
        raise Mistake("bad-url", "not a URL", got=text, hint="check its brackets and its port") from None
    if not with_query and (parts.query or parts.fragment or str(text).endswith(("?", "#"))):
        hint = "remove everything after the path"
        if parts.query:
            hint += "; `upstream.credential` adds a key to the query: {query: NAME, value: {env: …}}"
        raise Mistake("bad-url", "must not have a query or fragment", got=text, hint=hint)
    return parts


def _host(parts: SplitResult, text: object) -> str:
    host = parts.hostname or ""
    if "[" in parts.netloc:
        if "%" in host:
            # A zone has a meaning on one machine only (RFC 6874), and the Host field cannot carry it.
            raise Mistake("bad-address", "an address with a zone is not supported", got=text, hint="remove `%…`")
        return _ipv6(host, text)
    if not _HOST.fullmatch(host):
        hint = "" if host.isascii() else f"write an international name in its xn-- form{_in_ascii(host)}"
        raise Mistake("bad-url", "not a host name", got=text, hint=hint or "use only letters, digits, dots and hyphens")
    if why := find_host_mistake(host):
        raise Mistake("bad-url", why, got=text, hint="write the host name or IPv4 address in full")
    return host


def _in_ascii(host: str) -> str:
    try:
        return f": {host.encode('idna').decode()}"
    except UnicodeError:
        return ""


def _port(parts: SplitResult) -> int:
    return parts.port or DEFAULT_PORTS[parts.scheme]


def _ipv6(host: str, text: object) -> str:
    import ipaddress  # noqa: PLC0415  # rare, and `--help` does not pay for it

    try:
        return str(ipaddress.IPv6Address(host))
    except ValueError:
        raise Mistake("bad-address", "not an IPv6 address", got=text, hint="write [::1]:8080") from None


def _socket_path(text: str) -> str:
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


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
