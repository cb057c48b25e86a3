"""No plugins: the setting that keeps pydantic from loading code of other packages."""

from __future__ import annotations

import os


def load_no_plugins() -> None:
    """Keep pydantic from loading plugins, unless the operator enables them: a plugin could read the secrets of the config."""
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
