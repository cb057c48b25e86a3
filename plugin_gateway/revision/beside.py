"""What is wrong beside a config that is refused: the document that it names, and the operations that its lists name in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin_gateway.errors import ConfigError, DocumentError
from plugin_gateway.openapi.prune import prune
from plugin_gateway.openapi.source import read_document
from plugin_gateway.revision.allowlist import select
from plugin_gateway.revision.placing import place_in_document

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugin_gateway.config.find import OnFile
    from plugin_gateway.config.remains import RefusedConfigError, Remains
    from plugin_gateway.diagnostics import Finding


def completed(refused: RefusedConfigError, *, on_file: OnFile | None = None) -> ConfigError:
    """Return the error with what is wrong beside the config, so that one report has all."""
    if refused.remains is None:
        return refused
    return ConfigError([*refused.findings, *_beside(refused.remains, on_file)])


def _beside(remains: Remains, on_file: OnFile | None) -> Iterator[Finding]:
    headers = {name: secret.reveal() for name, secret in remains.openapi.headers.items()}
    try:
        document = read_document(remains.openapi.source, headers=headers, on_file=on_file)
    except DocumentError as error:
        yield from error.findings
        return
    selection = select(document, remains.allow, remains.deny)
    # What is said of a list as a whole may be due to the entries that are wrong.
    yield from remains.located(one for one in selection.findings if one.pointer is not None and len(one.pointer) > 1)
    try:
        prune(document, selection.kept)
    except DocumentError as error:
        yield from place_in_document(error.findings, document.name)
