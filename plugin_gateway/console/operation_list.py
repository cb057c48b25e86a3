"""The operation list: all operations of the document, each with its state in gateway.yaml and in the lock."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from plugin_gateway.console.figures import platforms_of, size_of
from plugin_gateway.console.shown_text import shown_lines
from plugin_gateway.revision.lock_file import copy_path, load_copy

if TYPE_CHECKING:
    from plugin_gateway.console.material import MaterialReading
    from plugin_gateway.console.operation_index import OperationIndex
    from plugin_gateway.openapi.document import OperationKey


class OperationList(Struct, frozen=True, dict=True):
    """The list for one state of the files. Operations are named by their number in the index."""

    reading: MaterialReading
    index: OperationIndex

    @cached_property
    def flags(self) -> list[int]:
        """The flags of `console.operation_index` of each operation."""
        return self.index.flags_with(self._new_since_lock(), {one.operation for one in self.reading.agreed.drifted})

    def is_allowed(self, number: int) -> bool:
        return self.index.keys[number] in self.reading.kept

    def members(self) -> dict[str, Any]:
        """Return what the browser gets."""
        reading, index = self.reading, self.index
        kept, loaded = reading.kept, reading.loaded
        lines = shown_lines(reading.text, reading.secrets)
        entries = []
        for number, entry in enumerate(loaded.config.allow):
            line = loaded.locate(("allow", number)).line
            text = lines[line - 1] if 0 < line <= len(lines) else str(entry.operation or "")
            entries.append({"line": line, "text": text, "is_group": entry.operation is None})
        by = [kept[key].entries[0].index if key in kept else -1 for key in index.keys]
        return {
            "base": reading.base,
            "document": index.digest,
            "title": index.title,
            "version": index.version,
            "total_bytes": index.total_bytes,
            "tags": index.tags,
            "components": index.component_bytes,
            "operations": {
                **index.columns,
                "flags": self.flags,
                "allowed": [0 if one < 0 else entries[one]["line"] or 1 for one in by],
                "by": by,
            },
            "entries": entries,
            # They change each second, so the page asks for them separately.
            "calls": [],
            "platforms": platforms_of(reading.built),
            "now": size_of(reading.built),
        }

    def _new_since_lock(self) -> frozenset[OperationKey]:
        """Return the operations that the document did not have when the lock was written."""
        if self.reading.agreed.lock is None:
            return frozenset()
        copy = load_copy(copy_path(self.reading.path))
        names = set(copy.names) if copy is not None else set()
        return frozenset(key for key in self.index.keys if str(key) not in names) if names else frozenset()
