"""Standard input as the source of a document; files that it refers to are looked for in the working directory."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from plugin_gateway.diagnostics import Finding, Location
from plugin_gateway.errors import DocumentError
from plugin_gateway.openapi.decode.extent import MAX_BYTES
from plugin_gateway.openapi.read.folder import Folder

NAME: Final = "<stdin>"


class StandardInput(Folder):
    """A folder whose first part comes from standard input."""

    def __init__(self) -> None:
        super().__init__(Path(NAME))

    def read_root(self) -> bytes:
        data = sys.stdin.buffer.read(MAX_BYTES + 1)
        if len(data) <= MAX_BYTES:
            return data
        message = f"standard input has more than {MAX_BYTES // 1_000_000} MB"
        raise DocumentError([Finding(rule="document-unreadable", message=message, location=Location(NAME))])
