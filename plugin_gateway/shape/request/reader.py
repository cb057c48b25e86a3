"""A reader: reads the texts of one parameter of a call, and judges the value by the parameter's schema."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from plugin_gateway.openapi.refs import join_pointer
from plugin_gateway.shape.request.plain_text import ANY_TEXT, integer_between, one_of
from plugin_gateway.shape.values.problem import Problem
from plugin_gateway.shape.values.reading import (
    TYPED,
    UnreadableError,
    modes_of,
    read_deep,
    read_exploded,
    read_many,
    read_one,
)
from plugin_gateway.shape.values.shortcut import NO_WORDS, range_of, takes_booleans, takes_every_text, words_of

if TYPE_CHECKING:
    from plugin_gateway.shape.values.kind import Kind
    from plugin_gateway.shape.values.reading import Pair, ReadingMode, Style
    from plugin_gateway.shape.values.validator import Validator

# ASCII without escapes, blanks and signs that a form decodes.
_is_plain: Final = re.compile(rb"[!-$&-*,-~]*+").fullmatch
_MOST_DIGITS: Final = 18
_ONLY_TEXT: Final = frozenset({"string"})
_ONLY_INTEGERS: Final = frozenset({"integer"})
_ONLY_BOOLEANS: Final = frozenset({"boolean"})
_NO_PROBLEMS: Final[tuple[Problem, ...]] = ()
_MISSING: Final = "is missing"
_REPEATED: Final = "must be sent only once"


class Reader:
    """Judges one parameter. Immutable and picklable."""

    __slots__ = (
        "_has_range",
        "_is_deep",
        "_is_exploded",
        "_is_repeated",
        "_least",
        "_modes",
        "_most",
        "_takes_booleans",
        "_takes_every_text",
        "_takes_integer",
        "_takes_text",
        "_words",
        "allows_empty",
        "is_enforced",
        "is_required",
        "kind",
        "name",
        "place",
        "style",
        "validator",
    )  # fmt: skip

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
        self._modes = modes_of(style, kind)
        is_one_text = style.style in ("form", "simple") and not self._is_exploded and not self._is_repeated
        self._takes_text = is_one_text and kind.types == _ONLY_TEXT
        self._takes_integer = is_one_text and kind.types == _ONLY_INTEGERS
        schema = validator.schema
        found = range_of(schema) if self._takes_integer else None
        self._has_range = found is not None
        self._least, self._most = found or (0, 0)
        self._words = words_of(schema) if self._takes_text else NO_WORDS
        self._takes_every_text = self._takes_text and takes_every_text(schema)
        self._takes_booleans = is_one_text and kind.types == _ONLY_BOOLEANS and takes_booleans(schema)

    def __reduce__(self) -> tuple[object, ...]:
        return _make, (self.place, self.name, self.style, self.kind, self.validator, self.is_required, self.allows_empty, self.is_enforced)  # fmt: skip

    @property
    def is_exploded(self) -> bool:
        """Whether each member of the value is written as a separate pair."""
        return self._is_exploded

    def judge(self, pairs: list[Pair]) -> tuple[Problem, ...]:
        """Return the problems of the texts of a parameter; no texts if the call does not have it."""
        if len(pairs) == 1:
            if self._takes_plainly(pairs[0][1]):
                return _NO_PROBLEMS
        elif not pairs:
            if not self.is_required:
                return _NO_PROBLEMS
            return (self._problem(_MISSING),)
        if self.allows_empty and not any(text for _, text in pairs):
            return _NO_PROBLEMS
        validator = self.validator
        first: object = None
        try:
            for mode in self._modes:
                value = self._read(pairs, mode)
                if validator.accepts(value):
                    return _NO_PROBLEMS
                if mode == TYPED:
                    first = value
        except UnreadableError as error:
            return (self._problem(str(error)),)
        return validator.problems(first, (self.place, self.name))

    def takes(self, text: bytes) -> bool:
        """Whether the parameter has no problem if this is its only text."""
        return self._takes_plainly(text) or not self.judge([(self.name, text)])

    def plain_texts(self) -> bytes:
        """Return a regular expression for texts of a query that `takes` accepts; empty if no short one covers the schema."""
        if self._words:
            return one_of(self._words)
        if self._has_range:
            return integer_between(self._least, self._most)
        if self._takes_every_text:
            return ANY_TEXT
        return b"true|false" if self._takes_booleans else b""

    def _takes_plainly(self, text: bytes) -> bool:
        """Whether a text is certainly valid: one word or one number, with nothing to decode. After False, `judge` decides."""
        if self._takes_text:
            if self._words:
                return text in self._words
            if not text.isalnum() and _is_plain(text) is None:
                return False
            return self._takes_every_text or self.validator.accepts(text.decode("ascii"))
        if self._takes_integer:
            if not text.isdigit() or len(text) >= _MOST_DIGITS or (text[:1] == b"0" and len(text) > 1):
                return False
            number = int(text)
            return self._least <= number <= self._most if self._has_range else self.validator.accepts(number)
        return self._takes_booleans and text in (b"true", b"false")

    def _read(self, pairs: list[Pair], mode: ReadingMode) -> object:
        """Read the value.

        Raises:
            UnreadableError: the texts are not written in the style.
        """
        if self._is_deep:
            return read_deep(pairs, self.style, self.kind, mode)
        if self._is_exploded and (len(pairs) > 1 or pairs[0][0] != self.name):
            return read_exploded(pairs, self.style, self.kind, mode)
        if self._is_repeated and (len(pairs) > 1 or "string" not in self.kind.types or mode == TYPED):
            return read_many([text for _, text in pairs], self.style, self.kind, mode)
        if len(pairs) > 1:
            raise UnreadableError(_REPEATED)
        return read_one(pairs[0][1], self.style, self.kind, mode)

    def _problem(self, detail: str) -> Problem:
        return Problem(join_pointer((self.place, self.name)), detail)


def _make(
    place: str, name: str, style: Style, kind: Kind, validator: Validator, is_required: bool, allows_empty: bool, is_enforced: bool
) -> Reader:  # fmt: skip
    return Reader(
        place, name, style, kind, validator, is_required=is_required, allows_empty=allows_empty, is_enforced=is_enforced
    )
