from pathlib import Path
from typing import Any

import pytest
import yaml

from plugin_gateway.cli.entry import run
from plugin_gateway.cli.init import as_written

DOCUMENT = 'openapi: 3.1.0\ninfo: {title: Pets, version: "1"}\nservers: [{url: "https://pets.test"}]\npaths: {/pets: {get: {operationId: listPets, summary: Pets, responses: {}}}}\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "openapi.yaml").write_text(DOCUMENT)
    return tmp_path


def test_what_init_writes_is_what_check_accepts(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", "openapi.yaml"]) == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "wrote gateway.yaml" in captured.err
    assert "next: plugin-gateway check, then plugin-gateway serve" in captured.err
    assert yaml.safe_load((folder / "gateway.yaml").read_text())["allow"] == ["listPets"]
    assert run(["check"]) == 0


def test_nothing_is_written_over_unless_told_to(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "gateway.yaml").write_text("mine")
    assert run(["init", "openapi.yaml"]) == 2
    assert "--force" in capsys.readouterr().err
    assert (folder / "gateway.yaml").read_text() == "mine"
    assert run(["init", "openapi.yaml", "--force"]) == 0
    assert (folder / "gateway.yaml").read_text() != "mine"


def test_a_config_elsewhere_still_finds_the_document(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "etc").mkdir()
    assert run(["init", "openapi.yaml", "-o", "etc/gw.yaml"]) == 0
    assert run(["check", "-c", "etc/gw.yaml"]) == 0
    assert "check -c etc/gw.yaml" in capsys.readouterr().err


def test_a_place_that_cannot_be_written_to_is_told_so(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", "openapi.yaml", "-o", "nowhere/gateway.yaml"]) == 2
    assert "cannot write nowhere/gateway.yaml" in capsys.readouterr().err


def test_a_name_that_is_too_long_is_told(folder: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", "openapi.yaml", "-o", "x" * 300]) == 2
    assert "file name too long" in capsys.readouterr().err


def test_a_document_is_named_as_seen_from_the_config(folder: Path) -> None:
    assert as_written("https://api.test/o.json", folder / "g.yaml") == "https://api.test/o.json"
    assert as_written("sub/o.json", folder / "g.yaml") == "./sub/o.json"
    assert as_written("o.json", folder / "sub" / "g.yaml") == str(folder / "o.json")
