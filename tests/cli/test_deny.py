from pathlib import Path

import pytest

from plugin_gateway.cli.entry import run
from tests.editable import enter

CONFIG = "openapi: openapi.yaml\nupstream: {url: http://127.0.0.1:1}\nallow:\n  - listPets   # GET /pets\n  - addPet     # POST /pets\n"


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return enter(tmp_path, monkeypatch, CONFIG)


def test_an_entry_is_taken_out_of_the_file(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["deny", "addPet"]) == 0
    assert config.read_text() == CONFIG.replace("  - addPet     # POST /pets\n", "")
    assert "1 of 2 operations are allowed" in capsys.readouterr().err


def test_the_last_entry_leaves_a_list_that_allows_nothing(config: Path) -> None:
    assert run(["deny", "listPets", "POST /pets"]) == 0
    assert config.read_text().endswith("allow:\n  []\n")
    assert run(["allow", "listPets"]) == 0
    assert config.read_text().endswith("allow:\n  - listPets   # GET /pets\n")


def test_a_dry_run_shows_the_diff_only(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["deny", "addPet", "--dry-run"]) == 0
    assert "-  - addPet     # POST /pets\n" in capsys.readouterr().out
    assert config.read_text() == CONFIG
