"""Who may call: the `auth` and `consumers` of gateway.yaml, in the plugin manifest's own words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import BeforeValidator, Discriminator, Field, Tag

from plugin_gateway.config.fields import AbsoluteUrl, Duration, FilePath, Flag, RateValue, SecretValue, ToTuple
from plugin_gateway.config.mistake import Mistake, nearest
from plugin_gateway.config.record import Record
from plugin_gateway.config.selector import Selector  # noqa: TC001  # pydantic reads it

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

KINDS = ("none", "service_http", "user_http", "oauth")
Scheme = Literal["bearer", "basic"]


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
    cache: Duration = 60.0
    """How long an answer is believed."""


class NoAuth(Record):
    """Anybody may call."""

    type: Literal["none"] = "none"
    """`none`."""


class ServiceHttpAuth(Record):
    """One service calls, with a token it keeps."""

    type: Literal["service_http"]
    """`service_http`."""
    authorization_type: Scheme = "bearer"
    """How the token is shown."""
    tokens: Annotated[tuple[ClientToken, ...], ToTuple, Field(min_length=1)]
    """The tokens that are good now."""
    verification_tokens: dict[str, str] = Field(default_factory=dict)
    """What the client's site gave to show in the manifest, by site: `{openai: …}`."""
    instructions: str = ""
    """Shown to whoever sets the plugin up."""


class UserHttpAuth(Record):
    """Each user calls with a token of their own."""

    type: Literal["user_http"]
    """`user_http`."""
    authorization_type: Scheme = "bearer"
    """How the token is shown."""
    users: FilePath | None = None
    """File of user names and hashed tokens."""
    verify: Introspection | None = None
    """Ask an authorization server."""
    passthrough: Flag = False
    """The upstream judges the token; nobody else does."""
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


class OAuthFacade(Record):
    """Serve the provider's two endpoints under our own host, as clients demand."""

    authorize: AbsoluteUrl
    """The provider's authorization endpoint."""
    token: AbsoluteUrl
    """The provider's token endpoint."""
    redirect_uris: Annotated[tuple[AbsoluteUrl, ...], ToTuple] = ()
    """Where users may be sent back to, exactly."""


class OAuthAuth(Record):
    """Users log in at a provider; calls carry its access tokens."""

    type: Literal["oauth"]
    """`oauth`."""
    client_url: AbsoluteUrl | None = None
    """Where the client sends users to log in."""
    authorization_url: AbsoluteUrl | None = None
    """Where the client gets tokens."""
    authorization_content_type: Literal["application/json", "application/x-www-form-urlencoded"] = "application/json"
    """How it posts there."""
    scope: str = ""
    """What it asks for, separated by spaces."""
    verification_tokens: dict[str, str] = Field(default_factory=dict)
    """What the client's site gave to show in the manifest, by site."""
    issuer: AbsoluteUrl | None = None
    """Whose tokens are good; its keys are found from here."""
    audience: str = ""
    """Whom tokens must be for."""
    algorithms: Annotated[tuple[Literal["RS256", "ES256", "PS256", "EdDSA"], ...], ToTuple] = ("RS256", "ES256")
    """How tokens may be signed."""
    verify: Introspection | None = None
    """Ask the provider about each token instead."""
    facade: OAuthFacade | None = None
    """Serve `/oauth/authorize` and `/oauth/token` here."""
    instructions: str = ""
    """Shown to the user."""


def _type(value: Any) -> Any:
    return value.get("type", "none") if isinstance(value, dict) else getattr(value, "type", None)


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

    token: str | None = None
    """The name of a token."""
    scope: str | None = None
    """A scope of its access token."""
    claims: dict[str, str] = Field(default_factory=dict)
    """Claims of its access token."""


class Consumer(Record):
    """A caller with a name and a subset of the allow-list."""

    name: Annotated[str, Field(min_length=1)]
    """What access records call it."""
    match: Match
    """How it is recognised."""
    allow: Annotated[tuple[Selector, ...], ToTuple] | None = None
    """What it may call, out of `allow`; everything by default."""
    rate: RateValue | None = None
    """How often it may call."""
