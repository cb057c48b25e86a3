"""The command `plugin`."""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from plugin_gateway.cli.entry import run
from tests.shop import CONFIG, DOCUMENT, merged


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KEY", "sekret-7f3a9c")
    (tmp_path / "openapi.yaml").write_text(yaml.safe_dump(DOCUMENT))

    def write(**change: bool | dict[str, Any]) -> Path:
        (tmp_path / "gateway.yaml").write_text(yaml.safe_dump(merged(CONFIG, change)))
        return tmp_path

    write()
    return write


def test_the_package_is_written_to_a_directory(shop: Callable[..., Any], capsys: pytest.CaptureFixture[str]) -> None:
    folder = shop() / "out"
    assert run(["plugin", "-o", "out"]) == 0
    assert json.loads((folder / "plugin.json").read_text())["name"] == "shop-orders"
    assert (folder / ".claude-plugin" / "plugin.json").is_file()
    assert "wrote out: 11 files" in capsys.readouterr().err
    before = (folder / "plugin.json").read_bytes()
    assert run(["plugin", "-o", "out"]) == 0
    assert (folder / "plugin.json").read_bytes() == before


def test_an_archive_is_the_same_each_time_and_on_standard_output(
    shop: Callable[..., Any], capsysbinary: pytest.CaptureFixture[str]
) -> None:
    folder = shop()
    assert run(["plugin", "-o", "one.zip"]) == run(["plugin", "-o", "two.zip"]) == run(["plugin", "-o", "one.zip"]) == 0
    capsysbinary.readouterr()
    assert run(["plugin", "-o", "-"]) == 0
    assert capsysbinary.readouterr().out == (folder / "one.zip").read_bytes() == (folder / "two.zip").read_bytes()
    assert "mcp.json" in zipfile.ZipFile(io.BytesIO((folder / "one.zip").read_bytes())).namelist()


def test_without_an_output_the_files_are_listed(shop: Callable[..., Any], capsys: pytest.CaptureFixture[str]) -> None:
    folder = shop()
    assert run(["plugin"]) == 0
    out = capsys.readouterr().out
    assert [line.split()[1] for line in out.splitlines()][-1] == "skills/shop-orders/SKILL.md"
    assert sorted(path.name for path in folder.iterdir()) == ["gateway.yaml", "openapi.yaml"]


def test_a_missing_text_that_only_a_person_can_write_is_named_with_its_key(
    shop: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    shop(plugin={"subtitle": None, "privacy": None})
    assert run(["plugin", "-o", "out"]) == 0
    err = capsys.readouterr().err
    assert "warning[openai-subtitle]" in err
    assert "`plugin.privacy`" in err
    assert "error[" not in err


def test_copilot_gets_a_manifest_for_itself(shop: Callable[..., Any], capsys: pytest.CaptureFixture[str]) -> None:
    folder = shop(plugin={"m365": None}) / "out"
    assert run(["plugin", "--for", "m365", "-o", "out"]) == 0
    assert sorted(path.name for path in folder.iterdir()) == ["ai-plugin.json", "mcp-tools.json"]
    assert "warning[m365-namespace]" in capsys.readouterr().err


def test_the_form_for_apps_is_filled_out(shop: Any, capsys: pytest.CaptureFixture[str]) -> None:
    folder = shop() / "out"
    assert run(["plugin", "--for", "chatgpt-app", "-o", "out"]) == 0
    assert [path.name for path in folder.iterdir()] == ["chatgpt-app-submission.json"]
    assert "m365" not in capsys.readouterr().err


def test_there_is_no_package_around_an_endpoint_that_is_off(
    shop: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shop(mcp=False)
    assert run(["plugin", "-o", "out"]) == 2
    assert "error[mcp-endpoint]" in capsys.readouterr().err
    assert not (folder / "out").exists()
    assert run(["plugin", "--for", "m365", "-o", "out"]) == 0


def test_a_directory_or_file_that_is_something_else_is_not_overwritten(
    shop: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shop()
    (folder / "mine").mkdir()
    (folder / "mine" / "thesis.txt").write_text("x")
    (folder / "mine.zip").write_text("no archive")
    assert run(["plugin", "-o", "mine"]) == run(["plugin", "-o", "mine.zip"]) == 2
    assert [path.name for path in (folder / "mine").iterdir()] == ["thesis.txt"]
    assert (folder / "mine.zip").read_text() == "no archive"
    assert "name another" in capsys.readouterr().err


def test_files_that_are_left_from_another_package_are_named(
    shop: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shop()
    assert run(["plugin", "-o", "out"]) == 0
    shop(plugin={"name": "other"})
    assert run(["plugin", "-o", "out"]) == 0
    assert "not in the package: skills/shop-orders/SKILL.md" in capsys.readouterr().err
    assert (folder / "out" / "skills" / "shop-orders" / "SKILL.md").exists()


def test_a_place_that_cannot_be_written_is_reported(
    shop: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shop()
    (folder / "file").write_text("x")
    assert run(["plugin", "-o", "file"]) == 2
    assert "cannot write file" in capsys.readouterr().err
