"""A narrowing: a schema of the document, restricted to the bounds or values in gateway.yaml.

A narrowing never widens: what clients may send must be allowed by the document, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from plugin_gateway.openapi.parameters import follow
from plugin_gateway.shape.values.json_text import json_ascii
from plugin_gateway.shape.values.kind import kind_of
from plugin_gateway.shape.values.standalone import stand_alone
from plugin_gateway.shape.values.validator import Validator, is_of_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugin_gateway.config.parameter_rule import ParameterRule
    from plugin_gateway.openapi.document import Document, JsonObject

_NUMBERS: Final = frozenset({"integer", "number"})
_MOST_SHOWN: Final = 10


class Widening(NamedTuple):
    """A setting that the schema does not allow: the key in the rule, the finding's rule, message and hint."""

    field: str
    rule: str
    message: str
    hint: str


def validator_of(schema: Any, document: Document) -> Validator:
    """Return a validator for a schema of the document."""
    return Validator(stand_alone(_sensible(schema), document, hidden=""))


def narrow(schema: Any, rule: ParameterRule, document: Document) -> JsonObject | list[Widening]:
    """Return the schema with the rule's bounds and values, or why the rule does not fit.

    Of an array, the items are narrowed.
    """
    resolved: JsonObject = follow(schema, document) or {}
    kind = kind_of(resolved, document)
    if "array" in kind.types and not kind.is_any and not kind.types & {"string", "integer", "number", "boolean"}:
        items = narrow(resolved.get("items", {}), rule, document)
        return items if isinstance(items, list) else {**resolved, "items": items}
    narrowed: JsonObject = dict(resolved)
    wrong = [*_narrow_bounds(narrowed, rule, document)]
    if rule.enum is not None:
        wrong += _narrow_values(narrowed, resolved, rule, document)
    if wrong:
        return wrong
    allowed = validator_of(narrowed, document)
    for word in ("default", "example"):
        if word in narrowed and not allowed.accepts(narrowed[word]):
            del narrowed[word]
    if isinstance(examples := narrowed.get("examples"), list):
        narrowed["examples"] = [one for one in examples if allowed.accepts(one)]
        if not narrowed["examples"]:
            del narrowed["examples"]
    return narrowed


def _narrow_bounds(narrowed: JsonObject, rule: ParameterRule, document: Document) -> Iterator[Widening]:
    bounds = {"minimum": rule.minimum, "maximum": rule.maximum}
    wanted = {word: value for word, value in bounds.items() if value is not None}
    if not wanted:
        return
    kind = kind_of(narrowed, document)
    numbers = kind.types & _NUMBERS
    if kind.is_any:
        numbers = frozenset({"number"})
    if not numbers:
        for word in wanted:
            types = " or ".join(sorted(kind.types))
            yield Widening(
                word,
                "wrong-type",
                f"`{word}` needs a number, and the document says {types}",
                "use `enum` for other values",
            )
        return
    least, most = _bounds(narrowed, document)
    for word, value in wanted.items():
        limit = least if word == "minimum" else most
        if limit is not None and (value < limit if word == "minimum" else value > limit):
            yield Widening(
                word,
                "widens",
                f"`{word}: {value}` allows more than the document, whose {word} is {limit}",
                f"write {limit} or {'more' if word == 'minimum' else 'less'}, or leave `{word}` out",
            )
            return
    # A text that is no number would pass a bound unseen.
    narrowed["type"] = "integer" if "number" not in numbers else "number"
    narrowed |= wanted
    least = wanted.get("minimum", least)
    most = wanted.get("maximum", most)
    if least is not None and most is not None and least > most:
        word = "maximum" if "maximum" in wanted else "minimum"
        yield Widening(
            word,
            "empty-range",
            f"no value is left: the minimum is {least} and the maximum is {most}",
            "correct one of the two",
        )


def _bounds(schema: JsonObject, document: Document) -> tuple[float | None, float | None]:
    """Return the smallest and the largest value that the bounds of a schema allow."""
    parts = [schema, *(part for one in schema.get("allOf") or () if (part := follow(one, document)) is not None)]
    least = [part[word] for part in parts for word in ("minimum", "exclusiveMinimum") if _is_number(part.get(word))]
    most = [part[word] for part in parts for word in ("maximum", "exclusiveMaximum") if _is_number(part.get(word))]
    return max(least, default=None), min(most, default=None)


def _narrow_values(
    narrowed: JsonObject, resolved: JsonObject, rule: ParameterRule, document: Document
) -> Iterator[Widening]:
    values = list(rule.enum or ())
    if not values:
        yield Widening("enum", "empty-range", "no value is left: `enum` is empty", "list a value, or write `hidden`")
        return
    allowed, also = validator_of(resolved, document), validator_of(narrowed, document)
    for value in values:
        if isinstance(value, dict | list) or not (allowed.accepts(value) and also.accepts(value)):
            yield Widening(
                "enum",
                "widens",
                f"`enum` has {json_ascii(value)}, which is not allowed there",
                _values_of(resolved, allowed, value),
            )
            return
    narrowed["enum"] = values


def _values_of(schema: JsonObject, allowed: Validator, value: object) -> str:
    if isinstance(known := schema.get("enum"), list):
        more = f" and {len(known) - _MOST_SHOWN} more" if len(known) > _MOST_SHOWN else ""
        return f"the document allows {', '.join(map(json_ascii, known[:_MOST_SHOWN]))}{more}"
    details = "; ".join(problem.detail for problem in allowed.problems(value))
    return f"the document says of a value: {details}" if details else "list scalars within `minimum` and `maximum`"


def _sensible(schema: Any) -> Any:
    """Return a schema without a type that its own values contradict: such documents mean the values."""
    if not isinstance(schema, dict) or "type" not in schema:
        return schema
    values = schema.get("enum")
    if not isinstance(values, list) or not values or any(is_of_type(value, schema["type"]) for value in values):
        return schema
    return {key: value for key, value in schema.items() if key != "type"}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
