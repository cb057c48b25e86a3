"""What was expected: the mistakes of values that have another type, or are beyond a bound or outside a list of words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from plugin_gateway.config.mistake import Mistake, flag_hint, nearest

if TYPE_CHECKING:
    from msgspec import Meta

_LONGEST_SHOWN: Final = 60


def text(got: Any) -> Mistake:
    hint = "put quotes around it" if isinstance(got, bool | int | float) else ""
    if isinstance(got, list):
        is_one = len(got) == 1 and isinstance(got[0], str)
        hint = f"write {got[0]}, without brackets or dash" if is_one else "write one text, not a list"
    return _wrong_type("text", got, hint)


def a_whole_number(got: Any) -> Mistake:
    hint = "for example 200"
    if isinstance(got, str):
        digits = re.sub(r"(?<=\d)[,_ '](?=\d{3})", "", got.strip())
        thousands = re.fullmatch(r"([0-9]+)\s*k", digits, re.IGNORECASE)
        hint = f"write {thousands[1]}000" if thousands else f"write {digits}" if digits.isdigit() else hint
    return _wrong_type("a whole number", got, hint)


def true_or_false(got: Any) -> Mistake:
    return _wrong_type("true or false", got, flag_hint(got))


def a_list(got: Any) -> Mistake:
    return _wrong_type(
        "a list", got, f"write [{got}]" if isinstance(got, str) and len(got) < _LONGEST_SHOWN else "write it in [ ]"
    )


def a_mapping(got: Any) -> Mistake:
    return _wrong_type("a mapping", got, "")


def one_of(words: tuple[Any, ...], got: Any) -> Mistake:
    known = [*map(str, words)]
    hint = f"{nearest(got, known)}valid: {', '.join(known)}"
    return Mistake("bad-value", "not a valid value", got=got, hint=hint)


def beyond(bounds: Meta, value: Any, *, got: Any) -> Mistake | None:
    """Return the mistake of a value beyond its bounds; `got` is the written value."""
    message = hint = ""
    if bounds.ge is not None and value < bounds.ge:
        message, hint = f"must be greater than or equal to {bounds.ge}", f"write {bounds.ge} or more"
    elif bounds.le is not None and value > bounds.le:
        message, hint = f"must be less than or equal to {bounds.le}", f"write {bounds.le} or less"
    elif bounds.min_length is not None and len(value) < bounds.min_length:
        noun = "item" if isinstance(value, tuple) else "character"
        hint = f"write {'an item' if noun == 'item' else 'some text'}, or leave the key out"
        message = f"must have at least {_counted(bounds.min_length, noun)}"
    elif bounds.max_length is not None and len(value) > bounds.max_length:
        message = f"must have at most {_counted(bounds.max_length, 'character')}"
        hint = "shorten it"
    return Mistake("bad-value", message, got=got, hint=hint) if message else None


def _wrong_type(wanted: str, got: Any, hint: str) -> Mistake:
    if got is None:
        hint = "write a value after it, or leave the key out"
    return Mistake("wrong-type", f"expected {wanted}", got=got, hint=hint)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
