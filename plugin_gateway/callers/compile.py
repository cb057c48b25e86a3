"""The callers: `auth` and `consumers` of a config, compiled for the gate and for what clients are told alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugin_gateway.callers.authentication import build_authentication
from plugin_gateway.callers.consumers import consumer_rules
from plugin_gateway.callers.facade import AUTHORIZE_PATH, TOKEN_PATH, build_facade
from plugin_gateway.callers.model import Callers
from plugin_gateway.diagnostics import Finding
from plugin_gateway.publish.security import METADATA_PATH, Security

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plugin_gateway.config.auth import Consumer
    from plugin_gateway.config.model import Config

_NOTHING_PASSES: Final = Finding(
    rule="passthrough-goes-nowhere",
    message="nobody judges the callers: the upstream is to, and does not get their credential",
    hint="write `credential: {passthrough: true}` under `upstream`",
    pointer=("auth", "passthrough"),
)


def compile_callers(config: Config, users: str | None) -> tuple[Callers, tuple[Finding, ...]]:
    """Compile; `users` is the text of the users file that the config names."""
    auth = config.auth
    authentication, findings = build_authentication(
        auth,
        public_url=config.public_url,
        metadata_url=_base(config) + METADATA_PATH,
        users=users,
        bad_credentials=config.limits.bad_credentials,
    )
    known = authentication.users if authentication is not None else None
    facade = getattr(auth, "facade", None)
    mistakes = find_consumer_mistakes(
        config.consumers,
        kind=auth.type,
        is_judged=authentication is not None and not authentication.is_passthrough,
        tokens=tuple(authentication.tokens.values()) if authentication is not None else (),
        users=known.names if known is not None else (),
    )
    if authentication is not None and authentication.is_passthrough and not _passes_through(config):
        findings = (*findings, _NOTHING_PASSES)
    callers = Callers(
        authentication=authentication,
        consumers=consumer_rules(config.consumers),
        facade=build_facade(facade) if facade is not None else None,
    )
    return callers, (*findings, *mistakes)


def _passes_through(config: Config) -> bool:
    return any(getattr(credential, "passthrough", False) for credential in config.upstream.credential)


def compile_security(config: Config) -> Security:
    """Say what clients are told of it. With a façade, the two endpoints they see are ours."""
    auth = config.auth
    if auth.type == "none":
        return Security(kind="none")
    base = _base(config)
    return Security(
        kind=auth.type,
        scheme=getattr(auth, "authorization_type", "bearer"),
        instructions=auth.instructions,
        verification_tokens=getattr(auth, "verification_tokens", {}),
        client_url=getattr(auth, "client_url", None) or base + AUTHORIZE_PATH,
        authorization_url=getattr(auth, "authorization_url", None) or base + TOKEN_PATH,
        content_type=getattr(auth, "authorization_content_type", ""),
        scope=getattr(auth, "scope", ""),
        issuer=getattr(auth, "issuer", None) or "",
    )


def _base(config: Config) -> str:
    return config.public_url.rstrip("/")


def find_consumer_mistakes(
    consumers: Sequence[Consumer], *, kind: str, is_judged: bool, tokens: Sequence[str], users: Sequence[str]
) -> Iterator[Finding]:
    """Find consumers that nobody can ever be, and those that are two under one name."""
    if consumers and not is_judged:
        hint = "write how callers are told apart under `auth`"
        message = "consumers need callers that are known, and `auth` lets everybody in unjudged"
        yield Finding(rule="consumers-need-auth", message=message, hint=hint, pointer=("consumers",))
        return
    seen: set[str] = set()
    for index, consumer in enumerate(consumers):
        if consumer.name in seen:
            yield _finding(index, "name", f"two consumers are called `{consumer.name}`", "rename one of them")
        seen.add(consumer.name)
        said = consumer.match
        if said.token and said.token not in tokens:
            known = ", ".join(f"`{name}`" for name in tokens)
            hint = f"the tokens are {known}" if known else "only `service_http` has named tokens"
            yield _finding(index, "match", f"no token is called `{said.token}`", hint)
        if said.user and users and said.user not in users:
            yield _finding(index, "match", f"the users file has no `{said.user}`", "add the user, or correct the name")
        if (said.scope or said.claims) and kind == "service_http":
            hint = "match by `token`"
            yield _finding(index, "match", "tokens of `service_http` have neither scopes nor claims", hint)


def _finding(index: int, key: str, message: str, hint: str) -> Finding:
    return Finding(rule="consumer-mismatch", message=message, hint=hint, pointer=("consumers", index, key))
