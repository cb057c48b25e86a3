"""An unread mapping: its values stay text until they are looked at.

The operations and components of a large document are in such mappings, so that only those that are kept become values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Collection, ItemsView, Iterator, ValuesView


Json: TypeAlias = Any
"""JSON whose type is not known yet."""

JsonObject: TypeAlias = dict[str, Any]

MAPS_OF_2_0: Final = frozenset({"definitions", "parameters", "responses", "securityDefinitions"})
"""The fields of a root of OpenAPI 2.0 that are such mappings."""


class Reader(Protocol):
    """Reads the texts of one kind, such as JSON, in one document."""

    @property
    def kind(self) -> type:
        """The type of a text, which no value has."""

    def read(self, text: Any) -> Json:
        """Build the value; raises `DocumentError` with every place that is wrong in the document."""

    def is_mapping(self, text: Any) -> bool:
        """Say whether the value is a mapping."""

    def sketch(self, text: Any, fields: Collection[str]) -> Json:
        """Build the value with these fields only, where it is a mapping, and the parts of its `allOf` likewise."""


class Unread(dict[str, Any]):
    """A mapping with texts in it. Each is read when it is first asked for, and the value kept in its place.

    Only values are seen from outside; what looks into a dict's memory, as orjson does, fails on the texts.
    """

    __slots__ = ("_kind", "reader")

    def __init__(self, texts: dict[str, Any], reader: Reader) -> None:
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
        """Return the value, read if it was not."""
        return self[key] if key in self else default  # noqa: SIM401  # that is this method

    def __iter__(self) -> Iterator[str]:
        # Overridden so that `dict(…)` and `{**…}` take the values by their keys and not the memory.
        return super().__iter__()

    def items(self) -> ItemsView[str, Any]:  # type: ignore[override]  # typeshed has a dict's own class there
        """Read all that was not read."""
        self._read_all()
        return super().items()

    def values(self) -> ValuesView[Any]:  # type: ignore[override]  # likewise
        """Read all that was not read."""
        self._read_all()
        return super().values()

    def __eq__(self, other: object) -> bool:
        self._read_all()
        return super().__eq__(other)

    __hash__ = None

    def text_at(self, key: str) -> Any:
        """Return the text at `key`, None where it was read."""
        value = super().__getitem__(key)
        return value if type(value) is self._kind else None

    def _read_all(self) -> None:
        for key in self:
            self[key]  # which reads it


def holds_mapping(mapping: dict[str, Any], key: str) -> bool:
    """Say whether `mapping[key]` is a mapping, without reading it."""
    if isinstance(mapping, Unread) and (text := mapping.text_at(key)) is not None:
        return mapping.reader.is_mapping(text)
    return isinstance(mapping[key], dict)


def sketch(mapping: dict[str, Any], key: str, fields: Collection[str]) -> Json:
    """Give `mapping[key]` with these fields at least."""
    if isinstance(mapping, Unread) and (text := mapping.text_at(key)) is not None:
        return mapping.reader.sketch(text, fields)
    return mapping[key]
