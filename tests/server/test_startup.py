import json
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from plugin_gateway.reload.child import compiled_or_refused
from plugin_gateway.reload.command import module_environment
from plugin_gateway.reload.outcome import Compiled
from plugin_gateway.server.start import RefusedError, ServeOptions
from plugin_gateway.server.startup import run
from tests.server.pets import CONFIG


@pytest.mark.parametrize("shape", ["json", "text"])
def test_a_refused_start_is_reported_in_the_format_of_the_log(
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
            "plugin_gateway.server.startup", {*CONTROL, *PAGES, "plugin_gateway.server.supervisor"}, id="startup"
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


def test_the_outcome_of_the_compile_is_read_with_modules_that_were_imported_during_it(config: Path) -> None:
    outcome = compiled_or_refused(config, {}, 1)
    assert isinstance(outcome, Compiled)
    for module, read in (("supervisor", pickle.dumps(outcome)), ("worker", outcome.revision)):
        file = config.with_name(module)
        file.write_bytes(read)
        before = f"import pickle, plugin_gateway.server.{module}"
        added = imported_by(f"{before}; pickle.load(open({str(file)!r}, 'rb'))") - imported_by(before)
        assert not added, module


def test_a_watch_that_starts_keeps_no_probe_waiting_for_a_backend_of_anyio(config: Path) -> None:
    look = f"""
import asyncio
from pathlib import Path
from plugin_gateway.reload.fingerprint import fingerprints
from plugin_gateway.reload.watch import changes

async def look():
    path = Path({str(config)!r})
    known = fingerprints([path])
    path.write_text("changed")
    assert await anext(changes(known)) is None

asyncio.run(look())
"""
    imported = imported_by(f"exec({look!r})")
    assert "watchfiles" in imported
    assert not any(name.startswith("anyio._backends") for name in imported)
