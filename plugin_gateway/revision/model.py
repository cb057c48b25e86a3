"""A revision: everything a worker needs to serve one config and document, compiled once and never changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from plugin_gateway.admission.limits import CallLimits
from plugin_gateway.approvals.settings import NO_SETTINGS, ApprovalSettings
from plugin_gateway.callers.model import Callers
from plugin_gateway.credentials.grant import TokenGrant
from plugin_gateway.discreet import Discreet
from plugin_gateway.revision.pinned import NOTHING_PINNED, Pinned
from plugin_gateway.revision.tls_files import NO_TLS_FILES, TlsFiles
from plugin_gateway.tools.tool_set import NO_TOOLS, ToolSet

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from plugin_gateway.admission.bounds import Bounds
    from plugin_gateway.credentials.injection import Injection
    from plugin_gateway.diagnostics import Finding
    from plugin_gateway.gate.gate import Gate
    from plugin_gateway.gate.mount import Mount
    from plugin_gateway.gate.permit import OperationRule
    from plugin_gateway.publish.face import Face
    from plugin_gateway.revision.agreed import Drifted
    from plugin_gateway.revision.mcp import McpSettings
    from plugin_gateway.telemetry.collector import Collector


class UpstreamSettings(Struct, frozen=True, kw_only=True):
    """How permitted calls reach the upstream: one origin, one path prefix. Times are in seconds; 0 or less means never.

    `host` is a name or address to connect to (IPv6 without brackets), `socket` a Unix socket path used instead;
    `authority` is the value of Host, and `host_field` replaces it if set; `prefix` is put before every path, without a
    trailing slash. `forwarded` are field lines that give the upstream the public origin.
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
    """Pass on the upstream's challenges, which are about the gateway's credential."""
    forwarded: bytes = b""
    host_field: bytes = b""
    may_echo: bool = True
    """The upstream may repeat secrets from the request in its answers."""
    passes_unreadable: bool = False
    """Answers that the gateway cannot search for secrets pass nevertheless."""


class LogSettings(Struct, frozen=True, kw_only=True):
    """The settings of the log: `format` is `auto`, `json` or `text`, `level` one of `telemetry.log.LEVELS`."""

    format: str = "auto"
    level: str = "info"


class AuditSettings(Struct, frozen=True, kw_only=True):
    """The file of the audit, and the path parameters whose values it shows.

    `digest` is the revision's digest, once it is known.
    """

    file: str
    values: frozenset[str] = frozenset()
    digest: str = ""


class View(Struct, frozen=True, kw_only=True):
    """The gate and the documents of one consumer, with only the operations that it may call."""

    consumer: str
    gate: Gate
    faces: Mapping[str, Face]
    """The documents only: the manifest names no operation and is the same for all consumers."""
    tools: ToolSet = NO_TOOLS


class Revision(Discreet, frozen=True, kw_only=True):
    """One config and one document, compiled. Workers know nothing else about them.

    `faces` maps a path on the public listener to the face served there; a profile's path is `/openapi.json?profile=plugin`.
    """

    HIDDEN = ("read_injection", "write_injection", "operation_injections", "other_secrets")

    number: int
    public_url: str
    mount: Mount | None = None
    """The path of `public_url`, as targets arrive with it; None if it has none, or if a proxy removes it."""
    gate: Gate
    rules: tuple[OperationRule, ...]
    faces: Mapping[str, Face]
    page: Face | None = None
    """The page at `/` for people with a browser; None if it is off, or if an operation is there."""
    upstream: UpstreamSettings
    read_injection: Injection
    write_injection: Injection
    operation_injections: Mapping[str, Injection] = field(default_factory=dict)
    """By operation id, for operations with their own credential."""
    other_secrets: tuple[str, ...] = ()
    """Secrets that the gateway sends besides the injected ones: to the document's server, the introspection endpoint, Redis."""
    limits: Bounds
    cors_origins: tuple[str, ...]
    operations_total: int
    log: LogSettings = LogSettings()
    audit: AuditSettings | None = None
    otel: Collector | None = None
    """Gets traces and metrics; None if they are off."""
    callers: Callers = field(default_factory=Callers)
    call_limits: CallLimits = field(default_factory=CallLimits)
    approvals: ApprovalSettings = NO_SETTINGS
    """For the operations whose shape says that calls need approval."""
    mcp: McpSettings | None = None
    """None if there is no MCP endpoint."""
    tools: ToolSet = NO_TOOLS
    """All allowed operations, as tools; a consumer's are in its view."""
    views: tuple[View, ...] = ()
    """The views of `callers.consumers`, in their order."""
    warnings: tuple[Finding, ...] = ()
    notes: tuple[Finding, ...] = ()
    """What each profile of the document leaves out."""
    pinned: Pinned = NOTHING_PINNED
    """The operations that the entries of the lists named, for the next compile in this run; workers do not use it."""
    held: tuple[str, ...] = ()
    """Operations that the document added to groups, and that stay closed."""
    drifted: tuple[Drifted, ...] = ()
    """Operations that are not as they were locked, and what became of each."""

    @property
    def digest(self) -> str:
        """The digest of the revision (`revision.digest`).

        Computing it renders every face, so read it once, and only to show it.
        """
        from plugin_gateway.revision.digest import digest_of  # noqa: PLC0415  # it has rules for the fields of this class

        return digest_of(self)

    @property
    def all_rules(self) -> tuple[OperationRule, ...]:
        """The rules of all gates: each view has its own."""
        return (*self.rules, *(rule for view in self.views for rule in view.gate.rules))

    @property
    def injections(self) -> tuple[Injection, ...]:
        return (self.read_injection, self.write_injection, *self.operation_injections.values())

    @property
    def needs_approvals(self) -> bool:
        """Whether calls of any operation need the approval of a person."""
        return any(rule.shape is not None and rule.shape.needs_approval for rule in self.rules)

    def injection_of(self, rule: OperationRule) -> Injection:
        """The injection for one operation: its own, or else the one for safe methods or the one for other methods."""
        own = self.operation_injections.get(rule.operation_id)
        if own is not None:
            return own
        return self.read_injection if rule.is_safe else self.write_injection

    @property
    def secrets(self) -> tuple[str, ...]:
        """The secrets that no answer to any call may show, each once."""
        injected = (secret for injection in self.injections for secret in injection.secrets)
        return tuple(dict.fromkeys((*injected, *self.other_secrets)))

    @property
    def gets_tokens(self) -> bool:
        """Whether calls carry access tokens that the gateway requests."""
        return any(isinstance(injection.grant, TokenGrant) for injection in self.injections)

    @property
    def has_secrets(self) -> bool:
        """Whether there are secrets that no answer may show, now or after the gateway got a token."""
        return holds_secrets(self.injections, self.other_secrets)


def holds_secrets(injections: Iterable[Injection], other_secrets: Sequence[str]) -> bool:
    """Whether there are secrets that no answer may show, now or after the gateway got a token."""
    return bool(other_secrets) or any(one.secrets or isinstance(one.grant, TokenGrant) for one in injections)
