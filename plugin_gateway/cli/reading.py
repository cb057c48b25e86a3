"""Reading a document for a command that then ends."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

from plugin_gateway.cli.progress import progress

if TYPE_CHECKING:
    from plugin_gateway.openapi.document import Document


def read(source: str) -> Document:
    """Read the document at a path or URL.

    Raises:
        DocumentError: it cannot be read, or is none.
    """
    from plugin_gateway.openapi.source import read_document  # noqa: PLC0415  # a command that reads none pays for none

    # A million objects are about to come and stay until the end: looking for cycles among them takes half the time.
    gc.disable()
    with progress(f"reading {source}"):
        return read_document(source)
