"""Who may call: the `auth` and `consumers` of gateway.yaml, in the plugin manifest's own words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import BeforeValidator, Discriminator, Field, Tag

from plugin_gateway.config.fields import AbsoluteUrl, Duration, FilePath, Flag, RateValue, SecretValue, Texts, ToTuple
from plugin_gateway.config.mistake import Mistake, nearest
from plugin_gateway.config.record import Record
from plugin_gateway.config.selector import Selector  # noqa: TC001  # pydantic reads it

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

KINDS = ("none", "service_http", "user_http", "oauth")
Scheme = Literal["bearer", "basic"]
Documents = Literal["public", "authenticated"]
_CHATGPT_ID = r"^(\*|(plugin-|g-)[A-Za-z0-9-]{1,64})$"


class ClientToken(Record):
    """One token that callers may show; two at once let it be rotated."""

    short_form: ClassVar[dict[str, Any] | None] = {
        "type": "object",
        "properties": {key: {"type": "string"} for key in ("name", "env", "file", "value")},
        "required": ["name"],
        "minProperties": 2,
        "maxProperties": 2,
        "additionalProperties": False,
    }

    name: Annotated[str, Field(min_length=1)]
    """What access records and `consumers` call it."""
    token: SecretValue
    """The token itself."""

    @classmethod
    def expand(cls, value: Any) -> Any:
        # DESIGN's flat form {name, env} is what people write; inside it is one secret like any other.
        kinds = ("env", "file", "value")
        if isinstance(value, dict) and "token" not in value and any(kind in value for kind in kinds):
            source = {kind: value[kind] for kind in kinds if kind in value}
            return {key: member for key, member in value.items() if key not in kinds} | {"token": source}
        return value


class Introspection(Record):
    """Ask an authorization server whether a token is good (RFC 7662)."""

    introspection: AbsoluteUrl
    """Where to ask."""
    client_id: str = ""
    """Our id there."""
    client_secret: SecretValue | None = None
    """Our secret there."""
    audience: Texts = ()
    """Whom a token must be for, one of them if several are listed; by default `public.url`."""
    audience_optional: Flag = False
    """Believe answers that do not say whom the token is for. Where several APIs trust the same server, tokens of all of them pass then."""
    cache: Duration = 60.0
    """How long an answer is believed."""
    token_type_optional: Flag = False
    """Believe answers that do not say the token's type. Where the server knows refresh tokens too, they pass then."""


class NoAuth(Record):
    """Anybody may call."""

    type: Literal["none"] = "none"
    """`none`."""


class ServiceHttpAuth(Record):
    """One service calls, with a token it keeps."""

    type: Literal["service_http"]
    """`service_http`."""
    authorization_type: Scheme = "bearer"
    """How the token is shown; with `basic` a token is `user:password`."""
    tokens: Annotated[tuple[ClientToken, ...], ToTuple, Field(min_length=1)]
    """The tokens that are good now."""
    verification_tokens: dict[str, str] = Field(default_factory=dict)
    """What the client's site gave to show in the manifest, by site: `{openai: …}`."""
    documents: Documents = "public"
    """Who may read the document: anybody, or only those who may call."""
    instructions: str = ""
    """Shown to whoever sets the plugin up."""

    @classmethod
    def mistakes(cls, written: Mapping[str, Any]) -> Iterator[Mistake]:
        tokens = written.get("tokens")
        names: set[str] = set()
        for index, token in enumerate(tokens if isinstance(tokens, list | tuple) else ()):
            name = (
                token.get("name") if isinstance(token, dict) else token.name if isinstance(token, ClientToken) else None
            )
            if isinstance(name, str) and name in names:
                yield Mistake("duplicate-key", "two tokens have the same name", got=name, at=("tokens", index, "name"))
            names.add(str(name))


class UserHttpAuth(Record):
    """Each user calls with a token of their own."""

    type: Literal["user_http"]
    """`user_http`."""
    authorization_type: Scheme = "bearer"
    """How the token is shown."""
    users: FilePath | None = None
    """File of users, one a line: `NAME:scrypt$…` or `NAME:sha256$…`, as `plugin-gateway hash-token` prints it."""
    verify: Introspection | None = None
    """Ask an authorization server."""
    passthrough: Flag = False
    """The caller's own `Authorization` goes upstream, which alone judges it."""
    documents: Documents = "public"
    """Who may read the document: anybody, or only those who may call."""
    instructions: str = ""
    """Shown to the user."""

    @classmethod
    def mistakes(cls, written: Mapping[str, Any]) -> Iterator[Mistake]:
        if len([key for key in ("users", "verify", "passthrough") if written.get(key)]) != 1:
            yield Mistake(
                "exactly-one",
                "`user_http` needs exactly one of `users`, `verify` and `passthrough`",
                hint="say who judges the users' tokens",
            )
        if written.get("verify") and written.get("authorization_type") == "basic":
            hint = "an authorization server knows tokens, not passwords (RFC 7662)"
            yield Mistake("goes-together", "`verify` goes with `authorization_type: bearer`", hint=hint, at=("verify",))
        if written.get("passthrough") and written.get("documents") == "authenticated":
            yield Mistake(
                "documents-for-anybody",
                "with `passthrough` only the upstream can tell a good token, so any made-up one would open the document",
                got="authenticated",
                hint="write `documents: public`, or judge the tokens here with `users` or `verify`",
                at=("documents",),
            )


class OAuthFacade(Record):
    """Serve the provider's two endpoints under our own host, as clients demand."""

    authorize: AbsoluteUrl
    """The provider's authorization endpoint."""
    token: AbsoluteUrl
    """The provider's token endpoint."""
    client_ids: Annotated[tuple[Annotated[str, Field(min_length=1)], ...], ToTuple] = ()
    """Clients that keep a secret."""
    public_client_ids: Annotated[tuple[Annotated[str, Field(min_length=1)], ...], ToTuple] = ()
    """Clients that keep none; they must use PKCE with S256."""
    chatgpt_ids: Annotated[tuple[Annotated[str, Field(pattern=_CHATGPT_ID)], ...], ToTuple] = ()
    """Plugins and GPTs whose callbacks at ChatGPT are good, such as `g-1a2b3c` or `plugin-1a2b3c`; `*` is any of them."""
    redirect_uris: Annotated[tuple[AbsoluteUrl, ...], ToTuple] = ()
    """Where else users may be sent back to, exactly."""

    @classmethod
    def mistakes(cls, written: Mapping[str, Any]) -> Iterator[Mistake]:
        if not written.get("client_ids") and not written.get("public_client_ids"):
            hint = "list the client ids that the provider knows"
            yield Mistake("missing-key", "`facade` needs `client_ids` or `public_client_ids`", hint=hint)
        if not written.get("chatgpt_ids") and not written.get("redirect_uris"):
            hint = "say where users may be sent back to"
            yield Mistake("missing-key", "`facade` needs `chatgpt_ids` or `redirect_uris`", hint=hint)


class OAuthAuth(Record):
    """Users log in at a provider; calls carry its access tokens."""

    type: Literal["oauth"]
    """`oauth`."""
    client_url: AbsoluteUrl | None = None
    """Where the client sends users to log in; with `facade` it is here."""
    authorization_url: AbsoluteUrl | None = None
    """Where the client gets tokens; with `facade` it is here."""
    authorization_content_type: Literal["application/json", "application/x-www-form-urlencoded"] = "application/json"
    """How it posts there."""
    scope: str = ""
    """What it asks for, separated by spaces."""
    verification_tokens: dict[str, str] = Field(default_factory=dict)
    """What the client's site gave to show in the manifest, by site."""
    issuer: AbsoluteUrl | None = None
    """Whose tokens are good; its keys are found from here. With `verify`, an answer that names another issuer is a no."""
    audience: Texts = ()
    """Whom tokens must be for, one of them if several are listed; by default `public.url`."""
    required_scope: str = ""
    """What tokens must be good for, separated by spaces."""
    leeway: Duration = 30.0
    """How far the issuer's clock may be from ours."""
    algorithms: Annotated[tuple[Literal["RS256", "ES256", "PS256", "EdDSA"], ...], ToTuple] = ("RS256", "ES256")
    """How tokens may be signed."""
    verify: Introspection | None = None
    """Ask the provider about each token instead."""
    facade: OAuthFacade | None = None
    """Serve `/oauth/authorize` and `/oauth/token` here."""
    documents: Documents = "public"
    """Who may read the document: anybody, or only those who may call."""
    instructions: str = ""
    """Shown to the user."""

    @classmethod
    def mistakes(cls, written: Mapping[str, Any]) -> Iterator[Mistake]:
        if not written.get("issuer") and not written.get("verify"):
            hint = "name the provider whose access tokens are good, or ask it about each with `verify`"
            yield Mistake("missing-key", "`oauth` needs `issuer` or `verify`", hint=hint)
        verify = written.get("verify")
        if written.get("audience") and (verify.get("audience") if isinstance(verify, dict) else None):
            hint = "write it in one of the two places"
            yield Mistake("exactly-one", "`audience` is said twice", hint=hint, at=("verify", "audience"), on_key=True)
        for key in ("client_url", "authorization_url"):
            if not written.get(key) and not written.get("facade"):
                hint = "write the provider's own, or serve it here with `facade`"
                yield Mistake("missing-key", f"`oauth` needs `{key}` or `facade`", hint=hint)


def _type(value: Any) -> Any:
    if isinstance(value, NoAuth | ServiceHttpAuth | UserHttpAuth | OAuthAuth):
        return value.type
    return value.get("type", "none") if isinstance(value, dict) else None


def _known_type(value: Any) -> Any:
    if isinstance(value, Record):
        return value
    if not isinstance(value, dict):
        raise Mistake("wrong-type", "expected a mapping", hint="such as {type: none}")
    kind = value.get("type", "none")
    if kind not in KINDS:
        hint = f"{nearest(kind, KINDS)}valid: {', '.join(KINDS)}"
        raise Mistake("bad-value", "not one of the known words", got=kind, hint=hint, at=("type",))
    return value


Auth: TypeAlias = Annotated[
    Annotated[NoAuth, Tag("none")]
    | Annotated[ServiceHttpAuth, Tag("service_http")]
    | Annotated[UserHttpAuth, Tag("user_http")]
    | Annotated[OAuthAuth, Tag("oauth")],
    Discriminator(_type),
    BeforeValidator(_known_type),
]


class Match(Record):
    """How a caller is recognised: all that is written must hold."""

    token: Annotated[str, Field(min_length=1)] | None = None
    """The name of a token."""
    user: Annotated[str, Field(min_length=1)] | None = None
    """A user of the users file, or the subject of an access token."""
    scope: Annotated[str, Field(min_length=1)] | None = None
    """A scope of its access token."""
    claims: dict[str, str] = Field(default_factory=dict)
    """Claims of its access token; of a list, one member."""

    @classmethod
    def mistakes(cls, written: Mapping[str, Any]) -> Iterator[Mistake]:
        if not any(written.get(key) for key in cls.model_fields):
            yield Mistake("empty", "`match` says nothing, so nobody matches", hint="write token, user, scope or claims")


class Consumer(Record):
    """A caller with a name and a subset of the allow-list; the first of the list that matches is the one."""

    name: Annotated[str, Field(min_length=1)]
    """What access records call it."""
    match: Match
    """How it is recognised."""
    allow: Annotated[tuple[Selector, ...], ToTuple] | None = None
    """What it may call, out of `allow`; everything by default."""
    rate: RateValue | None = None
    """How often it may call."""
