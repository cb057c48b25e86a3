"""The locked copy: the pruned document of a lock, with which the gateway describes changes and serves operations as locked.

The copy is JSON in the order of the document, so that a diff of two commits shows the words that changed. The digests of the
lock decide whether a copy belongs to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from plugin_gateway.diagnostics import Finding, Location
from plugin_gateway.errors import DocumentError
from plugin_gateway.lock.locking import cut
from plugin_gateway.openapi.decode.text import decode
from plugin_gateway.openapi.document import Document
from plugin_gateway.openapi.render import to_json
from plugin_gateway.openapi.structure import check_root

if TYPE_CHECKING:
    from plugin_gateway.lock.lock import Lock


class LockedCopy(Struct, frozen=True, kw_only=True):
    """The pruned document, and the names of all operations that the document had."""

    document: Document
    names: tuple[str, ...] = ()


def copy_of(document: Document, lock: Lock) -> LockedCopy:
    """Copy what a lock of this document needs.

    Raises:
        DocumentError: an operation cannot be cut out of the document.
    """
    keys = [key for key in lock.operations if key in document.operations]
    return LockedCopy(document=cut(document, keys, lock), names=tuple(sorted(map(str, document.operations))))


def write_copy(copy: LockedCopy) -> bytes:
    return to_json({"operations": list(copy.names), "document": copy.document.root}, indent=True)


def read_copy(text: bytes, name: str) -> LockedCopy:
    """Read the text of a copy; `name` is the file's name for messages.

    Raises:
        DocumentError: it is not a copy.
    """
    value = decode(text, name)
    root = value.get("document") if isinstance(value, dict) else None
    if not isinstance(root, dict) or any(check_root(root)):
        message = "the file is not the copy of a locked document"
        hint = "`plugin-gateway lock` writes it again"
        raise DocumentError([Finding(rule="lock-unreadable", message=message, hint=hint, location=Location(name))])
    names = value.get("operations")
    return LockedCopy(
        document=Document(root=root, name=name),
        names=tuple(name for name in names if isinstance(name, str)) if isinstance(names, list) else (),
    )
