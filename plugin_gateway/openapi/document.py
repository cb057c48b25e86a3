"""An OpenAPI document as it was read, and the operations in it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

Json: TypeAlias = Any
"""JSON that nobody has looked at yet."""

JsonObject: TypeAlias = dict[str, Any]


class OperationKey(NamedTuple):
    """What names an operation without doubt: its method, in capitals, and its path template."""

    method: str
    path: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation of a document. `node` and `path_item` are the document's own objects: look, do not touch."""

    key: OperationKey
    node: JsonObject
    path_item: JsonObject

    @property
    def operation_id(self) -> str | None:
        value = self.node.get("operationId")
        return value if isinstance(value, str) and value else None

    @property
    def tags(self) -> tuple[str, ...]:
        return tuple(tag for tag in self.node.get("tags") or () if isinstance(tag, str))


@dataclass(frozen=True, kw_only=True)
class Document:
    """A whole document of OpenAPI 2.0, 3.0, 3.1 or 3.2: one root object in which every `$ref` is local.

    `name` is how messages call it: a path or URL without userinfo, query or fragment.
    """

    root: JsonObject
    name: str

    @cached_property
    def version(self) -> str:
        """`2.0`, `3.0`, `3.1` or `3.2`."""
        return ".".join(str(self.root.get("openapi") or self.root.get("swagger")).split(".")[:2])

    @cached_property
    def operations(self) -> Mapping[OperationKey, Operation]:
        """Every operation under `paths`, in document order; a path item's own `$ref` followed."""
        raise NotImplementedError
