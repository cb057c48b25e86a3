"""Reading: how a command that soon exits reads its document."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

from plugin_gateway.cli.progress import progress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugin_gateway.openapi.document import Document


def read(source: str) -> Document:
    """Read the document at a path or URL, or, with `-`, from standard input.

    Raises:
        DocumentError: the source cannot be read, or is not an OpenAPI document.
    """
    from plugin_gateway.openapi.read.source import read_document, read_standard_input

    with reading("standard input" if source == "-" else source):
        return read_standard_input() if source == "-" else read_document(source)


@contextmanager
def reading(what: str) -> Iterator[None]:
    """Turn off the garbage collector: it would take half the time, and the command keeps all objects until it exits."""
    gc.disable()
    try:
        with progress(f"reading {what}"):
            yield
    finally:
        # Later collections skip these objects, too.
        gc.freeze()
        gc.enable()
