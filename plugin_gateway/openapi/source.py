"""A source: the file or URL that a document is read from, with what it refers to beside it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from plugin_gateway.diagnostics import Finding
from plugin_gateway.errors import DocumentError
from plugin_gateway.openapi.bundle import Parts, bundle, refers_elsewhere
from plugin_gateway.openapi.decode import decode, locate
from plugin_gateway.openapi.document import Document
from plugin_gateway.openapi.folder import Folder
from plugin_gateway.openapi.structure import check_paths, check_root

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


class _Source(Parts, Protocol):
    def read_root(self) -> bytes: ...


def read_document(
    location: str, *, base: Path | None = None, headers: Mapping[str, str] | None = None, timeout_s: float = 15.0
) -> Document:
    """Read the document at a path (from `base`, or where we are) or an http(s) URL, and make one root of all its parts.

    `headers` go to the host of the URL and nowhere else; `timeout_s` bounds each request as a whole. Blocks, and so is
    to be called off the event loop. Raises `DocumentError`.
    """
    scheme = _URL.match(location)
    if scheme is None:
        folder = Folder((base or Path()) / location)
        return _read(folder, str((base or Path()) / location))
    if scheme[1].lower() not in {"http", "https"}:
        message = f"a document is a file or an http(s) URL, not a {scheme[1]!r} URL"
        raise DocumentError([Finding(rule="document-unreadable", message=message, hint="give the path of a file")])
    # Imported here: httpx2 costs 60 ms, and a file does without.
    from plugin_gateway.openapi.site import Site  # noqa: PLC0415

    with Site(location, headers=headers or {}, timeout_s=timeout_s) as site:
        return _read(site, site.root)


def _read(source: _Source, name: str) -> Document:
    data = source.read_root()
    root = decode(data, name)
    _refuse(check_root(root), data, name)
    document = Document(root=root, name=name)
    if refers_elsewhere(data):
        document = replace(document, unread=bundle(root, document.version, source))
    _refuse(check_paths(document), data, name)
    return document


def _refuse(findings: Iterable[Finding], data: bytes, name: str) -> None:
    if located := [finding.at(locate(data, name, finding.pointer or ())) for finding in findings]:
        raise DocumentError(located)
