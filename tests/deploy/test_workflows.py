"""The workflows: actions pinned by commit, as few rights as a job needs, and the same commands as on a desk."""

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.bounds import BOUND_S
from tests.deploy.proxies import program

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
CI, NIGHTLY, RELEASE = (ROOT / ".github" / "workflows" / f"{name}.yml" for name in ("ci", "nightly", "release"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
TARGETS = {*re.findall(r"(?m)^([\w-]+|\.venv/\S+stamp):", (ROOT / "Makefile").read_text())}


def jobs(path: Path) -> Any:
    return yaml.safe_load(path.read_text())["jobs"]


def steps(path: Path) -> list[Any]:
    return [step for job in jobs(path).values() for step in job["steps"]]


def zizmor(path: Path) -> subprocess.CompletedProcess[Any]:
    return subprocess.run(
        [program("zizmor"), "--offline", "--persona=pedantic", "--no-progress", str(path)],
        capture_output=True,
        text=True,
        timeout=BOUND_S,
        check=False,
    )


def test_there_is_a_workflow_for_each_change_one_for_each_night_and_one_for_a_release() -> None:
    assert FILES == [CI, NIGHTLY, RELEASE]
    # YAML 1.1 reads `on` as true.
    assert {*yaml.safe_load(NIGHTLY.read_text())[True]} == {"schedule", "workflow_dispatch"}


def test_the_linter_has_nothing_to_say() -> None:
    result = zizmor(ROOT / ".github")

    assert result.returncode == 0, result.stdout + result.stderr


def test_the_linter_would_say_something(tmp_path: Path) -> None:
    (tmp_path / "ci.yml").write_text(re.sub(r"@[0-9a-f]{40}", "@main", CI.read_text()))

    assert "unpinned-uses" in zizmor(tmp_path / "ci.yml").stdout


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_file_is_a_workflow(path: Path) -> None:
    arguments = [program("check-jsonschema"), "--builtin-schema", "vendor.github-workflows", str(path)]
    result = subprocess.run(arguments, capture_output=True, text=True, timeout=BOUND_S, check=False)

    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_each_action_is_pinned_by_commit_and_says_its_version(path: Path) -> None:
    used = re.findall(r"(?m)^\s*(?:- )?uses: (.+)$", path.read_text())

    assert used
    assert [line for line in used if not re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}  # v\d+\.\d+\.\d+", line)] == []


def test_an_action_has_one_version_in_all_workflows() -> None:
    used = {line for path in FILES for line in re.findall(r"uses: (.+)", path.read_text())}

    assert len({line.partition("@")[0] for line in used}) == len(used)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_rights_are_given_to_jobs_and_each_job_ends_by_itself(path: Path) -> None:
    assert yaml.safe_load(path.read_text())["permissions"] == {}
    for name, job in jobs(path).items():
        assert job["permissions"], name
        assert job["timeout-minutes"] <= 120, name


@pytest.mark.parametrize("path", [CI, NIGHTLY], ids=lambda path: path.name)
def test_no_job_for_a_change_or_a_night_may_write(path: Path) -> None:
    rights = {right for job in jobs(path).values() for right in job["permissions"].values()}

    assert rights == {"read"}


@pytest.mark.parametrize(("path", "target"), [(CI, "check"), (CI, "coverage"), (NIGHTLY, "mutants")])
def test_a_change_gets_each_check_and_a_night_the_slow_one(path: Path, target: str) -> None:
    assert f"make {target} PYTHON=python" in [step.get("run") for step in steps(path)]


def test_a_workflow_runs_targets_and_scripts_that_there_are() -> None:
    lines = [line for path in FILES for step in steps(path) for line in step.get("run", "").splitlines()]
    made = {line.split()[1] for line in lines if line.startswith("make ")}
    scripts = {line.split()[0] for line in lines if line.startswith(".ci/")}

    assert {"check", "test"} <= made <= TARGETS
    assert scripts == {".ci/packages", ".ci/legs"}
    assert all((ROOT / script).exists() for script in scripts)


def test_every_python_that_the_package_is_for_is_tested_and_gets_a_wheel() -> None:
    prefix = "Programming Language :: Python :: 3."
    promised = {
        f"3.{text.removeprefix(prefix)}" for text in PROJECT["project"]["classifiers"] if text.startswith(prefix)
    }
    ci = jobs(CI)
    on_check = {
        step["with"]["python-version"]
        for step in ci["check"]["steps"]
        if "with" in step and "python-version" in step["with"]
    }
    wheels = {f"{tag[2]}.{tag[3:].removesuffix('-*')}" for tag in PROJECT["tool"]["cibuildwheel"]["build"]}
    [legs] = re.findall(r"for version in (.+); do", (ROOT / ".ci" / "legs").read_text())

    assert on_check | {*ci["pythons"]["strategy"]["matrix"]["python"]} == promised
    assert wheels == promised
    assert {*legs.split()} == promised


def test_a_wheel_is_compiled_and_tested_as_it_is_installed() -> None:
    settings = PROJECT["tool"]["cibuildwheel"]

    assert settings["environment"] == {"PLUGIN_GATEWAY_COMPILE": "1"}
    assert settings["test-command"].startswith("make -C {project} test-wheel ")
    assert "test-wheel" in TARGETS
    assert {*settings["test-groups"]} <= {*PROJECT["dependency-groups"]}


def test_the_distributions_are_attested_before_they_are_published() -> None:
    names = [step.get("uses", "").partition("@")[0] for step in jobs(RELEASE)["publish"]["steps"]]
    attested = [step["with"] for step in jobs(RELEASE)["publish"]["steps"] if "actions/attest@" in step.get("uses", "")]

    assert names[-3:] == ["actions/attest", "actions/attest", "pypa/gh-action-pypi-publish"]
    assert [one["subject-path"] for one in attested] == ["dist/*", "dist/*"]
    assert attested[1]["sbom-path"].endswith(".cdx.json")
