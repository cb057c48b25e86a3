"""A record: one mapping of gateway.yaml as a frozen value that reports all of its mistakes at once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from plugin_gateway.config.mistake import NOTHING, Mistake, meant_flag, nearest, nearest_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pydantic import GetJsonSchemaHandler
    from pydantic_core import CoreSchema, ErrorDetails

_LONGEST_SHOWN = 60
_WANTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
}


class Record(BaseModel):
    """The base of every mapping of gateway.yaml.

    pydantic does not validate a model as a whole if one of its fields is wrong. An operator wants every mistake in one
    report, so this class judges unknown keys and the rules between keys itself, on the raw mapping.
    """

    # `defer_build`: pydantic would compile a validator for each record, but only that of the whole config is used. For the same
    # reason, `model_construct` makes the default records: it needs no validator.
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True, defer_build=True)
    short_form: ClassVar[dict[str, Any] | None] = None
    """JSON Schema of the short form that may replace the mapping."""
    short_keys: ClassVar[tuple[str, ...]] = ()
    """The keys that only the short form has."""
    example: ClassVar[str] = ""
    """An example of the mapping, for hints."""
    other_words: ClassVar[dict[str, str]] = {}
    """Keys by the other names that people give them, in lower case with `_` and without a plural `s`."""

    @classmethod
    def expand(cls, value: Any) -> Any:
        """Expand a short form into its mapping; return everything else unchanged."""
        return value

    @classmethod
    def mistakes(cls, written: Mapping[str, Any]) -> Iterator[Mistake]:  # noqa: ARG003  # a record without such rules
        """Yield what breaks the rules between keys; the values are raw and can have any type."""
        yield from ()

    @model_validator(mode="wrap")
    @classmethod
    def _judge(cls, value: Any, make: Callable[[Any], Any]) -> Any:
        if isinstance(value, cls):
            return value
        keys = [str(field.alias or name) for name, field in cls.model_fields.items()]
        details: list[InitErrorDetails] = []
        value = cls.expand(cls._respelt(value, keys, details))
        if isinstance(value, dict):
            written: dict[str, Any] = {}
            for key, member in value.items():
                if key in keys:
                    written[key] = member
                    continue
                free = [word for word in keys if word not in value and word not in written]
                instead_of = nearest_key(key, free, cls.other_words)
                close = instead_of or nearest_key(key, keys, cls.other_words)
                details.append(cls._unknown_key(key, keys, close=close, instead_of=instead_of))
                if instead_of:
                    written[instead_of] = member
            details += [_detail(mistake, ()) for mistake in cls.mistakes(written)]
            value = written
        made = None
        try:
            made = make(value)
        except ValidationError as error:
            details += [_detail(cls._as_mistake(inner, value), inner["loc"]) for inner in error.errors()]
        if details:
            raise ValidationError.from_exception_data(cls.__name__, details, hide_input=True)
        return made

    @classmethod
    def _respelt(cls, value: Any, keys: list[str], details: list[InitErrorDetails]) -> Any:
        """Return the value with the misspelt keys of its short form corrected, and add a mistake for each to `details`."""
        if not cls.short_keys or not isinstance(value, dict):
            return value
        respelt: dict[Any, Any] = {}
        for key, member in value.items():
            free = [word for word in cls.short_keys if word not in value and word not in respelt]
            meant = "" if key in (*keys, *cls.short_keys) else nearest_key(key, free)
            if meant:
                details.append(cls._unknown_key(key, keys, close=meant, instead_of=meant))
            respelt[meant or key] = member
        return respelt

    @classmethod
    def _unknown_key(cls, key: Any, keys: list[str], *, close: str, instead_of: str) -> InitErrorDetails:
        hint = f"{f'did you mean `{close}`? ' if close else ''}valid here: {', '.join((*keys, *cls.short_keys))}"
        mistake = Mistake("unknown-key", f"unknown key `{key}`", hint=hint, on_key=True, instead_of=instead_of)
        return _detail(mistake, (key,))

    @classmethod
    def _as_mistake(cls, error: ErrorDetails, value: Any) -> Mistake:
        """Translate pydantic's error for this record or one of its values, and add a hint."""
        mistake = as_mistake(error)
        if error["type"] == "missing" and len(error["loc"]) == 1 and cls.example:
            mistake.hint = f"for example {cls.example}"
        elif error["type"] == "model_type" and not error["loc"]:
            is_one = isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict)
            mistake.hint = "remove the dash: this is not a list" if is_one else ""
            if not is_one and cls.example:
                mistake.hint = f"for example {cls.example}"
        return mistake

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        described = handler(core_schema)
        return {"anyOf": [cls.short_form, described]} if cls.short_form else described


def exactly_one(written: Mapping[str, Any], keys: tuple[str, ...], what: str) -> Iterator[Mistake]:
    """Yield a mistake unless exactly one of `keys` is written."""
    present = [key for key in written if key in keys]
    names = ", ".join(f"`{key}`" for key in keys)
    if not present:
        yield Mistake("exactly-one", f"{what} needs exactly one of {names}", hint="add one of them")
    elif len(present) > 1:
        both = " and ".join(f"`{key}`" for key in present)
        yield Mistake("exactly-one", f"{what} has {both}", hint="keep one of them", at=(present[1],), on_key=True)


def as_mistake(error: ErrorDetails) -> Mistake:
    """Translate pydantic's error for one value."""
    context = error.get("ctx", {})
    for carried in (context.get("mistake"), context.get("error")):
        if isinstance(carried, Mistake):
            return carried
    kind, got = error["type"], error["input"]
    if kind == "missing":
        return Mistake("missing-key", f"required key `{error['loc'][-1]}` is missing", hint="add it")
    if kind in _WANTED:
        hint = "put quotes around it" if kind == "string_type" and isinstance(got, bool | int | float) else ""
        if kind == "tuple_type":
            hint = f"write [{got}]" if isinstance(got, str) and len(got) < _LONGEST_SHOWN else "write it in [ ]"
        if kind == "string_type" and isinstance(got, list) and len(got) == 1 and isinstance(got[0], str):
            hint = f"write {got[0]}, without brackets or dash"
        if kind == "string_type" and isinstance(got, list) and not hint:
            hint = "write one text, not a list"
        if kind == "bool_type":
            hint = meant_flag(got)
        if kind == "int_type" and isinstance(got, str):
            digits = re.sub(r"(?<=\d)[,_ '](?=\d{3})", "", got.strip())
            thousands = re.fullmatch(r"([0-9]+)\s*k", digits, re.IGNORECASE)
            hint = f"write {thousands[1]}000" if thousands else f"write {digits}" if digits.isdigit() else ""
        if got is None:
            hint = "write a value after it, or leave the key out"
        return Mistake("wrong-type", f"expected {_WANTED[kind]}", got=got, hint=hint)
    if kind == "literal_error":
        words = context["expected"].replace(" or ", ", ").replace("'", "").split(", ")
        return Mistake(
            "bad-value", "not a valid value", got=got, hint=f"{nearest(got, words)}valid: {', '.join(words)}"
        )
    # All others are bounds. pydantic's message starts with "Input" and quotes only the limits, not the value.
    return Mistake("bad-value", error["msg"].replace("Input should be", "must be", 1), got=got, hint=_bound(context))


def _bound(context: Mapping[str, Any]) -> str:
    """Return a hint for a number or text beyond a bound."""
    for name, words in (("ge", "or more"), ("le", "or less"), ("gt", "or more"), ("lt", "or less")):
        if name in context:
            limit = context[name] + {"gt": 1, "lt": -1}.get(name, 0)
            return f"write {limit} {words}"
    return "write some text, or leave the key out" if "min_length" in context else ""


def _detail(mistake: Mistake, loc: tuple[Any, ...]) -> InitErrorDetails:
    where = tuple(part if isinstance(part, str | int) else str(part) for part in loc)
    error = PydanticCustomError("mistake", "{rule}", {"rule": mistake.rule, "mistake": mistake})
    return InitErrorDetails(type=error, loc=where, input=NOTHING)
