"""The parts of an operation's parameters, by which the gateway judges and rewrites calls, made from the declared parameters."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from plugin_gateway.shape.request.part import Part, PathPart
from plugin_gateway.shape.request.reader import Reader
from plugin_gateway.shape.values.reading import Style
from plugin_gateway.shape.values.scalar import escape_octets

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from plugin_gateway.shape.describe.declared import DeclaredParameter
    from plugin_gateway.shape.values.kind import Kind
    from plugin_gateway.shape.values.validator import Validator

_PATH: Final = re.compile(r"((?:\{[^{}]*\}|[^?#])*)")
_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")
_ESCAPES: Final = {"path": "path", "query": "form", "header": "none", "cookie": "path"}


def part_of(one: DeclaredParameter, reader: Reader | None, kind: Kind, added: bytes) -> Part:
    """Return the part of a parameter outside of the path; `added` is its fixed value or its default, as it goes up."""
    name = one.visible_name
    spreads = bool(name) and is_spread(one, kind)
    wire = one.name if one.place != "query" else escape_octets(one.name.encode(errors="replace"))
    return Part(
        place=one.place,
        name=name,
        reader=reader,
        wire_name=wire.encode() if name not in ("", one.name) else b"",
        members=tuple(member.encode(errors="replace") for member, _ in kind.members) if spreads else (),
        is_open=spreads and kind.is_open,
        is_deep=bool(name) and one.style == "deepObject",
        added=added,
        is_fixed=one.rule is not None and one.rule.fixed is not None,
    )


def reader_of(
    one: DeclaredParameter, validator: Validator, kind: Kind, *, is_enforced: bool, style: str = ""
) -> Reader:
    """Return the reader of a parameter that clients send. `style` replaces the style that the document names."""
    how = Style(
        style=style or one.style,
        explode=one.explode and not style,
        name=one.visible_name,
        escapes=_ESCAPES[one.place],
        is_json=one.is_json,
    )
    return Reader(
        one.place,
        one.visible_name,
        how,
        kind,
        validator,
        is_required=one.place == "path" or one.node.get("required") is True,
        allows_empty=one.node.get("allowEmptyValue") is True and not one.is_narrowed,
        is_enforced=is_enforced,
    )


def is_spread(one: DeclaredParameter, kind: Kind) -> bool:
    """Whether each member of the value is written as a separate query parameter."""
    is_exploded = one.place == "query" and one.style == "form" and one.explode
    return is_exploded and not kind.is_any and "object" in kind.types


def path_parts(template: str, readers: Mapping[str, Reader]) -> tuple[PathPart, ...]:
    """Return the parts of a path template that have a reader, by the name of the parameter."""
    found = _PATH.match(template)
    path = found[1] if found is not None else template
    return tuple(_parts(path, readers)) if readers else ()


def _parts(path: str, readers: Mapping[str, Reader]) -> Iterator[PathPart]:
    for index, segment in enumerate(path.split("/")):
        pieces = _PLACEHOLDER.split(segment)
        literals, names = pieces[::2], pieces[1::2]
        is_whole = len(names) == 1 and not any(literals)
        pattern = None if is_whole else re.compile(_pattern(literals), re.DOTALL)
        for group, name in enumerate(names, 1):
            if (reader := readers.get(name)) is not None:
                yield PathPart(index, pattern, group, reader)


def _pattern(literals: list[str]) -> bytes:
    """Return a pattern for a segment of literals with values between them. The gate has matched the literals already."""
    return b"(.+?)".join(re.escape(literal.encode()) for literal in literals)
