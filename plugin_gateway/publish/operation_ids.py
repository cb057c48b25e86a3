"""Operation ids as clients see them: one for every operation, unique, and of characters that every client takes."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from plugin_gateway.config.published import MAX_OPERATION_ID, OPERATION_ID

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from plugin_gateway.openapi.document import Document, Operation, OperationKey

_MARK_LENGTH = 6
_LONGEST_WORD = 20
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+|[_-]")


def assign_operation_ids(document: Document, wanted: Mapping[OperationKey, str]) -> dict[OperationKey, str]:
    """Give each operation of `document` the id that clients see: the one that is `wanted`, else its own, else a new one.

    An own id that no client would take is rewritten, and one that is taken already numbered, the same way each time. Wanted ids
    are legal and differ: the config takes no other, and `revision.allowlist.select` finds those that are taken.
    """
    ids = dict(wanted)
    taken = set(ids.values())
    # Ids that can stay as they are come first, so that a rewritten one cannot take theirs.
    rest = [operation for key, operation in document.operations.items() if key not in ids]
    for operation in sorted(rest, key=lambda operation: not OPERATION_ID.fullmatch(operation.operation_id or "")):
        name = next(name for name in _candidates(operation) if name not in taken)
        taken.add(name)
        ids[operation.key] = name
    return {key: ids[key] for key in document.operations}


def own_operation_id(operation: Operation) -> str:
    """Return the id that an operation has unless another one has taken it."""
    return next(_candidates(operation))


def _candidates(operation: Operation) -> Iterator[str]:
    own = operation.operation_id or f"{operation.key.method.lower()}_{operation.key.path}"
    name = own if OPERATION_ID.fullmatch(own) else re.sub(r"[^A-Za-z0-9]+", "_", own).strip("_") or "operation"
    if len(name) > MAX_OPERATION_ID:
        name = _abridged(name, own)
    yield name
    number = 2
    while True:
        suffix = f"_{number}"
        yield name[: MAX_OPERATION_ID - len(suffix)] + suffix
        number += 1


def _abridged(name: str, own: str) -> str:
    """Cut each word of a long name to as many letters as fit, and add a mark that keeps the name unique.

    Long names may differ in any word, so every word keeps some letters. The result depends on the name alone: allowing
    another operation changes no id.
    """
    mark = "_" + hashlib.sha256(own.encode()).hexdigest()[:_MARK_LENGTH]
    room = MAX_OPERATION_ID - len(mark)
    words = _WORD.findall(name)
    tried = ("".join(_cut(word, letters) for word in words) for letters in range(room, 0, -1))
    if (abridged := next((one for one in tried if len(one) <= room), None)) is None:
        # More words than letters: the first ones say what it is about, the last ones what is special.
        abridged = name[: room // 2] + name[-(room - room // 2) :]
    return abridged + mark


def _cut(word: str, letters: int) -> str:
    if len(word) <= letters:
        return word
    # A token this long is no word: two of them may differ at the end only.
    last = letters // 3 if len(word) > _LONGEST_WORD else 0
    return word[: letters - last] + word[len(word) - last :]
