import os
from pathlib import Path

import click
import pytest

from plugin_gateway.cli import editing
from plugin_gateway.cli.editing import finish
from plugin_gateway.cli.entry import run
from plugin_gateway.reports.editing import open_config
from tests.editable import CONFIG, EDITED, enter, names


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return enter(tmp_path, monkeypatch)


def test_an_edit_is_shown_and_written(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert finish(open_config(None), EDITED, dry_run=False) == 0

    shown = capsys.readouterr()
    assert "+  - addPet   # POST /pets\n" in shown.out
    assert "wrote gateway.yaml; 2 of 2 operations are allowed" in shown.err
    assert config.read_text() == EDITED
    assert names() == ["gateway.yaml", "openapi.yaml"]


def test_a_dry_run_writes_nothing(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert finish(open_config(None), EDITED, dry_run=True) == 0
    assert "would be written" in capsys.readouterr().err
    assert config.read_text() == CONFIG


def test_an_edit_that_serve_would_refuse_is_not_written(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert finish(open_config(None), CONFIG + "  - noSuch\n", dry_run=False) == 2

    shown = capsys.readouterr()
    assert "+  - noSuch" in shown.out
    assert "error[unknown-operation]" in shown.err
    assert "is unchanged: `serve` would refuse it with this edit" in shown.err
    assert config.read_text() == CONFIG


def test_only_warnings_about_the_edited_lines_are_shown(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    finish(open_config(None), CONFIG + "  - GET /pets\n", dry_run=True)

    shown = capsys.readouterr().err
    assert "duplicate-operation" in shown
    assert "secret-in-file" not in shown


def test_a_read_only_file_keeps_its_content_and_the_diff_is_there_to_apply(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)

    assert run(["allow", "addPet"]) == 2
    shown = capsys.readouterr()
    assert "+  - addPet" in shown.out
    assert "cannot write gateway.yaml: the file is read-only; apply the diff above" in shown.err
    assert config.read_text() == CONFIG


def test_the_lines_of_a_diff_have_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    monkeypatch.setattr(click, "echo", lambda line, **_: shown.append(line))
    editing.show_diff("--- a\n+b\n-c\n d")
    assert shown == ["--- a", "\x1b[32m+b\x1b[0m", "\x1b[31m-c\x1b[0m", " d\x1b[0m"]
