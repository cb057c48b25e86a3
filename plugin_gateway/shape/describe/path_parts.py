"""The path parts: where the values of path parameters are in a path that the gate has matched."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from plugin_gateway.shape.request.part import PathPart

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from plugin_gateway.shape.request.reader import Reader

_PATH: Final = re.compile(r"((?:\{[^{}]*\}|[^?#])*)")
_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")


def path_parts(template: str, readers: Mapping[str, Reader]) -> tuple[PathPart, ...]:
    """Return the parts of a path template for which there is a reader, by the name of the parameter."""
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
