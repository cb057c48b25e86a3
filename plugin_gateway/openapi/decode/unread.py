"""An unread mapping: its values stay text until they are used.

The operations and components of a large document are in unread mappings, so only kept ones are decoded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Collection, ItemsView, Iterator, ValuesView


Json: TypeAlias = Any
"""JSON whose type is not known yet."""

JsonObject: TypeAlias = dict[str, Any]

MAPS_OF_2_0: Final = frozenset({"definitions", "parameters", "responses", "securityDefinitions"})
"""The fields of an OpenAPI 2.0 root that become unread mappings."""


class UncuttableError(Exception):
    """Raised for text that cannot be cut. It may still be correct: decoding the whole document decides that."""


class TextReader(Protocol):
    """Decodes the texts of one syntax in one document."""

    @property
    def kind(self) -> type:
        """The type of an undecoded text. Decoded values never have this type."""

    def read(self, text: Any) -> Json:
        """Decode the value. Raises `DocumentError` with a finding for each mistake in the document."""

    def is_mapping(self, text: Any) -> bool:
        """Return whether the value is a mapping."""

    def sketch(self, text: Any, fields: Collection[str]) -> Json:
        """Decode only these fields of a mapping and of the parts of its `allOf`. Decode other values whole."""


class Unread(dict[str, Any]):
    """A mapping with texts in it. The first access to a key decodes its text and stores the value.

    Callers see only values, except code that reads the dict's memory, such as orjson: it fails on the texts.
    """

    __slots__ = ("_kind", "reader")

    def __init__(self, texts: dict[str, Any], reader: TextReader) -> None:
        super().__init__(texts)
        self.reader = reader
        self._kind = reader.kind

    def __getitem__(self, key: str) -> Json:
        value = super().__getitem__(key)
        if type(value) is self._kind:
            value = self.reader.read(value)
            super().__setitem__(key, value)
        return value

    def get(self, key: str, default: Any = None) -> Json:
        """Return the value, decoded if necessary."""
        return self[key] if key in self else default  # noqa: SIM401  # that is this method

    def __iter__(self) -> Iterator[str]:
        # Overridden so that `dict(…)` and `{**…}` look up each key instead of copying the memory.
        return super().__iter__()

    def items(self) -> ItemsView[str, Any]:  # type: ignore[override]  # typeshed has a dict's own class there
        """Decode all values."""
        self._read_all()
        return super().items()

    def values(self) -> ValuesView[Any]:  # type: ignore[override]  # likewise
        """Decode all values."""
        self._read_all()
        return super().values()

    def __eq__(self, other: object) -> bool:
        self._read_all()
        return super().__eq__(other)

    __hash__ = None

    def text_at(self, key: str) -> Any:
        """Return the text at `key`, or None if it was decoded."""
        value = super().__getitem__(key)
        return value if type(value) is self._kind else None

    def copy_unread(self) -> Unread:
        """Return a shallow copy whose texts stay texts; `copy` decodes them."""
        return Unread({key: super(Unread, self).__getitem__(key) for key in self}, self.reader)

    def _read_all(self) -> None:
        for key in self:
            self[key]  # which reads it


def holds_mapping(mapping: dict[str, Any], key: str) -> bool:
    """Return whether `mapping[key]` is a mapping, without decoding it."""
    if isinstance(mapping, Unread) and (text := mapping.text_at(key)) is not None:
        return mapping.reader.is_mapping(text)
    return isinstance(mapping[key], dict)


def sketch(mapping: dict[str, Any], key: str, fields: Collection[str]) -> Json:
    """Return `mapping[key]` with at least these fields."""
    if isinstance(mapping, Unread) and (text := mapping.text_at(key)) is not None:
        return mapping.reader.sketch(text, fields)
    return mapping[key]
