from typing import Any

import pytest

from plugin_gateway.config.load import load_text
from plugin_gateway.gate.permit import OperationRule
from plugin_gateway.publish.face import build_face
from plugin_gateway.revision.page import compile_page

FACES = {"/.well-known/ai-plugin.json": build_face("application/json", b'{"name_for_human": "Orders"}')}
MINIMAL = "openapi: openapi.yaml\nupstream: {url: https://h}\nallow: []\n"


def page(written: str = "", rules: tuple[tuple[str, str], ...] = ()) -> Any:
    config = load_text(MINIMAL + written, path=None, environ={}).config
    made = [OperationRule(method=method, path_template=path, operation_id=path) for method, path in rules]
    return compile_page(config, FACES, made)


def test_the_page_is_there_by_default_and_names_the_mcp_endpoint_if_there_is_one() -> None:
    assert b"localhost:8080/mcp" in page().body
    assert b"mcp" not in page("mcp: false").body


@pytest.mark.parametrize("written", ["false", '"off"'])
def test_the_page_can_be_turned_off(written: str) -> None:
    assert page(f"public: {{page: {written}}}") is None
    assert page('public: {page: "on"}') is not None


@pytest.mark.parametrize(
    ("rules", "is_there"),
    [
        ([("GET", "/")], False),
        ([("HEAD", "/")], False),
        ([("GET", "/?action=list")], False),
        ([("GET", "/pets"), ("GET", "/")], False),
        ([("POST", "/")], True),
        ([("GET", "/{id}")], True),
    ],
)
def test_an_operation_that_reads_the_same_path_comes_first(rules: list[tuple[str, str]], is_there: bool) -> None:
    assert (page(rules=tuple(rules)) is not None) is is_there
