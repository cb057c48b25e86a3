"""A style: how OpenAPI writes a value of any shape as text (Parameter Object, "Style Values"; RFC 6570).

Each function takes the value and returns text whose delimiters are not escaped and whose values are. Members that are null are
left out, as RFC 6570 leaves out undefined ones (2.3). A value that contains a delimiter which its style cannot escape is
refused: the upstream would read two values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from plugin_gateway.shape.values.json_text import json_ascii
from plugin_gateway.shape.values.scalar import UnwritableError, escape, plain

if TYPE_CHECKING:
    from collections.abc import Callable

    Escape: TypeAlias = Callable[[str], str]

DELIMITERS: Final = {"form": ",", "spaceDelimited": "%20", "pipeDelimited": "%7C"}
MAX_VALUES: Final = 10_000
"""The most values of a list or object. A URL holds fewer, and each takes many times the memory that it takes in JSON."""
MAX_NAME: Final = 256
"""The most characters of a name that is repeated for each value below it."""
_NAMES_OF_DELIMITERS: Final = {
    ",": "a comma",
    "=": "an equals sign",
    ".": "a dot",
    "%20": "a blank",
    "%7C": "a vertical bar",
    "%2C": "a comma",
}


def bare(text: str) -> str:
    """Escape nothing: the escape of places that have none, such as header fields."""
    return text


def simple(value: object, *, explode: bool, escaped: Escape, escaped_name: Escape = escape) -> str:
    """Write `blue`, `blue,black`, `R,100,G,200`, or exploded `R=100,G=200`; for paths and header fields.

    Raises:
        UnwritableError: the value is nested, or ambiguous in this style.
    """
    _bounded(value)
    if isinstance(value, dict):
        return ",".join(_members(value, "=" if explode else ",", ",", escaped, escaped_name))
    if isinstance(value, list):
        return ",".join(_items(value, ",", escaped))
    return escaped(plain(value))


def label(value: object, *, explode: bool, escaped: Escape) -> str:
    """Write `.blue`, `.blue,black`, `.R,100,G,200`, or exploded `.blue.black` and `.R=100.G=200`; for paths.

    Raises:
        UnwritableError: the value is nested, or ambiguous in this style.
    """
    _bounded(value)
    delimiter = "." if explode else ","
    if isinstance(value, dict):
        members = _members(value, "=" if explode else ",", delimiter, escaped, escape)
        return "".join(("." if members else "", delimiter.join(members)))
    if isinstance(value, list):
        items = _items(value, delimiter, escaped)
        return "".join(("." if items else "", delimiter.join(items)))
    return "." + escaped(plain(value))


def matrix(name: str, value: object, *, explode: bool, escaped: Escape) -> str:
    """Write `;color=blue`, `;color=blue,black`, or exploded `;color=blue;color=black`; for paths. `name` is escaped already.

    Raises:
        UnwritableError: the value is nested, or an object whose members would each get a name.
    """
    _bounded(value)
    if isinstance(value, dict) and explode:
        raise UnwritableError("must not be an object: each member would follow a `;` under its own name")
    if isinstance(value, dict):
        texts = [",".join(_members(value, ",", ",", escaped, escape))]
    elif isinstance(value, list):
        items = _items(value, ",", escaped)
        texts = items if explode else [",".join(items)]
    else:
        texts = [escaped(plain(value))]
    return "".join(f";{name}={text}" for text in texts if text)


def form(name: str, value: object, *, explode: bool, escaped: Escape, delimiter: str = ",") -> list[str]:
    """Write `color=blue`, `color=blue,black`, `color=R,100,G,200`, or exploded `color=blue&color=black` and `R=100&G=200`.

    `name` is escaped already. Return the pairs; an empty list or object has none. Nested values are written as JSON, because
    OpenAPI defines no other form for them.

    Raises:
        UnwritableError: the value is ambiguous in this style.
    """
    _bounded(value)
    if isinstance(value, dict):
        if explode:
            return [escape(key) + "=" + escaped(_text(one)) for key, one in value.items() if one is not None]
        members = _members(value, delimiter, delimiter, escaped, escape, nests=True)
        return [name + "=" + delimiter.join(members)] if members else []
    if isinstance(value, list):
        if explode:
            return [name + "=" + escaped(_text(one)) for one in value if one is not None]
        items = _items(value, delimiter, escaped, nests=True)
        return [name + "=" + delimiter.join(items)] if items else []
    return [name + "=" + escaped(plain(value))]


def deep_object(name: str, value: object, *, escaped: Escape) -> list[str]:
    """Write `color[R]=100&color[G]=200`, and return the pairs.

    Raises:
        UnwritableError: see `deep_members`.
    """
    return [escape(inner) + "=" + escaped(text) for inner, text in deep_members(name, value)]


def deep_members(name: str, value: object) -> list[tuple[str, str]]:
    """Return the names and texts of `deepObject`, not escaped.

    OpenAPI leaves lists and nested objects open. They are written as most servers read them: `a[b][c]=1`, `a[]=1&a[]=2`, and
    with numbers `a[0][b]=1` where the items of a list are not scalars.

    Raises:
        UnwritableError: the value is nested too deeply, or a key has brackets.
    """
    members: list[tuple[str, str]] = []
    _deepen(name, value, members, len(name) + MAX_NAME)
    return members


def _deepen(name: str, value: object, members: list[tuple[str, str]], longest: int) -> None:
    if (
        len(name) > longest or len(members) > MAX_VALUES
    ):  # each level makes the name longer, so this ends the recursion, too
        raise UnwritableError(f"must not have more than {MAX_VALUES} values, long keys, or many levels")
    if isinstance(value, dict):
        for key, one in value.items():
            if not key or "[" in key or "]" in key:
                raise UnwritableError("must not have a key that is empty or has brackets")
            if one is not None:
                _deepen(f"{name}[{key}]", one, members, longest)
    elif isinstance(value, list):
        is_numbered = any(isinstance(one, dict | list) for one in value)
        for index, one in enumerate(value):
            if one is not None:
                _deepen(f"{name}[{index}]" if is_numbered else f"{name}[]", one, members, longest)
    else:
        members.append((name, plain(value)))


def _scalar(value: object) -> str:
    if isinstance(value, dict | list):
        raise UnwritableError("must not be nested: its values must be strings, numbers or booleans")
    return plain(value)


def _bounded(value: object) -> None:
    if isinstance(value, dict | list) and len(value) > MAX_VALUES:
        raise UnwritableError(f"must not have more than {MAX_VALUES} values")


def _items(values: list[object], delimiter: str, escaped: Escape, *, nests: bool = False) -> list[str]:
    return [
        _shielded(escaped(_text(value) if nests else _scalar(value)), delimiter, escaped)
        for value in values
        if value is not None
    ]


def _members(
    values: dict[str, object], joint: str, delimiter: str, escaped: Escape, escaped_name: Escape, *, nests: bool = False
) -> list[str]:
    """Write each member as its key, the joint and its value."""
    return [
        _shielded(_shielded(escaped_name(key), joint, escaped_name), delimiter, escaped_name)
        + joint
        + _shielded(escaped(_text(value) if nests else _scalar(value)), delimiter, escaped)
        for key, value in values.items()
        if value is not None
    ]


def _shielded(text: str, delimiter: str, escaped: Escape) -> str:
    """Return a text in which the delimiter does not occur."""
    if delimiter not in text:
        return text
    if delimiter == "," and escaped is not bare:
        return text.replace(",", "%2C")
    raise UnwritableError(
        f"must not have a value with {_NAMES_OF_DELIMITERS[delimiter]}, which separates the values here"
    )


def _text(value: object) -> str:
    return json_ascii(value) if isinstance(value, dict | list) else plain(value)
