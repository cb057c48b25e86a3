"""The arguments of a question: the JSON object that the page sends."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugin_gateway.openapi.document import OperationKey

MOST_OPERATIONS: Final = 5_000
_MOST_DIGITS: Final = 10


class BadQuestionError(Exception):
    """The question itself is wrong; the text says what to ask."""


class OtherDocumentError(Exception):
    """The document has changed: the numbers in the question stand for operations of the previous one."""


class Arguments:
    """Reads the members. Each method raises a `BadQuestionError` if its member is of another kind."""

    def __init__(self, octets: bytes) -> None:
        """Read the object; nothing at all is an empty one."""
        try:
            members = json.loads(octets or b"{}")
        except (ValueError, RecursionError):
            raise BadQuestionError("The body is not JSON.") from None
        if not isinstance(members, dict):
            raise BadQuestionError("The body is not a JSON object.")
        self._members: dict[str, Any] = members

    def any(self, name: str) -> Any:
        """Return a member as it is, or None."""
        return self._members.get(name)

    def text(self, name: str) -> str:
        """Return a text; an absent one is empty."""
        value = self._members.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise BadQuestionError(f"`{name}` is a text")
        return value

    def mapping(self, name: str) -> dict[str, Any]:
        """Return an object; an absent one is empty."""
        value = self._members.get(name) or {}
        if not isinstance(value, dict):
            raise BadQuestionError(f"`{name}` is an object")
        return value

    def operation(self, name: str, keys: Sequence[OperationKey]) -> OperationKey:
        """Return the operation that a number stands for, as a number or, from a query, as digits."""
        return _key_of(self._members.get(name), keys)

    def operations(self, name: str, keys: Sequence[OperationKey]) -> tuple[OperationKey, ...]:
        """Return the operations that a list of numbers stands for, each once."""
        numbers = self._members.get(name) or []
        if not isinstance(numbers, list) or len(numbers) > MOST_OPERATIONS:
            raise BadQuestionError(f"`{name}` is a list of at most {MOST_OPERATIONS} operations")
        return tuple(dict.fromkeys(_key_of(number, keys) for number in numbers))


def _key_of(number: Any, keys: Sequence[OperationKey]) -> OperationKey:
    if isinstance(number, str) and number.isascii() and number.isdigit() and len(number) < _MOST_DIGITS:
        number = int(number)
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < len(keys):
        raise BadQuestionError(f"an operation is a number from 0 to {len(keys) - 1}")
    return keys[number]
