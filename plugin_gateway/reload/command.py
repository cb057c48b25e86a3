"""The command that runs one of our modules in a process, and its environment."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import plugin_gateway


def module_command(module: str, *arguments: str) -> tuple[str, ...]:
    """Return the command that runs one of our modules in this interpreter, without the current directory on its path."""
    return sys.executable, "-P", "-m", module, *arguments


def module_environment() -> dict[str, str]:
    """Return our environment, with a PYTHONPATH that makes the child import the same plugin_gateway."""
    home = str(Path(plugin_gateway.__file__).parent.parent)
    path = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": f"{home}{os.pathsep}{path}" if path else home}
