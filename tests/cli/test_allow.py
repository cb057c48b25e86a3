from pathlib import Path

import pytest
from click.testing import CliRunner

from plugin_gateway.cli.allow import command
from plugin_gateway.cli.entry import run
from tests.editable import enter

OPENAPI = 'openapi: 3.1.0\ninfo: {title: Pets, version: "1"}\npaths: {/pets: {get: {operationId: listPets, responses: {}}, post: {responses: {}}}}\n'
CONFIG = "openapi: openapi.yaml\nupstream: {url: http://127.0.0.1:1}\nallow:\n  - listPets   # GET /pets\n"


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return enter(tmp_path, monkeypatch, CONFIG, OPENAPI)


def test_operations_are_added_to_the_file(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["allow", "POST   /pets"]) == 0
    assert config.read_text() == CONFIG + "  - POST /pets\n"
    assert capsys.readouterr().out.startswith("--- gateway.yaml\n+++ gateway.yaml (edited)\n@@")


def test_an_allowed_operation_changes_nothing_and_is_fine(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = config.stat()
    assert run(["allow", "listPets"]) == 0
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "`listPets` is in `allow` already\ngateway.yaml is unchanged\n" in shown.err
    assert config.stat().st_mtime_ns == before.st_mtime_ns


def test_a_misspelt_operation_is_an_error_with_the_nearest_name_and_no_other_is_added(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["allow", "POST /pets", "listPet"]) == 2
    assert "did you mean `listPets`?" in capsys.readouterr().err
    assert config.read_text() == CONFIG


def test_the_command_needs_an_operation() -> None:
    assert CliRunner().invoke(command, []).exit_code == 2
