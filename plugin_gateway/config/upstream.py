"""The upstream as gateway.yaml describes it: its URL, its credentials, and how long it may take."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import BeforeValidator, Discriminator, Field, Tag

from plugin_gateway.config.address import parse_upstream_url
from plugin_gateway.config.fields import (
    AbsoluteUrl,
    BearerSecret,
    CookieName,
    CookieSecret,
    Count,
    Duration,
    FilePath,
    Flag,
    ForwardedHeader,
    HeaderSecret,
    InjectedHeader,
    JsonPointer,
    OverrideText,
    SecretValue,
    ToTuple,
    UpstreamAddress,
)
from plugin_gateway.config.header_names import TELLS_THE_ORIGIN, fold_header
from plugin_gateway.config.mistake import Mistake, nearest
from plugin_gateway.config.record import Record
from plugin_gateway.config.variable import VARIABLE_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FORMS = ("header", "query", "cookie", "bearer", "basic", "oauth2", "token_exchange", "passthrough")


class KeyCredential(Record):
    """A key that the gateway sends under a name."""

    other_words: ClassVar[dict[str, str]] = dict.fromkeys(("key", "secret", "token", "api_key"), "value")

    @classmethod
    def expand(cls, value: Any) -> Any:
        for kind in ("env", "file"):
            if isinstance(value, dict) and kind in value and "value" not in value:
                name = value[kind] if kind == "file" or VARIABLE_NAME.fullmatch(str(value[kind])) else "NAME"
                hint = f"write `value: {{{kind}: {name}}}`"
                raise Mistake("unknown-key", f"`{kind}` belongs under `value`", hint=hint, at=(kind,), on_key=True)
        return value


class HeaderCredential(KeyCredential):
    """A key in a header field."""

    example: ClassVar[str] = "{header: X-API-Key, value: {env: NAME}}"

    header: InjectedHeader
    """Name of the header."""
    value: HeaderSecret
    """The key."""


class QueryCredential(KeyCredential):
    """A key in the query string."""

    example: ClassVar[str] = "{query: api_key, value: {env: NAME}}"

    query: Annotated[str, Field(min_length=1)]
    """Name of the query parameter."""
    value: SecretValue
    """The key."""


class CookieCredential(KeyCredential):
    """A key in a cookie."""

    example: ClassVar[str] = "{cookie: NAME, value: {env: NAME}}"

    cookie: CookieName
    """Name of the cookie."""
    value: CookieSecret
    """The key."""


class BearerCredential(Record):
    """`Authorization: Bearer …` (RFC 6750)."""

    bearer: BearerSecret
    """The token."""


class Login(Record):
    """A user name and its password."""

    example: ClassVar[str] = "{username: NAME, password: {env: NAME}}"
    other_words: ClassVar[dict[str, str]] = {
        "login": "username",
        "name": "username",
        "secret": "password",
        "pw": "password",
    }

    username: Annotated[str, Field(min_length=1)]
    """The user name; it cannot contain a colon (RFC 7617, 2)."""
    password: SecretValue
    """The password."""

    @classmethod
    def mistakes(cls, written: Mapping[str, Any]) -> Iterator[Mistake]:
        username = written.get("username")
        if isinstance(username, str) and (":" in username or not username.isprintable()):
            message = "a user name cannot contain `:` or control characters (RFC 7617, 2)"
            yield Mistake("bad-value", message, at=("username",))


class BasicCredential(Record):
    """`Authorization: Basic …` (RFC 7617)."""

    basic: Login
    """User name and password."""


class ClientCredentials(Record):
    """How to get a token with the client credentials grant (RFC 6749, 4.4)."""

    example: ClassVar[str] = "{token_url: https://login.example.com/token, client_id: NAME, client_secret: {env: NAME}}"
    other_words: ClassVar[dict[str, str]] = {
        "url": "token_url",
        "token_uri": "token_url",
        "token_endpoint": "token_url",
        "id": "client_id",
        "secret": "client_secret",
    }

    token_url: AbsoluteUrl
    """The token endpoint."""
    client_id: str
    """The gateway's client id."""
    client_secret: SecretValue
    """The gateway's client secret."""
    scope: str = ""
    """Scopes to ask for, separated by spaces."""
    audience: str = ""
    """Audience to ask for, if the issuer needs one."""


class OAuth2Credential(Record):
    """A token that the gateway gets and renews itself."""

    oauth2: ClientCredentials
    """The token endpoint, and the gateway's client there."""


class TokenExchange(Record):
    """How to exchange the caller's token for a token of the upstream (RFC 8693)."""

    example: ClassVar[str] = "{token_url: https://login.example.com/token}"

    token_url: AbsoluteUrl
    """The token endpoint."""
    client_id: str = ""
    """The gateway's client id, if the endpoint asks for one."""
    client_secret: SecretValue | None = None
    """The gateway's client secret."""
    scope: str = ""
    """Scopes to ask for, separated by spaces."""
    audience: str = ""
    """Audience to ask for."""


class TokenExchangeCredential(Record):
    """A token for the upstream that the gateway gets in exchange for the caller's."""

    token_exchange: TokenExchange
    """The token endpoint, and the gateway's client there."""


class PassthroughCredential(Record):
    """The gateway forwards the caller's `Authorization` unchanged."""

    passthrough: Literal[True]
    """Always true."""


def _form(value: Any) -> str | None:
    if isinstance(value, Record):
        return next(iter(type(value).model_fields))
    return next((form for form in FORMS if form in value), None) if isinstance(value, dict) else None


def _one_form(value: Any) -> Any:
    if isinstance(value, Record):
        return value
    hint = f"write one of: {', '.join(FORMS)}; for example {{header: X-API-Key, value: {{env: UPSTREAM_API_KEY}}}}"
    if not isinstance(value, dict):
        raise Mistake("wrong-type", "expected a credential", hint=hint)
    present = [key for key in value if key in FORMS]
    if len(present) > 1:
        both = " and ".join(f"`{form}`" for form in present)
        raise Mistake(
            "exactly-one",
            f"a credential has {both}",
            hint="write a list of two credentials",
            at=(present[1],),
            on_key=True,
        )
    if not present:
        word = next((key for key in value if key != "value"), "")
        at = (word,) if word else ()
        close = nearest(word, FORMS)
        if set(value) == {"value"}:
            hint = "remove the dash before `value`: it belongs to the previous entry"
            raise Mistake(
                "exactly-one", "a credential must say where its key goes", hint=hint, at=("value",), on_key=True
            )
        if not close and (rewritten := _rewritten(value)):
            hint = f"write {rewritten}"
        raise Mistake("exactly-one", "a credential must say where its key goes", hint=close + hint, at=at, on_key=True)
    return value


def _rewritten(value: Mapping[Any, Any]) -> str:
    """Translate a credential that is written as in OpenAPI or another tool."""
    sources = (f"{{{kind}: {name}}}" for kind, name in _sources(value) if VARIABLE_NAME.fullmatch(str(name)))
    source = next(sources, "{env: NAME}")
    kind, place = str(value.get("type", "")).casefold(), str(value.get("in", "header")).casefold()
    if kind in ("apikey", "api_key", "api-key", "header") or "in" in value:
        name = value.get("name", "X-API-Key")
        place = place if place in ("header", "query", "cookie") else "header"
        return f"{{{place}: {name if _is_plain(name) else 'X-API-Key'}, value: {source}}}"
    if kind == "basic" or {"username", "user", "password"} & set(value):
        return f"{{basic: {{username: NAME, password: {source}}}}}"
    if kind in ("bearer", "token", "http", "jwt") or "token" in value:
        return f"{{bearer: {source}}}"
    if kind.startswith("oauth"):
        return f"{{oauth2: {ClientCredentials.example}}}"
    if set(value) <= {"env", "file", "value"}:
        return f"{{bearer: {source}}}, or {{header: X-API-Key, value: {source}}}"
    name = next(iter(value))
    return f"{{header: {name}, value: {source}}}" if len(value) == 1 and _is_plain(name) else ""


def _sources(value: Mapping[Any, Any]) -> Iterator[tuple[str, Any]]:
    for key, member in value.items():
        if key in ("env", "file"):
            yield key, member
        elif isinstance(member, dict):
            yield from _sources(member)


def _is_plain(name: object) -> bool:
    return isinstance(name, str) and re.fullmatch(r"[A-Za-z][A-Za-z_-]{1,40}", name) is not None


Credential: TypeAlias = Annotated[
    Annotated[HeaderCredential, Tag("header")]
    | Annotated[QueryCredential, Tag("query")]
    | Annotated[CookieCredential, Tag("cookie")]
    | Annotated[BearerCredential, Tag("bearer")]
    | Annotated[BasicCredential, Tag("basic")]
    | Annotated[OAuth2Credential, Tag("oauth2")]
    | Annotated[TokenExchangeCredential, Tag("token_exchange")]
    | Annotated[PassthroughCredential, Tag("passthrough")],
    Discriminator(_form),
    BeforeValidator(_one_form),
]


def _as_list(value: Any) -> Any:
    if isinstance(value, str) and not isinstance(value, OverrideText):
        raise Mistake("wrong-type", "expected a credential")
    return (value,) if isinstance(value, dict) else ToTuple.func(value)  # type: ignore[call-arg]  # ours takes no info


Credentials: TypeAlias = Annotated[tuple[Credential, ...], BeforeValidator(_as_list)]


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
    """To accept a connection, for each address that its name resolves to."""
    read: Duration = 30.0
    """To send the next part of a response."""
    total: Duration = 45.0
    """From the end of the request to the end of the response, retries included. Clients such as ChatGPT give up at 45 s."""


class Tls(Record):
    """Certificates for the connection to the upstream. The gateway watches these files: new connections use their new content."""

    example: ClassVar[str] = "{ca: corp.pem, cert: me.pem, key: me.key}"
    other_words: ClassVar[dict[str, str]] = {"ca_file": "ca", "ca_cert": "ca", "cafile": "ca", "private_key": "key"}

    ca: FilePath | None = None
    """PEM file with the certificate authorities to trust instead of the system's."""
    cert: FilePath | None = None
    """PEM file with the gateway's client certificate and its chain."""
    key: FilePath | None = None
    """PEM file with the private key of `cert`."""

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
    """Request header fields to forward from the caller, besides the standard ones and those that the operation declares."""
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

    url: UpstreamAddress
    """URL of the API. Its path is a prefix that no call can leave. In response header fields, the gateway rewrites references to
    this URL to `public.url`, and drops a reference that is not below its path."""
    credential: Credentials = ()
    """The credential that the gateway adds to each call; a list if the API needs several."""
    write_credential: Credentials | None = None
    """Used instead of `credential` for methods that are not safe, such as POST."""
    timeout: Timeouts = Timeouts.model_construct()
    """How long the upstream may take."""
    forwarded: Literal["none", "x-forwarded", "rfc7239", "host"] = "none"
    """How the gateway tells the upstream the origin of `public.url`, for the links that it writes: with `X-Forwarded-Host`,
    `-Port` and `-Proto`, with `Forwarded` (RFC 7239), or with `Host`. The gateway never forwards a caller's copy of these."""
    tls: Tls = Tls.model_construct()
    """Certificates for the connection to the upstream."""
    connections: Count = 256
    """Maximum number of connections to the upstream, per worker."""
    unauthorized: Literal["refuse", "pass"] = "refuse"
    """What the client gets if the upstream answers 401 or 407 to the gateway's credential: `refuse` sends 502
    `upstream-credential-refused`, `pass` the upstream's response. With `credential: {passthrough: true}` it always passes."""
    links: Annotated[tuple[JsonPointer, ...], ToTuple] = ()
    """JSON pointers to the URLs in JSON responses that clients follow, such as `/next` or `/_links/*/href`, where `*` is any
    member or item. As in header fields, the gateway rewrites a reference to the upstream to `public.url` and removes the query
    parameter of the gateway's credential; a reference that is not below the path of `url` becomes `null`. Everything else stays
    byte for byte: texts of more than 8 kB, responses in a content coding that is not decoded, and partial responses (206)."""
    echoes: Literal["possible", "never"] = "possible"
    """With `possible`, the gateway searches responses for secrets. For this it forwards no `Range`, asks the upstream not to
    compress, and refuses partial and unreadable responses. With `never`, you promise that the upstream repeats no secret of a
    request; then `Range`, compression, and partial and unreadable responses pass."""
    unreadable: Literal["refuse", "pass"] = "refuse"
    """What happens to a response in a content coding that the gateway cannot decode, in which a secret could pass unseen: `refuse`
    sends 502 `unreadable-answer`, `pass` the response. The gateway decodes gzip, deflate, br and zstd."""
    headers: UpstreamHeaders = UpstreamHeaders.model_construct()
    """Header fields that the gateway forwards, although it drops them by default."""
    servers: Literal["check", "ignore"] = "check"
    """Whether to warn if the document's `servers` differ from `url`. Write `ignore` if both are right, for example behind a proxy
    that removes a path."""

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


def colliding(written: Any, key: str) -> Iterator[Mistake]:
    """Yield a mistake for each credential under `key` that goes to the same place as an earlier one."""
    given = written if isinstance(written, list | tuple) else [written]
    seen: set[tuple[str, bytes]] = set()
    for index, one in enumerate(given):
        place = _place(one)
        if place in seen:
            yield Mistake("duplicate-key", "two credentials go to the same place", hint="keep one", at=(key, index))
        elif place:
            seen.add(place)


def _forwarded_in_vain(written: Mapping[str, Any]) -> Iterator[Mistake]:
    """Yield a mistake for each forwarded header that a credential always sets."""
    headers = written.get("headers")
    forward = headers.get("forward") if isinstance(headers, dict) else None
    injected = _injected(written.get("credential"))
    if "write_credential" in written:
        injected &= _injected(written["write_credential"])
    for index, name in enumerate(forward if isinstance(forward, list | tuple) else ()):
        if isinstance(name, str) and fold_header(name.encode(errors="replace")) in injected:
            message = "a credential sets this header, so a caller's copy never reaches the upstream"
            yield Mistake("bad-header-name", message, got=name, hint="remove it", at=("headers", "forward", index))


def _set_twice(written: Mapping[str, Any]) -> Iterator[Mistake]:
    """Yield a mistake for each credential in a header that `forwarded` writes, too."""
    told = {fold_header(name.encode()) for name in TELLS_THE_ORIGIN.get(str(written.get("forwarded")), ())}
    for key in ("credential", "write_credential"):
        if told & _injected(written.get(key)):
            message = f"`forwarded: {written['forwarded']}` writes the header of this credential, too"
            yield Mistake("duplicate-key", message, hint="remove one of the two", at=(key,), on_key=True)


def _injected(written: Any) -> set[bytes]:
    given = written if isinstance(written, list | tuple) else [written]
    return {place[1] for one in given if (place := _place(one)) and place[0] == "header"}


def _place(credential: Any) -> tuple[str, bytes] | None:
    if isinstance(credential, Record) or not isinstance(credential, dict):
        return None
    for form in ("header", "query", "cookie"):
        if isinstance(name := credential.get(form), str):
            octets = name.encode(errors="replace")
            return form, fold_header(octets) if form == "header" else octets
    return ("header", b"authorization") if _form(credential) else None
