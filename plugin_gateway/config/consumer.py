"""A consumer as gateway.yaml describes it: how the gateway recognises a caller, and which part of the allow-list it gets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from msgspec import Meta, field

from plugin_gateway.config.fields import RateValue, ToTuple
from plugin_gateway.config.mistake import Mistake
from plugin_gateway.config.record import Record, given
from plugin_gateway.config.selector import Selector

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Match(Record):
    """How the gateway recognises a caller; every condition must match."""

    between: ClassVar[tuple[dict[str, Any], ...]] = (
        {
            "anyOf": [
                *map(given, ("token", "user", "scope")),
                {"properties": {"claims": {"minProperties": 1}}, "required": ["claims"]},
            ]
        },
    )

    token: Annotated[str, Meta(min_length=1)] | None = None
    """The name of an entry of `auth.tokens`.
    Example: `token: chatgpt`"""
    user: Annotated[str, Meta(min_length=1)] | None = None
    """A user of the users file, or the subject of an access token.
    Example: `user: alice`"""
    scope: Annotated[str, Meta(min_length=1)] | None = None
    """A scope of the caller's access token.
    Example: `scope: orders:write`"""
    claims: dict[str, str] = field(default_factory=dict)
    """Claims of the caller's access token; if a claim is a list, one member must match.
    Example: `claims: {department: sales}`"""

    @classmethod
    def mistakes(cls, written: Mapping[str, Any]) -> Iterator[Mistake]:
        if not any(written.get(key) for key in cls.known_keys()):
            yield Mistake(
                "empty", "`match` is empty, so it matches no caller", hint="add `token`, `user`, `scope` or `claims`"
            )


class Consumer(Record):
    """A named caller with its own subset of the allow-list. The first entry that matches applies."""

    example: ClassVar[str] = "{name: sales, match: {token: chatgpt}}"

    name: Annotated[str, Meta(min_length=1)]
    """Its name in access records.
    Example: `name: sales`"""
    match: Match
    """How the gateway recognises it.
    Example: `match: {scope: orders:write}`"""
    allow: Annotated[tuple[Selector, ...], ToTuple] | None = None
    """The operations that it may call, a subset of `allow`; all of them by default.
    Example: `allow: [listOrders, GET /customers]`"""
    rate: RateValue | None = None
    """How often it may call.
    Example: `rate: 100/min`"""
