"""Operation ids: a unique id for every operation, of characters that every client accepts."""

from __future__ import annotations

import hashlib
import re
from itertools import count
from typing import TYPE_CHECKING

from plugin_gateway.config.published import MAX_OPERATION_ID, OPERATION_ID

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from plugin_gateway.openapi.document import Document, Operation, OperationKey

_MARK_LENGTH = 6
_LONGEST_WORD = 20
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+|[_-]")


def assign_operation_ids(document: Document, wanted: Mapping[OperationKey, str]) -> dict[OperationKey, str]:
    """Give each operation of `document` an id for clients: the `wanted` id, else the document's id, else a new one.

    A document's id is rewritten if clients would refuse it, and numbered if it is taken. The result is deterministic. Wanted
    ids are legal and unique: the config refuses others, and `revision.allowlist.select` finds duplicates.
    """
    ids = dict(wanted)
    taken = set(ids.values())
    # Ids that can stay unchanged come first, so that a rewritten id cannot take them.
    rest = [operation for key, operation in document.operations.items() if key not in ids]
    # By first candidate: what was taken stays taken, so a thousand equal ids need not try the same numbers again.
    candidates: dict[str, Iterator[str]] = {}
    for operation in sorted(rest, key=lambda operation: not OPERATION_ID.fullmatch(operation.operation_id or "")):
        first = own_operation_id(operation)
        name = next(name for name in candidates.setdefault(first, _candidates(first)) if name not in taken)
        taken.add(name)
        ids[operation.key] = name
    return {key: ids[key] for key in document.operations}


def own_operation_id(operation: Operation) -> str:
    """Return the id that an operation gets if no other operation has taken it."""
    own = operation.operation_id or f"{operation.key.method.lower()}_{operation.key.path}"
    name = own if OPERATION_ID.fullmatch(own) else re.sub(r"[^A-Za-z0-9]+", "_", own).strip("_") or "operation"
    if len(name) > MAX_OPERATION_ID:
        name = _abridged(name, own)
    return name


def _candidates(first: str) -> Iterator[str]:
    yield first
    for number in count(2):
        suffix = f"_{number}"
        yield first[: MAX_OPERATION_ID - len(suffix)] + suffix


def _abridged(name: str, own: str) -> str:
    """Cut each word of a long name to fit, and add a hash that keeps the name unique.

    Long names may differ in any word, so every word keeps some letters. The result depends only on the name: allowing another
    operation does not change this id.
    """
    mark = "_" + hashlib.sha256(own.encode()).hexdigest()[:_MARK_LENGTH]
    room = MAX_OPERATION_ID - len(mark)
    words = _WORD.findall(name)
    tried = ("".join(_cut(word, letters) for word in words) for letters in range(room, 0, -1))
    if (abridged := next((one for one in tried if len(one) <= room), None)) is None:
        # More words than letters: the first words give the subject, the last words the details.
        abridged = name[: room // 2] + name[-(room - room // 2) :]
    return abridged + mark


def _cut(word: str, letters: int) -> str:
    if len(word) <= letters:
        return word
    # A token this long is not a word: two of them may differ only at the end.
    last = letters // 3 if len(word) > _LONGEST_WORD else 0
    return word[: letters - last] + word[len(word) - last :]
