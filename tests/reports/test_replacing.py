"""Replacing a file in one step."""

import os
from pathlib import Path

import pytest

from plugin_gateway.errors import ConfigError
from plugin_gateway.reports.replacing import replace_file, write_file


def test_a_file_is_replaced_in_one_step_and_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "gateway.lock"
    write_file(path, b"one")
    assert path.stat().st_mode & 0o777 == 0o666 & ~current_umask()
    path.chmod(0o640)
    with path.open("rb") as old:
        write_file(path, b"two")
        assert (old.read(), path.read_bytes(), path.stat().st_mode & 0o777) == (b"one", b"two", 0o640)
    assert [*tmp_path.iterdir()] == [path]


def current_umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def test_a_symbolic_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("one")
    (tmp_path / "link").symlink_to("real")
    write_file(tmp_path / "link", b"two")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "two"


def test_a_file_that_cannot_be_written_is_a_finding(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot write"):
        write_file(tmp_path / "missing" / "gateway.lock", b"x")
    (tmp_path / "folder").mkdir()
    with pytest.raises(ConfigError, match="cannot write"):
        write_file(tmp_path / "folder", b"x")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_a_file_with_other_content_than_expected_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "gateway.yaml"
    path.write_bytes(b"one")
    assert not replace_file(path, b"three", expected=b"two")
    assert [one.read_bytes() for one in tmp_path.iterdir()] == [b"one"]
    assert replace_file(path, b"three", expected=b"one")
    assert [one.read_bytes() for one in tmp_path.iterdir()] == [b"three"]
