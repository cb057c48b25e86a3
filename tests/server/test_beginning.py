import json
import subprocess
import sys
from pathlib import Path

import pytest

from plugin_gateway.reload.command import module_environment
from plugin_gateway.server.beginning import run
from plugin_gateway.server.start import RefusedError, ServeOptions
from tests.server.pets import CONFIG


@pytest.mark.parametrize("shape", ["json", "text"])
def test_a_start_that_is_refused_is_told_as_the_config_wants_the_log(
    config: Path, capfd: pytest.CaptureFixture[str], shape: str
) -> None:
    config.write_text(
        CONFIG.replace("allow: [listPets]", "allow: [listPats]").replace("level: error", f"format: {shape}")
    )
    if shape == "text":
        with pytest.raises(RefusedError):
            run(ServeOptions(config=config), print)
        return
    assert run(ServeOptions(config=config), print) == 2
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    [refused] = [line for line in lines if line["level"] == "error"]
    assert (refused["event"], refused["rule"], refused["line"]) == ("start-refused", "unknown-operation", 4)
    assert "listPets" in refused["hint"]


def imported_by(program: str) -> set[str]:
    """Return the modules of a new process that ran the program."""
    told = subprocess.run(
        [sys.executable, "-P", "-c", f"import json, sys; {program}; print(json.dumps([*sys.modules]))"],
        capture_output=True,
        env=module_environment(),
        check=True,
    )
    return set(json.loads(told.stdout))


CONTROL = {"click", "plugin_gateway.config.model", "yaml"}
PAGES = {"h11", "prometheus_client", "starlette", "uvicorn"}


@pytest.mark.parametrize(
    ("module", "unneeded"),
    [
        pytest.param(
            "plugin_gateway.server.beginning", {*CONTROL, *PAGES, "plugin_gateway.server.supervisor"}, id="beginning"
        ),
        pytest.param(
            "plugin_gateway.server.supervisor",
            {"plugin_gateway.config.model", "prometheus_client", "yaml", "plugin_gateway.gate.gate"},
            id="supervisor",
        ),
        pytest.param(
            "plugin_gateway.server.worker",
            {"h11", "prometheus_client", "plugin_gateway.config.model", "yaml", "jsonschema_rs"},
            id="worker",
        ),
        pytest.param("plugin_gateway.reload.child_process", {"asyncio", "msgspec", "uvloop"}, id="first step"),
        pytest.param(
            "plugin_gateway.reload.child",
            {*PAGES, "asyncio", "click", "uvloop", "plugin_gateway.openapi.read.source"},
            id="compiling child",
        ),
    ],
)
def test_a_process_imports_nothing_that_another_process_needs(module: str, unneeded: set[str]) -> None:
    assert not unneeded & imported_by(f"import {module}")
