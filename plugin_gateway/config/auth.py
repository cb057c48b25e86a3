"""Client authentication: `auth` and `consumers` of gateway.yaml, named as in the plugin manifest."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, Literal, TypeAlias

from msgspec import Meta, field

from plugin_gateway.config.fields import AbsoluteUrl, Duration, Flag, SecretValue, Texts, ToTuple
from plugin_gateway.config.illegible import ILLEGIBLE, illegible
from plugin_gateway.config.introspection import Introspection
from plugin_gateway.config.mistake import Mistake, nearest_key
from plugin_gateway.config.path_fields import FilePath
from plugin_gateway.config.reader import ChosenBy, PrepareRaw, SchemaWords
from plugin_gateway.config.record import Record, given

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

KINDS = ("none", "service_http", "user_http", "oauth")
Scheme = Literal["bearer", "basic"]
Documents = Literal["public", "authenticated"]
_CHATGPT_ID: Final = r"^(\*|(plugin-|g-)[A-Za-z0-9-]{1,64})$"


def _chatgpt_id(value: Any) -> Any:
    if isinstance(value, str) and not re.fullmatch(_CHATGPT_ID, value):
        raise Mistake("bad-value", f"must match {_CHATGPT_ID}", got=value)
    return value


ChatGptId = Annotated[str, PrepareRaw(_chatgpt_id), SchemaWords({"pattern": _CHATGPT_ID})]


class ClientToken(Record):
    """A token that callers may send. List two while you rotate one."""

    short_form: ClassVar[dict[str, Any] | None] = {
        "type": "object",
        "properties": {key: {"type": "string", "minLength": 1} for key in ("name", "env", "file", "value")},
        "required": ["name"],
        "minProperties": 2,
        "maxProperties": 2,
        "additionalProperties": False,
    }

    name: Annotated[str, Meta(min_length=1)]
    """Its name in access records and in `consumers`.
    Example: `name: chatgpt`"""
    token: SecretValue
    """The token.
    Example: `token: {env: CHATGPT_TOKEN}`"""

    short_keys: ClassVar[tuple[str, ...]] = ("env", "file", "value")

    @classmethod
    def expand(cls, value: Any) -> Any:
        # People write the flat form {name, env}; the model nests the source, as for every other secret.
        kinds = cls.short_keys
        if isinstance(value, dict) and "token" not in value and any(kind in value for kind in kinds):
            source = {kind: value[kind] for kind in kinds if kind in value}
            return {key: member for key, member in value.items() if key not in kinds} | {"token": source}
        return value


class NoAuth(Record):
    """Any client may call."""

    type: Literal["none"] = "none"
    """`none`.
    Example: `type: none`"""


class ServiceHttpAuth(Record):
    """A service calls with a fixed token."""

    type: Literal["service_http"]
    """`service_http`.
    Example: `type: service_http`"""
    authorization_type: Scheme = "bearer"
    """Scheme of the `Authorization` field; with `basic`, a token is `user:password`."""
    tokens: Annotated[tuple[ClientToken, ...], ToTuple, Meta(min_length=1)]
    """The tokens that the gateway accepts.
    Example: `tokens: [{name: chatgpt, env: CHATGPT_TOKEN}]`"""
    verification_tokens: dict[str, str] = field(default_factory=dict)
    """Verification tokens to show in the manifest, by the site that issued them: `{openai: …}`.
    Example: `verification_tokens: {openai: 0a1b2c3d4e5f}`"""
    documents: Documents = "public"
    """Who may read the document: `public` is any client, `authenticated` only clients that may call."""
    instructions: str = ""
    """Shown to the person who installs the plugin.
    Example: `instructions: Ask the service desk for the token.`"""

    @classmethod
    def mistakes(cls, written: Mapping[str, Any]) -> Iterator[Mistake]:
        tokens = written.get("tokens")
        names: set[str] = set()
        for index, token in enumerate(tokens if isinstance(tokens, list | tuple) else ()):
            name = (
                token.get("name") if isinstance(token, dict) else token.name if isinstance(token, ClientToken) else None
            )
            if isinstance(name, str) and name in names:
                at, hint = ("tokens", index, "name"), "rename one of them"
                yield Mistake("duplicate-key", "two tokens have the same name", got=name, hint=hint, at=at)
            names.add(str(name))


_IS_BASIC: Final = {"properties": {"authorization_type": {"const": "basic"}}, "required": ["authorization_type"]}
_PASSES_THROUGH: Final = {"properties": {"passthrough": {"const": True}}, "required": ["passthrough"]}


class UserHttpAuth(Record):
    """Each user calls with their own token or password."""

    between: ClassVar[tuple[dict[str, Any], ...]] = (
        {"oneOf": [given("users"), given("verify"), _PASSES_THROUGH]},
        {"not": {"allOf": [given("verify"), _IS_BASIC]}},
        {"if": _PASSES_THROUGH, "then": {"properties": {"documents": {"const": "public"}}}},
    )

    type: Literal["user_http"]
    """`user_http`.
    Example: `type: user_http`"""
    authorization_type: Scheme = "bearer"
    """Scheme of the `Authorization` field."""
    users: FilePath | None = None
    """A file with one user per line: `NAME:scrypt$…` or `NAME:sha256$…`, as `plugin-gateway hash-token` prints it.
    Example: `users: users.txt`"""
    verify: Introspection | None = None
    """Ask an authorization server about each token.
    Example: `verify: {introspection: https://login.example.com/introspect}`"""
    passthrough: Flag = False
    """Forward the caller's `Authorization`; only the upstream verifies it."""
    documents: Documents = "public"
    """Who may read the document: `public` is any client, `authenticated` only clients that may call."""
    instructions: str = ""
    """Shown to the user.
    Example: `instructions: Use the password of the order desk.`"""

    @classmethod
    def mistakes(cls, written: Mapping[str, Any]) -> Iterator[Mistake]:
        if len([key for key in ("users", "verify", "passthrough") if written.get(key)]) != 1:
            yield Mistake(
                "exactly-one",
                "`user_http` needs exactly one of `users`, `verify` and `passthrough`",
                hint="choose who verifies the users' tokens",
            )
        if written.get("verify") and written.get("authorization_type") == "basic":
            hint = "an authorization server verifies tokens, not passwords (RFC 7662)"
            yield Mistake("goes-together", "`verify` needs `authorization_type: bearer`", hint=hint, at=("verify",))
        if written.get("passthrough") and written.get("documents") == "authenticated":
            yield Mistake(
                "documents-for-anybody",
                "with `passthrough` the gateway cannot verify tokens, so any made-up token would open the document",
                got="authenticated",
                hint="write `documents: public`, or have the gateway verify tokens with `users` or `verify`",
                at=("documents",),
            )


def _one_is_filled(*keys: str) -> dict[str, Any]:
    return {"anyOf": [{"properties": {key: {"minItems": 1}}, "required": [key]} for key in keys]}


class OAuthFacade(Record):
    """Serve the provider's two OAuth endpoints under the gateway's host, as clients require."""

    between: ClassVar[tuple[dict[str, Any], ...]] = (
        _one_is_filled("client_ids", "public_client_ids"),
        _one_is_filled("chatgpt_ids", "redirect_uris"),
    )

    authorize: AbsoluteUrl
    """The provider's authorization endpoint.
    Example: `authorize: https://login.example.com/authorize`"""
    token: AbsoluteUrl
    """The provider's token endpoint.
    Example: `token: https://login.example.com/token`"""
    client_ids: Annotated[tuple[Annotated[str, Meta(min_length=1)], ...], ToTuple] = ()
    """Ids of the clients that have a secret.
    Example: `client_ids: [plugin]`"""
    public_client_ids: Annotated[tuple[Annotated[str, Meta(min_length=1)], ...], ToTuple] = ()
    """Ids of the clients without a secret; they must use PKCE with S256.
    Example: `public_client_ids: [desktop]`"""
    chatgpt_ids: Annotated[tuple[ChatGptId, ...], ToTuple] = ()
    """Plugins and GPTs whose ChatGPT callback URLs are allowed, such as `g-1a2b3c` or `plugin-1a2b3c`; `*` allows all of them.
    Example: `chatgpt_ids: [g-1a2b3c]`"""
    redirect_uris: Annotated[tuple[AbsoluteUrl, ...], ToTuple] = ()
    """Other redirect URIs that are allowed, compared exactly.
    Example: `redirect_uris: [https://chat.example.com/callback]`"""

    @classmethod
    def mistakes(cls, written: Mapping[str, Any]) -> Iterator[Mistake]:
        if not written.get("client_ids") and not written.get("public_client_ids"):
            hint = "list the client ids that the provider knows"
            yield Mistake("missing-key", "`facade` needs `client_ids` or `public_client_ids`", hint=hint)
        if not written.get("chatgpt_ids") and not written.get("redirect_uris"):
            hint = "list the callback URLs to which users may return"
            yield Mistake("missing-key", "`facade` needs `chatgpt_ids` or `redirect_uris`", hint=hint)


class OAuthAuth(Record):
    """Users log in at a provider; calls carry its access tokens."""

    between: ClassVar[tuple[dict[str, Any], ...]] = (
        {"anyOf": [given("issuer"), given("verify")]},
        {"anyOf": [given("facade"), given("client_url", "authorization_url")]},
        {"not": {"properties": {"verify": {"required": ["audience"]}}, "required": ["audience", "verify"]}},
    )

    type: Literal["oauth"]
    """`oauth`.
    Example: `type: oauth`"""
    client_url: AbsoluteUrl | None = None
    """Where the client sends users to log in; with `facade`, by default the gateway's endpoint.
    Example: `client_url: https://login.example.com/authorize`"""
    authorization_url: AbsoluteUrl | None = None
    """Where the client gets tokens; with `facade`, by default the gateway's endpoint.
    Example: `authorization_url: https://login.example.com/token`"""
    authorization_content_type: Literal["application/json", "application/x-www-form-urlencoded"] = "application/json"
    """Content type of the client's token requests."""
    scope: str = ""
    """Scopes that the client asks for, separated by spaces.
    Example: `scope: orders:read offline_access`"""
    verification_tokens: dict[str, str] = field(default_factory=dict)
    """Verification tokens to show in the manifest, by the site that issued them.
    Example: `verification_tokens: {openai: 0a1b2c3d4e5f}`"""
    issuer: AbsoluteUrl | None = None
    """The issuer whose tokens are accepted; the gateway discovers its keys from this URL. With `verify`, the gateway
    refuses a token if the answer names another issuer.
    Example: `issuer: https://login.example.com`"""
    audience: Texts = ()
    """The audience that a token must have; of several, one is enough. By default `public.url` or the URL of the MCP endpoint.
    Example: `audience: [https://plugin.example.com, https://plugin.example.com/mcp]`"""
    required_scope: str = ""
    """Scopes that a token must have, separated by spaces.
    Example: `required_scope: orders:read`"""
    leeway: Duration = 30.0
    """How far the issuer's clock may differ from the gateway's.
    Example: `leeway: 1m`"""
    algorithms: Annotated[tuple[Literal["RS256", "ES256", "PS256", "EdDSA"], ...], ToTuple] = ("RS256", "ES256")
    """Signature algorithms that are accepted.
    Example: `algorithms: [RS256, PS256]`"""
    verify: Introspection | None = None
    """Ask the provider about each token instead of checking its signature.
    Example: `verify: {introspection: https://login.example.com/introspect}`"""
    facade: OAuthFacade | None = None
    """Serve `/oauth/authorize` and `/oauth/token` on the gateway.
    Example: `facade: {authorize: https://login.example.com/authorize, token: https://login.example.com/token, client_ids: [plugin], chatgpt_ids: [g-1a2b3c]}`"""
    documents: Documents = "public"
    """Who may read the document: `public` is any client, `authenticated` only clients that may call."""
    instructions: str = ""
    """Shown to the user.
    Example: `instructions: Log in with your account of the order desk.`"""

    @classmethod
    def mistakes(cls, written: Mapping[str, Any]) -> Iterator[Mistake]:
        if not written.get("issuer") and not written.get("verify"):
            hint = "name the provider with `issuer`, or ask it about each token with `verify`"
            yield Mistake("missing-key", "`oauth` needs `issuer` or `verify`", hint=hint)
        verify = written.get("verify")
        if written.get("audience") and (verify.get("audience") if isinstance(verify, dict) else None):
            hint = "keep one of the two"
            yield Mistake("exactly-one", "`audience` is set twice", hint=hint, at=("verify", "audience"), on_key=True)
        missing = [f"`{key}`" for key in ("client_url", "authorization_url") if not written.get(key)]
        if missing and not written.get("facade"):
            hint = "write the provider's URLs, or serve the endpoints here with `facade`"
            yield Mistake("missing-key", f"`oauth` needs {' and '.join(missing)}, or `facade`", hint=hint)


def _choose(value: Any) -> type[Record]:
    if isinstance(value, Record):
        return type(value)
    if not isinstance(value, dict):
        raise Mistake("wrong-type", "expected a mapping", hint="for example {type: none}")
    key = "type" if "type" in value else next((key for key in value if nearest_key(key, ["type"])), "type")
    kind = value.get(key, "none")
    likely = kind if kind in KINDS else nearest_key(kind, KINDS) or _likely_kind(value)
    if likely:
        return _BY_TYPE[likely]  # its field `type` refuses another kind, and the other keys are judged, too
    if kind is ILLEGIBLE:
        raise illegible(at=("type",))
    raise Mistake("bad-value", "not a valid value", got=kind, hint=f"valid: {', '.join(KINDS)}", at=("type",))


def _likely_kind(value: Mapping[Any, Any]) -> str | None:
    """Return the kind that alone has one of the keys of a mapping."""
    for key in value:
        kinds = [kind for kind, record in _BY_TYPE.items() if nearest_key(key, record.known_keys())]
        if len(kinds) == 1:
            return kinds[0]
    return None


_BY_TYPE: Final[Mapping[str, type[Record]]] = dict(
    zip(KINDS, (NoAuth, ServiceHttpAuth, UserHttpAuth, OAuthAuth), strict=True)
)
Auth: TypeAlias = Annotated[NoAuth | ServiceHttpAuth | UserHttpAuth | OAuthAuth, ChosenBy(_choose)]
