"""The upstream as gateway.yaml describes it: where it is, which credential it wants, and how long it may take."""

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
    """A key that goes to a place with a name."""

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
    """A key in a header of its own."""

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
    """Where tokens are issued."""
    client_id: str
    """Our id there."""
    client_secret: SecretValue
    """Our secret there."""
    scope: str = ""
    """What to ask for, separated by spaces."""
    audience: str = ""
    """Whom the token is for, where the issuer wants to know."""


class OAuth2Credential(Record):
    """A token the gateway gets and renews itself."""

    oauth2: ClientCredentials
    """Where and as whom."""


class TokenExchange(Record):
    """How to get a token for the upstream in exchange for the caller's (RFC 8693)."""

    example: ClassVar[str] = "{token_url: https://login.example.com/token}"

    token_url: AbsoluteUrl
    """Where tokens are exchanged."""
    client_id: str = ""
    """Our id there, where it asks for one."""
    client_secret: SecretValue | None = None
    """Our secret there."""
    scope: str = ""
    """What to ask for, separated by spaces."""
    audience: str = ""
    """Whom the token is for."""


class TokenExchangeCredential(Record):
    """A token of the caller's own for the upstream, had in exchange for the one that came with the call."""

    token_exchange: TokenExchange
    """Where and as whom."""


class PassthroughCredential(Record):
    """The caller's own `Authorization` goes upstream as it is."""

    passthrough: Literal[True]
    """Always true."""


def _form(value: Any) -> str | None:
    if isinstance(value, Record):
        return next(iter(type(value).model_fields))
    return next((form for form in FORMS if form in value), None) if isinstance(value, dict) else None


def _one_form(value: Any) -> Any:
    if isinstance(value, Record):
        return value
    hint = f"write one of: {', '.join(FORMS)}; such as {{header: X-API-Key, value: {{env: UPSTREAM_API_KEY}}}}"
    if not isinstance(value, dict):
        raise Mistake("wrong-type", "expected a credential", hint=hint)
    present = [key for key in value if key in FORMS]
    if len(present) > 1:
        both = " and ".join(f"`{form}`" for form in present)
        raise Mistake(
            "exactly-one", f"a credential has {both}", hint="write a list of two", at=(present[1],), on_key=True
        )
    if not present:
        word = next((key for key in value if key != "value"), "")
        at = (word,) if word else ()
        close = nearest(word, FORMS)
        if set(value) == {"value"}:
            hint = "take the dash before `value` out: it belongs to the entry before"
            raise Mistake("exactly-one", "a credential says where its key goes", hint=hint, at=("value",), on_key=True)
        if not close and (rewritten := _rewritten(value)):
            hint = f"write {rewritten}"
        raise Mistake("exactly-one", "a credential says where its key goes", hint=close + hint, at=at, on_key=True)
    return value


def _rewritten(value: Mapping[Any, Any]) -> str:
    """Write a credential as this file has it, which is written as an OpenAPI document or another tool has it."""
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
    """To accept a connection, for each address of its name."""
    read: Duration = 30.0
    """Between two pieces of its answer."""
    total: Duration = 45.0
    """From the end of the request to the end of the answer, retries included. Clients such as ChatGPT give up at 45 s."""


class Tls(Record):
    """How the upstream proves itself, and we to it. The files are watched: new connections use what was put in their place."""

    example: ClassVar[str] = "{ca: corp.pem, cert: me.pem, key: me.key}"
    other_words: ClassVar[dict[str, str]] = {"ca_file": "ca", "ca_cert": "ca", "cafile": "ca", "private_key": "key"}

    ca: FilePath | None = None
    """PEM file of the authorities to trust instead of the system's."""
    cert: FilePath | None = None
    """PEM file of our certificate and its chain."""
    key: FilePath | None = None
    """PEM file of our private key."""

    @classmethod
    def mistakes(cls, written: Mapping[str, Any]) -> Iterator[Mistake]:
        if ("cert" in written) != ("key" in written):
            there = "cert" if "cert" in written else "key"
            other = "key" if there == "cert" else "cert"
            yield Mistake(
                "goes-together", f"`{there}` needs `{other}`", hint=f"add `{other}`", at=(there,), on_key=True
            )


class UpstreamHeaders(Record):
    """Header fields that pass although the gateway would drop them."""

    example: ClassVar[str] = "{forward: [Accept-Version]}"

    forward: Annotated[tuple[ForwardedHeader, ...], ToTuple] = ()
    """Request headers to pass on from the caller, beyond the standard ones and those the operation declares."""
    pass_set_cookie: Flag = False
    """Pass the upstream's `Set-Cookie` on to clients."""


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
    """Where it is. Its path is a prefix that no call can leave. In the fields of its answers, every reference to it leads to
    `public.url`; one that is not below that path is left out."""
    credential: Credentials = ()
    """What is injected into each call; a list where the API wants several."""
    write_credential: Credentials | None = None
    """Used instead for methods that are not safe."""
    timeout: Timeouts = Timeouts.model_construct()
    """How long it may take."""
    forwarded: Literal["none", "x-forwarded", "rfc7239", "host"] = "none"
    """What tells it the origin of `public.url`, for the links it writes: `X-Forwarded-Host`, `-Port` and `-Proto`, the
    `Forwarded` field of RFC 7239, or its `Host` field. What a caller says of it never goes up."""
    tls: Tls = Tls.model_construct()
    """How it proves itself, and we to it."""
    connections: Count = 256
    """Connections kept to it at most, per worker."""
    unauthorized: Literal["refuse", "pass"] = "refuse"
    """`refuse` turns its 401 or 407 to a call with the gateway's credential into a 502 `upstream-credential-refused`; `pass`
    sends it on. With `credential: {passthrough: true}` it is always sent on."""
    links: Annotated[tuple[JsonPointer, ...], ToTuple] = ()
    """JSON pointers to the URLs in its JSON answers that clients follow, such as `/next` or `/_links/*/href`, where `*` is
    any member or item. There, as in the fields of answers, a reference to it leads to `public.url`, the query parameter of
    the gateway's credential goes with its name, and a reference that is not below its base path becomes `null`. Everything
    else stays byte for byte: a text of more than 8 kB, answers in a content coding that is not decoded, and partial ones (206)."""
    echoes: Literal["possible", "never"] = "possible"
    """`possible` searches its answers for secrets, and so forwards no `Range`, asks it not to compress, and refuses parts and
    what cannot be read. `never` is your word that it repeats no secret of a request: all of those pass."""
    unreadable: Literal["refuse", "pass"] = "refuse"
    """`refuse` turns an answer in a content coding that cannot be decoded into a 502 `unreadable-answer`, as a secret could pass
    in it unseen; `pass` sends it on. gzip, deflate, br and zstd are decoded."""
    headers: UpstreamHeaders = UpstreamHeaders.model_construct()
    """Header fields that pass although the gateway would drop them."""
    servers: Literal["check", "ignore"] = "check"
    """Whether to warn where the document's `servers` say another place than `url`. Write `ignore` where both are right,
    as behind a proxy that takes a path away."""

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
        """What methods that are not safe get: `write_credential`, or else the same as all others."""
        return self.credential if self.write_credential is None else self.write_credential


def _useless_tls(written: Mapping[str, Any]) -> Iterator[Mistake]:
    if "tls" not in written:
        return
    try:
        url = parse_upstream_url(written.get("url"))
    except Mistake:
        # It is reported where it stands.
        return
    if not url.tls:
        there = "a Unix socket" if url.socket else "an http:// URL"
        message = f"`tls` is for https, and `url` is {there}: what is written here would not be used"
        hint = "take `tls` out" if url.socket else "write https:// in `url`, or take `tls` out"
        yield Mistake("tls-without-https", message, hint=hint, at=("tls",), on_key=True)


def colliding(written: Any, key: str) -> Iterator[Mistake]:
    """Yield a mistake for each credential under `key` that goes where another one goes already."""
    given = written if isinstance(written, list | tuple) else [written]
    seen: set[tuple[str, bytes]] = set()
    for index, one in enumerate(given):
        place = _place(one)
        if place in seen:
            yield Mistake("duplicate-key", "two credentials go to the same place", hint="keep one", at=(key, index))
        elif place:
            seen.add(place)


def _forwarded_in_vain(written: Mapping[str, Any]) -> Iterator[Mistake]:
    """Yield a mistake for each header that is to be passed on and is always set by a credential."""
    headers = written.get("headers")
    forward = headers.get("forward") if isinstance(headers, dict) else None
    injected = _injected(written.get("credential"))
    if "write_credential" in written:
        injected &= _injected(written["write_credential"])
    for index, name in enumerate(forward if isinstance(forward, list | tuple) else ()):
        if isinstance(name, str) and fold_header(name.encode(errors="replace")) in injected:
            message = "a credential sets this header, so a caller's copy never reaches the upstream"
            yield Mistake("bad-header-name", message, got=name, hint="take it out", at=("headers", "forward", index))


def _set_twice(written: Mapping[str, Any]) -> Iterator[Mistake]:
    """Yield a mistake for each credential in a header that `forwarded` has the gateway write, too."""
    told = {fold_header(name.encode()) for name in TELLS_THE_ORIGIN.get(str(written.get("forwarded")), ())}
    for key in ("credential", "write_credential"):
        if told & _injected(written.get(key)):
            message = f"`forwarded: {written['forwarded']}` writes a header of this credential, too"
            yield Mistake("duplicate-key", message, hint="take one of the two out", at=(key,), on_key=True)


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
