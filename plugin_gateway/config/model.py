"""The config: gateway.yaml as one frozen value, with the default and the description of every key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal
from urllib.parse import urlsplit

from msgspec import field

from plugin_gateway.config.address import Address
from plugin_gateway.config.approvals import Approvals
from plugin_gateway.config.auth import Auth, NoAuth
from plugin_gateway.config.console import Console, ConsoleMode, ConsoleOrOff, mode_of
from plugin_gateway.config.consumer import Consumer
from plugin_gateway.config.document_source import DocumentSource
from plugin_gateway.config.fields import (
    Duration,
    ListenAddress,
    Origin,
    ToTuple,
)
from plugin_gateway.config.limits import Limits
from plugin_gateway.config.manifest import Manifest
from plugin_gateway.config.mcp import Mcp
from plugin_gateway.config.mistake import Mistake
from plugin_gateway.config.otel import OtelOrOff
from plugin_gateway.config.path_fields import WRITTEN_SCHEMA, WrittenPath
from plugin_gateway.config.plugin import Plugin
from plugin_gateway.config.public import Public
from plugin_gateway.config.reader import ChangeValue
from plugin_gateway.config.record import Record
from plugin_gateway.config.selector import AllowEntry, OnDrift, Selector
from plugin_gateway.config.upstream import Upstream
from plugin_gateway.config.url import UpstreamUrl

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_HTTP = "http"


def _numbered(entries: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(entry.numbered(index) for index, entry in enumerate(entries))


class ClientTimeout(Record):
    """How long a client may take."""

    example: ClassVar[str] = "{head: 10s, body: 10s, idle: 75s}"
    other_words: ClassVar[dict[str, str]] = {
        "keepalive": "idle",
        "keep_alive": "idle",
        "header": "head",
        "read": "body",
    }

    head: Duration = 10.0
    """To send the request line and header fields.
    Example: `head: 5s`"""
    body: Duration = 10.0
    """To send the next part of a request body.
    Example: `body: 30s`"""
    idle: Duration = 75.0
    """To send the next request on an open connection.
    Example: `idle: 2m`"""


Check = Literal["off", "report", "enforce"]


class Validation(Record):
    """Whether the gateway validates calls against the document's schemas."""

    example: ClassVar[str] = "{request: enforce, response: report}"

    request: Check = "report"
    """What happens to invalid requests. `report` lets them pass, and shows some in the log and in the metrics;
    `enforce` refuses them with 400.
    Example: `request: enforce`"""
    response: Check = "report"
    """What happens to invalid responses. `report` lets them pass, and shows some in the log and in the metrics;
    `enforce` refuses them with 502.
    Example: `response: enforce`"""


class Log(Record):
    """What the gateway logs to standard error."""

    example: ClassVar[str] = "{format: json, level: info}"
    other_words: ClassVar[dict[str, str]] = {"verbosity": "level", "output": "format", "style": "format"}

    format: Literal["auto", "json", "text"] = "auto"
    """One JSON object per line, or text for people; `auto` is text on a terminal and JSON elsewhere."""
    level: Literal["debug", "info", "warning", "error"] = "info"
    """The lowest level that is logged."""


class Audit(Record):
    """The audit: a file with one line for each call, which `audit verify` checks for changed and removed lines."""

    example: ClassVar[str] = "{file: audit.jsonl}"
    other_words: ClassVar[dict[str, str]] = dict.fromkeys(("path", "log", "to"), "file")
    short_form: ClassVar[dict[str, Any] | None] = WRITTEN_SCHEMA

    file: WrittenPath
    """The file that the gateway appends to. `FILE.head` beside it holds the end of the chain.
    Example: `file: audit.jsonl`"""
    values: Annotated[tuple[str, ...], ToTuple] = ()
    """Path parameters whose values are written. The audit has no other value that a caller sends.
    Example: `values: [orderId]`"""

    @classmethod
    def expand(cls, value: Any) -> Any:
        return {"file": value} if isinstance(value, str) else value


class Config(Record):
    """All of gateway.yaml."""

    other_words: ClassVar[dict[str, str]] = {
        **dict.fromkeys(
            ("spec", "specification", "document", "swagger", "schema", "oas", "api_spec", "api_doc"), "openapi"
        ),
        **dict.fromkeys(("backend", "target", "origin", "api", "service", "proxy_pass", "proxy", "server"), "upstream"),
        **dict.fromkeys(
            ("operation", "endpoint", "route", "whitelist", "permit", "permitted", "include", "expose", "tool"), "allow"
        ),
        **dict.fromkeys(
            ("block", "blocked", "blocklist", "blacklist", "denied", "exclude", "disallow", "forbid"), "deny"
        ),
        **dict.fromkeys(("bind", "address", "listener"), "listen"),
        **dict.fromkeys(("authentication", "security", "authorization"), "auth"),
        **dict.fromkeys(("client", "caller", "user"), "consumers"),
        **dict.fromkeys(("allow_origin", "allowed_origin", "cors_origin", "origin"), "cors"),
        **dict.fromkeys(("approval", "approver", "confirmation"), "approvals"),
        "ai_plugin": "manifest",
        **dict.fromkeys(("package", "listing", "directory"), "plugin"),
        "rate_limit": "limits",
        "prometheus": "metrics",
        **dict.fromkeys(("opentelemetry", "otlp", "tracing", "trace", "telemetry"), "otel"),
    }

    openapi: DocumentSource
    """The full OpenAPI document: a file or URL.
    Example: `openapi: openapi.yaml`"""
    upstream: Upstream
    """The API behind the gateway.
    Example: `upstream: {url: https://api.example.com, credential: {bearer: {env: UPSTREAM_TOKEN}}}`"""
    allow: Annotated[tuple[AllowEntry, ...], ToTuple, ChangeValue(_numbered)]
    """The operations that clients may call. An empty list allows none.
    Example: `allow: [listOrders, POST /orders]`"""
    deny: Annotated[tuple[Selector, ...], ToTuple, ChangeValue(_numbered)] = ()
    """Operations that clients may not call, even if `allow` names them.
    Example: `deny: ['DELETE /orders/{id}', {tag: Admin}]`"""
    on_drift: OnDrift = "quarantine"
    """What happens to an operation whose description has changed since `plugin-gateway lock` wrote gateway.lock:
    `quarantine` closes it on every face, `keep` serves it as it was locked, `follow` serves it as it is now. All three report
    it. Without a lock there is no drift."""
    public: Public = Public()
    """How clients see the gateway.
    Example: `public: {url: https://plugin.example.com}`"""
    manifest: Manifest = Manifest()
    """The plugin manifest."""
    auth: Auth = NoAuth()
    """Who may call.
    Example: `auth: {type: service_http, tokens: [{name: chatgpt, env: CHATGPT_TOKEN}]}`"""
    consumers: Annotated[tuple[Consumer, ...], ToTuple] = ()
    """Named callers, each with its own subset of the allow-list.
    Example: `consumers: [{name: sales, match: {token: chatgpt}, allow: [listOrders]}]`"""
    limits: Limits = Limits()
    """Limits on what clients may send, receive and keep open."""
    client_timeout: ClientTimeout = ClientTimeout()
    """How long a client may take."""
    validate_: Validation = field(name="validate", default=Validation())
    """Whether the gateway validates calls against the document's schemas.
    Example: `validate: {request: enforce}`"""
    approvals: Approvals = Approvals()
    """The approvals of operations with `consequential: confirm`."""
    cors: Annotated[tuple[Origin, ...], ToTuple] = ()
    """Origins of the web pages that may call the gateway, such as https://chatgpt.com.
    Example: `cors: [https://chatgpt.com]`"""
    mcp: Mcp = Mcp()
    """The MCP endpoint: the allowed operations as tools. `false` turns it off."""
    plugin: Plugin = Plugin()
    """The plugin package, and the files that prove who owns the domain."""
    listen: ListenAddress = Address("0.0.0.0", 8080)
    """The public listener.
    Example: `listen: 127.0.0.1:8000`"""
    admin: ListenAddress | None = Address("127.0.0.1", 8081)
    """Listener for health, metrics and console; `null` turns it off. It must not be the public listener.
    Example: `admin: 127.0.0.1:9000`"""
    console: ConsoleOrOff = Console()
    """The console: pages on the admin listener that show and edit the allow-list. By default it is on if `admin` is an address
    of this machine alone, such as 127.0.0.1; elsewhere write `console: true`. `false` turns it off.
    Example: `console: {write: false}`"""
    metrics: ListenAddress | None = None
    """Listener for metrics alone, for a scraper that cannot reach `admin`. `admin` serves metrics, too.
    Example: `metrics: 0.0.0.0:9090`"""
    log: Log = Log()
    """What the gateway logs to standard error."""
    otel: OtelOrOff = None
    """An OpenTelemetry collector that gets traces and metrics. The standard variables, such as
    `OTEL_EXPORTER_OTLP_ENDPOINT`, fill in the keys that are left out here. `false` turns the export off even if they
    are set.
    Example: `otel: http://localhost:4318`"""
    audit: Audit | None = None
    """A file with one line for each call and each revision, which shows whether a line was changed or removed."""

    @classmethod
    def mistakes(cls, written: Mapping[str, Any]) -> Iterator[Mistake]:
        listen = str(written.get("listen", cls.default_of("listen")))
        metrics = str(written.get("metrics", ""))
        if metrics and listen.rpartition(":")[2] == metrics.rpartition(":")[2] != "0" and _overlap(listen, metrics):
            hint = "use another port: clients must not see metrics"
            message = "`metrics` must not be the public listener"
            yield Mistake("metrics-are-public", message, got=metrics, hint=hint, at=("metrics",))
        admin = str(written.get("admin", cls.default_of("admin")))
        if listen.rpartition(":")[2] == admin.rpartition(":")[2] != "0" and _overlap(listen, admin):
            message = "`admin` must not be the public listener"
            hint = "use another port: clients must not see health, metrics and console"
            yield Mistake(
                "admin-is-public", message, got=admin, hint=hint, at=("admin" if "admin" in written else "listen",)
            )

    @property
    def console_mode(self) -> ConsoleMode:
        return mode_of(self.console, is_written="console" in self.written)

    @property
    def public_url(self) -> str:
        """`public.url`, or `http://localhost:PORT`."""
        if self.public.url:
            return self.public.url
        return str(UpstreamUrl(scheme=_HTTP, host="localhost", port=self.listen.port or 80))

    @property
    def public_path(self) -> str:
        """The path of `public.url`, such as `/plugin`; empty if the gateway has a host for itself."""
        return urlsplit(self.public_url).path


def _overlap(one: str, other: str) -> bool:
    hosts = {one.rpartition(":")[0], other.rpartition(":")[0]}
    return len(hosts) == 1 or bool(hosts & {"", "0.0.0.0", "[::]"})
