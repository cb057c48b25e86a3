import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from plugin_gateway.cli.entry import run
from plugin_gateway.cli.prune import NamedOperation, read_list, syntax_of
from tests.bounds import BOUND_S

DOCUMENT = {
    "openapi": "3.0.3",
    "info": {"title": "Pets", "version": "1"},
    "paths": {
        "/pets": {
            "get": {
                "operationId": "listPets",
                "responses": {"200": {"description": "ok"}},
                "x-internal": 1,
                "x-rate": 2,
            },
            "post": {"operationId": "twice", "responses": {}},
        },
        "/admin": {"get": {"operationId": "twice", "responses": {}}},
        "/broken": {"get": {"operationId": "broken", "responses": {"200": {"$ref": "#/nowhere"}}}},
        "/animals": {
            "get": {
                "operationId": "animals",
                "responses": {
                    "200": {
                        "description": "ok",
                        "content": {"a/b": {"schema": {"$ref": "#/components/schemas/Animal"}}},
                    }
                },
            }
        },
    },
    "components": {
        "schemas": {
            "Animal": {
                "type": "object",
                "discriminator": {"propertyName": "kind", "mapping": {"cat": "#/components/schemas/Cat"}},
            },
            "Cat": {"type": "object"},
        }
    },
}


@pytest.fixture
def source(tmp_path: Path) -> str:
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(DOCUMENT))
    return str(path)


def pruned(capsysbinary: pytest.CaptureFixture[bytes], *arguments: str) -> bytes:
    assert run(["prune", *arguments]) == 0
    return capsysbinary.readouterr().out


def test_only_the_allowed_operation_is_left(source: str, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    document = json.loads(pruned(capsysbinary, source, "--allow", "listPets"))
    assert document["paths"] == {
        "/pets": {"get": {"operationId": "listPets", "responses": {"200": {"description": "ok"}}}}
    }
    assert document["openapi"] == "3.0.3"


def test_operations_are_named_by_method_and_path_or_in_files(
    source: str, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    listed = tmp_path / "allow.txt"
    listed.write_text("# the ones we want\nlistPets  # reads\n\nget   /admin\n")
    document = json.loads(pruned(capsysbinary, source, "--allow-file", str(listed), "--allow", "POST /pets"))
    assert {path: set(item) for path, item in document["paths"].items()} == {
        "/pets": {"get", "post"},
        "/admin": {"get"},
    }


def test_extensions_and_selected_schemas_are_kept_when_asked_for(
    source: str, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    document = json.loads(pruned(capsysbinary, source, "--allow", "listPets", "--keep-extension", "x-rate"))
    assert document["paths"]["/pets"]["get"]["x-rate"] == 2
    assert "Cat" in json.loads(pruned(capsysbinary, source, "--allow", "animals"))["components"]["schemas"]
    trimmed = json.loads(pruned(capsysbinary, source, "--allow", "animals", "--discriminator", "trim"))
    assert "Cat" not in trimmed["components"]["schemas"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "nothing would be left"),
        (["--allow", "listPats"], "did you mean `listPets`"),
        (["--allow", "twice"], "to `POST /pets` and `GET /admin`"),
        (["--allow", "DELETE /pets"], "that path has GET, POST"),
        (["--allow", "broken"], "openapi.json:1:"),
        (["--allow", "listPets", "-o", "/nowhere/out.json"], "cannot write /nowhere/out.json"),
    ],
)
def test_mistakes_exit_2_and_write_nothing(
    source: str, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["prune", source, *arguments]) == 2
    captured = capsys.readouterr()
    assert said in captured.err
    assert captured.out == ""


def test_an_undefined_schema_is_reported_beside_the_result(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = {"a/b": {"schema": {"$ref": "#/components/schemas/Anmal"}}}
    get = {"operationId": "odd", "responses": {"200": {"description": "ok", "content": content}}}
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps({**DOCUMENT, "paths": {"/odd": {"get": get}}}))
    assert run(["prune", str(path), "--allow", "odd"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["paths"] == {"/odd": {"get": get}}
    assert f"{path}:1:" in captured.err
    assert "warning[undefined-schema]" in captured.err
    assert "did you mean '#/components/schemas/Animal'" in captured.err


def test_a_source_that_is_not_there_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["prune", "/nowhere/openapi.json", "--allow", "x"]) == 2
    assert "/nowhere/openapi.json" in capsys.readouterr().err


def test_a_list_that_is_not_text_is_reported(source: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "list").write_bytes(b"\xff\xfe")
    assert run(["prune", source, "--allow-file", str(tmp_path / "list")]) == 2
    assert "as UTF-8 text" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("output", "source", "syntax"),
    [
        ("-", "a.json", "json"),
        ("-", "a.yaml", "yaml"),
        ("-", "https://x/a.yml?v=1", "yaml"),
        ("-", "https://x/openapi", "json"),
        ("o.json", "a.yaml", "json"),
        ("o.YML", "a.json", "yaml"),
        ("out", "a.yaml", "yaml"),
    ],
)
def test_the_suffix_of_the_output_or_else_of_the_source_decides_the_syntax(
    output: str, source: str, syntax: str
) -> None:
    assert syntax_of(output, source) == syntax


def test_yaml_and_json_say_the_same(source: str, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    out = tmp_path / "out.yaml"
    assert run(["prune", source, "--allow", "listPets", "-o", str(out)]) == 0
    as_json = json.loads(pruned(capsysbinary, source, "--allow", "listPets", "--format", "json"))
    assert yaml.safe_load(out.read_text()) == as_json


def test_a_hash_in_a_name_is_no_comment(tmp_path: Path) -> None:
    (tmp_path / "list").write_text("GET /a#b\n  # only a comment\nGET /c # said\n")
    assert list(read_list(tmp_path / "list")) == ["GET /a#b", "GET /c"]


def test_a_name_is_an_id_or_a_method_and_a_path() -> None:
    assert NamedOperation("get /pets", 0).key == ("GET", "/pets")
    assert NamedOperation("listPets", 0).wanted_id == "listPets"
    assert NamedOperation("list pets", 0).key is None


def test_pruning_json_imports_neither_the_config_nor_a_server_nor_yaml(source: str) -> None:
    program = (
        "import sys; from plugin_gateway.cli.entry import run; "
        f"run(['prune', {source!r}, '--allow', 'listPets', '-o', '/dev/null']); "
        "heavy = {'plugin_gateway.config.model', 'uvicorn', 'starlette', 'httpx2', 'yaml', 'asyncio', 'prance'}; "
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=BOUND_S, check=False
    )
    assert result.returncode == 0, result.stderr


def test_overlays_are_applied_first(
    source: str, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    overlay = tmp_path / "o.yaml"
    head = 'overlay: 1.1.0\ninfo: {title: T, version: "1"}\nactions: '
    overlay.write_text(head + "[{target: $.paths.*.get, update: {operationId: pets, summary: Short}}]")
    shown = json.loads(
        pruned(capsysbinary, source, "--allow", "GET /pets", "--overlay", str(overlay), "--format", "json")
    )
    assert shown["paths"]["/pets"]["get"]["summary"] == "Short"

    with monkeypatch.context() as patch:
        patch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(overlay.read_bytes())))
        piped = pruned(capsysbinary, source, "--allow", "GET /pets", "--overlay", "-", "--format", "json")
    assert json.loads(piped) == shown

    overlay.write_text(head + "[{target: $.path, remove: true}]")
    assert run(["prune", source, "--allow", "GET /pets", "--overlay", str(overlay)]) == 2
    assert b"did you mean `paths`" in capsysbinary.readouterr().err
