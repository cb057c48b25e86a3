from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from plugin_gateway.reload.fingerprint import fingerprint, fingerprints

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "gateway.yaml"
    file.write_text("old")
    return file


def test_a_missing_file_has_no_fingerprint(path: Path) -> None:
    assert fingerprint(path) is not None
    path.unlink()
    assert fingerprint(path) is None


def replaced(path: Path) -> None:
    (path.parent / "new").write_text("old")
    (path.parent / "new").replace(path)


@pytest.mark.parametrize(
    "change",
    [
        lambda path: path.write_text("other text"),
        lambda path: path.chmod(0o600),
        lambda path: os.utime(path, (1, 1)),
        replaced,
    ],
    ids=["text", "mode", "time", "replaced"],
)
def test_a_file_that_changed_has_another_fingerprint(path: Path, change: Callable[[Path], object]) -> None:
    before = fingerprints([path])
    change(path)
    assert fingerprints([path]) != before


def test_a_link_has_the_fingerprint_of_its_file(path: Path) -> None:
    link = path.parent / "link"
    link.symlink_to(path)
    assert fingerprint(link) == fingerprint(path)
