"""The upstream credential: what is injected into a forwarded call, and where it must not show again."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from plugin_gateway.config.header_names import NOT_WHERE_SEARCHED, fold_header
from plugin_gateway.credentials.grant import Passthrough
from plugin_gateway.gate.override import fold_name
from plugin_gateway.gate.rule import InjectedNames

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plugin_gateway.credentials.grant import Grant

MIN_MASKED_BYTES = 6
"""A shorter secret is a word that answers hold anyway: masking it would spoil them and hide nothing."""


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

    def places(self) -> Iterator[tuple[str, str]]:
        """Name what is set by where it goes, in the document's words: `("header", "X-API-Key")`."""
        yield from (("header", name.decode("latin-1")) for name, _ in self.headers)
        if self.grant is not None:
            yield "header", "Authorization"
        yield from (("query", name.decode()) for name in self.query_names())
        yield from (("cookie", pair.partition(b"=")[0].decode()) for pair in self.cookies.split(b"; ") if pair)

    def names(self) -> Iterator[str]:
        """What is set, without its value: `header X-API-Key`."""
        return (f"{place} {name}" for place, name in self.places())

    def query_names(self) -> Iterator[bytes]:
        """Name the query parameters that are set, not percent-encoded."""
        return (unquote_to_bytes(pair.partition(b"=")[0]) for pair in self.query.split(b"&") if pair)


def refusable(prepared: Injection) -> str:
    """Name what the upstream refuses with a 401 or 407; empty where that is the caller's own credential, or there is none."""
    if isinstance(prepared.grant, Passthrough):
        return ""
    return ", ".join(dict.fromkeys(prepared.names()))


def injected_names(injections: Iterable[Injection], *, is_searched: bool = False) -> InjectedNames:
    """The names in all injections together, so that a read cannot carry a copy of what only writes inject.

    `is_searched` says that answers are searched for secrets: then the gateway says which coding and which part it wants.
    """
    headers = set(map(fold_header, NOT_WHERE_SEARCHED)) if is_searched else set[bytes]()
    query: set[bytes] = set()
    cookies: set[bytes] = set()
    for injection in injections:
        headers |= {fold_header(name) for name, _ in injection.headers}
        if injection.grant is not None:
            headers.add(fold_header(b"Authorization"))
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
