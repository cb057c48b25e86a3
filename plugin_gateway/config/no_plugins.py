"""No plugins: the setting that keeps pydantic from loading code of other packages."""

from __future__ import annotations

import os
import sys
from types import ModuleType
from typing import Final

_NONE: Final = ("__all__", "1", "true")
_LOADER: Final = "pydantic.plugin._loader"


def load_no_plugins() -> None:
    """Keep pydantic from loading plugins, unless the operator enables them: a plugin could read the secrets of the config."""
    if os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__") in _NONE and _LOADER not in sys.modules:
        # Even to load nothing, pydantic's loader imports `importlib.metadata`, and that the modules for e-mail.
        loader = ModuleType(_LOADER, "Loads no plugins.")
        loader.get_plugins = tuple  # type: ignore[attr-defined]  # it returns no plugins
        sys.modules[_LOADER] = loader
