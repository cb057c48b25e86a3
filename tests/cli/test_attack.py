import socket
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from plugin_gateway.cli.attack import command
from plugin_gateway.hostile import oracle

DOCUMENT = (
    'openapi: 3.1.0\ninfo: {title: Pets, version: "1"}\npaths:\n  /pets: {get: {operationId: listPets, responses: {}}}\n'
    "  /pets/mine: {get: {operationId: getMine, responses: {}}}\n"
)
CONFIG = (
    "openapi: openapi.yaml\nupstream:\n  url: http://127.0.0.1:9100\n"
    "  credential: {header: X-Api-Key, value: {env: NOT_SET}}\nallow: [listPets]\n"
)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "openapi.yaml").write_text(DOCUMENT)
    (tmp_path / "gateway.yaml").write_text(CONFIG)
    return tmp_path / "gateway.yaml"


def run(config: Path, *arguments: str) -> Result:
    return CliRunner().invoke(command, ["-c", str(config), *arguments], standalone_mode=False)


def test_a_gateway_that_holds_is_ok_and_needs_no_secret(config: Path) -> None:
    result = run(config)
    assert (result.return_value, result.exception) == (0, None)
    assert "cases, nothing leaked" in result.stdout
    assert "1 of 1 forwarded" in result.stdout


def test_the_log_of_the_attacked_gateway_stays_off_the_terminal(config: Path, caplog: pytest.LogCaptureFixture) -> None:
    run(config)
    assert [record.message for record in caplog.records if "does not match its description" in record.message] == []


def test_a_leak_exits_with_1_at_the_line_of_the_allow_list(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oracle.Oracle, "judge_answer", lambda *_: iter(["the answer shows a secret"]))
    result = run(config)
    assert result.return_value == 1
    assert "gateway.yaml:5:" in result.stderr
    assert "LEAKED" in result.stdout
    assert "nothing leaked" not in result.stdout


@pytest.mark.parametrize("shape", ["json", "sarif"])
def test_data_goes_to_standard_output(config: Path, shape: str) -> None:
    result = run(config, "--format", shape)
    assert result.return_value == 0
    orjson.loads(result.stdout)


def test_a_junit_report_is_xml(config: Path) -> None:
    assert run(config, "--format", "junit").stdout.startswith("<?xml")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--header", "A: b"), "needs --url"),
        (("--url", "http://127.0.0.1:9", "--header", "A"), "expected --header"),
        (("--url", "localhost"), "expected an http or https URL"),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    config: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], message: str
) -> None:
    monkeypatch.setenv("NOT_SET", "a-secret-1")
    assert message in str(run(config, *arguments).exception)


def test_a_gateway_that_does_not_answer_is_an_error(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOT_SET", "a-secret-1")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert "does not answer: connection refused" in str(run(config, "--url", f"http://127.0.0.1:{port}").exception)


def test_a_wrong_config_exits_with_2(config: Path) -> None:
    config.write_text("allow: [x]\n")
    assert run(config).return_value == 2
