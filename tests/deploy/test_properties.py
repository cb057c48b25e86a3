"""How hypothesis draws in this house: new examples in each run, and as many as `make properties` asks for."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bounds import BOUND_S

CONFTEST = Path(__file__).parents[1] / "conftest.py"
PROPERTIES = """
import pytest
from hypothesis import given, strategies as st

drawn = []

@given(st.integers(0, 2**62))
def test_numbers(number):
    drawn.append(number)

@pytest.fixture(autouse=True)
def told(request):
    drawn.clear()
    yield
    print(f"{request.node.name} drew {len(drawn)}: {drawn}")

@pytest.mark.skipif("not config.option.keyword")
@given(st.integers())
def test_false(number):
    assert number < 100
"""


def run(folder: Path, *arguments: str, **environment: str) -> str:
    shutil.copy(CONFTEST, folder / "conftest.py")
    (folder / "test_it.py").write_text(PROPERTIES)
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-s",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:schemathesis",
            "--rootdir",
            folder,
            folder,
            *arguments,
        ],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=BOUND_S,
        check=False,
    ).stdout


def test_a_property_draws_as_many_examples_as_asked_for(tmp_path: Path) -> None:
    shown = run(tmp_path, "--hypothesis-profile", "properties", EXAMPLES="70")

    assert "test_numbers drew 70" in shown


def test_no_property_sets_its_number_of_examples() -> None:
    """Such a number would win over that of `make properties`."""
    own = re.compile(r"@settings\(|max_examples")
    paths = [path for path in CONFTEST.parent.rglob("test_*.py") if path != Path(__file__)]

    assert [path.name for path in paths if own.search(path.read_text())] == []


@pytest.mark.parametrize("ci", ["", "true"])
def test_two_runs_draw_different_examples_in_ci_too(tmp_path: Path, ci: str) -> None:
    first, second = (re.findall("drew .*", run(tmp_path, CI=ci, GITHUB_ACTIONS=ci)) for _ in range(2))

    assert len(first) == len(second) == 1
    assert not set(first) & set(second)


def test_a_run_that_fails_prints_the_seed_and_the_example_that_repeat_it(tmp_path: Path) -> None:
    shown = run(tmp_path, "-k", "false", CI="true")

    [seed] = re.findall(r"(--hypothesis-seed=\d+) draws", shown)
    assert "@reproduce_failure(" in shown
    repeated = re.search(r"@reproduce_failure\(.*\)", run(tmp_path, "-k", "false", seed))
    assert repeated
    assert repeated[0] in shown
