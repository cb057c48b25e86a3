"""A validator: a JSON Schema that judges values and says in plain words what is wrong with them.

The words tell what is expected and the type of what came. They never tell a value, which may be a secret.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from plugin_gateway.openapi.refs import join_pointer
from plugin_gateway.shape.values.json_text import json_ascii
from plugin_gateway.shape.values.keywords import LISTS, MAPS, ONE, TYPES
from plugin_gateway.shape.values.problem import MOST_PROBLEMS, Problem
from plugin_gateway.shape.values.scalar import UnwritableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jsonschema_rs import Draft202012Validator, ValidationError

FORMATS: Final = frozenset({"date", "date-time", "ipv4", "ipv6", "uuid"})
"""The formats that values must have. Documents use other names loosely: many values that they call `email`, `uri` or `time` are
not."""

INTEGERS: Final = {"int32": (-(1 << 31), (1 << 31) - 1), "int64": (-(1 << 63), (1 << 63) - 1)}
"""The bounds of the integer formats."""
_MOST_SHOWN: Final = 20
_MOST_CHARACTERS: Final = 120
# A pattern that makes the engine go back more often than this is not asserted for that value.
_MOST_STEPS: Final = 100_000
_MOST_PATTERN_BYTES: Final = 1_000_000
_BOUNDS: Final = {
    "minimum": "must be at least {}",
    "maximum": "must be at most {}",
    "exclusiveMinimum": "must be greater than {}",
    "exclusiveMaximum": "must be less than {}",
    "minLength": "must have at least {} characters",
    "maxLength": "must have at most {} characters",
    "minItems": "must have at least {} items",
    "maxItems": "must have at most {} items",
    "minProperties": "must have at least {} members",
    "maxProperties": "must have at most {} members",
}
_PLAIN: Final = {
    "uniqueItems": "must not have an item twice",
    "contains": "lacks an item that the description requires",
    "anyOf": "does not fit any of the forms that are allowed here",
    "oneOf": "must fit exactly one of the forms that are allowed here",
    "not": "has a form that is not allowed here",
    "falseSchema": "is not allowed here",
    "unevaluatedItems": "has more items than are allowed here",
    "additionalItems": "has more items than are allowed here",
    "dependentRequired": "lacks a member that another member requires",
    "propertyNames": "has a member whose name is not allowed",
    "contentEncoding": "is not encoded as the description says",
}


class Validator:
    """Judges values by one schema. It is compiled in the worker that first asks, and pickled as the schema."""

    __slots__ = ("_compiled", "_make", "_schema")

    def __init__(self, schema: Any = None, make: Callable[[], Any] | None = None) -> None:
        """Take a schema that stands alone (`standalone.py`), or the function that makes it when it is read first."""
        self._schema = schema
        self._make = make
        self._compiled: Draft202012Validator | None = None

    @property
    def schema(self) -> Any:
        if self._make is not None:
            self._schema, self._make = self._make(), None
        return self._schema

    def __reduce__(self) -> tuple[type[Validator], tuple[Any]]:
        return Validator, (self.schema,)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Validator) and self.schema == other.schema

    def __hash__(self) -> int:
        return hash(json_ascii(self.schema))

    def compile(self) -> Draft202012Validator:
        """Return the compiled schema.

        Raises:
            ValueError: no validator accepts the schema.
        """
        compiled = self._compiled
        if compiled is None:
            # The library costs 5 MB, and a worker that judges nothing does without.
            from jsonschema_rs import Draft202012Validator, FancyRegexOptions, ValidationError  # noqa: PLC0415

            patterns = FancyRegexOptions(backtrack_limit=_MOST_STEPS, size_limit=_MOST_PATTERN_BYTES)
            try:
                compiled = Draft202012Validator(
                    _asserted(self.schema), validate_formats=True, pattern_options=patterns, offline=True
                )
            except ValidationError as error:
                raise ValueError(str(error.message)) from error
            self._compiled = compiled
        return compiled

    def check(self) -> None:
        """Compile the schema, unless it is so plain that every validator accepts it: most schemas of parameters are.

        Raises:
            ValueError: no validator accepts the schema.
        """
        if not _is_plain(self.schema):
            self.compile()

    def accepts(self, value: object) -> bool:
        """Whether a value fits the schema. If no validator accepts the schema itself, every value does.

        With `enforce`, such a schema is found at load. With `report`, it is first compiled during a call, which must not fail
        for it.
        """
        try:
            compiled = self._compiled or self.compile()
        except ValueError:
            return True
        return compiled.is_valid(value)

    def problems(
        self, value: object, place: tuple[str | int, ...] = (), *, counts: Callable[[Problem], bool] | None = None
    ) -> tuple[Problem, ...]:
        """Return the problems of a value at `place`, at most `MOST_PROBLEMS`. If `counts` is given, it selects them."""
        found = (one for error in self.compile().iter_errors(value) for one in _problems(error, place))
        return tuple(dict.fromkeys(islice(filter(counts, found), MOST_PROBLEMS)))


def _is_plain(schema: Any) -> bool:
    """Whether a schema has only common keywords, with values of the right types."""
    return isinstance(schema, dict) and all(_is_plain_member(word, value) for word, value in schema.items())


def _is_plain_member(word: str, value: Any) -> bool:
    match word:
        case "type":
            return isinstance(value, str) and value in TYPES
        case "description" | "format" | "title":
            return isinstance(value, str)
        case "minimum" | "maximum":
            return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 53
        case "enum" | "allOf" | "anyOf" | "oneOf":
            return isinstance(value, list) and bool(value) and (word == "enum" or all(map(_is_plain, value)))
        case "items":
            return _is_plain(value)
        case _:
            return word in ("default", "example")


def is_of_type(value: object, types: object) -> bool:
    """Whether a value is of one of the types that a schema names; False if a name is not a type of JSON Schema."""
    names = types if isinstance(types, list) else [types]
    if not all(isinstance(name, str) and name in TYPES for name in names):
        return False
    own = type_of(value)
    if own == "integer" or (isinstance(value, float) and value.is_integer()):
        return "integer" in names or "number" in names
    return own in names


def _problems(error: ValidationError, place: tuple[str | int, ...]) -> Iterator[Problem]:
    at = (*place, *error.instance_path)
    kind: Any = error.kind
    name = kind.name
    match name:
        case "required":
            yield Problem(join_pointer((*at, kind.property)), "is missing")
        case "additionalProperties" | "unevaluatedProperties":
            for member in kind.unexpected:
                yield Problem(join_pointer((*at, member)), "is not declared")
        case "anyOf" | "oneOf" if (branch := _intended_branch(error)) is not None:
            for one in branch:
                yield from _problems(one, place)
        case _:
            yield Problem(join_pointer(at), _detail(name, kind, error.instance))


def _detail(name: str, kind: Any, value: object) -> str:
    match name:
        case "type":
            types = sorted(kind.types, key=lambda one: (one == "null", one))
            return f"expected {' or '.join(types)}, got {type_of(value)}"
        case "enum":
            return f"must be one of {_listed(kind.options)}"
        case "const":
            return f"must be {_listed([kind.expected_value])}"
        case "pattern":
            return f"must match the pattern {str(kind.pattern)[:_MOST_CHARACTERS]}"
        case "format":
            return f"must have the format {kind.format}"
        case "multipleOf":
            return f"must be a multiple of {kind.multiple_of}"
        case _ if name in _BOUNDS:
            return _BOUNDS[name].format(kind.limit)
        case _:
            return _PLAIN.get(name, f"breaks the rule `{name}` of its description")


def _intended_branch(error: ValidationError) -> list[ValidationError] | None:
    """Return the errors of the one branch that takes values of this type; None if there is not exactly one."""
    branches: list[list[ValidationError]] = getattr(error.kind, "context", None) or []
    at = error.instance_path
    fitting = [
        errors
        for errors in branches
        if errors and not any(one.kind.name == "type" and one.instance_path == at for one in errors)
    ]
    return fitting[0] if len(fitting) == 1 else None


def type_of(value: object) -> str:
    """Return JSON Schema's word for the type of a value."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float() | Decimal():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


def _listed(values: list[Any]) -> str:
    try:
        shown = [json_ascii(value)[:_MOST_CHARACTERS] for value in values[:_MOST_SHOWN]]
    except UnwritableError:
        return "the values in the description"
    more = len(values) - len(shown)
    return ", ".join(shown) + (f" or {more} more" if more > 0 else "")


def _asserted(schema: Any) -> Any:
    """Return a copy in which only the formats of `FORMATS` are asserted; the formats of integers become bounds."""
    if not isinstance(schema, dict):
        return schema
    copied: dict[str, Any] = {}
    for key, value in schema.items():
        if key in ONE:
            copied[key] = _asserted(value)
        elif key in LISTS and isinstance(value, list):
            copied[key] = [_asserted(one) for one in value]
        elif key in MAPS and isinstance(value, dict):
            copied[key] = {name: _asserted(one) for name, one in value.items()}
        elif key != "format" or value in FORMATS:
            copied[key] = value
    if (bounds := INTEGERS.get(str(schema.get("format")))) is not None:
        copied = _bounded(copied, bounds)
    return copied


def _bounded(schema: dict[str, Any], bounds: tuple[int, int]) -> dict[str, Any]:
    least, most = bounds
    parts = [part for part in (schema.get("allOf"),) if isinstance(part, list)]
    # Both apply: the bounds of the schema may be narrower or wider than the bounds of the format.
    return {**schema, "allOf": [*(one for part in parts for one in part), {"minimum": least, "maximum": most}]}
