"""A reader: reads the texts of one parameter of a call, and judges the value by the parameter's schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugin_gateway.openapi.refs import join_pointer
from plugin_gateway.shape.reading import TYPED, UnreadableError, read_deep, read_exploded, read_many, read_one, ways
from plugin_gateway.shape.shape import Problem

if TYPE_CHECKING:
    from plugin_gateway.shape.kind import Kind
    from plugin_gateway.shape.reading import Pair, Style
    from plugin_gateway.shape.validator import Validator

_NO_PROBLEMS: Final[tuple[Problem, ...]] = ()
_MISSING: Final = "is missing"
_REPEATED: Final = "must be sent only once"


class Reader:
    """Judges one parameter. Immutable and picklable."""

    __slots__ = ("_is_deep", "_is_exploded", "_is_repeated", "_ways", "allows_empty", "is_enforced", "is_required", "kind", "name",
                 "place", "style", "validator")  # fmt: skip

    def __init__(
        self,
        place: str,
        name: str,
        style: Style,
        kind: Kind,
        validator: Validator,
        *,
        is_required: bool = False,
        allows_empty: bool = False,
        is_enforced: bool = True,
    ) -> None:
        """Take the name that clients use, and whether a problem refuses the call or is only reported."""
        self.place = place
        self.name = name
        self.style = style
        self.kind = kind
        self.validator = validator
        self.is_required = is_required
        self.allows_empty = allows_empty
        self.is_enforced = is_enforced
        takes_many = style.explode and style.style in ("form", "spaceDelimited", "pipeDelimited", "cookie")
        self._is_deep = style.style == "deepObject"
        self._is_exploded = takes_many and not kind.is_any and "object" in kind.types
        self._is_repeated = takes_many and not kind.is_any and "array" in kind.types
        self._ways = ways(style, kind)

    def __reduce__(self) -> tuple[object, ...]:
        return _make, (self.place, self.name, self.style, self.kind, self.validator, self.is_required, self.allows_empty, self.is_enforced)  # fmt: skip

    @property
    def is_exploded(self) -> bool:
        """Whether each member of the value is a pair of its own."""
        return self._is_exploded

    def judge(self, pairs: list[Pair]) -> tuple[Problem, ...]:
        """Return the problems of the texts of a parameter; no texts if the call does not have it."""
        if not pairs:
            if not self.is_required:
                return _NO_PROBLEMS
            return (self._problem(_MISSING),)
        if self.allows_empty and not any(text for _, text in pairs):
            return _NO_PROBLEMS
        validator = self.validator
        first: object = None
        try:
            for way in self._ways:
                value = self._read(pairs, way)
                if validator.accepts(value):
                    return _NO_PROBLEMS
                if way == TYPED:
                    first = value
        except UnreadableError as error:
            return (self._problem(str(error)),)
        return validator.problems(first, (self.place, self.name))

    def _read(self, pairs: list[Pair], way: int) -> object:
        """Read the value.

        Raises:
            UnreadableError: the texts are not written in the style.
        """
        if self._is_deep:
            return read_deep(pairs, self.style, self.kind, way)
        if self._is_exploded and (len(pairs) > 1 or pairs[0][0] != self.name):
            return read_exploded(pairs, self.style, self.kind, way)
        if self._is_repeated and (len(pairs) > 1 or "string" not in self.kind.types or way == TYPED):
            return read_many([text for _, text in pairs], self.style, self.kind, way)
        if len(pairs) > 1:
            raise UnreadableError(_REPEATED)
        return read_one(pairs[0][1], self.style, self.kind, way)

    def _problem(self, detail: str) -> Problem:
        return Problem(join_pointer((self.place, self.name)), detail)


def _make(
    place: str, name: str, style: Style, kind: Kind, validator: Validator, is_required: bool, allows_empty: bool, is_enforced: bool
) -> Reader:  # fmt: skip
    return Reader(
        place, name, style, kind, validator, is_required=is_required, allows_empty=allows_empty, is_enforced=is_enforced
    )
