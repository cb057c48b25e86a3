"""The upstream as gateway.yaml describes it: its URL, its TLS files, what the gateway sends to it, and how long it may take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from plugin_gateway.config.credential import Credential, Credentials
from plugin_gateway.config.fields import Count, Duration, Flag, ForwardedHeader, JsonPointer, ToTuple, UpstreamAddress
from plugin_gateway.config.header_names import TELLS_THE_ORIGIN, fold_header
from plugin_gateway.config.injected import colliding, injected_headers
from plugin_gateway.config.mistake import Mistake
from plugin_gateway.config.path_fields import FilePath
from plugin_gateway.config.record import Record
from plugin_gateway.config.url import parse_upstream_url

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Timeouts(Record):
    """How long the upstream may take."""

    example: ClassVar[str] = "{connect: 3s, read: 30s, total: 45s}"
    other_words: ClassVar[dict[str, str]] = {
        "connection": "connect",
        "response": "read",
        "idle": "read",
        "request": "total",
        "overall": "total",
        "max": "total",
    }

    connect: Duration = 3.0
    """To accept a connection, for each address that its name resolves to.
    Example: `connect: 5s`"""
    read: Duration = 30.0
    """To send the next part of a response.
    Example: `read: 1m`"""
    total: Duration = 45.0
    """From the end of the request to the end of the response, retries included. Clients such as ChatGPT give up at 45 s.
    Example: `total: 2m`"""


class Tls(Record):
    """Certificates for the connection to the upstream. The gateway watches them: new connections use the new files."""

    example: ClassVar[str] = "{ca: corp.pem, cert: me.pem, key: me.key}"
    other_words: ClassVar[dict[str, str]] = {"ca_file": "ca", "ca_cert": "ca", "cafile": "ca", "private_key": "key"}

    between: ClassVar[tuple[dict[str, Any], ...]] = (
        {"if": {"required": ["cert"]}, "then": {"required": ["key"]}},
        {"if": {"required": ["key"]}, "then": {"required": ["cert"]}},
    )

    ca: FilePath | None = None
    """PEM file with the certificate authorities to trust instead of the system's.
    Example: `ca: corp.pem`"""
    cert: FilePath | None = None
    """PEM file with the gateway's client certificate and its chain.
    Example: `cert: me.pem, key: me.key`"""
    key: FilePath | None = None
    """PEM file with the private key of `cert`.
    Example: `cert: me.pem, key: me.key`"""

    @classmethod
    def mistakes(cls, written: Mapping[str, Any]) -> Iterator[Mistake]:
        if ("cert" in written) != ("key" in written):
            there = "cert" if "cert" in written else "key"
            other = "key" if there == "cert" else "cert"
            yield Mistake(
                "goes-together", f"`{there}` needs `{other}`", hint=f"add `{other}`", at=(there,), on_key=True
            )


class UpstreamHeaders(Record):
    """Header fields that the gateway forwards, although it drops them by default."""

    example: ClassVar[str] = "{forward: [Accept-Version]}"

    forward: Annotated[tuple[ForwardedHeader, ...], ToTuple] = ()
    """Request header fields to forward from the caller, besides the standard ones and those that the operation declares.
    Example: `forward: [Accept-Version]`"""
    pass_set_cookie: Flag = False
    """Forward the upstream's `Set-Cookie` to clients."""


class Upstream(Record):
    """The API behind the gateway."""

    example: ClassVar[str] = "{url: https://api.example.com}"
    other_words: ClassVar[dict[str, str]] = {
        **dict.fromkeys(
            ("base_url", "baseurl", "uri", "host", "address", "endpoint", "server", "target", "origin"), "url"
        ),
        **dict.fromkeys(
            ("auth", "authentication", "authorization", "key", "api_key", "apikey", "secret"), "credential"
        ),
        **dict.fromkeys(("token", "security"), "credential"),
        "ssl": "tls",
        "max_connection": "connections",
        "pool": "connections",
        "header": "headers",
    }

    between: ClassVar[tuple[dict[str, Any], ...]] = (
        {"if": {"required": ["tls"]}, "then": {"properties": {"url": {"pattern": "^https:"}}}},
    )

    url: UpstreamAddress
    """URL of the API. Its path is a prefix that no call can leave. In response header fields, the gateway rewrites references
    to this URL to `public.url`, and drops a reference that is not below its path.
    Example: `url: https://api.example.com/v2`"""
    credential: Credentials = ()
    """The credential that the gateway adds to each call; a list if the API needs several.
    Example: `credential: {header: X-Api-Key, value: {env: UPSTREAM_API_KEY}}`"""
    write_credential: Credentials | None = None
    """Used instead of `credential` for methods that are not safe, such as POST.
    Example: `write_credential: {bearer: {env: WRITE_TOKEN}}`"""
    timeout: Timeouts = Timeouts()
    """How long the upstream may take."""
    forwarded: Literal["none", "x-forwarded", "rfc7239", "host"] = "none"
    """How the upstream learns the origin of `public.url`, which it needs for the links that it writes: with
    `X-Forwarded-Host`, `-Port` and `-Proto`, with `Forwarded` (RFC 7239), or with `Host`. The gateway never forwards a
    caller's copy of these."""
    tls: Tls = Tls()
    """Certificates for the connection to the upstream."""
    connections: Count = 256
    """Maximum number of connections to the upstream, per worker.
    Example: `connections: 64`"""
    unauthorized: Literal["refuse", "pass"] = "refuse"
    """What the client gets if the upstream answers 401 or 407 to the gateway's credential: `refuse` sends 502
    `upstream-credential-refused`, `pass` the upstream's response. With `credential: {passthrough: true}` it always passes."""
    links: Annotated[tuple[JsonPointer, ...], ToTuple] = ()
    """JSON pointers to the URLs in JSON responses that clients follow, such as `/next` or `/_links/*/href`, where `*` is any
    member or item. As in header fields, the gateway rewrites a reference to the upstream to `public.url` and removes the query
    parameter of the gateway's credential; a reference that is not below the path of `url` becomes `null`. Everything else stays
    byte for byte: texts of more than 8 kB, responses in a content coding that is not decoded, and partial responses (206).
    Example: `links: [/next, /_links/*/href]`"""
    echoes: Literal["possible", "never"] = "possible"
    """With `possible`, the gateway searches responses for secrets. For this it forwards no `Range`, asks the upstream not to
    compress, and refuses partial and unreadable responses. With `never`, you promise that the upstream repeats no secret of a
    request; then `Range`, compression, and partial and unreadable responses pass."""
    unreadable: Literal["refuse", "pass"] = "refuse"
    """What happens to a response in a content coding that the gateway cannot decode, or in a charset such as UTF-7 or EBCDIC,
    in which a secret could pass unnoticed: `refuse` sends 502 `unreadable-answer`, `pass` the response. The gateway decodes
    gzip, deflate, br and zstd."""
    headers: UpstreamHeaders = UpstreamHeaders()
    """Header fields that the gateway forwards, although it drops them by default."""
    servers: Literal["check", "ignore"] = "check"
    """Whether to warn if the document's `servers` differ from `url`. Write `ignore` if both are right, for example behind a
    proxy that removes a path."""

    @classmethod
    def mistakes(cls, written: Mapping[str, Any]) -> Iterator[Mistake]:
        for key in ("credential", "write_credential"):
            given = written.get(key)
            yield from colliding(given, key)
        yield from _forwarded_in_vain(written)
        yield from _set_twice(written)
        yield from _useless_tls(written)

    @property
    def write_credentials(self) -> tuple[Credential, ...]:
        """The credentials for methods that are not safe: `write_credential`, or `credential` if it is not set."""
        return self.credential if self.write_credential is None else self.write_credential


def _useless_tls(written: Mapping[str, Any]) -> Iterator[Mistake]:
    if "tls" not in written:
        return
    try:
        url = parse_upstream_url(written.get("url"))
    except Mistake:
        # The `url` field reports this mistake.
        return
    if not url.tls:
        there = "a Unix socket" if url.socket else "an http:// URL"
        message = f"`tls` has no effect: `url` is {there}"
        hint = "remove `tls`" if url.socket else "write https:// in `url`, or remove `tls`"
        yield Mistake("tls-without-https", message, hint=hint, at=("tls",), on_key=True)


def _forwarded_in_vain(written: Mapping[str, Any]) -> Iterator[Mistake]:
    """Yield a mistake for each forwarded header that a credential always sets."""
    headers = written.get("headers")
    forward = headers.get("forward") if isinstance(headers, dict) else None
    injected = injected_headers(written.get("credential"))
    if "write_credential" in written:
        injected &= injected_headers(written["write_credential"])
    for index, name in enumerate(forward if isinstance(forward, list | tuple) else ()):
        if isinstance(name, str) and fold_header(name.encode(errors="replace")) in injected:
            message = "a credential sets this header, so a caller's copy never reaches the upstream"
            yield Mistake("bad-header-name", message, got=name, hint="remove it", at=("headers", "forward", index))


def _set_twice(written: Mapping[str, Any]) -> Iterator[Mistake]:
    """Yield a mistake for each credential in a header that `forwarded` writes, too."""
    sent_fields = {fold_header(name.encode()) for name in TELLS_THE_ORIGIN.get(str(written.get("forwarded")), ())}
    for key in ("credential", "write_credential"):
        if sent_fields & injected_headers(written.get(key)):
            message = f"`forwarded: {written['forwarded']}` writes the header of this credential, too"
            yield Mistake("duplicate-key", message, hint="remove one of the two", at=(key,), on_key=True)
