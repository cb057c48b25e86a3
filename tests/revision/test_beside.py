import pytest

from plugin_gateway.errors import ConfigError
from plugin_gateway.revision.build import load_config

DOCUMENT = """
openapi: 3.1.0
info: {title: Pets, version: "1"}
paths:
  /pets: {get: {operationId: listPets, responses: {"200": {$ref: "#/components/responses/Nope"}}}}
"""
CONFIG = 'openapi: ./openapi.yaml\nupstream: {url: "htp://x"}\nallow: [listPets, listPet, {operation: x, nope: 1}]\ndeny: [no]\n'


def rules(tmp_path, document=DOCUMENT, config=CONFIG, **options):
    if document is not None:
        (tmp_path / "openapi.yaml").write_text(document)
    (tmp_path / "gateway.yaml").write_text(config)
    with pytest.raises(ConfigError) as caught:
        load_config(tmp_path / "gateway.yaml", environ={}, **options)
    return {
        (finding.rule, finding.location.file.rpartition("/")[2], finding.location.line)
        for finding in caught.value.findings
    }


def test_config_operations_and_document_are_in_one_report(tmp_path):
    found = rules(tmp_path, in_one_report=True)
    assert {("bad-url", "gateway.yaml", 2), ("unknown-key", "gateway.yaml", 3)} < found
    assert {("unknown-operation", "gateway.yaml", 3), ("unknown-operation", "gateway.yaml", 4)} < found
    assert any(file == "openapi.yaml" for _, file, _ in found)


def test_a_document_that_cannot_be_read_is_in_it(tmp_path):
    assert ("document-unreadable", "openapi.yaml", 0) in rules(tmp_path, None, in_one_report=True)


def test_who_asks_for_the_config_alone_is_told_of_it_alone(tmp_path):
    assert {file for _, file, _ in rules(tmp_path)} == {"gateway.yaml"}


def test_the_document_is_watched_although_the_config_is_refused(tmp_path):
    told = []
    rules(tmp_path, in_one_report=True, on_file=told.append)
    assert "openapi.yaml" in {path.name for path in told}
