"""A reading: the value that a parameter's text stands for, by OpenAPI's styles. It is the inverse of `style.py`.

A text does not tell its type. Where the schema admits a string and another type, there are two readings, and the caller tries
them in order. A text that no type admits stays a string, so that the validator reports it.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeAlias
from urllib.parse import unquote_to_bytes

from plugin_gateway.shape.values.kind import ANY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugin_gateway.shape.values.kind import Kind

Pair: TypeAlias = "tuple[str, bytes]"
"""The decoded name and the raw text of one pair of a query."""

# The modes in which a text is read, in the order in which they are tried.
TYPED: Final = 0
"""Read a number, boolean or null where the text is one and the schema admits it."""
TEXTUAL: Final = 1
"""Read a string wherever the schema admits one."""
DECODED: Final = 2
"""As `TYPED`, but split at escaped delimiters, too: many clients escape them, and servers split what they have decoded."""
ReadingMode: TypeAlias = Literal[0, 1, 2]

_is_integer: Final = re.compile(r"-?(?:0|[1-9][0-9]*)").fullmatch
_is_number: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?").fullmatch
_MOST_DIGITS: Final = 400
_DEEPEST: Final = 32
_TOKENS: Final = re.compile(r"\[([^\[\]]*)\]")
_COMMA: Final = re.compile(rb",").split
_ANY_COMMA: Final = re.compile(rb",|%2[Cc]").split
_DOT: Final = re.compile(rb"\.").split
_DELIMITED: Final = {
    "spaceDelimited": re.compile(rb"%20|\+| ").split,
    "pipeDelimited": re.compile(rb"%7[Cc]|\|").split,
    # Collection formats of Swagger 2.0, in the places where OpenAPI 3 has no style for them (`describe/joined.py`).
    "tsv": re.compile(rb"%09|\t").split,
    "ssv": re.compile(rb"%20| ").split,
    "pipes": re.compile(rb"%7[Cc]|\|").split,
}


class UnreadableError(ValueError):
    """A text cannot be read in its style. The message says what is expected."""


class Style(NamedTuple):
    """How a parameter is written: OpenAPI's style, `content`, or a collection format of 2.0, and the escapes of its place."""

    style: str
    explode: bool
    name: str
    """The name in the text: before the members of deepObject and matrix, and in exploded cookies."""
    escapes: str = "form"
    """`form`: percent-encoded, with `+` for a blank, as in queries; `path`: percent-encoded; `none`: as in header fields."""
    is_json: bool = False
    """With `content`: whether its type is JSON."""


def modes_of(style: Style, kind: Kind) -> tuple[ReadingMode, ...]:
    """Return the modes that may give different values, in the order in which they are tried."""
    is_joined = not kind.is_any and bool(kind.types & {"array", "object"}) and not style.explode
    found: list[ReadingMode] = [TYPED]
    if kind.has_choice:
        found.append(TEXTUAL)
    if is_joined and style.style in ("form", "simple") and style.escapes != "none":
        found.append(DECODED)
    return tuple(found)


def decoded(text: bytes, escapes: str) -> str:
    """Undo the escapes of a text.

    Raises:
        UnreadableError: it is not UTF-8.
    """
    if escapes == "form" and b"+" in text:
        text = text.replace(b"+", b" ")
    if escapes != "none" and b"%" in text:
        text = unquote_to_bytes(text)
    try:
        return text.decode()
    except UnicodeDecodeError:
        raise UnreadableError("must be UTF-8") from None


def read_scalar(text: str, kind: Kind, mode: ReadingMode) -> object:
    """Read one text as one of the types of its kind."""
    types = kind.types
    if mode == TEXTUAL and "string" in types:
        return text
    if "integer" in types or "number" in types:
        if len(text) < _MOST_DIGITS and _is_integer(text):
            return int(text)
        if "number" in types and len(text) < _MOST_DIGITS and _is_number(text):
            number = float(text)
            if number - number == 0:  # a number that JSON has
                return number
    if "boolean" in types and text in ("true", "false"):
        return text == "true"
    if "null" in types and text in ("", "null"):
        return None
    return text


def read_json(text: str) -> object:
    """Read a JSON text.

    Raises:
        UnreadableError: it is not JSON, or two parsers could read it differently.
    """
    try:
        return json.loads(text, object_pairs_hook=_distinct, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise UnreadableError("must be JSON, with each name once in its object") from None


def read_one(text: bytes, style: Style, kind: Kind, mode: ReadingMode) -> object:
    """Read a value that is one text: of a query parameter, a segment, a field or a cookie.

    Raises:
        UnreadableError: the style does not allow the text.
    """
    if style.style == "content":
        plain = decoded(text, style.escapes)
        return read_json(plain) if style.is_json else plain
    if style.style == "label":
        if not text.startswith(b"."):
            raise UnreadableError("must begin with a dot")
        text = text[1:]
    if style.style == "matrix":
        return _read_matrix(text, style, kind, mode)
    types = kind.types
    if kind.is_any or (mode == TEXTUAL and "string" in types):
        return read_scalar(decoded(text, style.escapes), kind, mode)
    if "array" in types:
        return _read_items(_split(text, style, mode), style, kind, mode)
    if "object" in types:
        return _read_members(text, style, kind, mode)
    return read_scalar(decoded(text, style.escapes), kind, mode)


def read_many(texts: Sequence[bytes], style: Style, kind: Kind, mode: ReadingMode) -> object:
    """Read an exploded array: one text for each item.

    Raises:
        UnreadableError: a text is not UTF-8.
    """
    return _read_items(texts, style, kind, mode)


def read_exploded(pairs: Sequence[Pair], style: Style, kind: Kind, mode: ReadingMode) -> dict[str, object]:
    """Read an exploded object: one pair for each member.

    Raises:
        UnreadableError: a member is there twice, or a text is not UTF-8.
    """
    members: dict[str, object] = {}
    for name, text in pairs:
        if name in members:
            raise UnreadableError("must have each member only once")
        members[name] = _nested(decoded(text, style.escapes), kind.member(name) or ANY, mode)
    return members


def read_deep(pairs: Sequence[Pair], style: Style, kind: Kind, mode: ReadingMode) -> object:
    """Read a deepObject: `color[R]=100&color[G]=200`, nested as `a[b][c]=1`, with lists as `a[]=1` or `a[0]=1`.

    Where the schema admits a scalar, too, it is `color=100`.

    Raises:
        UnreadableError: a name has no members, or one place has two values.
    """
    if len(pairs) == 1 and pairs[0][0] == style.name and kind.types - {"array", "object"}:
        return read_scalar(decoded(pairs[0][1], style.escapes), kind, mode)
    root: dict[str, Any] = {}
    for name, text in pairs:
        tokens = _TOKENS.findall(name[len(style.name) :])
        if not tokens or len(tokens) > _DEEPEST:
            raise UnreadableError(f"must be written as `{style.name}[member]=value`")
        node = root
        for token in tokens[:-1]:
            inner: object = node.setdefault(token, {})
            if not isinstance(inner, dict):
                raise UnreadableError("must not have a member that is both a value and an object")
            node = inner
        last = tokens[-1]
        if last == "":
            items: object = node.setdefault(last, [])
            if not isinstance(items, list):
                raise UnreadableError("must not have a list of values and objects")
            items.append(decoded(text, style.escapes))
        elif last in node:
            raise UnreadableError("must not have a member twice")
        else:
            node[last] = decoded(text, style.escapes)
    return _settle(root, kind, mode)


def _settle(node: Any, kind: Kind, mode: ReadingMode) -> object:
    """Give the texts of a deepObject their types, and its lists their form."""
    if isinstance(node, str):
        return read_scalar(node, kind, mode)
    if isinstance(node, list):
        return [read_scalar(one, kind.items or ANY, mode) for one in node]
    names = list(node)
    if names == [""]:
        return _settle(node[""], kind, mode)
    is_numbered = bool(names) and all(name == str(index) for index, name in enumerate(names))
    if is_numbered and "array" in kind.types and "object" not in kind.types - ({"object"} if kind.is_any else set()):
        return [_settle(one, kind.items or ANY, mode) for one in node.values()]
    return {name: _settle(one, kind.member(name) or ANY, mode) for name, one in node.items()}


def _distinct(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError
    return members


def _no_constant(text: str) -> object:
    raise ValueError(text)


def _split(text: bytes, style: Style, mode: ReadingMode) -> list[bytes]:
    if style.style in _DELIMITED:
        return _DELIMITED[style.style](text)
    if style.style == "label" and style.explode:
        return _DOT(text)
    if style.escapes == "none":
        # A list in a header field may have blanks around its commas (RFC 9110, 5.6.1).
        return [one.strip(b" \t") for one in _COMMA(text)]
    return _ANY_COMMA(text) if mode == DECODED else _COMMA(text)


def _read_items(texts: Sequence[bytes], style: Style, kind: Kind, mode: ReadingMode) -> list[object]:
    items = kind.items or ANY
    # An array without items is written as nothing, or as a name with an empty text.
    if len(texts) == 1 and not texts[0] and "string" not in items.types:
        return []
    return [_nested(decoded(text, style.escapes), items, mode) for text in texts]


def _read_members(text: bytes, style: Style, kind: Kind, mode: ReadingMode) -> dict[str, object]:
    if not text:
        return {}
    parts = _split(text, style, mode)
    if style.explode:
        pairs = [(name, value) for name, equals, value in (part.partition(b"=") for part in parts) if equals]
        if len(pairs) < len(parts):
            raise UnreadableError("must be written as `name=value` for each member")
    else:
        if len(parts) % 2:
            raise UnreadableError("must be written as names and values in turn")
        pairs = [*zip(parts[::2], parts[1::2], strict=True)]
    members: dict[str, object] = {}
    for raw, value in pairs:
        name = decoded(raw, style.escapes)
        if name in members:
            raise UnreadableError("must have each member only once")
        members[name] = _nested(decoded(value, style.escapes), kind.member(name) or ANY, mode)
    return members


def _read_matrix(text: bytes, style: Style, kind: Kind, mode: ReadingMode) -> object:
    """Read `;color=blue`, `;color=blue,black`, or exploded `;color=blue;color=black` and `;R=100;G=200`."""
    first, *parts = text.split(b";")
    pairs = [part.partition(b"=") for part in parts]
    if first or not pairs:
        raise UnreadableError("must begin with `;`")
    if style.explode and "object" in kind.types and not kind.is_any:
        return read_exploded([(decoded(name, style.escapes), value) for name, _, value in pairs], style, kind, mode)
    if any(decoded(name, style.escapes) != style.name for name, _, _ in pairs):
        raise UnreadableError(f"must be written as `;{style.name}=value`")
    texts = [value for _, _, value in pairs]
    if style.explode and "array" in kind.types and not kind.is_any:
        return _read_items(texts, style, kind, mode)
    if len(texts) > 1:
        raise UnreadableError("must be sent only once")
    return read_one(texts[0], style._replace(style="simple"), kind, mode)


def _nested(text: str, kind: Kind, mode: ReadingMode) -> object:
    """Read a member or item. OpenAPI defines no form for nested ones; the gateway's own tools write them as JSON."""
    if text[:1] in ("[", "{") and not kind.is_any and kind.types & {"array", "object"}:
        try:
            return read_json(text)
        except UnreadableError:
            pass
    return read_scalar(text, kind, mode)
