"""The URLs of gateway.yaml: where the upstream is, which URL clients use, and the origins and hosts that may ask."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import SplitResult, urlsplit

from msgspec import Struct

from plugin_gateway.config.address import HOST, bracketed, is_this_machine, read_ipv6, socket_path
from plugin_gateway.config.mistake import Mistake
from plugin_gateway.config.url_mistake import find_host_mistake, find_url_mistake

DEFAULT_PORTS: Final = {"http": 80, "https": 443}
# RFC 3986, 3.3: pchar and "/", without ";" that some servers read as parameters; escapes are checked apart.
_SEGMENT_OF_MOUNT: Final = re.compile(r"[A-Za-z0-9_~-][A-Za-z0-9._~-]*")
"""A segment that every client and proxy writes in the same way. It does not begin with a dot, as `.well-known` does."""
_OWN_FILES: Final = frozenset({"openapi.json", "openapi.yaml", "ai-plugin.json"})
_PATH: Final = re.compile(r"(?:/(?:[A-Za-z0-9._~!$&'()*+,=:@-]|%[0-9A-Fa-f]{2})+)*/?")


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
        host = bracketed(self.host)
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"unix:{self.socket}" if self.socket else f"{self.scheme}://{self.authority}{self.prefix}"


def parse_upstream_url(text: object) -> UpstreamUrl:
    """Read `https://api.example.com/v2` or `unix:/run/api.sock`.

    Raises:
        Mistake: the URL has another scheme, userinfo (too many tools show secrets in URLs), a query, a fragment, or a
            path that a server could read in more than one way.

    """
    if isinstance(text, str) and text.startswith("unix:"):
        return UpstreamUrl(scheme="http", host="localhost", port=80, socket=socket_path(text))
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
    host = bracketed(_host(parts, text)).lower()
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
        return read_ipv6(host, text)
    if not HOST.fullmatch(host):
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
