"""A credential as gateway.yaml describes it: in which form the upstream gets it, and where the gateway reads it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, Literal, TypeAlias, get_args

from msgspec import Meta

from plugin_gateway.config.fields import (
    AbsoluteUrl,
    BearerSecret,
    CookieName,
    CookieSecret,
    HeaderSecret,
    InjectedHeader,
    OverrideText,
    SecretValue,
    as_items,
)
from plugin_gateway.config.mistake import Mistake, nearest
from plugin_gateway.config.reader import ChosenBy, PrepareRaw, SchemaWords
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
    """Name of the header.
    Example: `header: X-Api-Key`"""
    value: HeaderSecret
    """The key.
    Example: `value: {env: UPSTREAM_API_KEY}`"""


class QueryCredential(KeyCredential):
    """A key in the query string."""

    example: ClassVar[str] = "{query: api_key, value: {env: NAME}}"

    query: Annotated[str, Meta(min_length=1)]
    """Name of the query parameter.
    Example: `query: api_key`"""
    value: SecretValue
    """The key.
    Example: `value: {env: UPSTREAM_API_KEY}`"""


class CookieCredential(KeyCredential):
    """A key in a cookie."""

    example: ClassVar[str] = "{cookie: NAME, value: {env: NAME}}"

    cookie: CookieName
    """Name of the cookie.
    Example: `cookie: session`"""
    value: CookieSecret
    """The key.
    Example: `value: {file: /run/secrets/session}`"""


class BearerCredential(Record):
    """`Authorization: Bearer …` (RFC 6750)."""

    bearer: BearerSecret
    """The token.
    Example: `bearer: {env: UPSTREAM_TOKEN}`"""


class Login(Record):
    """A user name and its password."""

    example: ClassVar[str] = "{username: NAME, password: {env: NAME}}"
    other_words: ClassVar[dict[str, str]] = {
        "login": "username",
        "name": "username",
        "secret": "password",
        "pw": "password",
    }

    username: Annotated[str, Meta(min_length=1), SchemaWords({"pattern": r"^[^:\x00-\x1f\x7f]*$"})]
    """The user name; it cannot contain a colon (RFC 7617, 2).
    Example: `username: gateway`"""
    password: SecretValue
    """The password.
    Example: `password: {env: UPSTREAM_PASSWORD}`"""

    @classmethod
    def mistakes(cls, written: Mapping[str, Any]) -> Iterator[Mistake]:
        username = written.get("username")
        if isinstance(username, str) and (":" in username or not username.isprintable()):
            message = "a user name cannot contain `:` or control characters (RFC 7617, 2)"
            hint = "write the password in `password`"
            yield Mistake("bad-value", message, hint=hint, at=("username",))


class BasicCredential(Record):
    """`Authorization: Basic …` (RFC 7617)."""

    basic: Login
    """User name and password.
    Example: `basic: {username: gateway, password: {env: UPSTREAM_PASSWORD}}`"""


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
    """The token endpoint.
    Example: `token_url: https://login.example.com/token`"""
    client_id: str
    """The gateway's client id.
    Example: `client_id: gateway`"""
    client_secret: SecretValue
    """The gateway's client secret.
    Example: `client_secret: {env: CLIENT_SECRET}`"""
    scope: str = ""
    """Scopes to ask for, separated by spaces.
    Example: `scope: orders:read`"""
    audience: str = ""
    """Audience to ask for, if the issuer needs one.
    Example: `audience: https://api.example.com`"""


class OAuth2Credential(Record):
    """A token that the gateway gets and renews itself."""

    oauth2: ClientCredentials
    """The token endpoint, and the gateway's client there.
    Example: `oauth2: {token_url: https://login.example.com/token, client_id: gateway, client_secret: {env: CLIENT_SECRET}}`"""


class TokenExchange(Record):
    """How to exchange the caller's token for a token of the upstream (RFC 8693)."""

    example: ClassVar[str] = "{token_url: https://login.example.com/token}"

    token_url: AbsoluteUrl
    """The token endpoint.
    Example: `token_url: https://login.example.com/token`"""
    client_id: str = ""
    """The gateway's client id, if the endpoint asks for one.
    Example: `client_id: gateway`"""
    client_secret: SecretValue | None = None
    """The gateway's client secret.
    Example: `client_secret: {env: CLIENT_SECRET}`"""
    scope: str = ""
    """Scopes to ask for, separated by spaces.
    Example: `scope: orders:read`"""
    audience: str = ""
    """Audience to ask for.
    Example: `audience: https://api.example.com`"""


class TokenExchangeCredential(Record):
    """A token for the upstream that the gateway gets in exchange for the caller's."""

    token_exchange: TokenExchange
    """The token endpoint, and the gateway's client there.
    Example: `token_exchange: {token_url: https://login.example.com/token}`"""


class PassthroughCredential(Record):
    """The gateway forwards the caller's `Authorization` unchanged."""

    passthrough: Literal[True]
    """Always true.
    Example: `passthrough: true`"""


def form_of(value: Any) -> str | None:
    if isinstance(value, Record):
        return type(value).field_names()[0]
    return next((form for form in FORMS if form in value), None) if isinstance(value, dict) else None


def _choose(value: Any) -> type[Record]:
    if isinstance(value, Record):
        return type(value)
    hint = f"write one of: {', '.join(FORMS)}; for example {{header: X-API-Key, value: {{env: UPSTREAM_API_KEY}}}}"
    if not isinstance(value, dict):
        raise Mistake("wrong-type", "expected a credential", hint=hint)
    present = [key for key in value if key in FORMS]
    if len(present) > 1:
        both = " and ".join(f"`{form}`" for form in present)
        hint = "keep one of them; if the API needs both, write a list of two credentials"
        if str(value.get("header")).casefold() == "authorization" and present[0] == "header":
            hint = f"remove `header`: `{present[1]}` sets `Authorization`"
        raise Mistake(
            "exactly-one",
            f"a credential has {both}",
            hint=hint,
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
    return _BY_FORM[present[0]]


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
    HeaderCredential
    | QueryCredential
    | CookieCredential
    | BearerCredential
    | BasicCredential
    | OAuth2Credential
    | TokenExchangeCredential
    | PassthroughCredential,
    ChosenBy(_choose),
]
_BY_FORM: Final[Mapping[str, type[Record]]] = dict(zip(FORMS, get_args(get_args(Credential)[0]), strict=True))


def _as_list(value: Any) -> Any:
    if value is None or (isinstance(value, str) and not isinstance(value, OverrideText)):
        raise Mistake("wrong-type", "expected a credential")
    return (value,) if isinstance(value, dict) else as_items(value)


Credentials: TypeAlias = Annotated[tuple[Credential, ...], PrepareRaw(_as_list)]
