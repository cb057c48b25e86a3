"""A known document: it is kept after it was read, and read again only when one of its files has changed."""

from __future__ import annotations

import gc
from time import monotonic
from typing import TYPE_CHECKING

from msgspec import Struct

from plugin_gateway.openapi.read.source import read_document
from plugin_gateway.reload.fingerprint import fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from plugin_gateway.config.find import OnFile
    from plugin_gateway.openapi.document import Document
    from plugin_gateway.reload.outcome import Fingerprint


class _Known(Struct, frozen=True, kw_only=True):
    question: tuple[object, ...]
    document: Document
    files: Mapping[Path, Fingerprint]
    read_at: float


class KnownDocument:
    """Remembers one document. A document at a URL is read again after `refresh_s`, if that is not 0."""

    def __init__(self, refresh_s: float = 0.0, clock: Callable[[], float] = monotonic) -> None:
        self.refresh_s = refresh_s
        self.clock = clock
        self._known: _Known | None = None

    def read(
        self, location: str, /, *, headers: Mapping[str, str], on_file: OnFile | None, keep_in: Path | None
    ) -> Document:
        """Do the work of `read_document`.

        Raises:
            DocumentError: the document cannot be read, or is not an OpenAPI document.
        """
        question = (location, tuple(headers.items()), keep_in)
        known = self._known
        if known is not None and known.question == question and self._is_fresh(known):
            if on_file is not None:
                for path in known.files:
                    on_file(path)
            return known.document
        self._known = None
        files: dict[Path, Fingerprint] = {}

        def note(path: Path) -> None:
            files.setdefault(path, fingerprint(path))
            if on_file is not None:
                on_file(path)

        # All objects of a document stay, so looking for garbage among them takes half of the time.
        gc.disable()
        try:
            document = read_document(location, headers=headers, on_file=note, keep_in=keep_in)
        finally:
            gc.enable()
        gc.freeze()
        self._known = _Known(question=question, document=document, files=files, read_at=self.clock())
        return document

    def _is_fresh(self, known: _Known) -> bool:
        if known.document.is_awaited:
            return False
        if known.files:
            return all(fingerprint(path) == before for path, before in known.files.items())
        return not self.refresh_s or self.clock() - known.read_at < self.refresh_s
