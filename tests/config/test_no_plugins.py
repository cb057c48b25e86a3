from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bounds import BOUND_S


@pytest.mark.parametrize(("setting", "is_loaded"), [(None, False), ("__all__", False), ("other", True), ("", True)])
def test_pydantic_loads_a_plugin_only_if_the_operator_enables_it(
    tmp_path: Path, setting: str | None, *, is_loaded: bool
) -> None:
    installed = tmp_path / "spy-1.0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: spy\nVersion: 1.0\n")
    (installed / "entry_points.txt").write_text("[pydantic]\nspy = spy:plugin\n")
    (tmp_path / "spy.py").write_text(
        "class plugin:\n    new_schema_validator = staticmethod(lambda *_: (None, None, None))\n"
    )
    program = (
        "import sys; from plugin_gateway.config.no_plugins import load_no_plugins; load_no_plugins(); "
        "from plugin_gateway.config.record import Record; Record.model_validate({}); print('spy' in sys.modules)"
    )
    environ = {name: value for name, value in os.environ.items() if name != "PYDANTIC_DISABLE_PLUGINS"}
    environ["PYTHONPATH"] = f"{tmp_path}{os.pathsep}{Path.cwd()}"
    result = subprocess.run(
        [sys.executable, "-c", program],
        env=environ if setting is None else {**environ, "PYDANTIC_DISABLE_PLUGINS": setting},
        capture_output=True,
        text=True,
        timeout=BOUND_S,
        check=True,
    )

    assert result.stdout == f"{is_loaded}\n"
