"""A lock: the digests of the allowed operations, and the operations that each group stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plugin_gateway.config.selector import Selector
    from plugin_gateway.lock.parts import Parts
    from plugin_gateway.openapi.document import OperationKey


REMOVED: Final = "removed"
"""In place of the parts that changed: the document no longer has the operation."""


class EntryWords(NamedTuple):
    """The key of an entry in a lock: its place and its selecting words."""

    place: tuple[str, ...]
    """`allow`, `deny`, or `consumers` and the consumer's name."""
    operation: str
    tag: str
    path: str
    methods: tuple[str, ...]

    def __str__(self) -> str:
        methods = f"{', '.join(self.methods)} " if self.methods else ""
        return self.operation or (f"{methods}{self.path}" if self.path else f"{methods}tag {self.tag}")


def words_of(selector: Selector, *place: str) -> EntryWords:
    """Return the key of an entry. The order and repetition of its methods do not matter."""
    return EntryWords(
        place=place,
        operation=selector.operation or "",
        tag=selector.tag or "",
        path=selector.path or "",
        methods=tuple(sorted(set(selector.methods))),
    )


class LockedOperation(Struct, frozen=True, kw_only=True):
    """One operation: its operationId, if the document gives it one, and the digests of its parts."""

    operation_id: str
    parts: Parts


class Lock(Struct, frozen=True, kw_only=True):
    """What the operator agreed to: `plugin-gateway lock` writes it, `check` and `serve` hold to it."""

    document: str
    """The digest of the fields that belong to no operation."""
    discriminator: str = "follow"
    extensions: tuple[str, ...] = ()
    """`public.discriminator` and `public.extensions`, which decide what belongs to an operation."""
    operations: Mapping[OperationKey, LockedOperation] = field(default_factory=dict)
    groups: Mapping[EntryWords, frozenset[OperationKey]] = field(default_factory=dict)
    """What each entry names: for a group of `allow`, its operations; for an entry of `deny`, the allowed operations that it
    closes; for an operation in `allow` that `deny` closes, that operation."""

    def key_of(self, operation_id: str) -> OperationKey | None:
        """Return the operation that had this operationId when the lock was written."""
        return next((key for key, one in self.operations.items() if one.operation_id == operation_id), None)
