"""A part: how the gateway judges and changes one parameter of an operation."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import re

    from plugin_gateway.shape.request.reader import Reader


class Part(NamedTuple):
    """A parameter of the query, the header or the cookies."""

    place: str
    """`query`, `header`, `cookie` or `path`."""
    name: str
    """The name that clients send; empty if they may not send it."""
    reader: Reader | None = None
    """Judges the value; None if it goes up unjudged."""
    wire_name: bytes = b""
    """The upstream's name, escaped for its place, if it is another one."""
    members: tuple[bytes, ...] = ()
    """The names of the pairs of an exploded object."""
    is_open: bool = False
    """Whether it is an exploded object that takes any name."""
    is_deep: bool = False
    """Whether its pairs begin with its name: `style: deepObject`."""
    added: bytes = b""
    """What goes up if the client sends nothing: pairs of a query, field lines or cookie pairs."""
    is_fixed: bool = False
    """Whether `added` always goes up."""


class PathPart(NamedTuple):
    """A parameter of the path."""

    segment: int
    pattern: re.Pattern[bytes] | None
    """Finds the value in a segment that holds more; None if the value is the whole segment."""
    group: int
    reader: Reader
