"""The commands of the house: people, commit hooks and workflows run the same gate."""

import ast
import io
import os
import re
import subprocess
import tokenize
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.bounds import BOUND_S
from tests.deploy.proxies import program

ROOT = Path(__file__).parents[2]
HOOKS = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
RECIPES = re.findall(r"(?m)^\t[@]?(.+)$", (ROOT / "Makefile").read_text())


def make(*arguments: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[Any]:
    environment = {**os.environ, **(environment or {})}
    for name in ("MAKEFLAGS", "MAKELEVEL"):  # of the `make test` that this may be part of
        environment.pop(name, None)
    return subprocess.run(
        [program("make"), *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=BOUND_S,
        check=False,
    )


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_every_commit_hook_runs_what_make_check_runs(hook: dict[str, Any]) -> None:
    entry = hook["entry"].replace(".venv/bin/", "$(BIN)/")
    program = entry.partition(" --")[0]

    assert any(recipe.startswith(program) for recipe in RECIPES), program


def test_make_alone_names_every_target() -> None:
    result = make()

    assert result.returncode == 0
    assert re.findall(r"(?m)^  make ([\w-]+)", result.stdout) == re.findall(
        r"(?m)^([\w-]+):.*  ## ", (ROOT / "Makefile").read_text()
    )


def test_make_reports_a_python_that_is_too_old() -> None:
    result = make("--always-make", ".venv/run.stamp", "PYTHON=")

    assert result.returncode == 2
    assert "needs Python 3.11 or later" in result.stderr
    assert result.stdout == ""


def test_ci_runs_what_make_check_runs_last_and_stops_at_the_first_failure() -> None:
    script = ROOT / ".ci" / "run"
    lines = script.read_text().splitlines()

    assert os.access(script, os.X_OK)
    assert lines[0] == "#!/usr/bin/env bash"
    assert "set -euo pipefail" in lines
    assert lines[-2:] == ["make legs", "make check"]
    assert "$(MAKE) test" in RECIPES[RECIPES.index("$(BIN)/lint-imports") :]


def test_mypy_reads_every_program_and_what_callers_of_the_api_may_write() -> None:
    files = {ROOT / name for name in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]["files"]}
    programs = {path.parent for path in ROOT.glob("*/__init__.py")}

    assert programs
    assert programs | {TESTS} <= files | {path.parent for path in files}


PACKAGE, TESTS = ROOT / "plugin_gateway", ROOT / "tests"
WITHOUT_TESTS = {
    "__main__.py": "it calls `cli.main`",
    "reload/__main__.py": "it calls `reload.child.main`",
    "server/__main__.py": "it calls `server.main`",
}
ABOUT_NO_MODULE = {
    "attack": "hostile callers against a running gateway",
    "clients": "the modules of `clients/`",
    "console/test_in_chromium.py": "the screens of the console, in a browser",
    "console/test_session_in_chromium.py": "the session of the console, in a browser",
    "console/test_screens.py": "the static files of the console",
    "corpus": "real documents, read, pruned and served",
    "deploy": "files for deployment, and the house itself",
    "docs": "the pages of `docs/` that say what to type",
    "examples": "the modules of `examples/`",
    "fuzz": "the modules of `fuzz/`",
    "test_clients.py": "the clients of `clients/`",
    "test_mcp_clients.py": "the SDKs and the conformance suite of MCP, from `clients/`",
    "test_conformance.py": "HTTP as the standards say",
    "test_end_to_end.py": "a running gateway",
    "test_end_to_end_approvals.py": "approvals of running gateways that share a Redis",
    "test_end_to_end_calls.py": "calls through a running gateway",
    "test_hatch_build.py": "`hatch_build.py`",
    "test_call_path.py": "the files that a call enters",
}


def modules() -> set[str]:
    """Return the modules by path; an `__init__.py` only gathers names."""
    found = (path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))
    return {str(path) for path in found if path.name != "__init__.py"}


def covered() -> set[str]:
    """Return the test files by the path of the module that each is about."""
    files = [path.relative_to(TESTS) for path in TESTS.rglob("test_*.py")]
    about = [path for path in files if not {str(path), path.parts[0]} & {*ABOUT_NO_MODULE}]
    return {str(path.with_name(path.name.removeprefix("test_"))) for path in about}


def test_each_module_has_a_test_file_under_the_same_path() -> None:
    assert modules() - covered() == {*WITHOUT_TESTS}


def test_each_test_file_is_about_a_module_that_there_is() -> None:
    assert covered() - modules() == set()


def test_each_exception_to_one_test_file_a_module_is_still_there() -> None:
    assert [path for path in WITHOUT_TESTS if not (PACKAGE / path).exists()] == []
    assert [path for path in ABOUT_NO_MODULE if not (TESTS / path).exists()] == []


MOST_LINES = 300
LONGER = {
    "config/syntax.py": "one method for each mistake of syntax that people make",
    "mcp/call.py": "the states of one POST: its body, its tool call, its events, its end",
    "openapi/decode/yaml_values.py": "one reader of libyaml's events, whose branches share its stack",
    "proxy/exchange.py": "the states of one exchange",
    "proxy/fronts/connection.py": "the states of one client connection",
    "proxy/relocation.py": "the URLs of an upstream in each field that has one",
    "proxy/secret_index.py": "the spellings of all secrets, and the searches for them, share one table",
    "proxy/spelling.py": "one grammar for each escape of an octet",
    "proxy/wire.py": "the grammar of a message head (RFC 9112)",
    "server/supervisor.py": "one run of `serve`, from the first compile to the last call",
    "shape/describe/parameter_rules.py": "one method for each rule of a parameter",
    "shape/request/parameters.py": "one pass over the parameters of a call, written out because it is hot",
    "shape/answer/trimmer.py": "one scanner, whose states share its buffer",
}


def test_a_module_is_longer_than_300_lines_only_with_a_reason() -> None:
    assert {name for name in modules() if len((PACKAGE / name).read_text().splitlines()) > MOST_LINES} == {*LONGER}


MOST_COLUMNS = 128


def test_prose_of_the_pages_has_one_width() -> None:
    pages = {*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")} - {ROOT / "docs/cli.md", ROOT / "docs/config.md"}
    too_long = []
    for page in sorted(pages):
        text = re.sub(r"(?ms)^ *```.*?^ *```$", lambda code: "\n" * code[0].count("\n"), page.read_text())
        too_long += [
            f"{page.name}:{number}"
            for number, line in enumerate(text.splitlines(), 1)
            if len(line) > MOST_COLUMNS
            and " " in re.sub("`[^`]*`", "", line.strip())
            and not line.lstrip().startswith("|")
            and line[:4] != "    "
        ]

    assert too_long == []


def prose_of(text: str) -> list[range]:
    """Return the lines of each comment and each docstring of a module."""
    found = [
        range(token.start[0], token.start[0] + 1)
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type == tokenize.COMMENT and not re.search("noqa|type: ignore|fmt: skip", token.string)
    ]
    return found + [
        range(node.lineno, (node.end_lineno or node.lineno) + 1)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    ]


def test_prose_of_the_package_has_the_same_width() -> None:
    too_long = []
    for path in sorted(PACKAGE.rglob("*.py")):
        text = path.read_text()
        prose = {number for lines in prose_of(text) for number in lines}
        too_long += [
            f"{path.relative_to(ROOT)}:{number}"
            for number, line in enumerate(text.splitlines(), 1)
            if number in prose and len(line) > MOST_COLUMNS and not line.strip().startswith("Example: ")
        ]

    assert too_long == []


HARD_TO_READ = re.compile(
    r"\b(?:such that|for which|others than|to spare|in vain|nobody|none of|whoever|whatever|hence|as far as"
    r"|of (?:its|our|their|your) own|(?:that|those) of|(?:are|is) what)\b",
    re.IGNORECASE,
)
"""Phrases that make a reader search for the noun or the actor. Write the noun, `if no file`, `a client that …`."""


def test_prose_of_the_package_names_its_nouns_and_actors() -> None:
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        text = path.read_text()
        lines = ["", *text.splitlines()]
        for prose in prose_of(text):
            joined = " ".join(lines[number].strip().removeprefix("# ") for number in prose)
            found += [f"{path.relative_to(ROOT)}:{prose.start}: {hard[0]}" for hard in HARD_TO_READ.finditer(joined)]

    assert found == []


def test_each_noqa_has_its_reason_after_it_or_in_the_comment_above() -> None:
    without = []
    for path in sorted(PACKAGE.rglob("*.py")):
        lines = ["", *path.read_text().splitlines()]
        without += [
            f"{path.relative_to(ROOT)}:{number}"
            for number, line in enumerate(lines)
            if "# noqa" in line or "# ruff: noqa" in line
            if not re.search(r"noqa: [A-Z]+[0-9]+(, [A-Z]+[0-9]+)*  # \S", line)
            if not lines[number - 1].lstrip().startswith("# ")
        ]

    assert without == []


def test_the_glossary_has_each_noun_once_in_order_and_points_at_modules_that_exist() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    rows = re.findall(
        r"(?m)^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", text.partition("## Glossary")[2].partition("\n## ")[0]
    )[1:]
    nouns = [noun.casefold().replace("ç", "c") for noun, _, _ in rows]

    assert len(rows) > 30
    assert nouns == sorted(set(nouns))
    for noun, places, _ in rows:
        missing = [
            place for place in re.findall(r"`([^`]+)`", places) if not (ROOT / "plugin_gateway" / place).exists()
        ]
        assert not missing, noun


def test_the_table_of_questions_names_functions_of_the_modules_it_points_at() -> None:
    table = (ROOT / "ARCHITECTURE.md").read_text().partition("## Where is it?")[2].partition("\n## ")[0]
    pairs = re.findall(r"`([\w.]+)`(?: and `([\w.]+)`)?(?: of `\w+`)? in `([\w/]+\.(?:py|js))`", table)
    missing = [
        (name, place)
        for *names, place in pairs
        for name in filter(None, names)
        if not re.search(
            rf"(?m)^\s*(?:(?:async )?def|class|function|const)? ?{re.escape(name.rpartition('.')[2])}\b",
            (PACKAGE / place).read_text(),
        )
    ]

    assert len(pairs) > 40
    assert missing == []


def test_every_room_has_a_floor_in_the_table() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    table = text.partition("## The staircase")[2].partition("\n\n`")[0]
    rooms = {path.name for path in (ROOT / "plugin_gateway").iterdir() if (path / "__init__.py").exists()}

    assert rooms == set(re.findall(r"`(\w+)/`", table))


SHARED_CLASS_NAMES = {
    "Audit": "the setting of gateway.yaml, and what writes the audit",
    "Console": "the setting of gateway.yaml, and what serves the console",
    "Log": "the setting of gateway.yaml, and what writes the log",
}
"""The record of a key of gateway.yaml has the key's name, and so does the part that the key is about."""


def test_a_class_name_occurs_once_with_or_without_an_underscore() -> None:
    names = Counter(
        node.name.removeprefix("_")
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef)
    )

    assert {name for name, count in names.items() if count > 1} == {*SHARED_CLASS_NAMES}


ROOMS_OF_VALUES = ("admission", "callers", "credentials", "gate", "revision")


def test_no_room_of_values_picks_a_config_apart_by_the_names_of_its_fields() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for room in ROOMS_OF_VALUES
        for path in (ROOT / "plugin_gateway" / room).glob("*.py")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if "getattr(" in line
    ]

    # `canonical` walks the fields of any record; the others match on the type of a value.
    assert [place.partition(":")[0] for place in found] == ["plugin_gateway/revision/canonical.py"]
