import codecs
import io
from pathlib import Path

import pytest

from plugin_gateway.cli.entry import run
from tests.editable import enter

OPENAPI = 'openapi: 3.1.0\ninfo: {title: Pets, version: "1"}\npaths: {/pets: {get: {operationId: listPets, responses: {}}, post: {operationId: twin, responses: {}}, put: {operationId: twin, responses: {}}}}\n'
CONFIG = "openapi: openapi.yaml\nupstream: {url: http://127.0.0.1:1}\nallow:\n  - listPets\n  - twin\n"
FORMATTED = CONFIG.replace("- listPets", "- listPets   # GET /pets")


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return enter(tmp_path, monkeypatch, CONFIG, OPENAPI)


def test_a_file_is_formatted_in_place(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_bytes(codecs.BOM_UTF8 + CONFIG.encode())

    assert run(["fmt"]) == 0
    assert config.read_bytes() == codecs.BOM_UTF8 + FORMATTED.encode()
    assert "+  - listPets   # GET /pets\n" in capsys.readouterr().out
    assert run(["fmt", "gateway.yaml"]) == 0
    assert capsys.readouterr().out == ""


def test_a_check_writes_nothing_and_exits_1(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["fmt", "--check"]) == 1
    assert "run `plugin-gateway fmt gateway.yaml`" in capsys.readouterr().err
    assert config.read_text() == CONFIG


def test_without_the_document_only_blanks_are_removed(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("openapi.yaml").unlink()
    config.write_text(CONFIG + "\n\n\n")

    assert run(["fmt"]) == 0
    assert config.read_text() == CONFIG
    assert "comments stay as they are" in capsys.readouterr().err


def test_a_text_that_is_not_clear_is_refused(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text(CONFIG + "allow: []\n")

    assert run(["fmt"]) == 2
    assert "line 6 of the config is not clear YAML" in capsys.readouterr().err


def test_standard_input_is_formatted_to_standard_output(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    for given, expected in ((CONFIG, FORMATTED), (FORMATTED, FORMATTED)):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(codecs.BOM_UTF8 + given.encode())))
        assert run(["fmt", "-"]) == 0
        assert capsysbinary.readouterr().out == codecs.BOM_UTF8 + expected.encode()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(CONFIG.encode())))
    assert run(["fmt", "-", "--check"]) == 1
    out, err = capsysbinary.readouterr()
    assert b"+  - listPets   # GET /pets\n" in out
    assert b"standard input is not formatted" in err
    assert config.read_text() == CONFIG
