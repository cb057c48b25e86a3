"""The list of mutations that change no answer: each entry stands for one mutation that passes all tests."""

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.narrow import present

SCRIPT = Path(__file__).parents[2] / ".ci" / "mutants.py"
SPEC = present(importlib.util.spec_from_file_location("mutants", SCRIPT))
mutants = importlib.util.module_from_spec(SPEC)
sys.modules["mutants"] = mutants
present(SPEC.loader).exec_module(mutants)

KEY = ("package.module.run", "count = 0", "count = 1")


def mutation(text: str, before: str = KEY[1]) -> Any:
    return mutants.Mutation("package.module", "run", before, KEY[2], text)


FIRST = mutation("count = 1\nstart()\ncount = 0\n")
SECOND = mutation("count = 0\nstart()\ncount = 1\n")
OTHER = mutation("count = 1\n", before="count = 2")


def test_an_entry_for_one_mutation_that_passes_all_tests_is_right() -> None:
    assert list(mutants.wrong_entries({KEY}, [FIRST, OTHER], {KEY})) == []


@pytest.mark.parametrize(
    ("mutations", "survived", "complaint"),
    [
        ([FIRST, SECOND], {KEY}, " is 2 mutations; change the code so that their lines differ"),
        ([FIRST, SECOND], set(), " is 2 mutations; change the code so that their lines differ"),
        ([FIRST], set(), ": the tests notice it; take the entry out"),
        ([OTHER], set(), " is no mutation; take the entry out"),
    ],
)
def test_any_other_entry_is_wrong(mutations: list[Any], survived: set[tuple[str, str, str]], complaint: str) -> None:
    entry = "equivalent-mutants.toml: `count = 0` -> `count = 1` in package.module.run"
    assert list(mutants.wrong_entries({KEY}, mutations, survived)) == [entry + complaint]


def test_lines_are_compared_from_the_first_to_the_last_that_differ() -> None:
    before, after = "def run():\n    a = 1\n    b = 2\n    c = 3\n", "def run():\n    a = 2\n    b = 2\n    c = 4\n"
    assert mutants.differing_lines(before, after) == ("a = 1 b = 2 c = 3", "a = 2 b = 2 c = 4")
