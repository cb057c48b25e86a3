import shutil
import subprocess
from pathlib import Path

import pytest

from plugin_gateway.cli.git import file_at
from plugin_gateway.errors import UsageError
from tests.bounds import BOUND_S

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def repository(folder: Path, *names: str) -> None:
    """Commit these files of a folder."""
    author = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    for arguments in (("init", "-q"), ("add", *names), (*author, "commit", "-qm", "x")):
        subprocess.run(("git", "-C", str(folder), *arguments), check=True, timeout=BOUND_S, capture_output=True)


def test_a_file_is_read_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")
    repository(tmp_path, "a")
    (tmp_path / "a").write_text("new")
    assert file_at("HEAD", tmp_path / "a") == b"old"
    assert file_at("HEAD", tmp_path / "b") is None


@pytest.mark.parametrize("revision", ["nope", "--output=x", "HEAD:a", ""])
def test_a_missing_revision_is_reported(tmp_path: Path, revision: str) -> None:
    (tmp_path / "a").write_text("old")
    repository(tmp_path, "a")
    with pytest.raises(UsageError, match="git knows no revision"):
        file_at(revision, tmp_path / "a")
    assert [path.name for path in tmp_path.iterdir() if path.name != ".git"] == ["a"]


def test_a_folder_outside_of_git_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(UsageError, match="git knows no revision"):
        file_at("HEAD", tmp_path / "a")


def test_a_machine_without_git_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="git is not installed"):
        file_at("HEAD", tmp_path / "a")


def test_a_git_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*_: object, **__: object) -> None:
        raise subprocess.TimeoutExpired("git", 30)

    monkeypatch.setattr(subprocess, "run", hang)
    with pytest.raises(UsageError, match="does not answer"):
        file_at("HEAD", tmp_path / "a")
