"""No plugins: the setting that keeps pydantic from loading code of other packages."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from types import ModuleType


def load_no_plugins() -> None:
    """Keep pydantic from loading plugins from all installed packages: a plugin could read the secrets of the config.

    Even if plugins are disabled, pydantic's loader imports `importlib.metadata`, and with it `email` and 25 other modules, which takes
    half as long as to import pydantic. So a module without plugins replaces the loader.
    """
    if os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__") != "__all__":
        return
    loader = ModuleType("pydantic.plugin._loader")

    def load(name: str) -> object:
        if name.startswith("__"):
            # The import system asks for `__path__`.
            raise AttributeError(name)
        # Another version of pydantic needs more of its loader: let it have the real one.
        sys.modules.pop(loader.__name__, None)
        return getattr(import_module(loader.__name__), name)

    vars(loader).update(get_plugins=tuple, __getattr__=load)
    sys.modules.setdefault(loader.__name__, loader)
