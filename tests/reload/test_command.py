import os
import sys
from pathlib import Path

import pytest

import plugin_gateway
from plugin_gateway.reload.command import module_command, module_environment


def test_a_child_finds_the_package_and_nothing_in_the_current_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    assert module_command("plugin_gateway.server", "7") == (sys.executable, "-P", "-m", "plugin_gateway.server", "7")
    home = str(Path(plugin_gateway.__file__).parent.parent)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    assert module_environment()["PYTHONPATH"] == home
    monkeypatch.setenv("PYTHONPATH", "elsewhere")
    assert module_environment()["PYTHONPATH"].split(os.pathsep) == [home, "elsewhere"]
