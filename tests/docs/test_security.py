"""SECURITY.md: each promise and each threat links to tests that exist."""

import ast
import re
from functools import cache

import pytest

from tests.docs.page import ROOT

PAGE = (ROOT / "SECURITY.md").read_text()
SECTION = PAGE.partition("\n## Tests that show it\n")[2]
ROWS = re.findall(r"(?m)^\| ([\w ]+: [^|]+) \| (\[`.+) \|$", SECTION)


@cache
def names_in(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text())
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return frozenset(one.name for one in functions if one.name.startswith("test_"))


@pytest.mark.parametrize(("claim", "links"), ROWS, ids=[claim for claim, _ in ROWS])
def test_each_test_that_a_claim_links_to_exists(claim: str, links: str) -> None:
    named = re.findall(r"\[`(\w+)`\]\(([\w/.]+)\)", links)

    assert links == ", ".join(f"[`{name}`]({path})" for name, path in named), claim
    assert len(named) > 1
    assert [name for name, path in named if name not in names_in(path)] == []


def test_each_promise_and_each_threat_has_tests() -> None:
    promises = re.findall(r"(?m)^(\d)\. ", PAGE.partition("\n## What is promised\n")[2].partition("\n## ")[0])
    sources = re.findall(r"(?m)^\* \*\*(?:The )?([\w ]+)\*\*", PAGE.partition("\n## Threat model\n")[2])
    shown = {claim.partition(":")[0] for claim, _ in ROWS}

    assert shown == {*promises, *(source.replace("OpenAPI ", "") for source in sources), "approvals"}
