import json
from pathlib import Path

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
def config(tmp_path: Path) -> str:
    (tmp_path / "openapi.yaml").write_text(DOCUMENT)
    (tmp_path / "gateway.yaml").write_text(CONFIG)
    return str(tmp_path / "gateway.yaml")


def test_an_allowed_call_exits_0_and_names_the_injected_header_without_needing_the_secret(
    config: str, capsys: pytest.CaptureFixture[str]
) -> None:
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
        ("GET", "pets", "hint: a path begins with a slash: `GET /pets`"),
        ("GET", "/\x00", "refused"),
        ("", "", "refused"),
    ],
)
def test_a_refused_call_exits_1_and_says_why(
    config: str, capsys: pytest.CaptureFixture[str], method: str, path: str, said: str
) -> None:
    assert run(["explain", "-c", config, method, path]) == 1
    assert said in capsys.readouterr().out


def test_programs_get_json(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    run(["explain", "-c", config, "--format", "json", "GET", "/pets"])
    allowed = json.loads(capsys.readouterr().out)
    run(["explain", "-c", config, "--format", "json", "GET", "/nope"])
    refused = json.loads(capsys.readouterr().out)
    assert (allowed["allowed"], allowed["operation"]) == (True, "listPets")
    assert allowed["url"] == "http://127.0.0.1:9100/pets"
    assert (refused["allowed"], refused["status"], refused["code"]) == (False, 404, "operation-not-found")
    assert refused["steps"][-1]["passed"] is False


MORE = """
auth: {type: service_http, tokens: [{name: a, value: a-token-of-some-length}, {name: b, value: b-token-of-some-length}]}
consumers:
  - {name: reader, match: {token: a}, allow: [listPets]}
  - {name: writer, match: {token: b}}
deny: [DELETE /**]
"""


@pytest.fixture
def wide(tmp_path: Path) -> str:
    (tmp_path / "openapi.yaml").write_text(
        DOCUMENT + "  /pets/all: {delete: {operationId: deleteAll, responses: {}}}\n"
    )
    text = CONFIG.replace("[listPets, getPet]", "\n  - listPets\n  - getPet") + MORE
    own = "{operation: listPets, credential: {header: X-Own, value: {env: OWN}}}"
    (tmp_path / "gateway.yaml").write_text(text.replace("- listPets\n", f"- {own}\n", 1))
    return str(tmp_path / "gateway.yaml")


def explained(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    status = run(["explain", "-c", *arguments])
    return status, capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["GET", "/pets"], 0, "service_http"),
        (["GET", "/pets"], 0, "in `allow`, "),
        (["GET", "/pets"], 0, "gateway.yaml:4:5"),
        (["GET", "/pets/1"], 0, "gateway.yaml:5:5"),
        (["GET", "/pets/1"], 0, "may be called by writer, and not by reader"),
        (["GET", "/pets/1", "--as", "writer"], 0, "with a credential of the consumer writer"),
        (
            ["GET", "/pets/1", "--as", "reader"],
            1,
            "`GET /pets/{id}` is allowed, but not to reader: to open it, name it in that consumer's `allow`",
        ),
        (["GET", "/pets/export"], 1, "the document has `GET /pets/export`; to open it, write `- GET /pets/export`"),
        (["DELETE", "/pets/all"], 1, "`DELETE /**` in `deny` closes it, "),
        (["GET", "/nope"], 1, "the document has no such operation"),
        (["GET", "/openapi.json"], 0, "answered by the gateway itself"),
        (["POST", "/openapi.json"], 1, "405 method-not-allowed"),
        (["POST", "/mcp"], 0, "the MCP endpoint answers /mcp"),
        (["GET", "/mcp"], 1, "405 method-not-allowed"),
        (["OPTIONS", "/pets"], 0, "answered by the gateway itself"),
        (["GET", "http://localhost:8080/pets?limit=1"], 0, "http://127.0.0.1:9100/pets?limit=1"),
        (["GET", "http://127.0.0.1:9100/pets?limit=1#top"], 0, "http://127.0.0.1:9100/pets?limit=1"),
        (["GET", "http://127.0.0.1:18080/pets?limit=1"], 0, "http://127.0.0.1:9100/pets?limit=1"),
        (["GET", "http://[::1]:18080"], 1, "the path on the gateway is /"),
        (["GET /pets?limit=1"], 0, "http://127.0.0.1:9100/pets?limit=1"),
        (["/pets?limit=1"], 0, "GET /pets?limit=1"),
        (["http://localhost:8080/pets"], 0, "http://127.0.0.1:9100/pets"),
        (["curl -H 'a: b' 'http://localhost:8080/pets?limit=1'"], 0, "http://127.0.0.1:9100/pets?limit=1"),
        (["curl -s http://localhost:8080/pets/1", "--as", "reader"], 1, "not to reader"),
        (["--as", "writer", "curl", "-sX", "DELETE", "http://localhost:8080/pets/all"], 1, "DELETE http://localhost"),
        (["curl", "http://localhost:8080/pets", "-H", "a: b", "-d", "{}"], 1, "405 method-not-allowed"),
        (["GET", "https://elsewhere.example/pets"], 1, "the gateway is at http://localhost:8080"),
        (["GET", "https://elsewhere.example/pets"], 1, "not judged: such a call does not come to the gateway"),
        (["GET", "http://localhost.example.com/pets"], 1, "not judged"),
        (["GET", "http://[/pets"], 1, "the gateway is at"),
    ],
)
def test_callers_own_paths_pasted_urls_and_the_line_that_decides_are_explained(
    wide: str, capsys: pytest.CaptureFixture[str], arguments: list[str], status: int, said: str
) -> None:
    found, out = explained(capsys, wide, *arguments)
    assert said in out
    assert found == status


def test_an_operation_with_its_own_credential_gets_that_credential(
    wide: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "sets header X-Own" in explained(capsys, wide, "GET", "/pets")[1]
    assert "sets header Authorization" in explained(capsys, wide, "GET", "/pets/1")[1]


def test_a_consumer_that_is_not_there_is_a_mistake_in_the_command(
    wide: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["explain", "-c", wide, "GET", "/pets", "--as", "raeder"]) == 2
    assert "did you mean `reader`? the consumers are reader, writer" in capsys.readouterr().err


def test_without_mcp_the_path_of_the_endpoint_is_unknown(
    tmp_path: Path, config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "gateway.yaml").write_text(f"{CONFIG}mcp: false\n")
    assert run(["explain", "-c", config, "POST", "/mcp"]) == 1
    assert "404 operation-not-found" in capsys.readouterr().out


BY_FIELD = """
openapi: 3.1.0
info: {title: Queues, version: "1"}
paths:
  "/#X-Target=List": {post: {operationId: list, parameters: [{name: X-Target, in: header, required: true, schema: {enum: [List]}}], responses: {}}}
  "/#X-Target=Drop": {post: {operationId: drop, parameters: [{name: X-Target, in: header, required: true, schema: {enum: [Drop]}}], responses: {}}}
"""


@pytest.mark.parametrize(
    ("arguments", "code", "line"),
    [
        (["POST", "/"], 1, "is allowed only with the header field x-target: List"),
        (["POST", "/", "-H", "X-Target: List"], 0, "forwarded as list"),
        (["POST", "/", "--header", "x-target:Drop"], 1, "the document has `POST /#X-Target=Drop`"),
        (["curl -X POST -H 'X-Target: List' http://localhost:8080/"], 0, "forwarded as list"),
    ],
)
def test_the_field_that_selects_an_operation_is_judged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, line: str
) -> None:
    (tmp_path / "openapi.yaml").write_text(BY_FIELD)
    (tmp_path / "gateway.yaml").write_text(CONFIG.replace("[listPets, getPet]", "[list]"))
    status, text = explained(capsys, str(tmp_path / "gateway.yaml"), *arguments)
    assert status == code
    assert line in text
