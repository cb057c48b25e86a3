"""The body trims of one operation: what gateway.yaml takes away from its request bodies, and what it sets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from plugin_gateway.shape.media_type import FORM, MULTIPART, admits, declared_media_types, is_json
from plugin_gateway.shape.pointer import ANY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugin_gateway.openapi.refs import Tokens
    from plugin_gateway.shape.pointer import Pointers

JSON: Final = b"application/json"
FORMS: Final = frozenset({FORM, MULTIPART})


class BodyTrims(NamedTuple):
    """What gateway.yaml wants of the bodies."""

    keep: Pointers | None
    drop: Pointers
    fixed: dict[Tokens, Any]

    @property
    def is_nothing(self) -> bool:
        return self.keep is None and not self.drop and not self.fixed

    @property
    def hidden(self) -> Pointers:
        return self.drop | frozenset(self.fixed)

    def fixed_fields(self) -> Iterator[tuple[str, Any]]:
        """Yield the name and the value of each field that forms get. A list is one field for each item."""
        for tokens, value in self.fixed.items():
            for item in _items_of(value):
                yield tokens[0], item


def is_trimmable(key: str, trims: BodyTrims) -> bool:
    """Whether the gateway can change bodies of a media type: JSON, and forms if each pointer names one of their fields."""
    types = declared_media_types([key])
    if any(map(is_json, types)) or admits(types, JSON):
        return True
    pointers = trims.hidden | (trims.keep or frozenset())
    return bool(FORMS.intersection(types)) and all(is_field(tokens, trims.fixed.get(tokens)) for tokens in pointers)


def is_field(tokens: Tokens, value: Any) -> bool:
    """Whether a pointer names a field of a form, and a field can have the fixed value."""
    return len(tokens) == 1 and tokens != (ANY,) and not any(isinstance(item, dict | list) for item in _items_of(value))


def _items_of(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
