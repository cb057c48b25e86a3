"""A revision: everything a worker needs to serve one config and document, compiled once and never changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from plugin_gateway.admission.limits import CallLimits
from plugin_gateway.callers.model import Callers
from plugin_gateway.credentials.grant import TokenGrant
from plugin_gateway.revision.pinned import NOTHING_PINNED, Pinned
from plugin_gateway.revision.tls_files import NO_TLS_FILES, TlsFiles

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from plugin_gateway.admission.bounds import Bounds
    from plugin_gateway.credentials.injection import Injection
    from plugin_gateway.diagnostics import Finding
    from plugin_gateway.gate.gate import Gate
    from plugin_gateway.gate.permit import OperationRule
    from plugin_gateway.publish.face import Face


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamTarget:
    """Where permitted calls go: one origin, one path prefix. Times in seconds, 0 or less is never.

    `forwarded` are field lines that tell it the public origin, `host_field` is sent as Host in place of `authority`.
    `host` is a name or address to connect to (IPv6 without brackets), `socket` a Unix socket path instead of it;
    `authority` is the Host field sent; `prefix` is put before every path, without a trailing slash.
    """

    host: str
    port: int
    authority: bytes
    tls: bool = False
    socket: str = ""
    prefix: bytes = b""
    connect_timeout_s: float = 3.0
    read_timeout_s: float = 30.0
    total_timeout_s: float = 45.0
    connections: int = 256
    idle_timeout_s: float = 30.0
    tls_files: TlsFiles = NO_TLS_FILES
    forward_headers: frozenset[bytes] = frozenset()
    keep_set_cookie: bool = False
    keep_challenges: bool = False
    """Pass on what the upstream says of the gateway's credential."""
    forwarded: bytes = b""
    host_field: bytes = b""
    may_echo: bool = True
    """It may repeat what it was sent, secrets among it."""
    passes_unreadable: bool = False
    """What cannot be searched for secrets passes all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSettings:
    """What is logged, and how: `format` is `auto`, `json` or `text`, `level` one of `telemetry.log.LEVELS`."""

    format: str = "auto"
    level: str = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The gate and the documents of one consumer. What it may not call is in neither."""

    consumer: str
    gate: Gate
    faces: Mapping[str, Face]
    """The documents only: the manifest names no operation and is the same for everybody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One config and one document, compiled. Workers hold this and nothing else of either.

    `faces` maps a path on the public listener to its bytes, `/openapi.json?profile=plugin` for a profile.
    """

    number: int
    public_url: str
    gate: Gate
    rules: tuple[OperationRule, ...]
    faces: Mapping[str, Face]
    upstream: UpstreamTarget
    read_injection: Injection = field(repr=False)
    write_injection: Injection = field(repr=False)
    operation_injections: Mapping[str, Injection] = field(default_factory=dict, repr=False)
    """By operation id, for those that have one of their own."""
    other_secrets: tuple[str, ...] = field(default=(), repr=False)
    """What the gateway sends that is secret, besides what is injected: to the document's server, the introspection endpoint, Redis."""
    limits: Bounds
    cors_origins: tuple[str, ...]
    operations_total: int
    log: LogSettings = LogSettings()
    callers: Callers = field(default_factory=Callers)
    call_limits: CallLimits = field(default_factory=CallLimits)
    views: tuple[View, ...] = ()
    """One for each of `callers.consumers`, in their order."""
    warnings: tuple[Finding, ...] = ()
    notes: tuple[Finding, ...] = ()
    """What each profile of the document drops."""
    pinned: Pinned = NOTHING_PINNED
    """What the entries of the lists named: for the next compile in this run, and no worker's business."""
    held: tuple[str, ...] = ()
    """What the document added to groups and stays closed."""

    @property
    def digest(self) -> str:
        """Compute the digest of all that is served and forwarded. That renders every face, so ask once, and only to tell it."""
        from plugin_gateway.revision.digest import digest_of  # noqa: PLC0415  # it has rules for the fields of this class

        return digest_of(self)

    @property
    def injections(self) -> tuple[Injection, ...]:
        return (self.read_injection, self.write_injection, *self.operation_injections.values())

    def injection_of(self, rule: OperationRule) -> Injection:
        """What is set on the calls of one operation: its own, or that for safe methods, or that for the others."""
        own = self.operation_injections.get(rule.operation_id)
        if own is not None:
            return own
        return self.read_injection if rule.is_safe else self.write_injection

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no answer may show, whichever call it is for; each once."""
        injected = (secret for injection in self.injections for secret in injection.secrets)
        return tuple(dict.fromkeys((*injected, *self.other_secrets)))

    @property
    def gets_tokens(self) -> bool:
        """Calls carry access tokens that the gateway gets."""
        return any(isinstance(injection.grant, TokenGrant) for injection in self.injections)

    @property
    def has_secrets(self) -> bool:
        """There is something that no answer may show, now or once a token was got."""
        return holds_secrets(self.injections, self.other_secrets)


def holds_secrets(injections: Iterable[Injection], other_secrets: Sequence[str]) -> bool:
    """Tell whether there is something that no answer may show, now or once a token was got."""
    return bool(other_secrets) or any(one.secrets or isinstance(one.grant, TokenGrant) for one in injections)
