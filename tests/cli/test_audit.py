import hashlib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from plugin_gateway.cli.audit import command
from plugin_gateway.telemetry.trail import Trail, head_path, stored_end


def verify(*arguments: object, given: bytes = b"") -> Result:
    return CliRunner().invoke(command, ["verify", *map(str, arguments)], standalone_mode=False, input=given)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "audit.jsonl"
    Trail(file).write([{"n": number} for number in range(5)])
    return file


def without(file: Path, line: int) -> None:
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(lines[:line] + lines[line + 1 :]))


def test_a_whole_audit_is_ok_and_its_head_is_printed(file: Path) -> None:
    result = verify(file)
    end = stored_end(file)
    assert end is not None
    assert (result.return_value, result.stdout) == (
        0,
        f"ok: 5 lines, none changed or missing; the head is {end.head}\n",
    )


@pytest.mark.parametrize(("line", "where"), [(0, "line 1"), (2, "line 3"), (4, "missing at the end")])
def test_any_removed_line_is_found(file: Path, line: int, where: str) -> None:
    without(file, line)
    result = verify(file)
    assert (result.return_value, result.stdout) == (1, "")
    assert where in result.stderr


def test_standard_input_is_an_audit_whose_head_is_an_argument(file: Path) -> None:
    end = stored_end(file)
    assert end is not None
    result = verify("-", "--head", end.head, given=file.read_bytes())
    assert (result.return_value, result.stdout) == (0, verify(file).stdout)
    result = verify("-", given=file.read_bytes())
    assert result.return_value == 1
    assert "standard input: the head is missing" in result.stderr
    without(file, 1)
    assert "line 2 of standard input" in verify("-", given=file.read_bytes()).stderr


def test_an_older_file_goes_first(file: Path) -> None:
    older = file.with_name("audit.jsonl.1")
    file.rename(older)
    Trail(file).write([{}])
    assert verify(older, file).return_value == 0
    assert verify(file).return_value == 1
    assert verify(file, "--from", stored_end_of(older)).return_value == 0


def stored_end_of(older: Path) -> str:
    last = older.read_bytes().splitlines()[-1]
    return f"5:{hashlib.sha256(last).hexdigest()}"


def test_without_a_head_the_end_is_not_proved(file: Path) -> None:
    end = stored_end(file)
    assert end is not None
    head_path(file).unlink()
    result = verify(file)
    assert result.return_value == 1
    assert "give the head with --head" in result.stderr
    assert verify(file, "--head", end.head).return_value == 0


def test_a_head_kept_elsewhere_finds_a_forged_end(file: Path) -> None:
    end = stored_end(file)
    assert end is not None
    file.unlink()
    head_path(file).unlink()
    Trail(file).write([{"n": number} for number in range(4)])
    assert verify(file).return_value == 0
    assert verify(file, "--head", end.head).return_value == 1


def test_many_breaks_are_summed_up(file: Path) -> None:
    Trail(file).write([{"n": number} for number in range(100)])
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(lines[::2]))
    result = verify(file)
    assert "and 3" in result.stderr
    assert result.stderr.count("\n") == 21


@pytest.mark.parametrize("arguments", [("--from", "7"), ("--head", "x:y")])
def test_a_malformed_head_is_a_usage_error(file: Path, arguments: tuple[str, str]) -> None:
    assert "is not the head of a chain" in str(verify(file, *arguments).exception)


def test_a_missing_file_is_a_usage_error(tmp_path: Path) -> None:
    assert "cannot be read" in str(verify(tmp_path / "none").exception)
