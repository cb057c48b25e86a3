"""A parameter rule: how the gateway treats one parameter of an operation."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, Literal

from msgspec import Meta

from plugin_gateway.config.fields import Flag, Number, ToTuple
from plugin_gateway.config.record import Record, exactly_one

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from plugin_gateway.config.mistake import Mistake


_EXCLUSIVE: Final = ("hidden", "fixed", "default")


class ParameterRule(Record):
    """How the gateway treats one parameter of an operation."""

    example: ClassVar[str] = "{maximum: 50, default: 20}, or `hidden`"

    short_form: ClassVar[dict[str, Any] | None] = {"const": "hidden"}

    between: ClassVar[tuple[dict[str, Any], ...]] = tuple(
        {"not": {"required": [*two]}} for two in combinations(_EXCLUSIVE, 2)
    )

    hidden: Flag = False
    """Not shown to clients, and refused in calls."""
    fixed: Any = None
    """Always sent with this value; not shown to clients, and refused in calls.
    Example: `fixed: acme`"""
    default: Any = None
    """Sent with this value if the caller leaves it out.
    Example: `default: 20`"""
    minimum: Number | None = None
    """The smallest value that callers may send; it may only narrow what the document allows.
    Example: `minimum: 1`"""
    maximum: Number | None = None
    """The largest value that callers may send; it may only narrow what the document allows.
    Example: `maximum: 50`"""
    enum: Annotated[tuple[Any, ...], ToTuple] | None = None
    """The only values that callers may send; each must be allowed by the document.
    Example: `enum: [open, closed]`"""
    rename: Annotated[str, Meta(min_length=1)] | None = None
    """The name of the parameter for clients; the upstream gets the document's name.
    Example: `rename: page_token`"""
    description: str | None = None
    """Description shown to clients instead of the document's.
    Example: `description: The number of orders.`"""
    slashes: Literal["refused", "allowed"] = "refused"
    """Whether the value of a path parameter may contain an encoded slash."""

    @classmethod
    def expand(cls, value: Any) -> Any:
        return {"hidden": True} if value == "hidden" else value

    @classmethod
    def mistakes(cls, written: Mapping[str, Any]) -> Iterator[Mistake]:
        if len([key for key in _EXCLUSIVE if key in written]) > 1:
            yield from exactly_one(written, _EXCLUSIVE, "a parameter")


def merged(rules: Iterable[ParameterRule]) -> ParameterRule:
    """Return one rule with the first value of each setting. A later `hidden`, `fixed` or `default` yields to an earlier one."""
    values: dict[str, Any] = {}
    for rule in rules:
        is_settled = any(word in values for word in _EXCLUSIVE)
        for word, value in rule.written_values.items():
            if word not in _EXCLUSIVE or not is_settled:
                values.setdefault(word, value)
    return ParameterRule.of(**values)
