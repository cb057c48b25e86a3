"""The version, as commands show it: its number, and `(compiled core)` if the core is compiled."""

from __future__ import annotations

from importlib.util import find_spec

from plugin_gateway import __version__


def core() -> str:
    """Return `compiled` if the modules that run for each call are compiled to machine code, else `python`."""
    spec = find_spec("plugin_gateway.proxy.wire")
    return "python" if spec is None or (spec.origin or "").endswith(".py") else "compiled"


def shown_version() -> str:
    return f"{__version__} (compiled core)" if core() == "compiled" else __version__
