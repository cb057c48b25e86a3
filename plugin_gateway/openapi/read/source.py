"""A source: the file or URL of a document, read with the files that it refers to."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from time import time
from typing import TYPE_CHECKING, Protocol

from msgspec.structs import replace

from plugin_gateway.diagnostics import Finding, Location, Severity
from plugin_gateway.errors import DocumentAwaitedError, DocumentError
from plugin_gateway.openapi.decode.places import locate_all, with_lines
from plugin_gateway.openapi.decode.text import decode, skim
from plugin_gateway.openapi.document import STALE, Document
from plugin_gateway.openapi.foreign import foreign_text
from plugin_gateway.openapi.read.bundle import bundle
from plugin_gateway.openapi.read.folder import STANDARD_INPUT, Folder, StandardInput
from plugin_gateway.openapi.read.parts import DocumentParts, refers_elsewhere
from plugin_gateway.openapi.structure import check_paths, check_root
from plugin_gateway.text.system_reason import reason_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from plugin_gateway.openapi.read.last_good import LastGood

_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


class _Source(DocumentParts, Protocol):
    @property
    def is_awaited(self) -> bool: ...

    @property
    def address(self) -> str: ...

    def read_root(self) -> bytes: ...


def read_document(
    location: str,
    *,
    base: Path | None = None,
    headers: Mapping[str, str] | None = None,
    timeout_s: float = 15.0,
    on_file: Callable[[Path], object] | None = None,
    keep_in: Path | None = None,
) -> Document:
    """Read the document at a path (relative to `base` or the working directory) or an http(s) URL, with all its parts.

    `headers` go only to the host of the URL. `timeout_s` bounds each request as a whole. `on_file` is called with each file
    before it is opened. `keep_in` is a folder for the last good copy of a document at a URL: the copy saves fetching what did
    not change, and replaces a document that cannot be read, with a warning. Blocks: call it outside the event loop.

    Raises:
        DocumentAwaitedError: the server of the URL does not answer yet; a retry may succeed.
        DocumentError: the document cannot be read, or is not an OpenAPI document.
    """
    scheme = _URL.match(location)
    if scheme is None:
        folder = Folder((base or Path()) / location, on_file=on_file)
        return _read(folder, str((base or Path()) / location))
    if scheme[1].lower() not in {"http", "https"}:
        message = f"a document is a file or an http(s) URL, not a {scheme[1]!r} URL"
        raise DocumentError([Finding(rule="document-unreadable", message=message, hint="give the path of a file")])
    # Imported late: httpx2 costs 60 ms and a file does not need it.
    from plugin_gateway.openapi.read.site import Site

    if keep_in is not None:
        from plugin_gateway.openapi.read.last_good import mark_of

        return _read_and_keep(location, headers or {}, timeout_s, keep_in / f"{mark_of(location)}.document")
    with Site(location, headers=headers or {}, timeout_s=timeout_s) as site:
        return _read(site, site.root)


def _read_and_keep(location: str, headers: Mapping[str, str], timeout_s: float, path: Path) -> Document:
    from plugin_gateway.openapi.read.last_good import LastGood, load_last_good, save_last_good
    from plugin_gateway.openapi.read.site import Site

    last = load_last_good(path)
    try:
        with Site(location, headers=headers, timeout_s=timeout_s, kept=last.answers) as site:
            document = _read(site, site.root)
    except DocumentError as error:
        if not last.answers:
            raise
        return _recalled(location, last, str(error.findings[0].message))
    if document.is_awaited:
        return _recalled(location, last, "a part of it cannot be fetched") if last.answers else document
    try:
        save_last_good(path, LastGood(answers=site.answers, confirmed_at=time()))
    except OSError as error:
        message = f"the last good copy of the document cannot be kept: {reason_of(error)}"
        hint = "name a folder that the gateway may write to in `openapi.cache`"
        finding = Finding(
            rule="not-cached", severity=Severity.WARNING, message=message, hint=hint, location=Location(document.name)
        )
        document = replace(document, warnings=(*document.warnings, finding))
    return document


def _recalled(location: str, last: LastGood, reason: str) -> Document:
    """Read the document from its last good copy, with a warning that says why and how old the copy is."""
    from plugin_gateway.openapi.read.site import Site

    with Site(location, headers={}, timeout_s=0, kept=last.answers, is_offline=True) as site:
        document = _read(site, site.root)
    since = datetime.fromtimestamp(last.confirmed_at, UTC).strftime("%Y-%m-%d %H:%M UTC")
    finding = Finding(
        rule=STALE,
        severity=Severity.WARNING,
        message=f"the gateway uses the last good copy of the document, from {since}: {reason}",
        hint="the gateway keeps asking; `plugin-gateway check` shows what is wrong now",
        location=Location(document.name),
    )
    return replace(document, warnings=(*document.warnings, finding))


def read_standard_input() -> Document:
    """Read the document from standard input.

    Raises:
        DocumentError: the input is not an OpenAPI document.
    """
    return _read(StandardInput(), STANDARD_INPUT)


def _read(source: _Source, name: str) -> Document:
    data = source.read_root()
    try:
        return _document(source, data, name)
    except DocumentError as error:
        # Keep the class: it decides whether the gateway waits for the server.
        raise type(error)(with_lines(error.findings, data, name)) from None


def _document(source: _Source, data: bytes, name: str) -> Document:
    is_spread = refers_elsewhere(data)
    try:
        root = decode(data, name) if is_spread else skim(data, name)
        _refuse(check_root(root), data, name)
    except DocumentError as error:
        if (foreign := foreign_text(data)) is not None:
            raise DocumentError([foreign.at(Location(name))]) from error
        raise
    document = Document(root=root, name=name, address=source.address)
    if is_spread:
        unread = bundle(root, document.version, source)
        document = replace(document, unread=unread, is_awaited=source.is_awaited)
    try:
        _refuse(check_paths(document), data, name)
    except DocumentError as error:
        raise awaited(error) if document.is_awaited else error from None
    return document


def awaited(error: DocumentError) -> DocumentAwaitedError:
    """Turn `error` into one that makes the gateway retry: a server did not answer for a part of the document."""
    return DocumentAwaitedError(error.findings)


def _refuse(findings: Iterable[Finding], data: bytes, name: str) -> None:
    if findings := tuple(findings):
        places = locate_all(data, name, (finding.pointer or () for finding in findings))
        raise DocumentError(finding.at(places[finding.pointer or ()]) for finding in findings)
