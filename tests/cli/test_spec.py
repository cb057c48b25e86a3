import json
from pathlib import Path

import pytest
import yaml

from plugin_gateway.cli.entry import run
from plugin_gateway.publish.profile import Profile

DOCUMENT = 'openapi: 3.1.0\ninfo: {title: Pets, version: "1"}\npaths: {/pets: {get: {operationId: listPets, responses: {}}}, /admin: {get: {responses: {}}}}\n'
CONFIG = "openapi: ./openapi.yaml\nupstream: {url: http://127.0.0.1:9100}\nallow: [listPets]\n"


@pytest.fixture
def config(tmp_path: Path) -> str:
    (tmp_path / "openapi.yaml").write_text(DOCUMENT)
    (tmp_path / "gateway.yaml").write_text(CONFIG)
    return str(tmp_path / "gateway.yaml")


def test_the_document_is_printed_in_both_syntaxes(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["spec", "-c", config]) == 0
    as_json = json.loads(capsys.readouterr().out)
    assert run(["spec", "-c", config, "--format", "yaml"]) == 0
    assert yaml.safe_load(capsys.readouterr().out) == as_json
    assert list(as_json["paths"]) == ["/pets"]


def test_a_profile_is_printed_and_an_unknown_one_refused(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["spec", "-c", config, "--profile", "3.0"]) == 0
    assert json.loads(capsys.readouterr().out)["openapi"].startswith("3.0")
    assert run(["spec", "-c", config, "--profile", "nope"]) == 2
    assert "valid: 3.0, gpt-actions, lean, plugin" in capsys.readouterr().err


def test_the_help_names_each_profile(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["spec", "--help"]) == 0
    named, _, _ = capsys.readouterr().out.partition("--profile NAME")[2].partition(", as in")
    assert set(named.replace(" or", ",").replace(",", " ").split()) == {*Profile}


def test_spec_reports_the_cuts_of_one_profile_and_check_the_cuts_of_all_profiles(
    config: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "openapi.yaml").write_text(
        DOCUMENT.replace("operationId: listPets", f"operationId: listPets, summary: {'long ' * 80}")
    )
    assert run(["spec", "-c", config, "--profile", "plugin"]) == 0
    assert "note[profile-plugin]: 1 text of operations is cut to 300" in capsys.readouterr().err
    assert run(["spec", "-c", config]) == 0
    assert "profile" not in capsys.readouterr().err
    assert run(["check", "-c", config]) == 0
    told = capsys.readouterr().err
    assert "note[profile-plugin]" in told
    assert "note[profile-gpt-actions]" in told
