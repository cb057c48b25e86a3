"""A path: the template of an operation, cut into fixed pieces and values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from plugin_gateway.gate.target import encoded_slash, read_parts
from plugin_gateway.gate.template import PathTemplate, Segment, sample_path
from plugin_gateway.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")
# Only a value in the style `matrix` has a `;`. The gate judges the values without it.
_MATRIX_NAME: Final = re.compile(r";[^;=]*=")


class Spot(NamedTuple):
    """A place of a value: its index among the pieces, the index of its segment, and whether it is the whole segment."""

    piece: int
    segment: int
    is_whole: bool


class _Range(NamedTuple):
    """The pieces of a segment."""

    first: int
    end: int
    names: tuple[str, ...]


class Path:
    """The pieces of a template's path. Join them after the values are filled in."""

    __slots__ = ("_last", "_ranges", "pieces", "slashed", "spots")

    def __init__(self, template: PathTemplate) -> None:
        self.pieces: list[str] = []
        """The text of each literal, and an empty text for each value."""
        self.spots: dict[str, list[Spot]] = {}
        """Where the value of each parameter goes."""
        self.slashed: set[int] = set()
        """The segments that may hold encoded slashes."""
        self._ranges: dict[int, _Range] = {}
        self._last = len(template.segments) - 1
        literal = ""
        for index, segment in enumerate(template.segments):
            literal += "/"
            if segment.literal is not None:
                literal += _written(segment.literal)
                continue
            self.pieces.append(literal)
            literal = ""
            self._ranges[index] = self._add(index, segment)
        if literal:
            self.pieces.append(literal)

    def _add(self, index: int, segment: Segment) -> _Range:
        first = len(self.pieces)
        names = iter(segment.names)
        for part in segment.parts:
            if part is None:
                spot = Spot(len(self.pieces), index, segment.is_parameter)
                self.spots.setdefault(next(names), []).append(spot)
            self.pieces.append(_written(part) if part is not None else "")
        return _Range(first, len(self.pieces), segment.names)

    def names_in(self, segment: int) -> tuple[str, ...]:
        """The parameters in a segment."""
        return self._ranges[segment].names

    def find_refusal(self, pieces: Sequence[str], segment: int) -> Refusal | None:
        """Return the gate's refusal of a filled segment, if it is one that servers read in different ways."""
        first, end, _ = self._ranges[segment]
        text = "/" + _MATRIX_NAME.sub("", "".join(pieces[first:end]), 1).replace(";", ",")
        # Of two segments, only the last may hold what ends a path for some servers.
        parts = read_parts((text if segment == self._last else text + "/x").encode("ascii"))
        if isinstance(parts, Refusal):
            return parts
        return encoded_slash() if parts[4] and segment not in self.slashed else None


def placeholders(text: str) -> list[str]:
    """The names in braces."""
    return _PLACEHOLDER.findall(text)


def _written(symbols: str) -> str:
    """The text on the wire of a literal's symbols (`gate.template`)."""
    return sample_path(PathTemplate("", (Segment((symbols,)),)))[1:].decode("ascii")
