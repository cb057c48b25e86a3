"""The extent of a document: the limits of its size and depth."""

from __future__ import annotations

from typing import Any

from plugin_gateway.diagnostics import Finding, Location
from plugin_gateway.errors import DocumentError

MAX_BYTES = 64 * 1024 * 1024
"""Limit for one document with all its files. GitHub's document has 13 MB."""
MAX_PARTS = 10_000
"""Limit for the files of one document. DigitalOcean's document has 2,907."""
MAX_DEPTH = 200
"""Levels of nesting. orjson writes 254; real documents have fewer than 60; mending and upgrading add a few."""
MAX_NODES = 5_000_000
"""Values and keys in one document. An aliased value counts each time it is used."""
MAX_TEXTS_SHARED = 64
"""Strings up to this length repeat often, so equal ones share one object."""


def check_extent(root: Any, name: str) -> None:
    """Raise `DocumentError` if `root` contains itself, is too deep, or is too large.

    A shared value counts each time it is used, but is visited once.
    """
    extents: dict[int, tuple[int, int] | None] = {}
    """The number of values and of levels in each collection, by identity; None while a collection is being visited."""
    stack: list[tuple[Any, bool]] = [(root, False)]
    while stack:
        value, is_done = stack.pop()
        collections = [child for child in _children(value) if isinstance(child, dict | list)]
        if is_done:
            known = [extents[id(child)] or (0, 0) for child in collections]
            size = 1 + len(value) - len(collections) + sum(extent[0] for extent in known)
            extents[id(value)] = (size, 1 + max((extent[1] for extent in known), default=0))
        elif id(value) not in extents:
            extents[id(value)] = None
            stack.append((value, True))
            stack += [(child, False) for child in collections]
        elif extents[id(value)] is None:
            raise _refused("document-cycle", "the document contains itself through its references", name)
    size, levels = extents[id(root)] or (0, 0)
    if size > MAX_NODES:
        raise _refused(
            "document-size", f"more than {MAX_NODES:,} values (a shared value counts each time it is used)", name
        )
    if levels > MAX_DEPTH:
        raise _refused("document-depth", f"nested deeper than {MAX_DEPTH} levels", name)


def _children(value: Any) -> Any:
    return value.values() if isinstance(value, dict) else value


def _refused(rule: str, message: str, name: str) -> DocumentError:
    return DocumentError([Finding(rule=rule, message=message, location=Location(name))])
