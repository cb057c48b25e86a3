"""The steps of a compile."""

import pytest

from plugin_gateway.errors import DocumentError
from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.revision.steps import WHOLE_DOCUMENT

KEY = OperationKey("GET", "/a")


def document(parameter: object) -> Document:
    operation = {"parameters": [parameter], "responses": {"200": {"description": ""}}}
    paths = {"/a": {"get": operation}, "/b": {"get": operation}}
    return Document(root={"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}, name="a.json")


def test_a_document_is_pruned_and_mended() -> None:
    source = document({"name": "q", "in": "Query", "schema": {}})
    pruned, findings = WHOLE_DOCUMENT.prune(source, [KEY], extensions=(), discriminator="follow")

    assert [*pruned.operations] == [KEY]
    assert pruned.operations[KEY].node["parameters"][0]["in"] == "query"
    assert [finding.rule for finding in findings] == ["document-mended"]


def test_a_mistake_without_a_certain_correction_is_an_error() -> None:
    with pytest.raises(DocumentError, match="has no name"):
        WHOLE_DOCUMENT.prune(document({"in": "query"}), [KEY], extensions=(), discriminator="follow")


def test_broken_references_and_other_mistakes_are_in_one_error() -> None:
    source = document({"in": "query"})
    source.root["paths"]["/a"]["get"]["parameters"] += [{"$ref": "#/components/parameters/Gone"}, None]
    with pytest.raises(DocumentError) as caught:
        WHOLE_DOCUMENT.prune(source, [KEY], extensions=(), discriminator="follow")
    found = [(one.rule, (one.pointer or ())[-2:]) for one in caught.value.findings]
    assert sorted(found) == [
        ("document-node", ("parameters", "0")),
        ("document-node", ("parameters", "2")),
        ("unresolved-ref", ("1", "$ref")),
    ]
