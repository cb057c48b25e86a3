"""docs/shape.md: its examples are accepted, and `check` and refusals say what the page says. `test_shape_parameters` plays the rest."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from plugin_gateway.cli.check import command
from plugin_gateway.config.load import load_text
from plugin_gateway.openapi.overlay.overlay import read_overlay
from plugin_gateway.shape.values.validator import Validator
from tests.docs.page import blocks, github, page

PAGE = page("shape.md")
LEAST = {"openapi": "o.yaml", "upstream": "{url: https://api.example.com}", "allow": "[a]"}


def test_each_config_of_the_page_is_accepted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "llm.overlay.yaml").touch()
    configs = [content for language, content in blocks(PAGE) if language == "yaml" and "overlay: 1" not in content]

    assert len(configs) > 4
    for config in configs:
        more = "".join(f"{key}: {value}\n" for key, value in LEAST.items() if f"{key}:" not in config)
        assert load_text(more + config, path=None, environ={}).warnings == ()


def test_the_overlay_of_the_page_is_an_overlay() -> None:
    (text,) = (content for language, content in blocks(PAGE) if language == "yaml" and "overlay: 1" in content)

    overlay = read_overlay(text.encode(), "llm.overlay.yaml")

    assert (len(overlay.actions), overlay.warnings) == (3, ())


def test_check_appraises_an_operation_of_github_as_the_page_says(tmp_path: Path) -> None:
    document = github()
    (shown,) = (content for language, content in blocks(PAGE) if language == "text")
    file = tmp_path / "gateway.yaml"
    file.write_text(f"openapi: {document}\nupstream: {{url: https://api.github.com}}\nallow: [issues/list-for-repo]\n")

    printed = CliRunner().invoke(command, ["-c", str(file), "--operations"], standalone_mode=False).output

    assert shown in printed


def test_a_body_that_breaks_its_schema_has_the_problems_that_the_page_shows() -> None:
    (shown,) = (json.loads(content) for language, content in blocks(PAGE) if language == "json" and "/zz" in content)
    quantity = {"type": "integer", "exclusiveMinimum": 0}
    schema = {"type": "object", "properties": {"quantity": quantity}, "additionalProperties": False}

    problems = Validator(schema).problems({"quantity": 0, "zz": 1})

    assert sorted((one.pointer, one.detail) for one in problems) == [
        (one["pointer"], one["detail"]) for one in shown["errors"]
    ]
