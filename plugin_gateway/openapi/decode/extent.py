"""The extent of a document: how deep and how large it may be, and where in its text a byte is."""

from __future__ import annotations

from typing import Any

from plugin_gateway.diagnostics import Finding, Location
from plugin_gateway.errors import DocumentError

MAX_BYTES = 64 * 1024 * 1024
"""One document with all its files. GitHub's has 13 MB."""
MAX_PARTS = 10_000
"""Files in one document. DigitalOcean's has 2,907."""
MAX_DEPTH = 200
"""orjson writes 254 levels and real documents have fewer than 60; mending and upgrading may add some."""
MAX_NODES = 5_000_000
"""Values and keys in one document; an aliased value counts each time it is repeated."""
MAX_TEXTS_SHARED = 64
"""Texts up to this length occur again and again, and are kept once."""


def position(data: bytes, offset: int) -> tuple[int, int]:
    """Line and column, from 1, of a byte offset in UTF-8."""
    line_start = data.rfind(b"\n", 0, offset) + 1
    return data.count(b"\n", 0, offset) + 1, len(data[line_start:offset].decode(errors="replace")) + 1


def check_extent(root: Any, name: str) -> None:
    """Raise `DocumentError` if `root` contains itself, or is too deep or too large with what it shares counted as repeats.

    Each value is looked at once, however often it is shared.
    """
    extents: dict[int, tuple[int, int] | None] = {}
    """Values in a collection and levels of it, by identity; None until both are known."""
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
            raise _refused("document-cycle", "what its references put in place contains itself", name)
    size, levels = extents[id(root)] or (0, 0)
    if size > MAX_NODES:
        raise _refused("document-size", f"more than {MAX_NODES:,} values, shared ones counted as repeats", name)
    if levels > MAX_DEPTH:
        raise _refused("document-depth", f"nested deeper than {MAX_DEPTH} levels", name)


def _children(value: Any) -> Any:
    return value.values() if isinstance(value, dict) else value


def _refused(rule: str, message: str, name: str) -> DocumentError:
    return DocumentError([Finding(rule=rule, message=message, location=Location(name))])
