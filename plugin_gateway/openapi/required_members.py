"""The required members: the names that every object of a schema must have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plugin_gateway.openapi.parameters import follow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugin_gateway.openapi.document import Document


def required_members(schema: Any, document: Document) -> Iterator[str]:
    """Yield the names that a schema, its reference and its `allOf` require. Alternatives do not count."""
    stack, seen = [schema], set[int]()
    while stack:
        part = follow(stack.pop(), document)
        if part is None or id(part) in seen:
            continue
        seen.add(id(part))
        names, parts = part.get("required"), part.get("allOf")
        yield from (name for name in names if isinstance(name, str)) if isinstance(names, list) else ()
        stack += parts if isinstance(parts, list) else []
