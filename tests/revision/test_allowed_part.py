import pytest
import yaml

from plugin_gateway.config.load import load_text
from plugin_gateway.config.model import Config
from plugin_gateway.errors import DocumentError
from plugin_gateway.openapi.document import Document
from plugin_gateway.revision.agreed import NOTHING_AGREED
from plugin_gateway.revision.allowed_part import (
    Choice,
    choose_operations,
    cut_allowed_part,
    findings_without_broken,
)
from plugin_gateway.revision.pinned import NOTHING_PINNED, Pinned
from plugin_gateway.revision.steps import WHOLE_DOCUMENT

PETS = """
openapi: 3.0.3
info: {title: Pets, version: "1"}
paths:
  /pets:
    get: {operationId: listPets, responses: {"200": {description: ok}}}
  /broken:
    get: {operationId: broken, responses: {"200": {$ref: "#/components/responses/Gone"}}}
"""
ADDED = """
  /pets/export:
    get: {operationId: exportPets, responses: {"200": {description: ok}}}
"""
CONFIG = """
openapi: ./openapi.yaml
upstream: {url: http://127.0.0.1:9100}
auth: {type: service_http, tokens: [{name: agent, env: KEY}]}
consumers: [{name: agent, match: {token: agent}, allow: [{path: "/pets/**"}]}]
"""


def document(text: str = PETS) -> Document:
    return Document(root=yaml.safe_load(text), name="openapi.yaml")


def config(allow: str) -> Config:
    return load_text(f"{CONFIG}allow: {allow}", path=None, environ={"KEY": "k" * 40}).config


def chosen(allow: str, text: str = PETS, pinned: Pinned = NOTHING_PINNED) -> Choice:
    return choose_operations(config(allow), document(text), pinned, NOTHING_AGREED)


def test_the_part_has_the_allowed_operations_and_no_other() -> None:
    kept = chosen("[listPets]").kept
    part = cut_allowed_part(config("[listPets]"), document(), kept, WHOLE_DOCUMENT)
    assert list(part.document.root["paths"]) == ["/pets"]
    assert list(map(str, part.ids)) == ["GET /pets"]
    assert list(part.ids.values()) == ["listPets"]


def test_an_operation_that_cannot_be_cut_out_is_an_error_of_the_document() -> None:
    with pytest.raises(DocumentError):
        cut_allowed_part(config("[broken]"), document(), chosen("[broken]").kept, WHOLE_DOCUMENT)


def test_an_operation_that_is_added_to_a_group_stays_closed_and_is_held_for_each_list_with_the_group() -> None:
    allow = '[{path: "/pets/**"}]'
    before = chosen(allow)
    after = chosen(allow, PETS + ADDED, before.pinned)
    assert list(map(str, after.kept)) == ["GET /pets"]
    assert list(after.held(config(allow))) == ["GET /pets/export"]
    assert list(map(str, chosen(allow, PETS + ADDED).kept)) == ["GET /pets", "GET /pets/export"]


def test_an_operation_that_only_a_consumers_group_did_not_have_is_held_for_that_consumer() -> None:
    before = chosen("[listPets]")
    after = chosen("[listPets, exportPets]", PETS + ADDED, before.pinned)
    assert list(map(str, after.kept)) == ["GET /pets", "GET /pets/export"]
    assert list(after.held(config("[listPets, exportPets]"))) == ["GET /pets/export (consumer agent)"]
    assert [finding.rule for finding in after.findings] == ["later-operation"]


def test_the_lists_of_a_document_without_operations_have_one_finding() -> None:
    empty = "openapi: 3.0.3\ninfo: {title: Pets, version: '1'}\npaths: {}\n"
    assert [one.message for one in chosen("[listPets, GET /pets]", empty).findings] == [
        "the document has no operations"
    ]


def test_findings_about_the_config_do_not_wait_for_operations_that_cannot_be_cut_out() -> None:
    allow = "[broken, {operation: listPets, request: {drop: [/no]}}]"
    kept = chosen(allow).kept
    (finding,) = findings_without_broken(config(allow), document(), kept, WHOLE_DOCUMENT)
    assert finding.rule == "pointer-leads-nowhere"
