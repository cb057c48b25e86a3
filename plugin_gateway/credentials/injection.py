"""The upstream credential: what is injected into a forwarded call, and where it must not show again."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote_to_bytes

from plugin_gateway.credentials.grant import grant_of
from plugin_gateway.diagnostics import Finding, Severity
from plugin_gateway.gate.override import fold_name
from plugin_gateway.gate.rule import InjectedNames

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from plugin_gateway.config.secrets import Secret
    from plugin_gateway.config.upstream import Credential
    from plugin_gateway.credentials.grant import Grant

MIN_MASKED_BYTES = 6
"""A shorter secret is a word that answers hold anyway: masking it would spoil them and hide nothing."""

MIN_GOOD_BYTES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Injection:
    """Everything set on a forwarded call, ready as bytes. Its `repr` shows names, never values.

    headers: field name (as configured) and value. query: percent-encoded `name=value` pairs joined by `&`, or empty.
    cookies: `name=value` pairs joined by `; `, or empty. secrets: what must not come back in an answer, the pair of a basic
    login among it. grant: how an Authorization comes about that is not fixed.
    """

    headers: tuple[tuple[bytes, bytes], ...] = field(default=(), repr=False)
    query: bytes = field(default=b"", repr=False)
    cookies: bytes = field(default=b"", repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    grant: Grant | None = field(default=None, repr=False)

    def __repr__(self) -> str:
        return f"Injection({', '.join(self.names())})"

    def names(self) -> Iterator[str]:
        """What is set, without its value: `header X-API-Key`."""
        yield from (f"header {name.decode('latin-1')}" for name, _ in self.headers)
        if self.grant is not None:
            yield "header Authorization"
        yield from (f"query {unquote_to_bytes(p.partition(b'=')[0]).decode()}" for p in self.query.split(b"&") if p)
        yield from (f"cookie {pair.partition(b'=')[0].decode()}" for pair in self.cookies.split(b"; ") if pair)

    def query_names(self) -> Iterator[bytes]:
        """Name the query parameters that are set, not percent-encoded."""
        return (unquote_to_bytes(pair.partition(b"=")[0]) for pair in self.query.split(b"&") if pair)


def refusable(prepared: Injection) -> str:
    """Name what the upstream refuses with a 401 or 407; empty where that is the caller's own credential, or there is none."""
    if prepared.grant is not None and prepared.grant.kind == "passthrough":
        return ""
    return ", ".join(dict.fromkeys(prepared.names()))


def injection(credentials: Sequence[Credential]) -> Injection:
    """Prepare what is injected; secrets are resolved already. Of the forms without a fixed value it is the grant."""
    headers: list[tuple[bytes, bytes]] = []
    query: list[str] = []
    cookies: list[bytes] = []
    secrets: dict[str, None] = {}
    grant: Grant | None = None
    for credential in credentials:
        grant = grant_of(credential) or grant
        secrets.update((secret.reveal(), None) for secret in _secrets(credential))
        if header := getattr(credential, "header", None):
            headers.append((header.encode("ascii"), _value(credential).encode()))
        elif name := getattr(credential, "query", None):
            query.append(f"{quote(name, safe='')}={quote(_value(credential), safe='')}")
        elif cookie := getattr(credential, "cookie", None):
            cookies.append(f"{cookie}={_value(credential)}".encode())
        elif bearer := getattr(credential, "bearer", None):
            headers.append((b"Authorization", b"Bearer " + bearer.reveal().encode()))
        elif login := getattr(credential, "basic", None):
            pair = base64.b64encode(f"{login.username}:{login.password.reveal()}".encode())
            headers.append((b"Authorization", b"Basic " + pair))
            secrets[pair.decode()] = None
    return Injection(
        headers=tuple(headers),
        query="&".join(query).encode(),
        cookies=b"; ".join(cookies),
        secrets=tuple(secrets),
        grant=grant,
    )


def injected_names(injections: Iterable[Injection]) -> InjectedNames:
    """The names in all injections together, so that a read cannot carry a copy of what only writes inject."""
    headers: set[bytes] = set()
    query: set[bytes] = set()
    cookies: set[bytes] = set()
    for injection in injections:
        headers |= {fold_name(name) for name, _ in injection.headers}
        if injection.grant is not None:
            headers.add(fold_name(b"Authorization"))
        query |= {fold_name(pair.partition(b"=")[0]) for pair in injection.query.split(b"&") if pair}
        cookies |= {
            fold_name(pair.partition(b"=")[0].strip()) for pair in injection.cookies.split(b";") if pair.strip()
        }
    return InjectedNames(headers=frozenset(headers), query=frozenset(query), cookies=frozenset(cookies))


def with_token(prepared: Injection, token: str) -> Injection:
    """Add the access token that the grant led to."""
    return replace(prepared, headers=(*prepared.headers, (b"Authorization", b"Bearer " + token.encode())))


def with_authorization(prepared: Injection, value: bytes) -> Injection:
    """Add the caller's own Authorization; it is no secret to the caller, so nothing of it is masked."""
    return replace(prepared, headers=(*prepared.headers, (b"Authorization", value)))


def find_short_secrets(credentials: Iterable[Credential], pointer: tuple[str | int, ...]) -> Iterator[Finding]:
    """Warn of secrets that are too short to be masked, or to be secret."""
    for index, credential in enumerate(credentials):
        for secret in _secrets(credential):
            size = len(secret.reveal().encode())
            if size < MIN_GOOD_BYTES:
                is_masked = size >= MIN_MASKED_BYTES
                yield Finding(
                    rule="short-secret",
                    severity=Severity.WARNING,
                    message=f"the secret has fewer than {MIN_GOOD_BYTES} bytes"
                    + ("" if is_masked else ", too few to mask it where the upstream repeats it"),
                    hint="ask for a longer key",
                    pointer=(*pointer, index),
                )


def _secrets(credential: Credential) -> Iterator[Secret]:
    # Fields are told by name and not by class: the classes would bring pydantic into every worker.
    if (login := getattr(credential, "basic", None)) is not None:
        yield login.password
    for name in ("value", "bearer"):
        if (secret := getattr(credential, name, None)) is not None:
            yield secret
    for name in ("oauth2", "token_exchange"):
        # Not for the upstream; but where the token endpoint is on the same server, an error page may repeat it.
        if (asked := getattr(credential, name, None)) is not None and asked.client_secret is not None:
            yield asked.client_secret


def _value(credential: Credential) -> str:
    secret: Secret = credential.value  # type: ignore[union-attr]  # the forms that name a place have one
    return secret.reveal()
