"""Building a revision for a command that shows something of it."""

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


class WithoutSecrets(dict[str, str]):
    """An environment in which every variable that a secret is taken from is set, if only to a placeholder.

    What is shown of a revision holds no secret, so that a build server without them can show it too.
    """

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> str:
        return "placeholder-for-a-secret"


def load_to_show(config: Path | None) -> tuple[LoadedConfig, Document]:
    """Read the config and the document it names, without secrets.

    Raises:
        ConfigError: the config is wrong.
        DocumentError: the document is.
    """
    with reading("the config and the document"):
        loaded = load_config(config, environ=WithoutSecrets(os.environ))
        return loaded, load_document(loaded)


def build_to_show(config: Path | None) -> Built:
    """Build the revision that `serve` would, to show something of it: without its warnings, and without secrets.

    Raises:
        ConfigError: the config is wrong or does not fit the document.
        DocumentError: the document is.
    """
    with reading("the config and the document"):
        return build(load_config(config, environ=WithoutSecrets(os.environ)))


def build_to_check(config: Path | None) -> Built:
    """Build the very revision that `serve` would.

    Raises:
        ConfigError: the config is wrong or does not fit the document.
        DocumentError: the document is.
    """
    with reading("the config and the document"):
        return build(load_config(config, environ=os.environ))
