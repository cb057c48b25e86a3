"""docs/findings.md: each rule of a finding is explained, and each that it explains exists."""

import inspect
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from plugin_gateway.cli.check import command
from plugin_gateway.export.platforms.judge import RULES
from plugin_gateway.revision import doubts
from tests.docs.page import ORDERS, blocks, page
from tests.docs.rules import SEVERITIES, rules

PAGE = page("findings.md")
OF_RULES = re.findall(
    r"(?m)^\| `([a-z0-9.-]+)` \| ((?:error|warning|note)(?:, (?:warning|note))?) \| (.+) \| (.*) \|$", PAGE
)
OF_DOUBTS = re.findall(
    r"(?m)^\| `([a-z-]+)` \| ([^|`]+(?:`[^|]+)?) \| .+ \|$", PAGE.partition("## Doubts")[2].partition("\n## ")[0]
)
OF_PLATFORMS = re.findall(r"(?m)^\| `([a-z0-9-]+)` \| (`[a-z0-9`, -]+`) \| (.+) \|$", PAGE.partition("## Rules of")[2])
ONLY_WARNED_OF = ("commented-out", "otel-variable", "secret-in-file")
"""`config` turns these mistakes into warnings."""


def test_check_reports_the_mistake_of_the_example_as_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (_, config), (_, shown) = blocks(PAGE)
    (tmp_path / "openapi.yaml").write_text(ORDERS)
    (tmp_path / "gateway.yaml").write_text(config)
    monkeypatch.chdir(tmp_path)

    printed = CliRunner().invoke(command, [], standalone_mode=False).output

    assert shown in printed


def test_each_rule_is_explained_once() -> None:
    assert sorted(rule for rule, *_ in OF_RULES) == sorted(rules()), "write a row for a new rule in docs/findings.md"


def test_each_rule_has_the_severities_that_the_code_gives_it() -> None:
    written = rules()
    for rule, severities, *_ in OF_RULES:
        said = severities.split(", ")
        assert said == [one for one in SEVERITIES if one in said], rule
        assert rule in ONLY_WARNED_OF or written[rule] <= {"otel-variable", *said}, rule


def test_each_doubt_is_explained_once() -> None:
    found = {*re.findall(r'Doubt\("([a-z-]+)"', inspect.getsource(doubts))}

    assert sorted(doubt for doubt, _ in OF_DOUBTS) == sorted(found)


def test_each_rule_of_a_directory_or_client_is_explained_as_the_code_does() -> None:
    said = {rule: (platforms, text) for rule, platforms, text in OF_PLATFORMS}

    assert len(OF_PLATFORMS) == len(RULES)
    assert {rule: platforms for rule, (platforms, _) in said.items()} == {
        one.name: ", ".join(f"`{platform}`" for platform in sorted(one.platforms)) for one in RULES
    }
    for one in RULES:
        if described := inspect.getdoc(one.search):
            assert said[one.name][1] == " ".join(described.split("\n\n")[0].split())
