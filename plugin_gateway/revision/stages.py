"""Stages: the API's own document, and the document after each overlay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from msgspec.structs import replace

from plugin_gateway.errors import DocumentError
from plugin_gateway.openapi.read.source import awaited, read_document
from plugin_gateway.revision.agreed import NOTHING_AGREED, Agreed, agree
from plugin_gateway.revision.lock_file import copy_path, load_copy
from plugin_gateway.revision.overlays import apply_overlays, read_overlays

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from plugin_gateway.config.find import OnFile
    from plugin_gateway.config.load import LoadedConfig
    from plugin_gateway.diagnostics import Finding
    from plugin_gateway.lock.lock import Lock
    from plugin_gateway.openapi.document import Document

_UNREADABLE: Final = "document-unreadable"
_RELATIVE: Final = "name a file that the gateway can read; a relative path starts at the folder of gateway.yaml"


class ReadDocument(Protocol):
    """Reads the document at a path or URL, as `read_document` does."""

    def __call__(
        self, location: str, /, *, headers: Mapping[str, str], on_file: OnFile | None, keep_in: Path | None
    ) -> Document: ...


def load_document(loaded: LoadedConfig, *, on_file: OnFile | None = None) -> Document:
    """Read the document that a config names, and apply its overlays.

    `on_file` is called with each file of the document before it is opened.

    Raises:
        DocumentAwaitedError: the document's server does not answer yet.
        DocumentError: a file cannot be read, is not an OpenAPI document or not an overlay, or an overlay does not fit the
            document.
    """
    return load_stages(loaded, on_file=on_file)[-1]


def load_stages(
    loaded: LoadedConfig,
    *,
    on_file: OnFile | None = None,
    hold: Callable[[Document], Document] | None = None,
    keep_in: Path | None = None,
    read: ReadDocument = read_document,
) -> tuple[Document, ...]:
    """Do the work of `load_document`; return the API's own document, and the document after each overlay.

    `hold` puts the operations that are kept as locked into the API's document. `keep_in` is the folder for the last
    good copy. `read` reads the document; it may have read it before.
    """
    source = loaded.config.openapi
    headers = {name: secret.reveal() for name, secret in source.headers.items()}
    overlays, found = read_overlays(loaded)
    try:
        document = read(source.source, headers=headers, on_file=on_file, keep_in=keep_in)
    except DocumentError as error:
        kind = DocumentError if found else type(error)
        raise kind([*found, *_named_in(loaded, error.findings)]) from error
    if found:
        raise DocumentError(found)
    if hold is not None:
        document = hold(document)
    try:
        return (document, *apply_overlays(document, overlays))
    except DocumentError as error:
        # The overlay may look for a part of the document that its server has not sent yet.
        raise awaited(error) if document.is_awaited else error from None


def load_agreed(
    loaded: LoadedConfig,
    lock: Lock | None,
    *,
    on_file: OnFile | None = None,
    keep_in: Path | None = None,
    read: ReadDocument = read_document,
) -> tuple[tuple[Document, ...], Agreed]:
    """Do the work of `load_stages`, and apply a lock."""
    agreed = NOTHING_AGREED
    file = copy_path(loaded.source_path)
    if on_file is not None and lock is not None:
        on_file(file)

    def hold(document: Document) -> Document:
        nonlocal agreed
        if lock is None:
            return document
        agreed = agree(document, loaded.config, lock, lambda: load_copy(file))
        return agreed.document or document

    stages = load_stages(loaded, on_file=on_file, hold=hold, keep_in=keep_in, read=read)
    return stages, agreed


def _named_in(loaded: LoadedConfig, findings: Iterable[Finding]) -> Iterator[Finding]:
    """If the document cannot be read at all, point at the line of gateway.yaml that names it."""
    source = loaded.config.openapi.source
    for finding in findings:
        where = finding.location
        if finding.rule == _UNREADABLE and (where is None or (where.file == source and not where.line)):
            yield replace(
                finding,
                message=f"{source}: {finding.message}",
                location=loaded.locate(("openapi", "source")),
                hint=finding.hint or ("" if "://" in source else _RELATIVE),
            )
        else:
            yield finding
