from pathlib import Path

import pytest

from plugin_gateway.cli.entry import run
from plugin_gateway.reload.child import compiled_or_refused
from plugin_gateway.reload.outcome import Compiled, Refused
from plugin_gateway.revision import revision_file

DOCUMENT = (
    'openapi: 3.1.0\ninfo: {title: Pets, version: "1"}\npaths: {/pets: {get: {operationId: listPets, responses: {}}}}\n'
)
CONFIG = "openapi: ./openapi.yaml\nupstream: {url: http://127.0.0.1:9100}\nallow: [listPets]\n"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "openapi.yaml").write_text(DOCUMENT)
    (tmp_path / "gateway.yaml").write_text(CONFIG)
    return tmp_path / "gateway.yaml"


def test_a_gateway_starts_from_the_file_alone(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = config.with_name("new") / "revision.bin"
    file.parent.mkdir()
    assert run(["build", "-c", str(config), "-o", str(file)]) == 0
    told = capsys.readouterr().err
    for name in ("openapi.yaml", "gateway.yaml"):
        config.with_name(name).unlink()
    outcome = compiled_or_refused(None, {"listen": "127.0.0.1:9"}, 1, revision_file=file)
    assert isinstance(outcome, Compiled)
    assert (outcome.operations, outcome.listen, [*outcome.watched]) == (1, "127.0.0.1:9", [file])
    assert f"serves 1 of 1 operations; digest {outcome.digest}" in told or "digest" in told


def test_standard_output_gets_the_same_bytes_as_a_file(
    config: Path, capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(config.parent)
    assert run(["build", "-o", "revision.bin"]) == 0
    capsysbinary.readouterr()
    assert run(["build", "-o", "-"]) == 0
    assert capsysbinary.readouterr().out == Path("revision.bin").read_bytes()
    assert not Path("-").exists()


def test_a_file_of_another_version_is_refused_at_the_start(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = config.with_name("revision.bin")
    assert run(["build", "-c", str(config), "-o", str(file)]) == 0
    monkeypatch.setattr(revision_file, "__version__", "99")
    outcome = compiled_or_refused(None, {}, 1, revision_file=file)
    assert isinstance(outcome, Refused)
    assert "this is 99" in outcome.report


def test_a_file_that_would_serve_something_else_is_not_written(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        revision_file,
        "reduced",
        lambda *_: {
            "openapi": "3.1.0",
            "info": {},
            "paths": {"/pets": {"get": {"operationId": "listPets", "summary": "Other", "responses": {}}}},
        },
    )
    file = config.with_name("revision.bin")
    assert run(["build", "-c", str(config), "-o", str(file)]) == 2
    assert "would not serve the same as the document" in capsys.readouterr().err
    assert not file.exists()


def test_a_config_and_a_file_exclude_each_other(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["serve", "-c", str(config), "--revision", "revision.bin"]) == 2
    assert "exclude each other" in capsys.readouterr().err
