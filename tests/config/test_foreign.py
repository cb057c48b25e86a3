from typing import Any

import pytest

from plugin_gateway.config.foreign import foreign_text, foreign_value
from tests.narrow import present


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ({"openapi": "3.1.0", "info": {}, "paths": {}}, "an OpenAPI document"),
        ({"swagger": "2.0", "info": {}, "paths": {}}, "an OpenAPI document"),
        ({"_format_version": "3.0", "services": []}, "Kong"),
        ({"apiVersion": "v1", "kind": "ConfigMap"}, "Kubernetes"),
        ({"static_resources": {}}, "Envoy"),
        ({"services": {"web": {}}}, "Compose"),
        ({"mcpServers": {}}, "MCP client"),
        ({"schema_version": "v1", "name_for_model": "x"}, "manifest"),
        ({"gateway": {"openapi": "x", "allow": []}}, "below the key `gateway`"),
        ({"surprise": 1}, "no key of gateway.yaml"),
        ([1], "a list"),
        ("text", "no key of gateway.yaml"),
    ],
)
def test_another_tools_file_is_called_by_its_name(value: Any, what: str) -> None:
    mistake = foreign_value(value)
    assert mistake is not None
    assert mistake.rule == "not-a-config"
    assert what in mistake.message
    assert mistake.hint


@pytest.mark.parametrize(
    "value",
    [
        {"openapi": "x", "upstream": {}, "allow": []},
        {"openapi": "x", "services": {}},
        {"spec": "x", "backend": {}, "operations": []},
        {"url": "https://x"},
        {"alow": []},
        {},
    ],
)
def test_a_config_with_mistakes_is_still_a_config(value: dict[str, Any]) -> None:
    found = foreign_value(value)
    assert found is None or not value


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("<!DOCTYPE html>\n<html>", "HTML"),
        ("server {\n  listen 80;\n}\n", "nginx"),
        (":8080 {\n  reverse_proxy a:1\n}\n", "Caddyfile"),
        ('[upstream]\nurl = "x"\n', "TOML"),
        ("openapi = a.yaml\nallow = listOrders\n", "TOML or INI"),
        ("KEY=abc\n", "environment variables"),
        ("#!/bin/sh\n", "a program"),
    ],
)
def test_text_that_is_no_yaml_is_called_by_its_name(text: str, what: str) -> None:
    assert what in present(foreign_text(text)).message


def test_text_of_a_config_with_a_mistake_of_syntax_is_not_taken_for_another_tools() -> None:
    assert foreign_text("openapi: x\nupstream\n  url: https://h\nallow:\n  - GET /servers\n") is None
