import json
from pathlib import Path
from typing import Any

import pytest

from plugin_gateway.cli.entry import run
from plugin_gateway.cli.ops import columns, cut

DOCUMENT = """
openapi: 3.1.0
info: {title: Pets, version: "1"}
paths:
  /pets:
    get: {operationId: listPets, summary: "List <b>pets</b>", tags: [Pets], responses: {}}
    post: {operationId: createPet, deprecated: true, tags: [Pets], responses: {}}
  /admin: {get: {summary: Look at everything, responses: {}}}
"""
CONFIG = "openapi: ./openapi.yaml\nupstream: {url: http://127.0.0.1:9100, credential: {bearer: {env: NOT_SET}}}\nallow: [listPets, gone]\n"


@pytest.fixture
def config(tmp_path: Path) -> str:
    (tmp_path / "openapi.yaml").write_text(DOCUMENT)
    (tmp_path / "gateway.yaml").write_text(CONFIG)
    return str(tmp_path / "gateway.yaml")


def listed(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert run(["ops", *arguments, "--format", "json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_operations_are_listed_in_order_with_the_allowed_ones_marked(
    config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = listed(capsys, "-c", config)
    assert [(row["method"], row["path"], row["operation_id"], row["allowed"]) for row in rows] == [
        ("GET", "/pets", "listPets", True),
        ("POST", "/pets", "createPet", False),
        ("GET", "/admin", None, False),
    ]
    assert rows[0]["summary"] == "List pets"
    assert rows[1]["deprecated"] is True
    assert all(row["tokens"] > 0 for row in rows)


def test_an_allow_list_that_is_wrong_and_a_secret_that_is_missing_hide_nothing(
    config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["ops", "-c", config]) == 0
    captured = capsys.readouterr()
    assert captured.out.splitlines()[0].startswith("✓ GET     /pets")
    assert captured.err == "3 of 3 operations, 1 allowed\n"


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        (["PET"], ["listPets", "createPet"]),
        (["pet", "method:post"], ["createPet"]),
        (["tag:pets"], ["listPets", "createPet"]),
        (["tag:pet"], []),
        (["everything"], [None]),
        (["nothing at all"], []),
    ],
)
def test_a_query_narrows_the_list(
    config: str, capsys: pytest.CaptureFixture[str], query: list[str], ids: list[Any]
) -> None:
    assert [row["operation_id"] for row in listed(capsys, "-c", config, *query)] == ids


def test_a_document_can_be_listed_before_there_is_a_config(
    config: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = listed(capsys, "--source", str(tmp_path / "openapi.yaml"))
    assert len(rows) == 3
    assert not any(row["allowed"] for row in rows)


def test_long_texts_are_cut_to_the_width() -> None:
    assert [cut("abc", 3), cut("abcd", 3), cut("abc", 1), cut("abc", 0)] == ["abc", "ab…", "…", ""]


@pytest.mark.parametrize("width", [40, 60, 80, 100, 200])
def test_rows_fit_the_terminal(
    config: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    (tmp_path / "openapi.yaml").write_text(
        DOCUMENT + f"  /{'long/' * 30}: {{get: {{operationId: {'Id' * 40}, summary: {'犬' * 200}, responses: {{}}}}}}\n"
    )
    assert run(["ops", "-c", config]) == 0
    assert all(columns(line) <= width for line in capsys.readouterr().out.splitlines())


def test_names_are_not_cut_if_the_output_is_no_terminal(
    config: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    path, name = "/" + "long/" * 30, "Id" * 40
    (tmp_path / "openapi.yaml").write_text(DOCUMENT + f"  {path}: {{get: {{operationId: {name}, responses: {{}}}}}}\n")
    assert run(["ops", "-c", config, "id"]) == 0
    assert f"{path}  {name}  " in capsys.readouterr().out
