"""Cleartext: warnings of secrets in a config that would cross a network unencrypted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from plugin_gateway.config.address import is_this_machine
from plugin_gateway.config.auth import OAuthAuth, OAuthFacade, UserHttpAuth
from plugin_gateway.config.credential import OAuth2Credential, TokenExchangeCredential
from plugin_gateway.config.fields import CONFIRM
from plugin_gateway.config.introspection import Introspection
from plugin_gateway.diagnostics import Finding, Pointer, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plugin_gateway.config.credential import Credential
    from plugin_gateway.config.model import Config


_GRANT_IN_CLEAR: Final = "the client secret and the token cross the network unencrypted"
_HINT: Final = "write https://; http:// is for this machine: localhost, 127.0.0.1, [::1] or unix:"


def find_secrets_in_clear(config: Config) -> Iterator[Finding]:
    """Yield a warning for each URL that a secret goes to over plain HTTP or Redis, unless it is on this machine."""
    url, credentials = config.upstream.url, list(_credentials(config))
    if credentials and not (url.tls or url.socket or is_this_machine(url.host)):
        yield _finding(f"the credential goes to {url.host} unencrypted", ("upstream", "url"))
    for pointer, credential in credentials:
        match credential:
            case OAuth2Credential(oauth2=grant) if _is_clear(grant.token_url):
                yield _finding(_GRANT_IN_CLEAR, (*pointer, "oauth2", "token_url"))
            case TokenExchangeCredential(token_exchange=exchange) if _is_clear(exchange.token_url):
                yield _finding(_GRANT_IN_CLEAR, (*pointer, "token_exchange", "token_url"))
            case _:
                pass
    if config.openapi.headers and config.openapi.is_url and _is_clear(config.openapi.source):
        yield _finding("`openapi.headers` go to this URL unencrypted", ("openapi", "source"))
    match config.auth:
        case UserHttpAuth(verify=Introspection() as verify) | OAuthAuth(verify=Introspection() as verify):
            if _is_clear(verify.introspection):
                yield _finding("callers' tokens go to this URL unencrypted", ("auth", "verify", "introspection"))
        case _:
            pass
    match config.auth:
        case OAuthAuth(facade=OAuthFacade() as facade) if _is_clear(facade.token):
            yield _finding("clients' secrets and tokens go to this URL unencrypted", ("auth", "facade", "token"))
        case _:
            pass
    if config.otel is not None and config.otel.headers and _is_clear(config.otel.endpoint):
        yield _finding("`otel.headers` go to this URL unencrypted", ("otel", "endpoint"))
    if config.limits.redis is not None:
        yield from _find_redis_in_clear(config, config.limits.redis.reveal())


def _find_redis_in_clear(config: Config, url: str) -> Iterator[Finding]:
    try:
        parts = urlsplit(url)
        is_clear = parts.scheme == "redis" and not is_this_machine(parts.hostname or "")
    except ValueError:
        return  # `admission.compile` reports a malformed URL.
    if not is_clear:
        return
    stated: list[object] = [entry.consequential for entry in config.allow]
    hint = "write rediss://, which is Redis over TLS"
    if parts.password:
        yield _finding("the password of Redis crosses the network unencrypted", ("limits", "redis"), hint)
    elif CONFIRM in stated:
        message = "approvals and the calls that wait for them cross the network unencrypted, so a program on it could read or alter them"
        yield _finding(message, ("limits", "redis"), hint)


def _credentials(config: Config) -> Iterator[tuple[Pointer, Credential]]:
    given: list[tuple[Pointer, Sequence[Credential] | None]] = [
        (("upstream", "credential"), config.upstream.credential),
        (("upstream", "write_credential"), config.upstream.write_credential),
        *((("allow", index, "credential"), entry.credential) for index, entry in enumerate(config.allow)),
    ]
    for pointer, credentials in given:
        for index, credential in enumerate(credentials or ()):
            yield (*pointer, index), credential


def _is_clear(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "http" and not is_this_machine(parts.hostname or "")


def _finding(message: str, pointer: Pointer, hint: str = _HINT) -> Finding:
    return Finding(rule="secret-in-clear", message=message, hint=hint, severity=Severity.WARNING, pointer=pointer)
