"""A suggestion: the smallest allow-list that permits the calls that were seen, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugin_gateway.edit.entry import entry_of
from plugin_gateway.edit.quoting import comment, scalar

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping

    from plugin_gateway.observation.usage import Usage
    from plugin_gateway.openapi.document import Document, Operation, OperationKey


NARROWING: Final = ("parameters", "response")


def answered(usage: Mapping[OperationKey, Usage]) -> dict[OperationKey, Usage]:
    """Return the operations that a caller used. A call of a scanner that the API refused does not count."""
    return {key: one for key, one in usage.items() if one.is_answered}


def lines_of(
    document: Document,
    usage: Mapping[OperationKey, Usage],
    keys: Container[str] = NARROWING,
    comments: Container[tuple[OperationKey, str]] = (),
) -> Iterator[str]:
    """Yield the lines of the allow-list, in document order.

    With `parameters` among the `keys`, an entry hides the optional parameters that no call had; with `response`, it keeps only
    the fields that replies had. Otherwise, and where `comments` has the operation and the word, a comment says so.
    """
    for key, operation in document.operations.items():
        if key in usage:
            wanted = [word for word in NARROWING if word in keys and (key, word) not in comments]
            yield from _entry(document, operation, usage[key], wanted)


def _entry(document: Document, operation: Operation, usage: Usage, keys: Container[str]) -> Iterator[str]:
    entry = entry_of(document, operation)
    named = scalar(entry.name)
    calls = f"{usage.calls} call{'s' * (usage.calls != 1)}" if usage.calls else ""
    remark = comment(": ".join(filter(None, (entry.remark, calls))), 200)
    behind = f"   # {remark}" if remark else ""
    hidden = usage.unused_parameters(operation, document)
    kept = usage.kept_fields()
    narrowing = {
        "parameters": f"{{{', '.join(f'{scalar(name)}: hidden' for name in hidden)}}}" if hidden else "",
        "response": f"{{keep: [{', '.join(scalar(pointer) for pointer in kept)}]}}" if kept else "",
    }
    written = {key: text for key, text in narrowing.items() if text and key in keys}
    yield f"  - operation: {named}{behind}" if written else f"  - {named}{behind}"
    for key, text in written.items():
        yield f"    {key}: {text}"
    for key, text in narrowing.items():
        if text and key not in written:
            yield f"    # {key}: {text}"
