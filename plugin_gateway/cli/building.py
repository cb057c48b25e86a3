"""A built revision, for a command that shows or checks it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from plugin_gateway.cli.reading import reading
from plugin_gateway.revision.build import build, load_config, load_document

if TYPE_CHECKING:
    from pathlib import Path

    from plugin_gateway.config.load import LoadedConfig
    from plugin_gateway.openapi.document import Document
    from plugin_gateway.revision.build import Built


def load_to_show(config: Path | None) -> tuple[LoadedConfig, Document]:
    """Read the config and the document that it names; placeholders replace missing secrets.

    Raises:
        ConfigError: the config is wrong.
        DocumentError: the document is wrong.
    """
    with reading("the config and the document"):
        loaded = load_config(config, environ=os.environ, needs_secrets=False)
        return loaded, load_document(loaded)


def build_to_show(config: Path | None) -> Built:
    """Build the revision that `serve` would; placeholders replace missing secrets.

    Raises:
        ConfigError: the config is wrong or does not fit the document.
        DocumentError: the document is wrong.
    """
    with reading("the config and the document"):
        return build(load_config(config, environ=os.environ, needs_secrets=False))


def build_to_check(config: Path | None, *, needs_secrets: bool = True) -> Built:
    """Build the revision that `serve` would, and report the mistakes of config and document together.

    Raises:
        ConfigError: the config is wrong or does not fit the document.
        DocumentError: the document is wrong.
    """
    with reading("the config and the document"):
        return build(load_config(config, environ=os.environ, needs_secrets=needs_secrets, in_one_report=True))
