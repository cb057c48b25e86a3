from __future__ import annotations

import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize(("setting", "is_replaced"), [(None, True), ("__all__", True), ("other", False), ("", False)])
def test_pydantic_looks_for_plugins_only_if_the_operator_enables_them(setting: str | None, is_replaced: bool) -> None:
    environ = {name: value for name, value in os.environ.items() if name != "PYDANTIC_DISABLE_PLUGINS"}
    program = (
        "import sys; from plugin_gateway.config.no_plugins import load_no_plugins; load_no_plugins(); "
        "from plugin_gateway.config.record import Record; Record.model_validate({}); print('importlib.metadata' in sys.modules)"
    )
    result = subprocess.run(
        [sys.executable, "-c", program],
        env=environ if setting is None else {**environ, "PYDANTIC_DISABLE_PLUGINS": setting},
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )

    assert result.stdout == f"{not is_replaced}\n"


def test_a_pydantic_that_needs_more_of_its_loader_of_plugins_gets_it() -> None:
    program = (
        "from plugin_gateway.config.no_plugins import load_no_plugins; load_no_plugins(); "
        "from pydantic.plugin._loader import PYDANTIC_ENTRY_POINT_GROUP; print(PYDANTIC_ENTRY_POINT_GROUP)"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=20, check=True)

    assert result.stdout == "pydantic\n"
