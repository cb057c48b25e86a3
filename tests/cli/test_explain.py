import json

import pytest

from plugin_gateway.cli.entry import run

DOCUMENT = """
openapi: 3.1.0
info: {title: Pets, version: "1"}
paths:
  /pets: {get: {operationId: listPets, parameters: [{name: limit, in: query}], responses: {}}}
  /pets/{id}: {get: {operationId: getPet, responses: {}}}
  /pets/export: {get: {operationId: exportPets, responses: {}}}
"""
CONFIG = "openapi: ./openapi.yaml\nupstream: {url: http://127.0.0.1:9100, credential: {bearer: {env: NOT_SET}}}\nallow: [listPets, getPet]\n"


@pytest.fixture
def config(tmp_path):
    (tmp_path / "openapi.yaml").write_text(DOCUMENT)
    (tmp_path / "gateway.yaml").write_text(CONFIG)
    return str(tmp_path / "gateway.yaml")


def test_an_allowed_call_exits_0_and_says_what_is_injected_without_the_secret_being_there(config, capsys):
    assert run(["explain", "-c", config, "GET", "/pets?limit=2"]) == 0
    out = capsys.readouterr().out
    assert "allowed: forwarded as listPets to http://127.0.0.1:9100/pets?limit=2" in out
    assert "sets header Authorization" in out


@pytest.mark.parametrize(
    ("method", "path", "said"),
    [
        ("GET", "/pets/export", "refused: the client gets 404"),
        ("DELETE", "/pets/1", "405 method-not-allowed"),
        ("GET", "/pets?admin=1", "undeclared-query-parameter"),
        ("GET", "/pets/../admin", "refused"),
        ("GET", "/\x00", "refused"),
        ("", "", "refused"),
    ],
)
def test_a_refused_call_exits_1_and_says_why(config, capsys, method, path, said):
    assert run(["explain", "-c", config, method, path]) == 1
    assert said in capsys.readouterr().out


def test_programs_get_json(config, capsys):
    run(["explain", "-c", config, "--format", "json", "GET", "/pets"])
    allowed = json.loads(capsys.readouterr().out)
    run(["explain", "-c", config, "--format", "json", "GET", "/nope"])
    refused = json.loads(capsys.readouterr().out)
    assert (allowed["allowed"], allowed["operation"]) == (True, "listPets")
    assert allowed["url"] == "http://127.0.0.1:9100/pets"
    assert (refused["allowed"], refused["status"], refused["code"]) == (False, 404, "operation-not-found")
    assert refused["steps"][-1]["passed"] is False
