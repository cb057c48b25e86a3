"""Building a revision for a command that shows something of it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from plugin_gateway.cli.progress import progress
from plugin_gateway.revision.build import build, load_config

if TYPE_CHECKING:
    from pathlib import Path

    from plugin_gateway.revision.build import Built


class WithoutSecrets(dict[str, str]):
    """An environment in which every variable that a secret is taken from is set, if only to a placeholder.

    What is shown of a revision holds no secret, so that a build server without them can show it too.
    """

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> str:
        return "placeholder-for-a-secret"


def build_to_show(config: Path | None) -> Built:
    """Build the revision that `serve` would, to show something of it: without its warnings, and without secrets.

    Raises:
        ConfigError: the config is wrong or does not fit the document.
        DocumentError: the document is.
    """
    with progress("reading the config and the document"):
        return build(load_config(config, environ=WithoutSecrets(os.environ)))


def build_to_check(config: Path | None) -> Built:
    """Build the very revision that `serve` would.

    Raises:
        ConfigError: the config is wrong or does not fit the document.
        DocumentError: the document is.
    """
    with progress("reading the config and the document"):
        return build(load_config(config, environ=os.environ))
