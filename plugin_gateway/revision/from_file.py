"""A revision from a file: compiles the content of a revision file, without the document and its server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plugin_gateway.diagnostics import Finding, Location
from plugin_gateway.errors import ConfigError, DocumentError
from plugin_gateway.openapi.decode.extent import MAX_BYTES
from plugin_gateway.revision.compile import compile_revision
from plugin_gateway.revision.named_files import or_placeholders, read_for_calls
from plugin_gateway.revision.pinned import NOTHING_PINNED, Pinned
from plugin_gateway.revision.revision_file import Unpacked, refused_file, unpack
from plugin_gateway.text.system_reason import reason_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from plugin_gateway.openapi.document import Document
    from plugin_gateway.revision.model import Revision


def load_revision_file(
    path: Path,
    *,
    environ: Mapping[str, str],
    overrides: Mapping[str, Any] | None = None,
    on_file: Callable[[Path], object] | None = None,
) -> Unpacked:
    """Read a revision file. `on_file` is called with it, and with each file that its config names, before each is read.

    Raises:
        ConfigError: as `unpack`, or the file cannot be read.
    """
    if on_file is not None:
        on_file(path)
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES)
    except OSError as error:
        raise refused_file(str(path), f"cannot read it: {reason_of(error)}") from error
    return unpack(content, path, environ=environ, overrides=overrides, on_file=on_file)


def compile_file(
    unpacked: Unpacked, *, number: int = 1, document: Document | None = None, pinned: Pinned = NOTHING_PINNED
) -> Revision:
    """Compile the content of a revision file; `document` replaces the one that it has.

    Raises:
        ConfigError: a file that the config names cannot be read, or the gateway cannot do what it asks for.
        DocumentError: an allowed operation cannot be cut out of the document.
    """
    loaded, whole = unpacked.loaded, document or unpacked.document
    found: list[Finding] = []
    users, tls_files = read_for_calls(loaded, found)
    try:
        return compile_revision(
            loaded,
            whole,
            number=number,
            logo=unpacked.logo,
            users=or_placeholders(loaded, users),
            tls_files=tls_files,
            found=found,
            pinned=pinned,
            agreed=unpacked.agreed,
            steps=unpacked.steps,
        )
    except DocumentError as error:
        raise DocumentError(_named(error.findings, whole.name)) from error
    except ConfigError as error:
        # Some of the findings may be about the document.
        raise ConfigError(_named(error.findings, whole.name)) from error


def _named(findings: Iterable[Finding], name: str) -> list[Finding]:
    """Locate the findings without a place at the document's name.

    The document's text is not read again, because it may have changed.
    """
    return [one if one.location else one.at(Location(name)) for one in findings]
