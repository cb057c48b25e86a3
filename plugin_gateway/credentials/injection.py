"""The injection: the credentials that the gateway sets on a forwarded call, and the secrets in them that no answer may show."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from msgspec.structs import replace

from plugin_gateway.config.header_names import NOT_WHERE_SEARCHED, fold_header
from plugin_gateway.credentials.grant import Passthrough
from plugin_gateway.discreet import Discreet
from plugin_gateway.gate.override import fold_name
from plugin_gateway.gate.rule import InjectedNames

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plugin_gateway.credentials.grant import Grant

_AUTHORIZATION = fold_header(b"Authorization")
MIN_MASKED_BYTES = 6
"""Shorter secrets are not masked: answers contain such short words anyway, so masking would spoil them and hide nothing."""


class Injection(Discreet, frozen=True, kw_only=True):
    """The credentials to set on a forwarded call, as bytes. The `repr` shows names, never values.

    headers: field name (as configured) and value. query: percent-encoded `name=value` pairs joined by `&`, or empty.
    cookies: `name=value` pairs joined by `; `, or empty. secrets: the texts to mask in answers, the encoded pair of a basic
    login included. grant: how to get an Authorization that is not fixed.
    """

    HIDDEN = ("headers", "query", "cookies", "secrets", "grant")

    headers: tuple[tuple[bytes, bytes], ...] = ()
    query: bytes = b""
    cookies: bytes = b""
    secrets: tuple[str, ...] = ()
    grant: Grant | None = None

    def __repr__(self) -> str:
        return f"Injection({', '.join(self.names())})"

    def places(self) -> Iterator[tuple[str, str]]:
        """Name the place and name of each credential, in the document's words: `("header", "X-API-Key")`."""
        yield from (("header", name.decode()) for name, _ in self.headers)
        if self.grant is not None:
            yield "header", "Authorization"
        yield from (("query", name.decode()) for name in self.query_names())
        yield from (("cookie", pair.partition(b"=")[0].decode()) for pair in self.cookies.split(b"; ") if pair)

    def names(self) -> Iterator[str]:
        """Name each credential, without its value: `header X-API-Key`."""
        return (f"{place} {name}" for place, name in self.places())

    def query_names(self) -> Iterator[bytes]:
        """Yield the decoded names of the query parameters."""
        return (unquote_to_bytes(pair.partition(b"=")[0]) for pair in self.query.split(b"&") if pair)


def refusable(prepared: Injection) -> str:
    """Name the gateway's credentials that a 401 or 407 refuses; empty if it sends none, or the caller's own."""
    if isinstance(prepared.grant, Passthrough):
        return ""
    return ", ".join(dict.fromkeys(prepared.names()))


def injected_names(injections: Iterable[Injection], *, is_searched: bool = False) -> InjectedNames:
    """The names of all injections together, so that a client cannot set on a read what the gateway injects into writes only.

    `is_searched`: the gateway searches answers for secrets, so it also sets the fields that choose a coding or a range.
    """
    headers = set(map(fold_header, NOT_WHERE_SEARCHED)) if is_searched else set[bytes]()
    query: set[bytes] = set()
    cookies: set[bytes] = set()
    for injection in injections:
        headers |= {fold_header(name) for name, _ in injection.headers}
        if injection.grant is not None:
            headers.add(_AUTHORIZATION)
        query |= {fold_name(pair.partition(b"=")[0]) for pair in injection.query.split(b"&") if pair}
        cookies |= {
            fold_name(pair.partition(b"=")[0].strip()) for pair in injection.cookies.split(b";") if pair.strip()
        }
    return InjectedNames(headers=frozenset(headers), query=frozenset(query), cookies=frozenset(cookies))


def with_authorization(prepared: Injection, value: bytes) -> Injection:
    """Add the Authorization of one call: an access token that the gateway got, or the caller's own value.

    It is not among `secrets`: the token board has the gateway's tokens masked, and the caller knows its own value.
    """
    return replace(prepared, headers=(*prepared.headers, (b"Authorization", value)))
