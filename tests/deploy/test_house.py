"""The commands of the house: one gate, whoever runs it."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
HOOKS = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
RECIPES = re.findall(r"(?m)^\t[@]?(.+)$", (ROOT / "Makefile").read_text())


def make(*arguments, environment=None):
    command = shutil.which("make")
    if command is None:
        pytest.skip("make is not installed")
    environment = {**os.environ, **(environment or {})}
    for name in ("MAKEFLAGS", "MAKELEVEL"):  # of the `make test` that this may be part of
        environment.pop(name, None)
    return subprocess.run(
        [command, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=5, check=False
    )


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_every_commit_hook_runs_what_make_check_runs(hook):
    entry = hook["entry"].replace(".venv/bin/", "$(BIN)/")
    program = entry.partition(" --")[0]

    assert any(recipe.startswith(program) for recipe in RECIPES), program


def test_make_alone_names_every_target():
    result = make()

    assert result.returncode == 0
    assert re.findall(r"(?m)^  make ([\w-]+)", result.stdout) == re.findall(
        r"(?m)^([\w-]+):.*  ## ", (ROOT / "Makefile").read_text()
    )


def test_a_machine_without_a_new_enough_python_is_told_so():
    result = make("--always-make", ".venv/run.stamp", "PYTHON=")

    assert result.returncode == 2
    assert "needs Python 3.11 or later" in result.stderr
    assert result.stdout == ""


def test_ci_runs_make_test_last_and_stops_at_the_first_failure():
    script = ROOT / ".ci" / "run"
    lines = script.read_text().splitlines()

    assert os.access(script, os.X_OK)
    assert lines[0] == "#!/usr/bin/env bash"
    assert "set -euo pipefail" in lines
    assert lines[-1] == "make test"
