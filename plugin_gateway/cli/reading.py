"""Reading a document for a command that then ends."""

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
        DocumentError: it cannot be read, or is none.
    """
    from plugin_gateway.openapi.read.source import read_document, read_standard_input  # noqa: PLC0415  # --help must not pay

    with reading("standard input" if source == "-" else source):
        return read_standard_input() if source == "-" else read_document(source)


@contextmanager
def reading(what: str) -> Iterator[None]:
    """Do without looking for cycles: a million objects come and stay until the end, and the looking takes half the time."""
    gc.disable()
    try:
        with progress(f"reading {what}"):
            yield
    finally:
        # What has come is not looked at later either.
        gc.freeze()
        gc.enable()
