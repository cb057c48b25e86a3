"""The image is small in rights: no root, no shell in front, nothing written at run time."""

import json
import os
import re
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

from tests.bounds import BOUND_S
from tests.deploy.proxies import program

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "deploy" / "Dockerfile"


def hadolint(path: Path) -> subprocess.CompletedProcess[Any]:
    return subprocess.run(
        [program("hadolint"), "--no-color", path], capture_output=True, text=True, timeout=BOUND_S, check=False
    )


def instructions(text: str) -> list[tuple[str, str]]:
    joined = re.sub(r"\\\n", " ", re.sub(r"(?m)^\s*#.*\n", "", text))
    return [(line.split(None, 1)[0], line.split(None, 1)[1].strip()) for line in joined.splitlines() if line.strip()]


def final_stage() -> list[tuple[str, str]]:
    whole = instructions(DOCKERFILE.read_text())
    last = max(index for index, (word, _) in enumerate(whole) if word == "FROM")
    return whole[last:]


def test_the_linter_has_nothing_to_say() -> None:
    result = hadolint(DOCKERFILE)

    assert (result.returncode, result.stdout) == (0, "")


def test_the_linter_would_say_something(tmp_path: Path) -> None:
    worse = tmp_path / "Dockerfile"
    worse.write_text(re.sub(r"FROM python:3\S+", "FROM python:latest", DOCKERFILE.read_text()))

    assert "DL3007" in hadolint(worse).stdout


def test_it_does_not_run_as_root_and_the_user_is_a_number() -> None:
    users = [value for word, value in final_stage() if word == "USER"]

    assert len(users) == 1
    assert all(int(part) > 0 for part in users[0].split(":"))


def test_no_shell_stands_between_a_signal_and_the_gateway() -> None:
    for word, value in final_stage():
        if word in {"ENTRYPOINT", "CMD"}:
            assert isinstance(json.loads(value), list)
        elif word == "HEALTHCHECK":
            assert json.loads(value.partition("CMD ")[2]) == ["plugin-gateway", "health"]
    assert {"ENTRYPOINT", "CMD", "HEALTHCHECK"} <= {word for word, _ in final_stage()}


def test_the_final_stage_runs_no_command_and_copies_only_the_built_files() -> None:
    words = [word for word, _ in final_stage()]
    copied = [value for word, value in final_stage() if word in {"COPY", "ADD"}]

    assert "RUN" not in words
    assert copied == ["--from=build /opt/plugin-gateway /opt/plugin-gateway"]


def labels() -> dict[str, str]:
    (label,) = [value for word, value in final_stage() if word == "LABEL"]
    return dict(re.findall(r'(\S+)="([^"]*)"', label))


def test_both_stages_share_one_base_pinned_by_digest() -> None:
    bases = {value.split()[0] for word, value in instructions(DOCKERFILE.read_text()) if word == "FROM"}

    assert len(bases) == 1
    name, _, digest = bases.pop().partition("@")
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-trixie", name)
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", digest)
    assert labels()["org.opencontainers.image.base.name"] == f"docker.io/library/{name}"
    assert labels()["org.opencontainers.image.base.digest"] == digest


def test_its_labels_describe_the_image_and_name_its_commit() -> None:
    prefix = "org.opencontainers.image."
    arguments = re.findall(r'(\w+)=""', next(value for word, value in final_stage() if word == "ARG"))

    assert {"title", "description", "licenses", "version", "revision", "source"} <= {
        name.removeprefix(prefix) for name in labels()
    }
    assert {value[1:] for value in labels().values() if value.startswith("$")} == {*arguments}


def test_the_image_installs_the_packages_of_the_lock_file() -> None:
    installs = [line for line in DOCKERFILE.read_text().splitlines() if "python install" in line]

    assert len(installs) == 2
    assert "--require-hashes --requirement requirements.lock" in installs[0]
    assert "--no-deps" in installs[1]


def test_bytecode_is_compiled_while_building_and_never_at_run_time() -> None:
    text = DOCKERFILE.read_text()

    assert "compileall" in text
    assert "PYTHONDONTWRITEBYTECODE=1" in text


def test_everything_copied_exists_and_is_let_through_by_dockerignore() -> None:
    kept = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]

    for word, value in instructions(DOCKERFILE.read_text()):
        if word == "COPY" and "--from" not in value:
            for source in value.split()[:-1]:
                name = source.removeprefix("./")
                assert (ROOT / name).exists()
                assert any(fnmatch(name, pattern) for pattern in kept), name


def test_the_build_context_starts_empty() -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]

    assert lines[0] == "*"


def test_no_time_of_the_build_gets_into_the_image() -> None:
    release = (ROOT / ".github" / "workflows" / "release.yml").read_text()

    assert ("ARG", "SOURCE_DATE_EPOCH=0") in instructions(DOCKERFILE.read_text())
    assert "rewrite-timestamp=true" in release
    assert 'SOURCE_DATE_EPOCH="$(git log -1 --format=%ct)"' in release


def test_the_same_sources_give_the_same_wheel(tmp_path: Path) -> None:
    pytest.importorskip("hatchling", reason="hatchling builds the wheel")
    wheels = []
    for name in ("one", "two"):
        # In a folder of another name, and with files of another age.
        copy = tmp_path / name
        copy.mkdir()
        for source in ("pyproject.toml", "hatch_build.py", "gateway.yaml", "README.md", "LICENSE"):
            shutil.copyfile(ROOT / source, copy / source)
        shutil.copytree(ROOT / "plugin_gateway", copy / "plugin_gateway", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(ROOT / "examples", copy / "examples", ignore=shutil.ignore_patterns("__pycache__"))
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / f"{name}-dist")]
        environment = {**os.environ, "SOURCE_DATE_EPOCH": "1700000000"}
        subprocess.run(command, cwd=copy, env=environment, check=True, capture_output=True, timeout=BOUND_S)
        [wheel] = (tmp_path / f"{name}-dist").glob("*.whl")
        wheels.append(wheel.read_bytes())

    assert wheels[0] == wheels[1]
