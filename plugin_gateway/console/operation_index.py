"""The operation index: all operations as the browser gets them, in columns, because columns compress well.

It has sizes, not contents: the browser adds up the components that the ticked operations reach, and shows the sum at once.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from plugin_gateway import methods
from plugin_gateway.reports.operations import Costs, summary_of
from plugin_gateway.tools.tokens import tokens_of_size

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from plugin_gateway.openapi.document import Document, OperationKey

DEPRECATED: Final = 1
WRITE: Final = 2
NEW: Final = 4
CHANGED: Final = 8

MOST_LINKS: Final = 300_000
"""How many components all operations may name together. Beyond, the size of an operation includes its components."""
_LONGEST_TEXT: Final = 200
_DIGEST_DIGITS: Final = 32
NO_PARTS: Final[Mapping[str, int]] = {}


class OperationIndex(Struct, frozen=True, kw_only=True):
    """The columns that depend on the document alone; the keys are in the same order."""

    keys: tuple[OperationKey, ...]
    digest: str
    """Changes with the keys and their order: a page that sends it shows that its numbers stand for these operations."""
    title: str
    version: str
    total_bytes: int
    tags: tuple[str, ...]
    component_bytes: tuple[int, ...]
    columns: dict[str, list[Any]]
    flags: tuple[int, ...]

    def flags_with(self, new: Collection[OperationKey], changed: Collection[str]) -> list[int]:
        """Return the flags, including the flags that depend on the lock."""
        return [
            flags | (NEW if key in new else 0) | (CHANGED if changed and str(key) in changed else 0)
            for key, flags in zip(self.keys, self.flags, strict=True)
        ]


def index_operations(document: Document) -> OperationIndex:
    """Measure every operation of a document, and every component once."""
    costs = Costs(document)
    tags: dict[str, int] = {}
    places: dict[str, int] = {}
    sizes: list[int] = []
    flags: list[int] = []
    columns: dict[str, list[Any]] = {
        name: [] for name in ("method", "path", "id", "summary", "tags", "components", "bytes", "tokens")
    }
    links = total = 0
    for key, operation in document.operations.items():
        own, parts = costs.reach(operation)
        whole = own + sum(parts.values())
        links += len(parts)
        if links > MOST_LINKS:
            own, parts = whole, NO_PARTS
        for ref, size in parts.items():
            if places.setdefault(ref, len(places)) == len(sizes):
                sizes.append(size)
        total += own
        is_deprecated = operation.node.get("deprecated") is True
        flags.append((DEPRECATED if is_deprecated else 0) | (0 if key.method in methods.SAFE else WRITE))
        row = {
            "method": key.method,
            "path": key.path,
            "id": (operation.operation_id or "")[:_LONGEST_TEXT],
            "summary": summary_of(operation)[:_LONGEST_TEXT],
            "tags": [tags.setdefault(tag[:_LONGEST_TEXT], len(tags)) for tag in dict.fromkeys(operation.tags)],
            "components": sorted(places[ref] for ref in parts),
            "bytes": own,
            "tokens": tokens_of_size(whole),
        }
        for name, value in row.items():
            columns[name].append(value)
    info = document.root.get("info")
    info = info if isinstance(info, dict) else {}
    return OperationIndex(
        keys=tuple(document.operations),
        digest=sha256("\n".join(map(str, document.operations)).encode(errors="replace")).hexdigest()[:_DIGEST_DIGITS],
        title=_text(info.get("title")),
        version=_text(info.get("version")),
        total_bytes=total + sum(sizes),
        tags=tuple(tags),
        component_bytes=tuple(sizes),
        columns=columns,
        flags=tuple(flags),
    )


def _text(value: object) -> str:
    return "" if value is None or isinstance(value, dict | list) else str(value)[:_LONGEST_TEXT]
