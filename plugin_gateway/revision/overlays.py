"""Overlay files: the overlays that a config names, read and applied to the document."""

from __future__ import annotations

import os
import stat
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from msgspec.structs import replace

from plugin_gateway.diagnostics import Finding, Severity
from plugin_gateway.errors import DocumentError
from plugin_gateway.text.system_reason import reason_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugin_gateway.config.load import LoadedConfig
    from plugin_gateway.openapi.document import Document
    from plugin_gateway.openapi.overlay.overlay import Overlay

MAX_OVERLAY_BYTES: Final = 4 * 1024 * 1024


def read_overlays(loaded: LoadedConfig) -> tuple[tuple[Overlay, ...], tuple[Finding, ...]]:
    """Read the overlays that a config names. Returns the valid ones, and every mistake in the others."""
    overlays: list[Overlay] = []
    findings: list[Finding] = []
    for index, path in enumerate(loaded.config.openapi.overlays):
        try:
            overlays.append(read_overlay_file(path))
        except DocumentError as error:
            at = loaded.locate(("openapi", "overlays", index))
            findings += (one if one.location else one.at(at) for one in error.findings)
    return tuple(overlays), tuple(findings)


def read_overlay_file(path: Path) -> Overlay:
    """Read one overlay.

    Raises:
        DocumentError: with every mistake in it, or with the reason why the file cannot be read, without a location.
    """
    # Imported late: most configs name no overlay.
    from plugin_gateway.openapi.overlay.overlay import read_overlay

    try:
        # Opening a FIFO would block.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            is_regular = stat.S_ISREG(os.fstat(descriptor).st_mode)
            text = file.read(MAX_OVERLAY_BYTES + 1) if is_regular else b""
    except OSError as error:
        raise _unreadable(path, reason_of(error)) from error
    if not is_regular:
        raise _unreadable(path, "it is not a regular file")
    if len(text) > MAX_OVERLAY_BYTES:
        raise _unreadable(path, f"it is larger than {MAX_OVERLAY_BYTES // 2**20} MiB")
    return read_overlay(text, str(path))


def _unreadable(path: Path, why: str) -> DocumentError:
    return DocumentError([Finding(rule="unreadable", message=f"the overlay {path} cannot be read: {why}")])


def apply_overlays(document: Document, overlays: tuple[Overlay, ...]) -> Iterator[Document]:
    """Apply the overlays in their order, and yield the document after each.

    Raises:
        DocumentError: with every mistake of the first overlay that does not fit the document.
    """
    for overlay in overlays:
        from plugin_gateway.openapi.overlay.apply import apply

        warnings = overlay.placed(_judge_extends(overlay, document))
        document = apply(document, overlay)
        document = replace(document, warnings=(*document.warnings, *warnings))
        yield document


def _judge_extends(overlay: Overlay, document: Document) -> Iterator[Finding]:
    """Warn if the overlay is made for another document. Of a URL only the file name counts for a local copy."""
    if not overlay.extends or _is_for(overlay, document):
        return
    yield Finding(
        rule="overlay-extends",
        severity=Severity.WARNING,
        message=f"the overlay is made for {overlay.extends[:200]}, not for {document.name}",
        hint="correct `extends`, or leave it out",
        pointer=("extends",),
    )


def _is_for(overlay: Overlay, document: Document) -> bool:
    try:
        extends = urlsplit(overlay.extends)
    except ValueError:
        return False
    path = unquote(extends.path)
    if extends.scheme in ("http", "https"):
        if not document.address:
            return PurePosixPath(path).name == Path(document.name).name
        theirs = [urlsplit(address) for address in (document.address, document.name)]
        return any((one.netloc.lower(), one.path) == (extends.netloc.lower(), extends.path) for one in theirs)
    if document.address:
        return PurePosixPath(path).name == PurePosixPath(urlsplit(document.address).path).name
    return (Path(overlay.name).parent / path).resolve() == Path(document.name).resolve()
