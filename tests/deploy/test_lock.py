"""The lock files: one version and its hashes for everything that is installed, within what pyproject.toml admits."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
RUNTIME = [
    *PROJECT["project"]["dependencies"],
    *(text for extra in PROJECT["project"]["optional-dependencies"].values() for text in extra),
]
GROUPS = PROJECT["dependency-groups"]
DEVELOPMENT = [*RUNTIME, *GROUPS["test"], *GROUPS["check"]]


def locked(name: str) -> dict[str, list[str]]:
    """Return each locked package with its versions; there may be two, for two ranges of Python."""
    found: dict[str, list[str]] = {}
    for line in (ROOT / name).read_text().splitlines():
        if match := re.match(r"([\w.-]+)==(\S+)", line):
            found.setdefault(canonicalize_name(match[1]), []).append(match[2])
    return found


@pytest.mark.parametrize(("name", "wanted"), [("requirements.lock", RUNTIME), ("requirements-dev.lock", DEVELOPMENT)])
def test_each_dependency_is_locked_to_a_version_that_pyproject_admits(name: str, wanted: list[str]) -> None:
    versions = locked(name)
    for text in wanted:
        requirement = Requirement(text)
        found = versions.get(canonicalize_name(requirement.name), [])
        assert found, f"{text} is not in {name}: run `make lock`"
        assert all(requirement.specifier.contains(version) for version in found), f"{name}: run `make lock`"


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_each_locked_package_has_a_hash(name: str) -> None:
    entries = re.split(r"(?m)^(?=[\w.-]+==)", (ROOT / name).read_text())[1:]
    assert entries
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_tests_run_on_the_versions_that_are_shipped() -> None:
    shipped, tested = locked("requirements.lock"), locked("requirements-dev.lock")
    assert {name: tested.get(name) for name in shipped} == shipped


def test_each_dependency_has_a_lowest_version() -> None:
    without = [text for text in DEVELOPMENT if text != "types-pyyaml" and ">=" not in text]
    assert without == []
