"""The credentials of a config, compiled: the injection for the calls of each operation, and findings about it."""

from __future__ import annotations

import base64
from functools import partial
from typing import TYPE_CHECKING, Final, assert_never
from urllib.parse import quote

from msgspec import field

from plugin_gateway import methods
from plugin_gateway.config.auth import NoAuth, UserHttpAuth
from plugin_gateway.config.credential import (
    BasicCredential,
    BearerCredential,
    CookieCredential,
    HeaderCredential,
    OAuth2Credential,
    PassthroughCredential,
    QueryCredential,
    TokenExchangeCredential,
)
from plugin_gateway.credentials.grant import ClientCredentialsGrant, Passthrough, TokenExchangeGrant
from plugin_gateway.credentials.injection import MIN_MASKED_BYTES, Injection
from plugin_gateway.diagnostics import Finding, Pointer, Severity
from plugin_gateway.discreet import Discreet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from plugin_gateway.config.credential import Credential
    from plugin_gateway.config.model import Config
    from plugin_gateway.config.secrets import Secret
    from plugin_gateway.config.selector import AllowEntry
    from plugin_gateway.credentials.grant import Grant


MIN_GOOD_BYTES: Final = 8
_quote: Final = partial(quote, safe="")


class Injections(Discreet, frozen=True, kw_only=True):
    """The injections: an operation's own, or else the one for safe methods or the one for other methods."""

    HIDDEN = ("read", "write", "operations")

    read: Injection
    write: Injection
    operations: Mapping[str, Injection] = field(default_factory=dict)
    """By operation id."""

    @property
    def every(self) -> tuple[Injection, ...]:
        return (self.read, self.write, *self.operations.values())

    def of(self, operation_id: str, method: str) -> Injection:
        """Return the injection for the calls of one operation."""
        return self.operations.get(operation_id) or (self.read if method in methods.SAFE else self.write)


def compile_injections(config: Config, own: Mapping[str, AllowEntry]) -> tuple[Injections, tuple[Finding, ...]]:
    """Compile the injections, and warn of weak secrets and of callers' credentials that would go to the wrong place.

    `own` has, by operation id, the entries of `allow` that give an operation its own credential.
    """
    findings: list[Finding] = []
    passes = isinstance(config.auth, UserHttpAuth) and config.auth.passthrough

    def prepared(credentials: Sequence[Credential], pointer: Pointer) -> Injection:
        findings.extend(_judge(config, credentials, pointer, passes=passes))
        return injection(credentials)

    upstream = config.upstream
    read = prepared(upstream.credential, ("upstream", "credential"))
    write = read
    if upstream.write_credential is not None:
        write = prepared(upstream.write_credential, ("upstream", "write_credential"))
    # One entry may name many operations: it is judged once.
    entries: dict[int, Injection] = {}
    operations: dict[str, Injection] = {}
    for operation_id, entry in own.items():
        if entry.credential is not None:
            if entry.index not in entries:
                entries[entry.index] = prepared(entry.credential, ("allow", entry.index, "credential"))
            operations[operation_id] = entries[entry.index]
    return Injections(read=read, write=write, operations=operations), tuple(findings)


def injection(credentials: Sequence[Credential]) -> Injection:
    """Compile credentials whose secrets are resolved. A credential without a fixed value becomes the grant."""
    headers: list[tuple[bytes, bytes]] = []
    query: list[str] = []
    cookies: list[bytes] = []
    secrets: list[str] = []
    grant: Grant | None = None
    for credential in credentials:
        secrets += (secret.reveal() for secret in _secrets(credential))
        match credential:
            case HeaderCredential(header=name, value=value):
                headers.append((name.encode(), value.reveal().encode()))
            case QueryCredential(query=name, value=value):
                query.append(f"{_quote(name)}={_quote(value.reveal())}")
            case CookieCredential(cookie=name, value=value):
                cookies.append(f"{name}={value.reveal()}".encode())
            case BearerCredential(bearer=token):
                headers.append((b"Authorization", b"Bearer " + token.reveal().encode()))
            case BasicCredential(basic=login):
                pair = base64.b64encode(f"{login.username}:{login.password.reveal()}".encode())
                headers.append((b"Authorization", b"Basic " + pair))
                secrets.append(pair.decode())
            case OAuth2Credential(oauth2=oauth2):
                grant = ClientCredentialsGrant(
                    token_url=oauth2.token_url,
                    client_id=oauth2.client_id,
                    client_secret=oauth2.client_secret.reveal(),
                    scope=oauth2.scope,
                    audience=oauth2.audience,
                )
            case TokenExchangeCredential(token_exchange=exchange):
                grant = TokenExchangeGrant(
                    token_url=exchange.token_url,
                    client_id=exchange.client_id,
                    client_secret=exchange.client_secret.reveal() if exchange.client_secret is not None else "",
                    scope=exchange.scope,
                    audience=exchange.audience,
                )
            case PassthroughCredential():
                grant = Passthrough()
            case _:
                assert_never(credential)
    return Injection(
        headers=tuple(headers),
        query="&".join(query).encode(),
        cookies=b"; ".join(cookies),
        secrets=tuple(dict.fromkeys(secrets)),
        grant=grant,
    )


def find_short_secrets(credentials: Iterable[Credential], pointer: Pointer) -> Iterator[Finding]:
    """Warn of secrets that are too short to be masked, or short enough to be guessed."""
    for index, credential in enumerate(credentials):
        for secret in _secrets(credential):
            size = len(secret.reveal().encode())
            if size < MIN_GOOD_BYTES:
                is_masked = size >= MIN_MASKED_BYTES
                yield Finding(
                    rule="short-secret",
                    severity=Severity.WARNING,
                    message=f"the secret has fewer than {MIN_GOOD_BYTES} bytes"
                    + ("" if is_masked else ", too few for the gateway to mask it in the upstream's answers"),
                    hint="ask for a longer key",
                    pointer=(*pointer, index),
                )


def _secrets(credential: Credential) -> Iterator[Secret]:
    """Return a credential's secrets. Answers mask each of them.

    The client secret of a grant does not go to the upstream. But if the token endpoint is on the same server, an error page
    of the upstream may repeat it.
    """
    match credential:
        case HeaderCredential(value=secret) | QueryCredential(value=secret) | CookieCredential(value=secret):
            yield secret
        case BearerCredential(bearer=secret):
            yield secret
        case BasicCredential(basic=login):
            yield login.password
        case OAuth2Credential(oauth2=oauth2):
            yield oauth2.client_secret
        case TokenExchangeCredential(token_exchange=exchange):
            if exchange.client_secret is not None:
                yield exchange.client_secret
        case PassthroughCredential():
            pass
        case _:
            assert_never(credential)


def _judge(config: Config, credentials: Sequence[Credential], pointer: Pointer, *, passes: bool) -> Iterator[Finding]:
    yield from find_short_secrets(credentials, pointer)
    if passes and pointer != ("upstream", "credential") and not any(_is_passthrough(one) for one in credentials):
        # `callers.compile` judges `upstream.credential` itself.
        yield Finding(
            rule="passthrough-goes-nowhere",
            message="`auth` lets the upstream check callers, but it would get the gateway's credential instead of theirs",
            hint="write `passthrough: true` here, or leave the key out",
            pointer=pointer,
        )
    for index, credential in enumerate(credentials):
        if _is_passthrough(credential) and not (passes or isinstance(config.auth, NoAuth)):
            yield Finding(
                rule="passthrough-of-ours",
                message=f"the credentials of callers under `auth: {config.auth.type}` are for this gateway, but would go upstream",
                hint="use another credential, such as token_exchange, or `auth: {type: user_http, passthrough: true}`",
                pointer=(*pointer, index),
            )


def _is_passthrough(credential: Credential) -> bool:
    return isinstance(credential, PassthroughCredential)
