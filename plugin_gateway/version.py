"""The version as people are told it: with what the calls run on, where that is not the Python that they can read."""

from __future__ import annotations

from importlib.util import find_spec

from plugin_gateway import __version__


def core() -> str:
    """Return `compiled` where the modules that run for each call are machine code in this installation, else `python`."""
    spec = find_spec("plugin_gateway.proxy.wire")
    return "python" if spec is None or (spec.origin or "").endswith(".py") else "compiled"


def shown_version() -> str:
    return f"{__version__} (compiled core)" if core() == "compiled" else __version__
