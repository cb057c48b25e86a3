"""Building a revision for a command that shows something of it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from plugin_gateway.cli.progress import progress
from plugin_gateway.revision.build import build, load_config

if TYPE_CHECKING:
    from pathlib import Path

    from plugin_gateway.revision.build import Built


def build_quietly(config: Path | None) -> Built:
    """Build the revision that `serve` would, saying nothing of its warnings: that is what `check` is for.

    Raises:
        ConfigError: the config is wrong or does not fit the document.
        DocumentError: the document is.
    """
    with progress("reading the config and the document"):
        return build(load_config(config, environ=os.environ))
