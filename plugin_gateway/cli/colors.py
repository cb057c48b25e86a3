"""The colours of the command line: whether the environment wants them."""

from __future__ import annotations

import os


def colors() -> bool | None:
    """Return `color` for click: False if the environment wants no colours (no-color.org), None to colour only terminals."""
    return False if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" else None
