"""The upstream of a config, compiled: how calls reach it, and the fields that give it the public origin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias
from urllib.parse import urlsplit

from plugin_gateway.config.header_names import NOT_WHERE_SEARCHED, TELLS_THE_ORIGIN, fold_header
from plugin_gateway.config.url import DEFAULT_PORTS
from plugin_gateway.diagnostics import Finding
from plugin_gateway.revision.model import UpstreamSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugin_gateway.config.model import Config
    from plugin_gateway.revision.tls_files import TlsFiles

Mode: TypeAlias = Literal["none", "x-forwarded", "rfc7239", "host"]


class Forwarded(NamedTuple):
    """The effect of `upstream.forwarded` on a call: extra field lines, and a Host in place of the upstream's."""

    lines: bytes = b""
    host: bytes = b""


def compile_upstream(config: Config, tls_files: TlsFiles) -> UpstreamSettings:
    """Compile `upstream`; `tls_files` are the contents of the files that `upstream.tls` names."""
    upstream, url = config.upstream, config.upstream.url
    forwarding = forwarded(upstream.forwarded, config.public_url)
    return UpstreamSettings(
        host=url.host,
        port=url.port,
        authority=url.authority.encode(),
        tls=url.tls,
        socket=url.socket,
        prefix=url.prefix.encode(),
        connect_timeout_s=upstream.timeout.connect,
        read_timeout_s=upstream.timeout.read,
        total_timeout_s=upstream.timeout.total,
        connections=upstream.connections,
        tls_files=tls_files,
        forward_headers=frozenset(name.lower().encode() for name in upstream.headers.forward),
        keep_set_cookie=upstream.headers.pass_set_cookie,
        keep_challenges=upstream.unauthorized == "pass",
        forwarded=forwarding.lines,
        host_field=forwarding.host,
        may_echo=upstream.echoes == "possible",
        passes_unreadable=upstream.unreadable == "pass",
    )


def find_useless_fields(config: Config) -> Iterator[Finding]:
    """Find headers in `forward` that are never forwarded because the gateway searches answers for secrets."""
    for index, name in enumerate(config.upstream.headers.forward):
        if fold_header(name.encode()) in map(fold_header, NOT_WHERE_SEARCHED):
            yield Finding(
                rule="bad-header-name",
                message=f"the gateway searches answers for secrets, so a caller's `{name}` never reaches the upstream",
                hint="remove it, or write `echoes: never` under `upstream` if the upstream's answers never repeat a secret",
                pointer=("upstream", "headers", "forward", index),
            )


def forwarded(mode: Mode, public_url: str) -> Forwarded:
    """Return the fields that give the upstream `public_url`.

    They have nothing of the caller, so the upstream can trust them.
    """
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
            port = parts.port or DEFAULT_PORTS[parts.scheme]
            values = (parts.netloc, str(port), parts.scheme, parts.path.rstrip("/"))
            fields = zip(TELLS_THE_ORIGIN[mode], values, strict=True)
            lines = (f"{name}: {value}\r\n" for name, value in fields if value)
            return Forwarded("".join(lines).encode())
