"""Locking: makes the lock of a document, and finds the operations that have drifted from a lock since."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from plugin_gateway.errors import DocumentError
from plugin_gateway.lock.lock import REMOVED, Lock, LockedOperation
from plugin_gateway.lock.parts import NO_PARTS, PARTS, Closures, document_digest
from plugin_gateway.openapi.prune.pruned import prune
from plugin_gateway.shape.extensions import extensions_to_keep

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from plugin_gateway.lock.lock import EntryWords
    from plugin_gateway.lock.parts import Parts
    from plugin_gateway.openapi.document import Document, OperationKey

UNREADABLE: Final = "unreadable"


class Drift(NamedTuple):
    """An operation that differs from the lock."""

    key: OperationKey
    changed: tuple[str, ...]
    """The names of the parts that changed, or only `REMOVED` or `UNREADABLE`."""

    def __str__(self) -> str:
        match self.changed:
            case (one,) if one == REMOVED:
                return "the document no longer has it"
            case (one,) if one == UNREADABLE:
                return "its part of the document is no longer valid"
            case (*front, last) if front:
                return f"its {', '.join(front)} and {last} changed"
            case _:
                return f"its {self.changed[0]} changed"


def cut(document: Document, keys: Collection[OperationKey], lock: Lock) -> Document:
    """Prune a document as the lock's settings say. Raises `DocumentError` as `prune` does."""
    return prune(
        document,
        keys,
        extensions=extensions_to_keep(lock.extensions),
        discriminator="trim" if lock.discriminator == "trim" else "follow",
    )


class Drifts(NamedTuple):
    """Everything that differs from the lock."""

    operations: tuple[Drift, ...] = ()
    document: bool = False
    """Whether fields changed that belong to no operation."""


def lock_of(
    document: Document,
    ids: Mapping[OperationKey, str],
    groups: Mapping[EntryWords, frozenset[OperationKey]],
    settings: Lock,
) -> Lock:
    """Lock the operations of `ids`, with the `discriminator` and `extensions` of `settings`.

    `ids` has the operationId of each. An overlay may change it, or add an operation that the document does not have.

    Raises:
        DocumentError: an operation cannot be cut out of the document.
    """
    keys = tuple(key for key in ids if key in document.operations)
    pruned = cut(document, keys, settings)
    parts = _parts(pruned, keys)
    operations = {key: LockedOperation(operation_id=name, parts=parts.get(key, NO_PARTS)) for key, name in ids.items()}
    return Lock(
        document=document_digest(pruned),
        discriminator=settings.discriminator,
        extensions=settings.extensions,
        operations=operations,
        groups=groups,
    )


def find_drift(document: Document, lock: Lock, wanted: Collection[OperationKey]) -> Drifts:
    """Find the `wanted` operations of the lock that changed in the document, in the lock's order.

    All operations of the lock are cut out together, because a link between two of them belongs to both.
    """
    there = tuple(key for key in lock.operations if key in document.operations)
    pruned = cut_as_far_as_valid(document, there, lock)
    now = _parts(pruned, pruned.operations)
    found = []
    for key, locked in lock.operations.items():
        if key not in wanted:
            continue
        if key not in document.operations:
            if locked.parts == NO_PARTS:
                continue
            found.append(Drift(key, (REMOVED,)))
        elif (parts := now.get(key)) is None:
            found.append(Drift(key, (UNREADABLE,)))
        elif parts != locked.parts:
            pairs = zip(PARTS, parts, locked.parts, strict=True)
            found.append(Drift(key, tuple(name for name, one, other in pairs if one != other)))
    return Drifts(tuple(found), document_digest(pruned) != lock.document)


def cut_as_far_as_valid(document: Document, keys: tuple[OperationKey, ...], lock: Lock) -> Document:
    """Prune a document to the operations of `keys` that are valid."""
    try:
        return cut(document, keys, lock)
    except DocumentError:
        return cut(document, [key for key in keys if _is_valid(document, key, lock)], lock)


def _is_valid(document: Document, key: OperationKey, lock: Lock) -> bool:
    try:
        cut(document, [key], lock)
    except DocumentError:
        return False
    return True


def _parts(pruned: Document, keys: Iterable[OperationKey]) -> dict[OperationKey, Parts]:
    closures = Closures(pruned)
    return {key: closures.parts_of(pruned.operations[key]) for key in keys}
