from typing import Any

import pytest
import yaml

from plugin_gateway.callers.compile import compile_security
from plugin_gateway.config.load import load_text
from plugin_gateway.gate.permit import OperationRule
from plugin_gateway.openapi.document import Document
from plugin_gateway.publish.face import build_face
from plugin_gateway.revision.agreed import NOTHING_AGREED
from plugin_gateway.revision.allowed_part import choose_operations
from plugin_gateway.revision.pinned import NOTHING_PINNED
from plugin_gateway.revision.publication import compile_page, find_hidden_operations, manifest_faces

DOCUMENT = Document(
    root=yaml.safe_load("""
openapi: 3.0.3
info: {title: Pets, version: "1"}
paths:
  /pets:
    get: {operationId: listPets, responses: {"200": {description: ok}}}
    options: {operationId: petOptions, responses: {"200": {description: ok}}}
  /mcp:
    get: {operationId: ownPath, responses: {"200": {description: ok}}}
"""),
    name="openapi.yaml",
)
CONFIG = load_text(
    """
openapi: ./openapi.yaml
upstream: {url: http://127.0.0.1:9100}
allow: [listPets, petOptions, ownPath]
""",
    path=None,
    environ={},
).config


def test_an_operation_that_the_gateway_answers_itself_is_pointed_out_at_its_entry() -> None:
    kept = choose_operations(CONFIG, DOCUMENT, NOTHING_PINNED, NOTHING_AGREED).kept
    found = {finding.pointer: finding.message for finding in find_hidden_operations(kept, {"/mcp"})}
    assert found.keys() == {("allow", 1), ("allow", 2)}
    assert "answers OPTIONS itself" in found["allow", 1]
    assert "serves its own /mcp" in found["allow", 2]


@pytest.mark.parametrize("logo", [None, b"<svg xmlns='http://www.w3.org/2000/svg'/>"])
def test_the_manifest_names_a_logo_that_is_served(logo: bytes | None) -> None:
    faces, findings = manifest_faces(CONFIG, DOCUMENT, logo, compile_security(CONFIG))
    assert [finding.rule for finding in findings if "logo" in finding.rule] == []
    assert "/.well-known/ai-plugin.json" in faces
    assert any("logo" in path for path in faces)


def test_a_logo_that_is_no_picture_is_a_finding_and_gives_no_face() -> None:
    faces, findings = manifest_faces(CONFIG, DOCUMENT, b"no picture", compile_security(CONFIG))
    assert faces == {}
    assert findings


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
