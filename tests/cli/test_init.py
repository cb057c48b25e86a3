from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from plugin_gateway.cli.entry import run
from plugin_gateway.cli.init import as_written
from plugin_gateway.server import startup
from plugin_gateway.server.start import ServeOptions

DOCUMENT = 'openapi: 3.1.0\ninfo: {title: Pets, version: "1"}\nservers: [{url: "https://pets.test"}]\npaths: {/pets: {get: {operationId: listPets, summary: Pets, responses: {}}}}\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "openapi.yaml").write_text(DOCUMENT)
    return tmp_path


def test_check_accepts_the_config_that_init_writes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", "openapi.yaml"]) == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "wrote gateway.yaml" in captured.err
    assert "next: plugin-gateway check, then plugin-gateway serve" in captured.err
    assert yaml.safe_load((folder / "gateway.yaml").read_text())["allow"] == ["listPets"]
    assert run(["check"]) == 0


def test_no_file_is_overwritten_without_force(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
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


def test_a_place_that_cannot_be_written_to_is_reported(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", "openapi.yaml", "-o", "nowhere/gateway.yaml"]) == 2
    assert "cannot write nowhere/gateway.yaml" in capsys.readouterr().err


def test_a_name_that_is_too_long_is_reported(folder: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", "openapi.yaml", "-o", "x" * 300]) == 2
    assert "file name too long" in capsys.readouterr().err


def test_a_document_is_named_as_seen_from_the_config(folder: Path) -> None:
    assert as_written("https://api.test/o.json", folder / "g.yaml") == "https://api.test/o.json"
    assert as_written("sub/o.json", folder / "g.yaml") == "./sub/o.json"
    assert as_written("o.json", folder / "sub" / "g.yaml") == str(folder / "o.json")


LARGER = DOCUMENT.replace(
    "responses: {}}}}",
    "responses: {}}, delete: {operationId: deletePets, responses: {}}}, /toys: {get: {operationId: listToys, summary: Toys, responses: {}}}}",
)


@pytest.mark.parametrize(
    "arguments",
    [["openapi.yaml", "--add", "deletePets", "GET  /toys"], ["--add", "openapi.yaml", "deletePets", "GET /toys"]],
)
def test_a_new_file_allows_the_operations_that_are_named(
    folder: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "openapi.yaml").write_text(LARGER)

    assert run(["init", *arguments]) == 0
    assert yaml.safe_load((folder / "gateway.yaml").read_text())["allow"] == ["deletePets", "listToys"]
    assert "2 of 3 operations are allowed\n" in capsys.readouterr().err


def test_a_file_that_exists_gets_one_line_for_each_operation(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "openapi.yaml").write_text(LARGER)
    mine = "# mine\nopenapi: ./openapi.yaml\nupstream: {url: https://pets.test}\nallow:\n  - listPets # mine, too\n"
    (folder / "gateway.yaml").write_text(mine)

    assert run(["init", "openapi.yaml", "--add", "deletePets"]) == 0
    assert (folder / "gateway.yaml").read_text() == mine + "  - deletePets # DELETE /pets\n"
    assert "+  - deletePets # DELETE /pets" in capsys.readouterr().out
    assert run(["init", "--add", "openapi.yaml"]) == 0
    assert (folder / "gateway.yaml").read_text() == mine + "  - deletePets # DELETE /pets\n  - listToys   # GET /toys\n"


def test_a_dry_run_prints_the_file_or_the_diff_and_writes_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "openapi.yaml").write_text(LARGER)
    assert run(["init", "openapi.yaml", "--add", "listPets", "--dry-run"]) == 0
    assert "- listPets" in capsys.readouterr().out
    assert not (folder / "gateway.yaml").exists()
    assert run(["init", "openapi.yaml", "--add", "listPets"]) == 0
    before = (folder / "gateway.yaml").read_bytes()
    capsys.readouterr()
    assert run(["init", "openapi.yaml", "--add", "deletePets", "--dry-run"]) == 0
    assert "+  - deletePets" in capsys.readouterr().out
    assert (folder / "gateway.yaml").read_bytes() == before


def test_operations_are_not_added_to_the_config_of_another_document(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["init", "openapi.yaml"]) == 0
    (folder / "other.yaml").write_text(DOCUMENT)

    assert run(["init", "other.yaml", "--add", "listPets"]) == 2
    assert "is for the document" in capsys.readouterr().err
    assert run(["init", "https://pets.test/openapi.yaml", "--add", "listPets"]) == 2


@pytest.mark.parametrize(
    ("arguments", "says"), [(["listPets"], "--add listPets"), (["--add", "listPet"], "did you mean `listPets`?")]
)
def test_a_wrong_operation_writes_no_file(
    folder: Path, arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["init", "openapi.yaml", *arguments]) == 2
    assert says in capsys.readouterr().err
    assert not (folder / "gateway.yaml").exists()


def test_picking_starts_a_closed_gateway_for_this_machine_and_opens_its_console(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = []

    def start(options: ServeOptions, announce: Callable[..., Any]) -> int:
        started.append((options, announce.__name__))
        return 0

    monkeypatch.setattr(startup, "run", start)
    assert run(["init", "openapi.yaml", "--pick"]) == 0
    assert run(["init", "openapi.yaml", "--pick", "-o", "b.yaml", "--listen", ":1", "--admin", "127.0.0.1:2"]) == 0
    first = ServeOptions(config=Path("gateway.yaml"), listen="127.0.0.1:8080", admin="127.0.0.1:8081")
    second = ServeOptions(config=Path("b.yaml"), listen="0.0.0.0:1", admin="127.0.0.1:2")
    assert started == [(first, "announce_and_open"), (second, "announce_and_open")]
    assert yaml.safe_load((folder / "gateway.yaml").read_text())["allow"] == []
    assert run(["check"]) == 0


def test_picking_overwrites_no_file_and_says_how_to_open_its_console(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "b.yaml").write_text("mine")
    assert run(["init", "openapi.yaml", "--pick", "-o", "b.yaml"]) == 2
    assert "`plugin-gateway serve --open -c b.yaml`" in " ".join(capsys.readouterr().err.split())
    assert (folder / "b.yaml").read_text() == "mine"


@pytest.mark.parametrize(
    "arguments",
    [
        ["openapi.yaml", "--add"],
        ["-"],
        ["openapi.yaml", "-o", "-"],
        ["openapi.yaml", "listPets", "--add"],
        ["openapi.yaml", "--dry-run"],
    ],
)
def test_picking_needs_a_document_and_a_file(
    arguments: list[str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["init", *arguments, "--pick"]) == 2
    assert "`--pick`" in capsys.readouterr().err
