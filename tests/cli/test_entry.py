import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import click
import pytest

from plugin_gateway import __version__
from plugin_gateway.cli.entry import COMMANDS, run
from plugin_gateway.errors import UsageError
from tests.bounds import BOUND_S


def shell(*arguments: str, **options: Any) -> subprocess.CompletedProcess[Any]:
    return subprocess.run(
        [sys.executable, "-m", "plugin_gateway", *arguments],
        capture_output=True,
        text=True,
        timeout=BOUND_S,
        check=False,
        **options,
    )


def test_help_lists_every_command_and_imports_none() -> None:
    program = (
        "import sys; from plugin_gateway.cli.entry import run; run(['--help']); "
        "heavy = {'plugin_gateway.config.model', 'uvicorn', 'starlette', 'httpx2', 'orjson', 'yaml', 'asyncio', 'plugin_gateway.cli.serve'}; "
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=BOUND_S, check=False
    )
    assert result.returncode == 0, result.stderr
    assert all(f"  {name} " in result.stdout for name in COMMANDS)


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - {"serve"}))
def test_every_file_of_a_command_may_be_standard_input_or_output_and_its_help_says_so(name: str) -> None:
    command = import_module(COMMANDS[name][0]).command
    for one in [command, *getattr(command, "commands", {}).values()]:
        for parameter in one.params:
            if isinstance(parameter.type, click.Path):
                assert "`-`" in (getattr(parameter, "help", None) or one.help), (name, parameter.name)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([name, "--help"]) == 0
    assert f"plugin-gateway {name}" in capsys.readouterr().out


def test_the_version_is_printed() -> None:
    assert shell("--version").stdout == f"plugin-gateway {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["serv"], "Did you mean `serve`?"),
        (["xyz"], "The commands are: serve, check"),
        (["check", "--nope"], "No such option"),
        (["serve", "--workers", "0"], "--workers"),
        (["prune"], "Missing argument 'SOURCE'"),
        (["explain", "GET"], "Missing argument 'PATH'"),
        (["check", "my.yaml"], "Got unexpected extra argument (my.yaml). Did you mean `--config my.yaml`?"),
        (["prune", "api.yaml", "listPets"], "Did you mean `--allow listPets`?"),
        (["explain", "GET", "/pets", "x"], "Got unexpected extra argument (x)\n"),
    ],
)
def test_a_command_line_that_cannot_be_understood_exits_2_with_a_hint(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    captured = capsys.readouterr()
    assert said in captured.err
    assert captured.out == ""


def test_errors_are_messages_and_not_tracebacks(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: Any) -> None:
        raise UsageError("cannot listen on x")

    monkeypatch.setattr("plugin_gateway.cli.entry.cli.main", fail)
    assert run([]) == 2
    assert capsys.readouterr().err == "error: cannot listen on x\n"


def test_an_interrupt_is_no_error_message(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupt(*_: object, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("plugin_gateway.cli.entry.cli.main", interrupt)
    assert run([]) == 130
    assert capsys.readouterr().err == ""


def test_a_reader_that_has_seen_enough_is_no_error(tmp_path: Path) -> None:
    paths = {f"/p{number}": {"get": {"operationId": f"o{number}", "summary": "x" * 200}} for number in range(2000)}
    (tmp_path / "big.json").write_text(
        json.dumps({"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths})
    )
    reader, writer = os.pipe()
    command = [
        sys.executable,
        "-m",
        "plugin_gateway",
        "ops",
        "--source",
        str(tmp_path / "big.json"),
        "--format",
        "json",
    ]
    process = subprocess.Popen(command, stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    os.read(reader, 10)
    os.close(reader)
    _, stderr = process.communicate(timeout=BOUND_S)
    assert process.returncode in {0, 141}
    assert b"Traceback" not in stderr


@pytest.mark.parametrize("arguments", [["schema"], ["--help"], ["--version"], ["schema", "--help"]])
def test_output_into_a_closed_pipe_exits_with_the_status_of_a_broken_pipe_and_not_of_findings(
    arguments: list[str],
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    result = subprocess.run(
        [sys.executable, "-m", "plugin_gateway", *arguments],
        stdout=writer,
        stderr=subprocess.PIPE,
        timeout=BOUND_S,
        check=False,
    )
    os.close(writer)
    assert (result.returncode, result.stderr) == (141, b"")


@pytest.mark.parametrize("arguments", ["schema", "--help"])
def test_output_to_a_closed_stream_ends_with_one_line(arguments: str) -> None:
    command = f"exec {sys.executable} -m plugin_gateway {arguments} >&-"
    result = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=BOUND_S, check=False)
    assert (result.returncode, result.stderr) == (2, "error: cannot write the output: bad file descriptor\n")


@pytest.mark.parametrize("arguments", [["schema"], ["--help"], ["--version"], ["schema", "--help"]])
def test_output_that_cannot_be_written_ends_with_one_line(arguments: list[str]) -> None:
    with open("/dev/full", "w") as full:  # noqa: PTH123  # a device
        result = subprocess.run(
            [sys.executable, "-m", "plugin_gateway", *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=BOUND_S,
            check=False,
        )
    assert result.stderr == "error: cannot write the output: no space left on device\n"
    assert result.returncode == 2


@pytest.mark.parametrize("closed", [0, 1, 2])
def test_no_file_or_socket_takes_the_descriptor_of_a_closed_standard_stream(closed: int) -> None:
    program = (
        f"import os; os.close({closed}); from plugin_gateway.cli.entry import occupy_standard_streams as occupy; occupy(); "
        f"os._exit(0 if os.path.samestat(os.fstat({closed}), os.stat(os.devnull)) else 1)"
    )
    assert subprocess.run([sys.executable, "-c", program], timeout=BOUND_S, check=False).returncode == 0


@pytest.mark.parametrize(
    ("variables", "is_colored"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False), ({"NO_COLOR": ""}, True)],
)
@pytest.mark.parametrize(
    "arguments",
    [["ops"], ["init", "openapi.json"], ["check"], ["deny", "listA", "--dry-run"]],
    ids=["output", "error", "report", "diff"],
)
def test_a_terminal_gets_colors_unless_it_wants_none(
    tmp_path: Path, arguments: list[str], variables: dict[str, str], is_colored: bool
) -> None:
    operation = {"operationId": "listA", "summary": "a", "responses": {}}
    document = {"openapi": "3.1.0", "info": {"title": "a", "version": "1"}, "paths": {"/a": {"get": operation}}}
    config = {"openapi": "openapi.json", "upstream": {"url": "http://127.0.0.1:9"}, "allow": ["listA"]}
    (tmp_path / "openapi.json").write_text(json.dumps(document))
    (tmp_path / "gateway.yaml").write_text(json.dumps(config))
    ours, theirs = os.openpty()
    plain = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    command = [sys.executable, "-m", "plugin_gateway", *arguments]
    environ = {**plain, "TERM": "xterm", **variables}
    subprocess.run(command, cwd=tmp_path, env=environ, stdout=theirs, stderr=theirs, timeout=BOUND_S, check=False)
    os.close(theirs)
    assert (b"\x1b[" in os.read(ours, 4096)) is is_colored
    os.close(ours)
