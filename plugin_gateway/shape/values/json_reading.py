"""A JSON reading: the value of a body's text, if every parser reads the text as the same value.

Parsers differ on a name that an object has twice, on a byte order mark, on bytes that are not UTF-8 and on very deep nesting
(RFC 8259, 4, 8.1 and 9). The gateway would judge one value, and the upstream would act on another.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NoReturn

import orjson

from plugin_gateway.openapi.decode.json_values import repeated_keys
from plugin_gateway.openapi.refs import join_pointer
from plugin_gateway.shape.values.problem import Problem

if TYPE_CHECKING:
    from plugin_gateway.openapi.refs import Tokens

MOST_LEVELS: Final = 128
"""The validator and the upstream's parser recurse. Real bodies have fewer than 20 levels."""

_MOST_REPEATED: Final = 20
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_STRING: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_MOST_DIGITS: Final = 4300
"""Python refuses longer integers, because reading them takes quadratic time."""
_LONG_NUMBER: Final = re.compile(rb"[0-9]{%d}" % (_MOST_DIGITS + 1))
_BRACKET: Final = re.compile(rb"[\[\]{}]")
_UTF_8: Final = frozenset({b"", b"utf-8", b"utf8"})


class UnreadableBodyError(ValueError):
    """Raised for a text that is not JSON, or not the same JSON for every parser."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        """Take the reasons."""
        self.problems = problems
        super().__init__(problems)


def read_json_body(text: bytes, charset: bytes = b"") -> Any:
    """Read a body. Integers and decimal numbers may become numbers of less precision; the text keeps them.

    Raises:
        UnreadableBodyError: the text is not JSON, or not the same JSON for every parser.
    """
    if charset not in _UTF_8 and not text.isascii():
        # The upstream may decode the bytes with that charset. JSON is always UTF-8 (RFC 8259, 8.1).
        raise _unreadable("must be UTF-8; leave the charset out of Content-Type")
    if text.count(0x5B) + text.count(0x7B) > MOST_LEVELS and _levels(text) > MOST_LEVELS:
        raise _unreadable(f"must not be nested deeper than {MOST_LEVELS} levels")
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        value = _read_large_numbers(text, error)
    repeated = tuple(islice(repeated_keys(text, value), _MOST_REPEATED))
    if repeated:
        raise UnreadableBodyError(tuple(_is_repeated(tokens) for tokens in repeated))
    return value


def _read_large_numbers(text: bytes, error: orjson.JSONDecodeError) -> Any:
    """Read a text that orjson refuses: numbers beyond the range of a double are JSON, too."""
    if not text.strip():
        raise _unreadable("is empty; expected JSON") from None
    if text.startswith(_BYTE_ORDER_MARK):
        raise _unreadable("must not begin with a byte order mark") from None
    try:
        plain = text.decode()
    except UnicodeDecodeError as found:
        raise _unreadable(f"must be UTF-8; byte {found.start + 1} is not") from None
    try:
        value = json.loads(plain, parse_float=_number, parse_constant=_refuse)
        json.dumps(value, default=str, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise _unreadable(r"must be Unicode text; it has half of a surrogate pair, such as \ud800") from None
    except (ValueError, RecursionError):
        if _LONG_NUMBER.search(_STRING.sub(b"", text)):
            raise _unreadable(f"must not have a number of more than {_MOST_DIGITS:,} digits") from None
        message = f"is not JSON: {error.msg.partition(':')[0]} at line {error.lineno}, column {error.colno}"
        raise _unreadable(message) from None
    return value


def _number(text: str) -> float | Decimal:
    number = float(text)
    return number if number - number == 0 else Decimal(text)


def _refuse(text: str) -> NoReturn:
    raise ValueError(text)  # NaN and Infinity are not JSON


def _levels(text: bytes) -> int:
    depth = deepest = 0
    for bracket in _BRACKET.finditer(_STRING.sub(b"", text)):
        depth += 1 if bracket[0] in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _unreadable(detail: str) -> UnreadableBodyError:
    return UnreadableBodyError((Problem("", detail),))


def _is_repeated(tokens: Tokens) -> Problem:
    return Problem(join_pointer(tokens), "must be given only once in its object")
