import json
import re
from pathlib import Path
from typing import Any

import pytest

from plugin_gateway.cli.entry import run
from plugin_gateway.cli.tools import FORMATS
from plugin_gateway.tools.formats import Format

DOCUMENT = """
openapi: 3.1.0
info: {title: Pets, version: "1"}
paths:
  /pets:
    get: {operationId: listPets, summary: List pets, parameters: [{name: tag, in: query, schema: {type: string}}], responses: {}}
  /pets/{id}:
    get: {operationId: getPet, summary: Get a pet, parameters: [{name: id, in: path, required: true, schema: {type: string}}], responses: {}}
    delete: {operationId: deletePet, parameters: [{name: id, in: path, required: true, schema: {type: string}}], responses: {}}
"""
CONFIG = """
openapi: ./openapi.yaml
upstream: {url: http://127.0.0.1:9100}
allow: [listPets, {operation: getPet, title: One pet, hints: {open_world: true}}]
auth: {type: service_http, tokens: [{name: a, value: a-token-of-some-length}]}
consumers: [{name: shop, match: {token: a}, allow: [getPet]}]
"""


@pytest.fixture
def config(tmp_path: Path) -> Any:
    (tmp_path / "openapi.yaml").write_text(DOCUMENT)
    (tmp_path / "gateway.yaml").write_text(CONFIG)
    return str(tmp_path / "gateway.yaml")


def printed(capsys: pytest.CaptureFixture[str], *arguments: Any) -> Any:
    assert run(["tools", *arguments]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_allowed_operations_are_printed_as_the_endpoint_lists_them(
    config: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    tools = printed(capsys, "-c", config)["tools"]

    assert [(one["name"], one["title"], one["annotations"]["openWorldHint"]) for one in tools] == [
        ("listPets", "List pets", False),
        ("getPet", "One pet", True),
    ]


def test_each_format_has_the_same_names(config: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert [*FORMATS] == [*Format]
    openai, responses, claude = (printed(capsys, "-c", config, "--format", form) for form in FORMATS[1:4])
    (gemini,) = printed(capsys, "-c", config, "--format", "gemini")

    names = ["listPets", "getPet"]
    assert [one["function"]["name"] for one in openai] == names
    assert [one["name"] for one in responses] == names
    assert [one["name"] for one in claude] == names
    assert [one["name"] for one in gemini["functionDeclarations"]] == names


def test_a_consumer_has_the_tools_that_it_may_call(config: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert [one["name"] for one in printed(capsys, "-c", config, "--as", "shop")["tools"]] == ["getPet"]
    assert run(["tools", "-c", config, "--as", "unknown"]) == 2
    assert "there are shop" in capsys.readouterr().err


def test_one_tool_is_named_by_its_name_or_its_operation(config: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert [one["name"] for one in printed(capsys, "-c", config, "GET /pets/{id}")["tools"]] == ["getPet"]
    assert run(["tools", "-c", config, "deletePet"]) == 2
    assert "gateway.yaml does not allow `deletePet`" in capsys.readouterr().err


def test_the_cost_of_each_tool_is_listed_the_costliest_first(config: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["tools", "-c", config, "--tokens"]) == 0
    out, err = capsys.readouterr()
    costs = [int(line.split()[0]) for line in out.splitlines()]

    assert re.fullmatch(r" +\d+  getPet    One pet\n +\d+  listPets  List pets\n", out)
    assert costs == sorted(costs, reverse=True)
    assert err == f"{sum(costs)} tokens in 2 tools in the format mcp; ChatGPT takes 16,000, and 5,000 for one tool\n"


def test_a_title_of_the_document_does_not_control_the_terminal(
    config: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "openapi.yaml").write_text(DOCUMENT.replace("summary: List pets", r'summary: "List\e[2J\u009b2J pets"'))

    assert run(["tools", "-c", config, "--tokens", "listPets"]) == 0
    assert capsys.readouterr().out.endswith("  List\ufffd[2J\ufffd2J pets\n")
