import json

import pytest

from plugin_gateway.cli.entry import run

DOCUMENT = (
    'openapi: 3.1.0\ninfo: {title: Pets, version: "1"}\npaths: {/pets: {get: {operationId: listPets, responses: {}}}}\n'
)
CONFIG = "openapi: ./openapi.yaml\nupstream: {url: http://127.0.0.1:9100}\nallow: [listPets]\n"


@pytest.fixture
def config(tmp_path):
    (tmp_path / "openapi.yaml").write_text(DOCUMENT)
    (tmp_path / "gateway.yaml").write_text(CONFIG)
    return tmp_path / "gateway.yaml"


def test_a_config_that_can_be_served_is_ok_whatever_its_warnings(config, capsys):
    assert run(["check", "-c", str(config)]) == 0
    captured = capsys.readouterr()
    assert captured.out.startswith("ok: 1 of 1 operations are allowed; the document has 0.")
    assert "warning[manifest-missing]" in captured.err


def test_strict_takes_warnings_for_findings(config):
    assert run(["check", "-c", str(config), "--strict"]) == 1


def test_a_config_that_denies_all_it_allows_is_not_ok(config, capsys):
    config.write_text(CONFIG + "deny: [GET /**]\n")
    assert run(["check", "-c", str(config)]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "4:7: warning[nothing-allowed]" in captured.err


def test_a_config_that_says_it_serves_nothing_is_ok(config, capsys):
    config.write_text(CONFIG.replace("[listPets]", "[]"))
    assert run(["check", "-c", str(config)]) == 0
    assert capsys.readouterr().out.startswith("ok: 0 of 1 operations")


def test_a_config_that_cannot_be_served_exits_2_with_places(config, capsys):
    config.write_text(CONFIG.replace("listPets", "nope").replace("upstream", "upstraem"))
    assert run(["check", "-c", str(config)]) == 2
    captured = capsys.readouterr()
    assert f"{config}:2:1: error[" in captured.err
    assert captured.out == ""


@pytest.mark.parametrize("text", [CONFIG, CONFIG.replace("listPets", "nope")])
def test_programs_get_their_formats_on_standard_output(config, capsys, text):
    config.write_text(text)
    for shape in ("json", "sarif"):
        run(["check", "-c", str(config), "--format", shape])
        captured = capsys.readouterr()
        assert json.loads(captured.out)
        assert captured.err == ""
    run(["check", "-c", str(config), "--format", "github"])
    assert capsys.readouterr().out.startswith("::")


def test_no_config_at_all_is_told_so(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PLUGIN_GATEWAY_CONFIG", raising=False)
    assert run(["check"]) == 2
    assert "plugin-gateway init SPEC" in capsys.readouterr().err


def test_the_config_is_found_where_the_environment_says(config, monkeypatch, tmp_path):
    monkeypatch.chdir("/")
    monkeypatch.setenv("PLUGIN_GATEWAY_CONFIG", str(config))
    assert run(["check"]) == 0


def test_a_missing_secret_is_a_finding(config, monkeypatch, capsys):
    monkeypatch.delenv("NOT_SET", raising=False)
    config.write_text(CONFIG.replace("9100}", "9100, credential: {bearer: {env: NOT_SET}}}"))
    assert run(["check", "-c", str(config)]) == 2
    assert "secret-missing" in capsys.readouterr().err
