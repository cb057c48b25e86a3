"""Trims: what the gateway removes from the bodies of requests and responses, and what it sets and rewrites in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from msgspec import Meta, field

from plugin_gateway.config.fields import ArrayPointer, Count, JsonPointer, ToTuple
from plugin_gateway.config.record import Record

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


_OTHER_WORDS = {
    **dict.fromkeys(("remove", "exclude", "omit", "hide", "without"), "drop"),
    **dict.fromkeys(("only", "include", "fields", "allow"), "keep"),
}


class RequestTrim(Record):
    """What the gateway removes from request bodies, and what it adds."""

    example: ClassVar[str] = "{drop: [/internal_notes]}"
    other_words: ClassVar[dict[str, str]] = _OTHER_WORDS

    drop: Annotated[tuple[JsonPointer, ...], ToTuple] = ()
    """JSON pointers to the members to remove.
    Example: `drop: [/internal_notes]`"""
    keep: Annotated[tuple[JsonPointer, ...], ToTuple] = ()
    """JSON pointers to the members that callers may send; clients see no others, and the gateway removes all others.
    Example: `keep: [/name, /items]`"""
    fixed: dict[JsonPointer, Any] = field(default_factory=dict)
    """Values that the gateway sets, by JSON pointer; clients do not see these members.
    Example: `fixed: {/source: plugin}`"""

    @property
    def pointers(self) -> Mapping[str, Collection[str]]:
        """The JSON pointers below each key."""
        return {"drop": self.drop, "keep": self.keep, "fixed": self.fixed}


class ResponseTrim(Record):
    """What the gateway keeps of response bodies, and which URLs in them it rewrites."""

    example: ClassVar[str] = "{links: [/next]}"
    other_words: ClassVar[dict[str, str]] = _OTHER_WORDS

    links: Annotated[tuple[JsonPointer, ...], ToTuple] | None = None
    """Used instead of `upstream.links`.
    Example: `links: [/next, /_links/*/href]`"""
    keep: Annotated[tuple[JsonPointer, ...], ToTuple] = ()
    """JSON pointers to the members to keep; the gateway removes all others.
    Example: `keep: [/data/*/id, /data/*/status]`"""
    drop: Annotated[tuple[JsonPointer, ...], ToTuple] = ()
    """JSON pointers to the members to remove.
    Example: `drop: [/data/*/internal_notes]`"""
    limit_items: dict[ArrayPointer, Count] = field(default_factory=dict)
    """The most items to keep of an array, by JSON pointer; `""` is the answer itself.
    Example: `limit_items: {/data: 20}`"""
    select: Annotated[str, Meta(min_length=1)] | None = None
    """Name of a query parameter, such as `fields`, by which callers ask for a part of the answer.
    Example: `select: fields`"""

    @property
    def pointers(self) -> Mapping[str, Collection[str]]:
        """The JSON pointers below each key that cuts the body."""
        return {"keep": self.keep, "drop": self.drop, "limit_items": self.limit_items}
